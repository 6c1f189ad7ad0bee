"""Reading a bundle: digests first, then every rule on every line for every other item."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from crm.core.compatibility.proof_reading.case import Case, Json, Product, Rejected, Row, demand
from crm.core.compatibility.proof_reading.conditions import Judge, Rule
from crm.core.compatibility.proof_reading.documents import (
    canonical,
    compact,
    digest,
    offering_in,
    rules_in,
    same,
    told,
)  # fmt: skip
from crm.core.compatibility.proof_reading.findings import (
    SEVERITY,
    Fired,
    check_finding,
    check_sentences,
    in_order,
)  # fmt: skip
from crm.core.compatibility.proof_reading.shapes import shaped

FORM = 1
_UNREADABLE = (
    AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, OverflowError,
)  # fmt: skip
Key = tuple[str, int, str]  # rule, line, item
Claim = tuple[str, Any]  # a condition and what it saw


class Outcome(NamedTuple):
    """Whether the certificate proves the verdict; `reason` says in Chinese why not."""

    accepted: bool
    reason: str = ""
    rules: int = 0  # read
    misses: int = 0  # claimed false conditions that were looked at


def read(bundle: Any) -> Outcome:
    """Accept or reject a bundle. Never raises: what cannot be read is not proved."""
    try:
        reader = _Reader(bundle)
        reader.check()
    except Rejected as no:
        return Outcome(False, str(no))
    except _UNREADABLE as odd:
        return Outcome(False, f"证书或它的材料读不懂（{type(odd).__name__}：{odd}）"[:200])
    return Outcome(True, "", len(reader.rules), reader.misses)


class _Reader:
    def __init__(self, bundle: Json) -> None:
        self.certificate: Json = bundle["certificate"]
        demand(self.certificate["form"] == FORM, "不认识的证书格式")
        self.verdict: Json = json.loads(bundle["qualification"])
        self._check_digests(bundle)
        # Written in one way only: nothing is said twice, and nobody reads it otherwise.
        demand(compact(self.verdict) == bundle["qualification"], "判定的写法不合规")
        self.rules = rules_in(bundle["rules"])
        facts = shaped(bundle["facts"], "facts")
        change = shaped(bundle["change"], "change")
        self._check_frame(facts, change)
        self.case = Case(change, facts, self._offerings(bundle))
        self.judge = Judge(self.case)
        self.misses = 0

    def check(self) -> None:
        """Raise `Rejected` unless the certificate proves the verdict."""
        demand(self.certificate["lines"] == [row.label() for row in self.case.rows], "证书里受理篮的行不符")
        named = [self._named(each[:3]) for each in self.certificate["fired"]]
        demand(len(named) == len(self.verdict["findings"]), "证书与判定的条数不符")
        overridden = [self._named(each[:3]) for each in self.certificate["overridden"]]
        claimed = {self._key(*each) for each in (*named, *overridden)}
        demand(len(claimed) == len(named) + len(overridden), "同一条规则列了两次")
        misses = self._misses()
        fired: dict[Key, Fired] = {}
        for stratum in (1, 2):
            found = self._fire(stratum, misses, claimed)
            fired |= found
            self._check_exceptions(found)
            self._cancel(found)
        demand(claimed == fired.keys(), "证书列出了没有触发的规则")
        self._check_claims_used(misses)
        self._check_verdict([fired[self._key(*each)] for each in named])

    # ------------------------------------------------------------ frame

    def _check_digests(self, bundle: Json) -> None:
        certificate = self.certificate
        for name in ("rules", "qualification"):
            demand(digest(bundle[name]) == certificate[name], f"{name} 与证书的摘要不符")
        for name in ("facts", "change"):
            demand(digest(canonical(bundle[name])) == certificate[name], f"{name} 与证书的摘要不符")

    def _offerings(self, bundle: Json) -> dict[str, Json | None]:
        """Every code the basket and the facts name must be there, or be said not to be in the catalogue."""
        listed: dict[str, str | None] = self.certificate["offerings"]
        texts = {digest(text): text for text in bundle["offerings"]}
        demand(
            texts.keys() == {each for each in listed.values() if each is not None}, "产品目录条目与证书不符"
        )
        found: dict[str, Json | None] = {}
        for code, named in listed.items():
            found[code] = None if named is None else offering_in(texts[named])
            entry = found[code]
            demand(entry is None or entry["code"] == code, f"产品 {code} 与证书不符")
        return found

    def _check_frame(self, facts: Json, change: Json) -> None:
        verdict, certificate = self.verdict, self.certificate
        demand(verdict["facts_hash"] == digest(compact(told(facts))), "判定的事实摘要不符")
        demand(verdict["as_of"] == facts["on"] == certificate["as_of"], "判定的日期不符")
        demand(verdict["channel"] == change["channel"], "判定的渠道不符")
        demand(verdict["rules_hash"] == certificate["rules"], "判定的规则版本不符")
        demand(verdict["catalogue_hash"] == certificate["catalogue"], "判定的产品目录版本不符")

    # ------------------------------------------------------------ claims

    def _named(self, claim: Any) -> tuple[Rule, Row, Product | None]:
        rule_id, place, key = claim
        demand(rule_id in self.rules, f"证书说到不存在的规则 {rule_id}")
        rule, row = self.rules[rule_id], self._row(place)
        if key is None:
            return rule, row, None
        return rule, row, self._item(row, rule.among, key)

    def _row(self, place: Any) -> Row:
        demand(type(place) is int and 0 <= place < len(self.case.rows), "证书说到不存在的行")
        return self.case.rows[place]

    def _item(self, row: Row, among: str, key: Any) -> Product:
        found = next((each for each in self.case.others(row, among) if each.key == key), None)
        demand(found is not None, f"证书说到不存在的业务 {key}")
        assert found is not None
        return found

    @staticmethod
    def _key(rule: Rule, row: Row, item: Product | None) -> Key:
        return rule.id, row.place, "" if item is None else item.key

    def _misses(self) -> dict[Key, Claim]:
        """Rule, line and (where it is about one) item → the condition said to be false, and what it saw."""
        found: dict[Key, Claim] = {}
        for place, key, name, saw, rule_ids in self.certificate["false"]:
            row = self._row(place)
            for rule_id in rule_ids:
                demand(rule_id in self.rules, f"证书说到不存在的规则 {rule_id}")
                rule = self.rules[rule_id]
                item = None if key is None else self._item(row, rule.among, key)
                demand(item is None or rule.has is not None, f"{rule_id} 不说别的业务")
                at = self._key(rule, row, item)
                demand(at not in found, f"{rule_id} 列了两次")
                found[at] = (name, saw)
        return found

    def _check_claims_used(self, misses: dict[Key, Claim]) -> None:
        demand(self.misses == len(misses), "证书列出了多余的条件")

    def _is_false(self, rule: Rule, row: Row, item: Product | None, claim: Claim) -> None:
        """Raise `Rejected` unless the condition is one of the rule's, saw that, and is false."""
        name, saw = claim
        self.misses += 1
        if name == "valid":
            demand(not rule.in_force(self.case) and saw == self.verdict["as_of"], f"{rule.id} 当天有效")
            return
        if name == "lacks":
            demand(item is None and self.judge.lacks_is_false(rule, row, saw), f"{rule.id} 的 lacks 并不为假")
            return
        stated = dict(rule.line if item is None else rule.item)
        demand(name in stated, f"{rule.id} 没有条件 {name}")
        demand(same(saw, self.judge.sees(name, rule, row, item)), f"{rule.id} 的 {name} 所见不符")
        said = self.judge.answer(name, stated[name], rule, row, item)
        demand(said is False, f"{rule.id} 的 {name} 并不为假")

    # ------------------------------------------------------------ firing

    def _fire(self, stratum: int, misses: dict[Key, Claim], claimed: set[Key]) -> dict[Key, Fired]:
        """What fires in a stratum; whatever does not must have a false condition in the certificate."""
        found: dict[Key, Fired] = {}
        for rule, row, item in self._possible(stratum, misses):
            key = self._key(rule, row, item)
            claim = misses.get(key)
            if claim is not None:
                self._is_false(rule, row, item, claim)
                continue
            demand(key in claimed, f"没有说明 {rule.id} 为什么不适用（第 {row.place + 1} 行）")
            doubts = self.judge.doubts(rule, row, item)
            demand(doubts is not None, f"{rule.id} 并没有触发")
            found[key] = Fired(rule, row, item, frozenset(doubts or ()))
        return found

    def _possible(self, stratum: int, misses: dict[Key, Claim]) -> Iterator[tuple[Rule, Row, Product | None]]:
        """Every rule on every line; with every item it could bind, unless it misses on the line already."""
        for rule in self.rules.values():
            if rule.stratum != stratum:
                continue
            for row in self.case.rows:
                if rule.has is None or self._key(rule, row, None) in misses:
                    yield rule, row, None
                else:
                    for item in self.case.others(row, rule.among):
                        yield rule, row, item

    def _check_exceptions(self, fired: dict[Key, Fired]) -> None:
        """What another rule overrides is not in the verdict; everything else is."""
        given = {self._key(*self._named(each[:3])): each[3:] for each in self.certificate["overridden"]}
        sure = [each for each in fired.values() if each.rule.overrides and not each.doubts]
        for key, each in fired.items():
            by = [strong for strong in sure if _overrides(strong, each)]
            demand(bool(by) == (key in given), f"{each.rule.id} 是否被其他规则取代，与证书不符")
            if by:
                named = [[one.rule.id, None if one.item is None else one.item.key] for one in by]
                demand(list(given[key]) in named, f"取代 {each.rule.id} 的规则不符")

    def _cancel(self, fired: dict[Key, Fired]) -> None:
        """Stratum 2 sees what the effects of stratum 1 cancel."""
        sure = [each for each in fired.values() if each.rule.overrides and not each.doubts]
        for each in fired.values():
            left = not any(_overrides(strong, each) for strong in sure)
            if (
                each.rule.stratum == 1
                and each.item is not None
                and not each.doubts
                and each.rule.cancels
                and left
            ):
                self.case.cancelled.setdefault(each.row.place, set()).add(each.item.id)

    # ------------------------------------------------------------ verdict

    def _check_verdict(self, fired: list[Fired]) -> None:
        verdict = self.verdict
        demand(type(verdict["findings"]) is type(verdict["sentences"]) is list, "判定的写法不合规")
        findings: list[Json] = verdict["findings"]
        for finding, each in zip(findings, fired, strict=True):
            check_finding(finding, each, self.case)
        demand(findings == sorted(findings, key=in_order), "判定的次序不对")
        severest = max((SEVERITY.index(each["verdict"]) for each in findings), default=0)
        demand(verdict["verdict"] == SEVERITY[severest] == self.certificate["verdict"], "结论不是最重的一条")
        check_sentences(verdict["sentences"], findings, fired, self.case)
        binding = bool(verdict["sentences"]) and severest <= SEVERITY.index("consent")
        demand(bool(verdict["consent_token"]) == binding, "判定的同意凭据不该有，或缺少")
        self._check_witness(fired)

    def _check_witness(self, fired: list[Fired]) -> None:
        """The headline's rule, line and item, with everything its conditions saw."""
        witness = self.certificate["witness"]
        demand((witness is None) == (not fired), "证书缺少结论的证人")
        if witness is None:
            return
        first = fired[0]
        asked = [(name, None) for name, _ in first.rule.line] + [
            (name, first.item) for name, _ in first.rule.item
        ]
        seen = [[name, self.judge.sees(name, first.rule, first.row, item)] for name, item in asked]
        seen.sort(key=lambda each: each[0])
        told = [first.rule.id, first.row.place, None if first.item is None else first.item.key, seen]
        demand(same(witness, told), "结论的证人与事实不符")


def _overrides(strong: Fired, other: Fired) -> bool:
    if other.rule.id not in strong.rule.overrides or other.row is not strong.row:
        return False
    return strong.item is None or other.item is None or strong.item is other.item
