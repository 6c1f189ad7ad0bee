"""The fixed demo customers: every story can be rehearsed on a known number. Service password: 123456."""

from datetime import date, timedelta
from typing import NamedTuple

from crm.core.customer.identity_number import credit_check_digit, person_check_digit
from crm.demo.portfolio import Holding, months_after

DEMO_SERVICE_PASSWORD = "123456"  # noqa: S105  (of demo lines only)


class Person(NamedTuple):
    """A demo customer; `identity` lacks its check digit."""

    key: str
    name: str
    identity: str
    star_level: int
    profile_recorded: bool = True
    is_organisation: bool = False

    @property
    def identity_number(self) -> str:
        """The whole document number."""
        check = credit_check_digit if self.is_organisation else person_check_digit
        return self.identity + check(self.identity)


class Since(NamedTuple):
    """A holding by its age in days; `bound_months` of lock-in, `runs_months` until it expires by itself."""

    code: str
    days: int
    origin: str = "self"
    bound_months: int = 0
    runs_months: int = 0
    campaign: str = ""


class Line(NamedTuple):
    """A demo line and what it holds."""

    msisdn: str
    person: str
    brand: str
    held: tuple[Since, ...]
    line_kind: str = "普通"
    region: str = "贵阳"


PEOPLE = (
    Person("zhang-wei", "张伟", "52010219790108123", 5),
    Person("li-siyu", "李思雨", "52011120050312404", 2),
    Person("wang-haoran", "王浩然", "52010320040921351", 2),
    Person("chen-xiaolin", "陈晓琳", "52030219990118286", 3),
    Person("yang-xiulan", "杨秀兰", "52222119560402062", 1, profile_recorded=False),
    Person("zhao-min", "赵敏", "52010319850623542", 3),
    Person("liu-gang", "刘刚", "52030319820311171", 3),
    Person("qiancheng", "贵阳黔程商贸有限公司", "91520103MA6DEM008", 4, is_organisation=True),
    Person("wu-guifang", "吴桂芳", "52262219680919284", 2),
    Person("ma-liang", "马亮", "52050219910227331", 2),
    Person("long-haiying", "龙海英", "52270119880814226", 1),
    Person("zhou-ming", "周明", "52010319880703271", 3),
    Person("tian-yu", "田宇", "52010219920311153", 3),
    Person("shi-lei", "石磊", "52010319950526335", 2),
    Person("luo-qian", "罗倩", "52011119930918242", 2),
    Person("pan-yong", "潘勇", "52010219860129195", 2),
)


LINES = (
    Line("13800010001", "li-siyu", "动感地带", (
        Since("mzone-campus-a", 430),
        Since("vnet-campus", 425, "group"),
        Since("laidian-xianshi", 430),
        Since("gprs-new-5", 200),
        Since("cailing-5", 150),
    )),
    Line("13800010002", "wang-haoran", "动感地带", (
        Since("mzone-hke", 400),
        Since("vnet-hke", 398, "group"),
        Since("laidian-xianshi", 400),
    )),
    Line("13800010003", "zhang-wei", "全球通", (
        Since("gotone-standard", 1500),
        Since("vnet-group", 900, "group"),
        Since("gprs-old-20", 700),
        Since("laidian-xianshi", 1500),
        Since("guonei-manyou", 1500),
    )),
    Line("13800010004", "chen-xiaolin", "动感地带", (
        Since("music-a", 240),
        Since("music-membership", 210, "agreement", 12, 12, "音乐套餐会员"),
        Since("music-option-1", 210),
        Since("laidian-xianshi", 240),
    ), region="遵义"),
    Line("13800010005", "yang-xiulan", "神州行", (
        Since("easyown-standard", 3000),
        Since("laidian-xianshi", 2500),
    ), region="铜仁"),
    Line("13800010006", "zhang-wei", "全球通", (
        Since("gotone-standard", 600),
        Since("laidian-guanjia", 100),
        Since("cailing-5", 100),
        Since("bundle-guanjia-cailing-1y", 100, "agreement", 12, 0, "来电管家+彩铃捆绑1年"),
        Since("laidian-xianshi", 600),
    )),
    Line("13800010007", "zhao-min", "全球通", (
        Since("gotone-business", 800),
        Since("group-cailing", 300, "group"),
        Since("laidian-xianshi", 800),
    )),
    Line("13800010008", "liu-gang", "全球通", (
        Since("gotone-upgrade", 900),
        Since("group-cailing-package", 320, "group"),
        Since("laidian-xianshi", 900),
    ), region="遵义"),
    Line("13800010009", "qiancheng", "全球通", (Since("bizip-plan", 1100),), line_kind="商务IP"),
    Line("13800010010", "wu-guifang", "神州行", (
        Since("easyown-changting", 500),
        Since("sms-pack-prefecture", 100, "campaign", 12, 0, "黔东南预存话费赠短信"),
        Since("laidian-xianshi", 500),
    ), region="黔东南"),
    Line("13800010011", "ma-liang", "神州行", (
        Since("easyown-dazhong", 700),
        Since("sms-pack-10", 260),
        Since("laidian-xianshi", 700),
    ), region="毕节"),
    Line("13800010012", "long-haiying", "神州行", (Since("easyown-qingsong", 350),), region="黔南"),
    # 13800010021–27 share something: see groups.py.
    Line("13800010021", "zhou-ming", "全球通", (
        Since("gotone-standard", 800),
        Since("family-share", 400),
        Since("bundle-phone-24m", 200, "agreement", 24, 0, "购机合约24个月"),
        Since("laidian-xianshi", 800),
    )),
    Line("13800010022", "zhou-ming", "神州行", (
        Since("easyown-dazhong", 600),
        Since("family-share", 400),
    )),
    Line("13800010023", "tian-yu", "全球通", (
        Since("gotone-business", 700),
        Since("vnet-group", 600, "group"),
        Since("gprs-new-20", 300),
    )),
    Line("13800010024", "shi-lei", "神州行", (
        Since("easyown-changting", 500),
        Since("vnet-group", 480, "group"),
        Since("sms-pack-10", 200),
    )),
    Line("13800010025", "luo-qian", "全球通", (
        Since("gotone-standard", 450),
        Since("vnet-group", 440, "group"),
        Since("group-cailing", 300, "group"),
    )),
    Line("13800010026", "qiancheng", "全球通", (
        Since("gotone-upgrade", 900),
        Since("vnet-group", 900, "group"),
        Since("laidian-xianshi", 900),
    )),
    Line("13800010027", "pan-yong", "神州行", (
        Since("easyown-qingsong", 380),
        Since("vnet-group", 370, "group"),
    )),
)  # fmt: skip


def holdings(line: Line, today: date) -> list[Holding]:
    """What a demo line holds, in dates around `today`, so that its lock-ins still run."""
    return [_holding(each, today - timedelta(days=each.days)) for each in line.held]


def _holding(each: Since, starts_on: date) -> Holding:
    return Holding(
        each.code,
        each.origin,
        starts_on,
        ends_on=months_after(starts_on, each.runs_months) if each.runs_months else None,
        locked_until=months_after(starts_on, each.bound_months) - timedelta(days=1)
        if each.bound_months
        else None,
        campaign=each.campaign,
    )
