"""The folder `workorders/`: the delivered one is right, and every mistake is named with line and remedy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crm.core.staff.schemas import Permission, Role
from crm.core.work_order.content import check_work_orders, load_work_orders
from crm.core.work_order.schemas import Span, Unit

FOLDER = Path(__file__).resolve().parents[2] / "workorders"
CONTRACT_QUEUES = {
    "back_office",
    "group_service",
    "business",
    "duty_assistant",
    "store:guiyang-zhonghua",
    "network",
    "escalation",
}
NAMES = {
    "业务受理",
    "取消集团业务",
    "投诉",
    "升级投诉",
    "咨询",
    "门店委托",
    "故障申告",
    "建议表扬",
    "协办",
}


def test_delivered_content_is_right() -> None:
    assert [str(problem) for problem in check_work_orders(FOLDER)] == []


def test_types_and_queues_of_the_hotline() -> None:
    content = load_work_orders(FOLDER)[0]
    assert {kind.name for kind in content.types.values()} >= NAMES
    assert set(content.queues) == CONTRACT_QUEUES
    assert all(queue.group == code for code, queue in content.queues.items())


def test_complaint_cannot_be_ended_by_the_agent_who_took_it() -> None:
    complaint = load_work_orders(FOLDER)[0].type_of("complaint")
    assert Role.AGENT in complaint.created_by
    assert Role.AGENT not in complaint.closed_by
    assert complaint.close_needs == ("reply", "satisfaction", "responsible_unit")
    assert (complaint.contact_within, complaint.result_within) == (Span(24, Unit.HOURS), Span(48, Unit.HOURS))


def test_no_agent_may_end_any_type() -> None:
    for kind in load_work_orders(FOLDER)[0].types.values():
        assert Role.AGENT not in kind.closed_by, kind.name


def test_gaps_go_to_the_duty_assistant_by_those_who_may_report_them() -> None:
    consultation = load_work_orders(FOLDER)[0].type_of("咨询")
    assert consultation.queue == "duty_assistant"
    assert consultation.create_permission is Permission.REPORT_GAP


Edit = Callable[[str], str]


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    ("file", "edit", "message", "remedy"),
    [
        ("types/complaint.toml", swap("queue =", "qeue ="), "不认识的键 qeue", "是不是 queue"),
        ("types/complaint.toml", swap('name = "投诉"\n', ""), "缺少 name", "补上 name"),
        (
            "types/complaint.toml",
            swap('"back_office"', '"back_ofice"'),
            "没有队列 back_ofice",
            "是不是 back_office",
        ),
        ("types/complaint.toml", swap("48 小时", "两天"), "时限“两天”看不懂", "24 小时"),
        ("types/complaint.toml", swap("48 小时", "0 小时"), "时限“0 小时”看不懂", "24 小时"),
        ("types/complaint.toml", swap('"客户代表"', '"客服代表"'), "“客服代表”没有定义", "是不是 客户代表"),
        ("types/complaint.toml", swap('"满意度"', '"满意"'), "“满意”没有定义", "是不是 满意度"),
        (
            "types/complaint.toml",
            swap("call_back = true", 'call_back = "是"'),
            "call_back 写成“是”",
            "true 或 false",
        ),
        (
            "types/complaint.toml",
            swap('kind = "select"', 'kind = "selct"'),
            "kind 写成“selct”",
            "是不是 select",
        ),
        ("types/complaint.toml", swap('kind = "select"\n', ""), "选项和类型不相配", "kind"),
        ("types/complaint.toml", swap("{demand}", "{demnd}"), "没有的 {demnd}", "是不是 demand"),
        (
            "types/complaint.toml",
            swap('key = "demand"', 'key = "category"'),
            "category 写了两次",
            "换一个 key",
        ),
        ("types/complaint.toml", swap('name = "投诉"', 'name = 投诉"'), "TOML 写法不对", "双引号"),
        (
            "types/suggestion.toml",
            swap('code = "suggestion"', 'code = "fault"'),
            "已在另一个文件里用过",
            "换一个",
        ),
        (
            "types/store_entrusted.toml",
            swap('"service_password"', '"pasword"'),
            "这种核验",
            "是不是 service_password",
        ),
        ("types/store_entrusted.toml", swap('"store:*"', '"shop:*"'), "没有队列符合 shop:*", "queues.toml"),
        (
            "queues.toml",
            swap('"转派知识缺口"', '"转派缺口"'),
            "没有“转派缺口”这项权限",
            "是不是 转派知识缺口",
        ),
        (
            "queues.toml",
            swap('code = "network"', 'code = "business"'),
            "队列编号 business 重复",
            "换一个编号",
        ),
        (
            "calendars/2026.toml",
            swap("to = 2026-02-23", "to = 2026-01-23"),
            "春节 的起止日期不对",
            "to 不早于",
        ),
        (
            "calendars/2026.toml",
            swap("2026-02-14,", "2026-02-13,"),
            "2026-02-13 本来就是工作日",
            "周六、周日",
        ),
        (
            "calendars/2026.toml",
            swap("2026-02-14,", "2026-02-15,"),
            "2026-02-15 不在本年或同时写成放假",
            "核对",
        ),
        ("calendars/2026.toml", swap("08:30-12:00", "8点到12点"), "上班时段“8点到12点”不对", "08:30-12:00"),
        ("calendars/2026.toml", swap("year = 2026", "year = 2025"), "2025", "2025.toml"),
    ],
)
def test_mistake_is_named_with_file_line_and_remedy(
    tmp_path: Path, file: str, edit: Edit, message: str, remedy: str
) -> None:
    folder = tmp_path / "workorders"
    shutil.copytree(FOLDER, folder)
    path = folder / file
    path.write_text(edit(path.read_text("utf-8")), "utf-8")
    problems = check_work_orders(folder)
    found = [problem for problem in problems if message in problem.message and remedy in problem.remedy]
    assert found, [str(problem) for problem in problems]
    assert found[0].file == file
    assert found[0].line is not None
    line = path.read_text("utf-8").splitlines()[found[0].line - 1]
    assert line.strip(), "the line named is one with something on it"


def test_missing_folder_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    problems = check_work_orders(tmp_path / "nowhere")
    assert {problem.file for problem in problems} == {"queues.toml", "types", "calendars"}
