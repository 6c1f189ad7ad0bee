"""What a partner phrase means in this catalogue: an offering, a series, a group, tiers by price. Pure.

Only what the words say without doubt is resolved; everything else is left to an analyst.
"""

import re
from collections.abc import Sequence

from crm.core.catalog.checks import MAIN_PLAN_TAG
from crm.core.catalog.exclusion_book import TIER, Book, Group
from crm.core.catalog.exclusion_phrases import BRAND_WORDS, former_name, key_of, without_note
from crm.core.catalog.exclusion_schemas import Partner, Way
from crm.core.catalog.schemas import Offering

_ALL_PLANS = re.compile(
    r"^(?:所有|全部|任何)?(?:2g/3g/4g|2g/3g/4g/5g|3g/4g|主)?(?:的)?主套餐$", re.IGNORECASE
)
_GENERATION_PLANS = re.compile(r"^(?:所有|全部)?(?P<tag>[45]g)主套餐$", re.IGNORECASE)
_ALIKE = re.compile(
    r"^(?:其他|其它|其余)?同(?:类型|类|系列|款)(?:的)?(?:其他|其它)?(?:业务|产品|套餐|档位|包)?$"
)
_BUT_THIS = re.compile(r"^除(?P<but>.+?)(?:以外|之外|外)的?(?:其他|其它|所有)?(?P<rest>.+)$")
_THIS = re.compile(r"^(?:本|该|此)(?:业务|产品|套餐|包|档)$")
_OTHERS = re.compile(r"^(?:其他|其它|其余)的?(?P<rest>.+)$")
_EVERY = re.compile(r"^(?:所有|全部|各档位?|各种|任意)的?(?P<rest>.+)$")
_PRICE = r"(?P<price>\d{1,5})元?(?:档位?|套餐)?"
_BOUND = r"(?P<bound>及以上|以上|及以下|以下|\(?含\)?以上|\(?含\)?以下)"
_BY_PRICE = re.compile(rf"^{_PRICE}{_BOUND}(?:档位?)?的?(?P<base>.+)$")
_PRICE_LAST = re.compile(rf"^(?P<base>\D.+?){_PRICE}{_BOUND}(?:档位?)?$")
_TIER_LAST = re.compile(r"^(?P<base>\D.*?)(?P<price>\d{1,5})(?:元档?|档)$")
_OF_BRAND = re.compile(
    rf"^(?P<brand>{'|'.join(BRAND_WORDS)})(?:标准|升级版)?(?:卡)?(?:客户)?的?(?P<rest>.+)$"
)
_VAGUE = re.compile(r"^部分|等$|类$")
_NUMBER = re.compile(r"(\d{1,5})(?:元|档)")


