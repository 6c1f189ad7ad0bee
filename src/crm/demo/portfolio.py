"""What a line plausibly holds: a plan, what comes with it, packs, a V-net, agreements with their lock-ins."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation
from crm.platform.clock import first_of_next_month

# How popular the known main plans are; a plan not listed counts 2.
_POPULARITY = {
    "gotone-standard": 20, "gotone-business": 8, "gotone-upgrade": 8,
    "ao88-58": 14, "ao88-88": 10, "ao88-128": 4, "ao88-188": 2,
    "easyown-standard": 22, "easyown-changting": 26, "easyown-dazhong": 22, "easyown-qingsong": 14,
    "mzone-campus-a": 20, "mzone-campus-b": 14, "mzone-net": 18, "mzone-hke": 5,
    "music-a": 10, "music-b": 7, "music-c": 4,
}  # fmt: skip
LINE_KIND_PLANS = {"商务IP": "bizip-plan", "话吧": "huaba-plan", "公话": "gonghua-plan"}
_FUNCTIONS = (
    ("laidian-xianshi", 0.8),
    ("guonei-manyou", 0.4),
    ("hujiao-dengdai", 0.3),
    ("laidian-tixing", 0.2),
)
_GPRS = ("gprs-new-5", "gprs-new-20", "gprs-new-50", "gprs-old-5", "gprs-old-20")
_PACKS = (("sms-pack-10", 0.08), ("sms-pack-20", 0.05), ("cailing-5", 0.22), ("cailing-8", 0.05))
_CAMPAIGNS = ("预存话费赠短信", "校园迎新", "返乡双节", "老客户回馈", "集团单位优惠购机")
_EXTRA_KINDS = frozenset(
    {
        OfferingKind.VAS,
        OfferingKind.VOICE_PACK,
        OfferingKind.DATA_PACK,
        OfferingKind.FAMILY,
        OfferingKind.ROAMING,
    }
)


class Holding(NamedTuple):
    """A product to be held; `with_plan` says that the plan brought it."""

    code: str
    origin: str
    starts_on: date
    status: str = "active"
    ends_on: date | None = None
    locked_until: date | None = None
    free_until: date | None = None
    campaign: str = ""
    with_plan: bool = False


def months_after(day: date, months: int) -> date:
    """The first of the month, `months` after `day`'s."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


