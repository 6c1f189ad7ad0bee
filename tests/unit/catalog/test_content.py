"""Mistakes in offering files: each with file, line, what is wrong and how to mend it."""

from pathlib import Path

import pytest

from crm.core.catalog.content import load_offerings

GOOD = '[[offering]]\ncode = "a"\nname = "甲"\nkind = "vas"\nmonthly_fee_fen = 100\n'


def _load(tmp_path: Path, text: str | bytes) -> tuple[list[str], list[str]]:
    folder = tmp_path / "catalog" / "offerings"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    offerings, problems = load_offerings(folder)
    return [offering.code for offering in offerings], [str(problem) for problem in problems]


def _entry(**keys: str) -> str:
    written = {"code": '"b"', "name": '"乙"', "kind": '"vas"', "monthly_fee_fen": "0", **keys}
    return "[[offering]]\n" + "".join(f"{key} = {value}\n" for key, value in written.items() if value)


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    assert _load(tmp_path, GOOD) == (["a"], [])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (GOOD + "\nmonthly_fe = 3\n", 7, "是不是 monthly_fee_fen"),
        (GOOD + "zzzz = 3\n", 6, "README"),
        (_entry(monthly_fee_fen='"五元"'), 5, "整数"),
        (_entry(monthly_fee_fen="-1"), 5, "金额"),
        (_entry(monthly_fee_fen="99999999999"), 5, "金额"),
        (_entry(monthly_fee_fen=""), 1, "资费说明"),
        (_entry(kind='"main_plann"'), 4, "是不是 main_plan"),
        (_entry(kind='"main_plan"'), 4, "sets_brand"),
        (_entry(kind='"main_plan"', sets_brand='"全球通"'), 1, "主套餐"),
        (_entry(sets_brand='"全球通"'), 6, "main_plan"),
        (_entry(brands='["全球同"]'), 6, "可选：全球通"),
        (_entry(state='"off"'), 6, "discontinued"),
        (_entry(add_timings='["next_mont"]'), 6, "是不是 next_month"),
        (_entry(add_timings="[]"), 6, "生效时间"),
        (_entry(code='"B 1"'), 2, "小写字母"),
        (_entry(name='""'), 3, "名称"),
        (_entry(code=""), 1, "缺少 code"),
        (_entry(trial_months="1"), 6, "includes"),
        (_entry(valid_from="2026-02-01", valid_to="2026-01-01"), 7, "早于"),
        (_entry(valid_from='"明天"'), 6, "日期"),
        (_entry(includes='[\n  "nothing"\n]'), 7, "不存在的编码"),
        (_entry(tags='["奥运"]', compatible_with='["tag:奥云"]'), 7, "改成目录里已有的标签"),
        (_entry(tags='["奥运八八系列"]', compatible_with='["tag:奥运八八系例"]'), 7, "是不是 奥运八八系列"),
        (_entry(compatible_with='["b"]'), 6, "引用了自己"),
        (_entry(includes='["tag:x"]', tags='["x"]'), 6, "逐个写编码"),
        (_entry(tags='["x"]', compatible_with='["tag:x"]', incompatible_with='["tag:x"]'), 8, "既写了兼容"),
        (_entry(allowances='[{ kind = "sms" }]'), 6, "kind 和 amount"),
        (_entry(allowances='[{ kind = "sms", amount = 0 }]'), 6, "大于 0"),
        (_entry(allowances='[{ kind = "sms", amount = 1, per = "x" }]'), 6, "三个键"),
        (_entry(sale_channels='["phone"]'), 6, "hotline"),
        (_entry(lock_in_months="-3"), 6, "月数"),
        (_entry(group_limits='{ "无" = 3 }'), 6, "不存在的标签"),
        ('[[offering]]\ncode = "a\n', 2, "补上半角双引号"),
        ("[[offering]]\ncode = 甲\n", 2, "双引号"),
        ("[[offering]]\ncode\n", 2, "等号"),
        (GOOD + "price = [1,\n", 6, "方括号"),
        ('[offering]\ncode = "a"\n', 1, "两层方括号"),
        ("offering = [1]\n", 1, "两层方括号"),
        ('title = "x"\n' + GOOD, 1, "顶层不认识 title"),
        (GOOD + GOOD, 7, "编码重复"),
        (GOOD + _entry(name='"甲"'), 8, "同名"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    _, problems = _load(tmp_path, text)
    assert problems, "the mistake was not seen"
    assert any(f"catalog/offerings/x.toml:{line} " in problem and said in problem for problem in problems), (
        problems
    )
    assert all("改法：" in problem for problem in problems)


def test_a_bad_entry_does_not_hide_the_good_ones(tmp_path: Path) -> None:
    codes, problems = _load(tmp_path, GOOD + _entry(kind='"nothing"') + _entry(code='"c"', name='"丙"'))
    assert codes == ["a", "c"]
    assert len(problems) == 1


def test_circles_are_named_once(tmp_path: Path) -> None:
    text = _entry(code='"x"', name='"一"', includes='["y"]') + _entry(
        code='"y"', name='"二"', includes='["z"]'
    )
    text += _entry(code='"z"', name='"三"', includes='["x"]')
    _, problems = _load(tmp_path, text)
    assert len(problems) == 1
    assert "x → y → z → x" in problems[0]


def test_two_ways_to_the_same_offering_are_no_circle(tmp_path: Path) -> None:
    text = _entry(code='"x"', name='"一"', includes='["y", "z"]') + _entry(
        code='"y"', name='"二"', includes='["z"]'
    )
    assert _load(tmp_path, text + _entry(code='"z"', name='"三"'))[1] == []


def test_a_discount_must_speak_of_every_main_plan(tmp_path: Path) -> None:
    plan = _entry(code='"p"', name='"套"', kind='"main_plan"', sets_brand='"全球通"', tags='["主套餐"]')
    _, problems = _load(tmp_path, plan + _entry(kind='"vnet"'))
    assert len(problems) == 1
    assert "没有说明与主套餐 p 是否兼容" in problems[0]
    assert _load(tmp_path, plan + _entry(kind='"vnet"', compatible_with='["tag:主套餐"]'))[1] == []


def test_other_encodings_and_empty_folders_are_told(tmp_path: Path) -> None:
    assert "UTF-8" in _load(tmp_path, GOOD.encode("gbk"))[1][0]
    assert _load(tmp_path, "\ufeff" + GOOD)[1] == []
    (tmp_path / "none").mkdir()
    assert "没有产品目录文件" in str(load_offerings(tmp_path / "none")[1][0])
    assert "不存在" in str(load_offerings(tmp_path / "missing")[1][0])