class PartnerBook(Book):
    """A catalogue that understands partner phrases."""

    def resolve(self, phrase: str, owner: Offering | None, earlier: Sequence[str] = ()) -> Partner:
        """The phrase as references (`code`, `tag:…`), or open. `earlier`: references named before it."""
        way, found = self._resolve(phrase, owner, earlier)
        references = self.without_owner(found, owner)
        return Partner(
            phrase=phrase, key=key_of(phrase), way=way if references else Way.OPEN, references=references
        )

    def without_owner(self, references: Sequence[str], owner: Offering | None) -> tuple[str, ...]:
        """A group that holds the owner is spelled out without it; main plans replace each other anyway."""
        if owner is None:
            return tuple(dict.fromkeys(references))
        found: list[str] = []
        for each in references:
            tag = each.removeprefix("tag:")
            if each == owner.code:
                continue
            if tag != each and tag in owner.tags and tag != MAIN_PLAN_TAG:
                found += [other.code for other in self.tagged(tag) if other.code != owner.code]
            else:
                found.append(each)
        return tuple(dict.fromkeys(found))

    def _resolve(
        self, phrase: str, owner: Offering | None, earlier: Sequence[str]
    ) -> tuple[Way, Sequence[str]]:
        for name in (phrase, without_note(phrase), former_name(phrase)):
            if name and (exact := self.by_name(name)):
                return exact
        plain = without_note(phrase)
        if _VAGUE.search(plain):
            return Way.OPEN, ()
        group = self._group_words(plain, owner, earlier)
        if group is not None:
            return Way.GROUP, group
        by_price = self._by_price(plain)
        if by_price:
            return Way.PRICE, by_price
        return self._of_brand(plain)

    def _group_words(
        self, phrase: str, owner: Offering | None, earlier: Sequence[str]
    ) -> Sequence[str] | None:
        """Words for a group; None when they are none of that kind, empty when the group is not known."""
        plain = "".join(phrase.split())
        if _ALL_PLANS.match(plain):
            return (f"tag:{MAIN_PLAN_TAG}",)
        generation = _GENERATION_PLANS.match(plain)
        if generation:
            return self._members(f"{generation['tag'].upper()}套餐", owner, ())
        if _ALIKE.match(plain):
            family = "" if owner is None else self.family_of(owner)
            return self._members(family, owner, ()) if family else ()
        but = _BUT_THIS.match(plain)
        if but:
            spared: Sequence[str] = () if _THIS.match(but["but"]) else self._spared(but["but"])
            unknown = not spared and not _THIS.match(but["but"])
            return () if unknown else self._members(but["rest"], owner, spared)
        others = _OTHERS.match(plain)
        if others:
            # What the cell names before, it names apart: the others are the rest of the kind.
            spared = self._apart(earlier, others["rest"])
            return self._members(others["rest"], owner, spared, with_family=False)
        every = _EVERY.match(plain)
        return None if every is None else self._members(every["rest"], owner, ())

    def _members(
        self, name: str, owner: Offering | None, spared: Sequence[str], with_family: bool = True
    ) -> tuple[str, ...]:
        """Codes of a group without the owner, without what is spared and, for others, without its family."""
        group = self.group(name) if name != "套餐" else Group("", self.tagged(MAIN_PLAN_TAG))
        if group is None:
            return ()
        family = "" if owner is None or with_family else self.family_of(owner)
        family = "" if family == name else family
        left = [
            each.code
            for each in group.members
            if each is not owner and each.code not in spared and not (family and family in each.tags)
        ]
        whole = len(left) == len(group.members) and group.reference
        return (group.reference,) if whole else tuple(left)

    def _apart(self, references: Sequence[str], kind: str) -> list[str]:
        """What is named, with its whole series, unless the others meant are of that very series."""
        found: list[str] = []
        for code in (code for reference in references for code in self.codes(reference)):
            known = self.by_code.get(code)
            family = "" if known is None else self.family_of(known)
            found.append(code)
            if family and family != kind:
                found += [each.code for each in self.tagged(family)]
        return found

    def _spared(self, name: str) -> Sequence[str]:
        found = self.by_name(name)
        return [] if found is None else [code for reference in found[1] for code in self.codes(reference)]

    def _by_price(self, phrase: str) -> Sequence[str]:
        found = _BY_PRICE.match(phrase) or _PRICE_LAST.match(phrase)
        if found:
            group = self.group(found["base"])
            if group is None:
                return ()
            return [each.code for each in group.members if _within(each, int(found["price"]), found["bound"])]
        tier = TIER.match(phrase) or _TIER_LAST.match(phrase)
        group = None if tier is None else self.group(tier["base"])
        if tier is None or group is None:
            return ()
        return [each.code for each in group.members if _price(each) == int(tier["price"])]

    def _of_brand(self, phrase: str) -> tuple[Way, Sequence[str]]:
        """全球通的X: an X that customers of the brand may hold."""
        found = _OF_BRAND.match(phrase)
        if found is None:
            return Way.OPEN, ()
        named = self.by_name(found["rest"])
        references = self._by_price(found["rest"]) if named is None else named[1]
        codes = [code for each in references for code in self.codes(each)]
        fit = [code for code in codes if found["brand"] in (self.by_code[code].brands or (found["brand"],))]
        return Way.BRAND, fit


def _price(offering: Offering) -> int | None:
    """The number of yuan a tier is called by; the fee where its name has none."""
    named = _NUMBER.search(offering.name)
    if named:
        return int(named.group(1))
    fee = offering.monthly_fee_fen
    return None if fee is None or fee % 100 else fee // 100


def _within(offering: Offering, price: int, bound: str) -> bool:
    """及以上 and 及以下 include the price itself; 以上 and 以下 alone do not: the source keeps them apart."""
    own = _price(offering)
    if own is None:
        return False
    if "及" in bound or "含" in bound:
        return own >= price if "上" in bound else own <= price
    return own > price if "上" in bound else own < price
