"""The findings of a verdict held against the rules: each says what its rule says, and none is missing."""

from typing import Any, NamedTuple

from crm.core.compatibility.proof_reading.case import Case, Json, Product, Row, demand
from crm.core.compatibility.proof_reading.conditions import Rule
from crm.core.compatibility.proof_reading.wording import check_doubt, check_words, places

SEVERITY = ("allow", "disclose", "consent", "first", "store", "refuse")
_ONE_EACH = {"target_has", "target_lacks", "recorded", "not_recorded"}  # a condition for each value
_ITEM_PLACES = {"held_end", "held_losses", "campaign", "grounds"}


class Fired(NamedTuple):
    """A rule that fires on a line, for an item or for none; `doubts` are the facts it lacks to be sure."""

    rule: Rule
    row: Row
    item: Product | None
    doubts: frozenset[str]


def check_finding(finding: Json, fired: Fired, case: Case) -> None:
    """Raise `Rejected` unless the finding says of this firing what its rule says."""
    rule, row, item = fired.rule, fired.row, fired.item
    written, own = rule.written, row.held
    about = own if item is None else item
    unsure = bool(fired.doubts)
    said: Json = {
        "rule_id": rule.id,
        "rule_title": written["title"],
        "source": written["source"],
        "verdict": "first" if unsure else written["verdict"],
        "target": row.code,
        "target_name": row.name,
        "held_id": None if about is None else about.id,
        "held_offering": None if item is None else item.code,
        "held_name": "" if item is None else item.name,
    }
    for key, value in said.items():
        demand(finding[key] == value, f"判定里 {rule.id} 的 {key} 与规则或事实不符")
    demand(frozenset[Any](finding["unknown"]) == fired.doubts, f"判定里 {rule.id} 缺少的事实不符")
    asked = sum(len(wanted) if name in _ONE_EACH else 1 for name, wanted in (*rule.line, *rule.item))
    demand(len(finding["conditions"]) == asked, f"判定里 {rule.id} 的条件数不符")
    demand([_effect(each) for each in finding["effects"]] == _effects(fired), f"判定里 {rule.id} 的影响不符")
    steps = [_remedy(each) for each in finding["remedies"]]
    demand(steps == _remedies(fired), f"判定里 {rule.id} 的办法不符")
    if unsure:
        check_doubt(finding, written["title"])
        return
    texts = [(finding["explain"], written["explain"]), (finding["script"], written["script"])]
    texts += [
        (each["text"], meant["text"])
        for each, meant in zip(finding["remedies"], written["remedies"], strict=True)
    ]
    for said_text, text in texts:
        check_words(said_text, text, case, row, item)


def _effect(effect: Json) -> tuple[Any, ...]:
    return tuple(effect[key] for key in ("kind", "held_id", "offering", "timing"))


def _effects(fired: Fired) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for meant in () if fired.doubts else fired.rule.written["effects"]:
        if meant["of"] == "held" and fired.item is not None:
            found.append((meant["kind"], fired.item.id, fired.item.code, meant["timing"]))
        elif meant["of"] == "target_includes" and fired.row.offering is not None:
            includes: list[str] = fired.row.offering["includes"]
            found += [(meant["kind"], None, code, meant["timing"]) for code in includes]
    return found


_STEP = ("do", "where", "held_id", "offering", "work_order_type", "bring", "record", "until")


def _remedy(remedy: Json) -> tuple[Any, ...]:
    return tuple(remedy[key] for key in _STEP)


def _remedies(fired: Fired) -> list[tuple[Any, ...]]:
    if fired.doubts:
        return [("verify", "desk", None, None, None, [], "", None)]
    found: list[tuple[Any, ...]] = []
    row, subject = fired.row, fired.row.held if fired.item is None else fired.item
    for meant in fired.rule.written["remedies"]:
        item = subject if meant["of"] == "held" else None
        code = item.code if item is not None else row.code if meant["of"] == "target" else None
        step = meant["record"]
        record = "" if step is None else f"{step}:{row.code}"
        if step == "losses":
            record = "losses:" if subject is None else f"losses:{subject.id}"
        until = item.until if item is not None and meant["do"] == "wait" else None
        found.append(
            (
                meant["do"], meant["where"], None if item is None else item.id, code,
                meant["work_order_type"] or None, meant["bring"], record,
                None if until is None else until.isoformat(),
            )
        )  # fmt: skip
    return found


def check_sentences(sentences: list[Json], findings: list[Json], fired: list[Fired], case: Case) -> None:
    """Raise `Rejected` unless everything that must be told or agreed to is among the sentences, once."""
    wanted: dict[str, list[tuple[Json, Fired]]] = {}
    for finding, each in zip(findings, fired, strict=True):
        rule, row, item = each.rule, each.row, each.item
        if each.doubts or rule.written["verdict"] not in ("disclose", "consent"):
            continue
        key = f"{rule.id}:{row.code if row.held is None else row.held.id}"
        if item is not None and _ITEM_PLACES.intersection(places(rule.written["script"])):
            key += f":{item.id or item.code}"
        wanted.setdefault(key, []).append((finding, each))
    agreed = {key: group[0][1].rule.written["verdict"] == "consent" for key, group in wanted.items()}
    order = sorted(wanted, key=lambda key: (not agreed[key], key))
    demand([each["key"] for each in sentences] == order, "判定里须告知或须同意的内容不全")
    for said in sentences:
        finding, each = wanted[said["key"]][0]
        demand(said["consent"] is agreed[said["key"]], "判定里把须同意写成告知，或反过来")
        demand(said["rule_id"] == each.rule.id, "判定里要念的话写错规则")
        group = wanted[said["key"]]
        if len(group) == 1:
            demand(said["text"] == finding["script"], "判定里要念的话与说明不符")
        else:
            names = "、".join(sorted(other["held_name"] for other, _ in group))
            check_words(said["text"], each.rule.written["script"], case, each.row, each.item, names)


def in_order(finding: Json) -> tuple[int, str, str, str]:
    """Severest first, then by rule, target and item."""
    held = finding["held_id"] or finding["held_offering"] or ""
    return -SEVERITY.index(finding["verdict"]), finding["rule_id"], finding["target"] or "", held
