"""The call-reason tree from `workorders/call_reasons.toml`."""

import tomllib
from pathlib import Path

import msgspec

from crm.core.interaction.schemas import CallReason
from crm.platform.content import ContentProblem

FILE = "call_reasons.toml"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    reason: tuple[CallReason, ...]


def load_call_reasons(folder: Path) -> tuple[tuple[CallReason, ...], tuple[ContentProblem, ...]]:
    """The leaves in file order, and what is wrong with the file."""
    path = folder / FILE
    try:
        reasons = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File).reason
    except OSError:
        return (), (ContentProblem(str(path), None, "找不到来电原因文件", "从版本库恢复这个文件"),)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as mistake:
        return (), (ContentProblem(str(path), None, f"来电原因文件有误：{mistake}", "按文件开头的说明改正"),)
    codes = [each.code for each in reasons]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    problems = tuple(
        ContentProblem(str(path), None, f"编码 {code} 出现两次", "每个原因用不同的编码") for code in twice
    )
    return reasons, problems
