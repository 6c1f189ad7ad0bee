"""A mistake in a rule file is named with its place; a broken folder starts and replaces nothing."""

from pathlib import Path

import pytest

from crm.core.compatibility.content import load_rules
from crm.core.compatibility.errors import RulesBroken
from crm.core.compatibility.lint import check_rules
from crm.core.compatibility.service import CompatibilityService
from tests.unit.compatibility.world import basket, catalogue, customer

GOOD = """
[[rule]]
id = "BR-90"
source = "S3-1"
title = "试验规则"
owner = "业务组"
verdict = "refuse"
when.op = ["add"]
explain = "{target}不能办理"
script = "{target}不能办理"
"""


def write(folder: Path, text: str) -> Path:
    """A rule folder with one file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.toml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "remedy"),
    [
        ("when.op", "when.opp", 8, "不认识的键 opp", "op"),
        ('["add"]', '["ad"]', 8, "when.op", "add"),
        ('["add"]', '"add"', 8, "when.op", "列表"),
        ('verdict = "refuse"', 'verdict = "refused"', 7, "verdict", "refuse"),
        ('verdict = "refuse"', "", 2, "缺少 verdict", "补上"),
        ('explain = "{target}', 'explain = "{targt}', 9, "{targt}", "target"),
        ('explain = "{target}', 'explain = "{held}', 9, "when.has", "target"),
        ('id = "BR-90"', 'id = "规则九"', 3, "不合规", "BR-03"),
        ("when.op", "when.channel", 8, "channel", "可选"),
        ('when.op = ["add"]', 'when.target_kind = ["vaz"]', 8, "target_kind", "vas"),
        ('when.op = ["add"]', "valid_from = 2026-12-01\nvalid_to = 2026-11-01", 9, "早于", "改正"),
        ('when.op = ["add"]', 'overrides = ["BR-89"]', 8, "BR-89", "BR-90"),
        ('when.op = ["add"]', 'effects = [{ kind = "cancel" }]', 8, "held", "when.has"),
        ('when.op = ["add"]', 'effects = [{ kind = "cancle" }]', 8, "effects", "cancel"),
        ('when.op = ["add"]', "when.brand_change = 1", 8, "brand_change", "true"),
        ('title = "试验规则"', 'title = "试验规则', 5, "TOML", "双引号"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, line: int, message: str, remedy: str) -> None:
    assert old in GOOD
    _, problems = load_rules(write(tmp_path / "rules", GOOD.replace(old, new, 1)))
    assert problems, "the mistake was not noticed"
    first = problems[0]
    assert first.file == "rules/a.toml"
    assert first.line == line
    assert message in first.message
    assert remedy in first.remedy


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    found, problems = load_rules(write(tmp_path / "rules", GOOD))
    assert problems == ()
    assert [rule.id for rule in found.rules] == ["BR-90"]


def test_two_rules_with_one_id_are_named(tmp_path: Path) -> None:
    _, problems = load_rules(write(tmp_path / "rules", GOOD + GOOD))
    assert "重复" in problems[0].message
    assert "rules/a.toml:3" in problems[0].remedy


def test_files_in_another_order_are_the_same_rules(tmp_path: Path) -> None:
    other = GOOD.replace("BR-90", "BR-91").replace('["add"]', '["remove"]')
    one, _ = load_rules(write(tmp_path / "one", GOOD + other))
    two, _ = load_rules(write(tmp_path / "two", other + GOOD))
    assert one.hash == two.hash


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('script = "{target}不能办理"', "", "没有对客户说的话"),
        ('verdict = "refuse"', 'verdict = "first"', "没说做什么"),
        ('when.op = ["add"]', 'when.target_tag = ["GPRS套参"]', "没有任何产品"),
        ('when.op = ["add"]', 'when.target = ["cailing-55"]', "不在目录里"),
        ('when.op = ["add"]', 'when.op = ["add"]\nwhen.target_kind = ["main_plan"]', "永远不会触发"),
        ('when.op = ["add"]', 'when.target_kind = ["vas"]\nwhen.target_kind_not = ["vas"]', "永远不会触发"),
        ('when.op = ["add"]', 'when.op = ["add"]\nwhen.item.bound = true', "只对取消有意义"),
        ('when.op = ["add"]', 'when.has.state = ["ended"]\nwhen.has.stays = true', "永远不会触发"),
        ("", "", "没有“触发”的证明"),
        ("", "", "没有“恰好不触发”的证明"),
        ("", "", "没有边界的证明"),
        ("", "", "注意事项 S3-12 没有任何规则"),
    ],
)
def test_lint_finds(tmp_path: Path, old: str, new: str, message: str) -> None:
    write(tmp_path / "rules", GOOD.replace(old, new, 1) if old else GOOD)
    (tmp_path / "cases").mkdir()
    assert any(message in str(problem) for problem in check_rules(tmp_path, catalogue()))


def test_lint_finds_rules_that_say_the_same_or_the_opposite(tmp_path: Path) -> None:
    same = GOOD.replace("BR-90", "BR-91")
    opposite = same.replace("refuse", "allow").replace("BR-91", "BR-92")
    write(tmp_path / "rules", GOOD + same + opposite)
    (tmp_path / "cases").mkdir()
    said = [str(problem) for problem in check_rules(tmp_path, catalogue())]
    assert any("BR-91 和 BR-90 条件完全相同，重复了" in each for each in said)
    assert any("BR-92 和 BR-90 条件完全相同，结论却不同" in each for each in said)


def test_a_proof_that_does_not_hold_is_named(tmp_path: Path) -> None:
    write(tmp_path / "rules", GOOD)
    case = (
        '[[case]]\nrule = "BR-90"\nproves = "just_not"\ntitle = "不该触发"\non = 2026-11-22\n'
        'plan = "gotone-standard"\nadd = ["cailing-5"]\nverdict = "allow"\n'
    )
    write(
        tmp_path / "cases",
        case + case.replace("just_not", "fires").replace('"allow"', '"refuse"') + "[[case]]\n",
    )
    said = [str(each) for each in check_rules(tmp_path, catalogue()) if each.file.startswith("cases/")]
    assert any("cases/a.toml:1 " in each and "不该触发 BR-90" in each for each in said)
    assert any("结论应为 allow，实际是 refuse" in each for each in said)
    assert any("缺少 rule" in each for each in said)


class Shelf:
    """A catalogue in memory."""

    def __init__(self) -> None:
        self.catalogue = catalogue()


def test_a_broken_folder_starts_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "rules", GOOD.replace("when.op", "when.opp"))
    with pytest.raises(RulesBroken, match=r"没有启动.*\n.*rules/a.toml:8"):
        CompatibilityService(folder, Shelf()).qualify(basket("cailing-5"), customer())
    with pytest.raises(RulesBroken, match="不存在"):
        CompatibilityService(tmp_path / "nothing", Shelf()).described()
    (tmp_path / "empty").mkdir()
    empty = CompatibilityService(tmp_path / "empty", Shelf())
    with pytest.raises(RulesBroken, match="没有任何规则"):
        empty.possibilities(customer())
    assert empty.rules_hash == ""


def test_a_broken_folder_judges_by_the_version_it_is_given(tmp_path: Path) -> None:
    good = CompatibilityService(write(tmp_path / "good", GOOD), Shelf()).rules
    broken = CompatibilityService(write(tmp_path / "rules", GOOD.replace("when.op", "when.opp")), Shelf())
    broken.adopt(good)
    assert broken.qualify(basket("cailing-5"), customer()).verdict == "refuse"
    assert "rules/a.toml:8" in str(broken.problems[0])


def test_a_broken_folder_replaces_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "rules", GOOD)
    service = CompatibilityService(folder, Shelf())
    before = service.rules.hash
    write(folder, GOOD.replace("refuse", "refused"))
    assert "verdict" in service.reload()[0].message
    assert service.rules.hash == before
    assert service.problems
    assert service.qualify(basket("cailing-5"), customer()).verdict == "refuse"
    write(folder, GOOD.replace("refuse", "allow"))
    assert service.reload() == ()
    assert service.problems == ()
    assert service.qualify(basket("cailing-5"), customer()).verdict == "allow"
    (folder / "a.toml").unlink()
    assert service.reload()
    assert service.qualify(basket("cailing-5"), customer()).verdict == "allow"