class Portfolios:
    """Chooses holdings from a catalogue. Codes the catalogue does not know are left out."""

    def __init__(self, catalogue: Catalogue, on: date) -> None:
        self._catalogue = catalogue
        self._on = on
        plans = [
            each
            for each in catalogue.offerings.values()
            if each.kind is OfferingKind.MAIN_PLAN and each.code not in LINE_KIND_PLANS.values()
        ]
        self._plans = {
            brand: [each for each in plans if each.sets_brand == brand]
            for brand in ("全球通", "神州行", "动感地带")
        }
        self._weights = {
            brand: list(accumulate(_POPULARITY.get(each.code, 2) for each in listed))
            for brand, listed in self._plans.items()
        }
        self._extras = [
            each
            for each in catalogue.offerings.values()
            if each.kind in _EXTRA_KINDS and not each.requires and each.state == "on_sale"
        ]
        self._fits: dict[tuple[str, str], bool] = {}

    def of(self, rng: Random, brand: str, line_kind: str, opened_on: date) -> list[Holding]:
        """The holdings of a line, the plan first."""
        plan = self._plan(rng, brand, line_kind)
        if plan is None:
            return []
        since = max(opened_on, self._on - timedelta(days=rng.randrange(20, 900)))
        held = [Holding(plan.code, "self", since)]
        held += [
            Holding(code, "plan", since, with_plan=True)
            for code in plan.includes
            if self._catalogue.get(code) is not None
        ]
        if line_kind != "普通":
            return held
        taken = {each.code for each in held} | set(plan.waives)
        taken |= {self._group(each.code) for each in held}
        choose = self._chooser(rng, plan, brand, taken)
        for code, share in _FUNCTIONS:
            if choose(code, share):
                held.append(Holding(code, "self", since))
        held += self._vnet(rng, plan, brand, choose)
        held += self._packs(rng, choose)
        held += self._agreements(rng, choose)
        held += self._extra(rng, choose)
        held += self._on_the_move(rng, brand, plan)
        return held

    def _plan(self, rng: Random, brand: str, line_kind: str) -> Offering | None:
        if line_kind != "普通":
            return self._catalogue.get(LINE_KIND_PLANS[line_kind])
        plans = self._plans.get(brand)
        return rng.choices(plans, cum_weights=self._weights[brand])[0] if plans else None

    def _chooser(
        self, rng: Random, plan: Offering, brand: str, taken: set[str]
    ) -> Callable[[str, float], bool]:
        def choose(code: str, share: float) -> bool:
            if rng.random() >= share or code in taken or not self._may_hold(plan, brand, code):
                return False
            group = self._group(code)
            if group in taken:
                return False
            taken.update((code, group))
            return True

        return choose

    def _group(self, code: str) -> str:
        """Names the set of which a line holds at most one; a product outside any is its own set."""
        offering = self._catalogue.get(code)
        return f"one of {offering.one_of}" if offering is not None and offering.one_of else code

    def _may_hold(self, plan: Offering, brand: str, code: str) -> bool:
        key = (plan.code, code)
        known = self._fits.get(key)
        if known is None:
            offering = self._catalogue.get(code)
            known = (
                offering is not None
                and (not offering.brands or brand in offering.brands)
                and self._catalogue.relation(plan, offering) is not Relation.INCOMPATIBLE
            )
            self._fits[key] = known
        return known

    def _vnet(
        self, rng: Random, plan: Offering, brand: str, choose: Callable[[str, float], bool]
    ) -> list[Holding]:
        if plan.code == "mzone-hke":
            code, share = "vnet-hke", 0.7
        elif brand == "动感地带":
            code, share = "vnet-campus", 0.3
        else:
            code, share = "vnet-group", 0.12
        return [Holding(code, "group", self._since(rng, 700))] if choose(code, share) else []

    def _packs(self, rng: Random, choose: Callable[[str, float], bool]) -> list[Holding]:
        held: list[Holding] = []
        for code, share in ((rng.choice(_GPRS), 0.55), *_PACKS):
            if choose(code, share):
                held.append(Holding(code, "self", self._since(rng, 800)))
        return held

    def _agreements(self, rng: Random, choose: Callable[[str, float], bool]) -> list[Holding]:
        held: list[Holding] = []
        if choose("laidian-guanjia", 0.08):
            since = self._since(rng, 330)
            held.append(Holding("laidian-guanjia", "self", since))
            if choose("bundle-guanjia-cailing-1y", 0.6):
                held.append(
                    Holding(
                        "bundle-guanjia-cailing-1y",
                        "agreement",
                        since,
                        locked_until=months_after(since, 12) - timedelta(days=1),
                        campaign="来电管家+彩铃捆绑1年",
                    )
                )
        if choose("sms-pack-prefecture", 0.06):
            since = self._since(rng, 400)
            locked = months_after(since, 12) - timedelta(days=1)
            campaign = rng.choice(_CAMPAIGNS)
            held.append(
                Holding("sms-pack-prefecture", "campaign", since, locked_until=locked, campaign=campaign)
            )
        return held

    def _extra(self, rng: Random, choose: Callable[[str, float], bool]) -> list[Holding]:
        if not self._extras:
            return []
        extra = rng.choice(self._extras).code
        return [Holding(extra, "self", self._since(rng, 500))] if choose(extra, 0.25) else []

    def _on_the_move(self, rng: Random, brand: str, plan: Offering) -> list[Holding]:
        """One in a hundred waits for another plan, one in fifty has something that ended this month."""
        held: list[Holding] = []
        chance = rng.random()
        if chance < 0.01:
            others = [
                each for each in self._plans[brand] if each.code != plan.code and each.state == "on_sale"
            ]
            if others:
                held.append(
                    Holding(rng.choice(others).code, "self", first_of_next_month(self._on), "reserved")
                )
        elif chance < 0.03 and self._catalogue.get("music-club") is not None:
            held.append(
                Holding("music-club", "self", self._since(rng, 300), "terminated", self._on.replace(day=1))
            )
        return held

    def _since(self, rng: Random, most_days: int) -> date:
        return self._on - timedelta(days=rng.randrange(5, most_days))
