"""What an order itself says about the verdict it was accepted under must be what was stored. Pure."""

import json
from datetime import datetime
from typing import Any, NamedTuple, cast

import msgspec

from crm.core.compatibility.schemas import Sentence
from crm.core.ordering.schemas import ConsentView

_NAMES = {
    "verdict": "结论",
    "rules_hash": "规则版本",
    "catalogue_hash": "产品目录",
    "consent_token": "同意凭据",
    "channel": "渠道",
}
_PENALTY = "penalty"  # the price of leaving an agreement is told with the verdict's sentences
_SHOWN = 40


class Copy(NamedTuple):
    """The order's own copy of its verdict; `qualification` and `consents` as plain JSON."""

    verdict: str
    rules_hash: str
    catalogue_hash: str
    consent_token: str
    channel: str
    qualification: Any
    consents: Any
    ordered_at: datetime
    staff_number: str


def contradiction(copy: Copy, stored: Any, given_at: datetime) -> str:
    """The first field in which the order says otherwise than the stored verdict; empty when in none."""
    if not isinstance(stored, dict):
        return "存下的判定（qualification）读不懂"
    verdict = cast("dict[str, Any]", stored)
    for field, name in _NAMES.items():
        mine, theirs = getattr(copy, field), verdict.get(field)
        if mine != theirs:
            return (
                f"受理单的{name}（{field}）与存下的判定不符：单上是 {_short(mine)}，存的是 {_short(theirs)}"
            )
    if field := _other(copy.qualification, verdict):
        return f"受理单的判定内容（qualification{field}）与存下的判定不符"
    if copy.ordered_at != given_at:
        return "受理单的受理时间（ordered_at）与存下的判定不符"
    return _untold(copy, verdict.get("sentences"))


def _other(mine: Any, stored: dict[str, Any]) -> str:
    if not isinstance(mine, dict):
        return "（不是一个判定）"
    copy = cast("dict[str, Any]", mine)
    fields = (*stored, *(each for each in copy if each not in stored))
    return next((f".{each}" for each in fields if _text(copy.get(each)) != _text(stored.get(each))), "")


def _untold(copy: Copy, sentences: Any) -> str:
    """Whether every sentence of the verdict was told when it was placed, and none but prices besides."""
    try:
        wanted = msgspec.convert(sentences, tuple[Sentence, ...])
        told = msgspec.convert(copy.consents, tuple[ConsentView, ...])
    except msgspec.ValidationError:
        return "受理单的告知与同意（consents）或判定要求的告知（sentences）读不懂"
    said = [Sentence(each.key, each.text, each.consent, each.rule_id) for each in told]
    for sentence in wanted:
        if sentence not in said:
            return f"受理单的告知与同意（consents）缺少判定要求的“{sentence.text}”"
    for each, sentence in zip(told, said, strict=True):
        if sentence not in wanted and each.rule_id != _PENALTY:
            return f"受理单的告知与同意（consents）多出判定没有的“{each.text}”"
        if (each.at, each.staff_number) != (copy.ordered_at, copy.staff_number):
            return f"受理单的告知与同意（consents）的时间或工号与受理时不符：“{each.text}”"
    return ""


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
