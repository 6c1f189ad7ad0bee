"""A 互斥业务 cell taken apart into the phrases that name its partners. Pure."""

import re
from collections.abc import Collection, Iterator

from crm.core.catalog.folding import fold

BRAND_WORDS = ("全球通", "动感地带", "神州行")

_LONGEST_CELL = 4000
_BRACKETS = {"（": "）", "(": ")", "“": "”", "《": "》", "【": "】"}
_COMMAS = frozenset("、，,；;。\n")
_TOGETHER = re.compile(r"(?:无法|不能|不可|不得|不允许)(?:同时|一起)(?:办理|使用|开通|生效|订购)$")
_EXCLUDED = re.compile(r"(?:等(?:业务|产品)?)?(?:均|都|相互|互相|为)?互斥(?:业务|产品)?$")
_LED_BY = re.compile(r"^(?:以及|与|及|且|还有)")
_AND_MORE = re.compile(r"^(?P<example>.{2,}?)等(?P<kind>.+)$")
_AND_ALIKE = re.compile(r"等(?:业务|产品|套餐)?$")
_BRAND = "|".join(BRAND_WORDS)
_OF_BRANDS = re.compile(rf"^(?P<brands>(?:{_BRAND})(?:[/／或](?:{_BRAND}))+)(?:客户)?的?(?P<rest>.+)$")
_NOTE = re.compile(r"[（(][^（()）]*[)）]")
_FORMERLY = re.compile(r"[（(]原(?P<name>[^（()）]+)[)）]")


def split(text: str, own: Collection[str] = (), names: Collection[str] = ()) -> tuple[str, ...]:
    """The phrases of a cell, in order, each once.

    `own` are the names of the offering the cell belongs to and of its series: in "A和B无法同时办理" they are
    the subject and no partner. `names` are names of offerings, folded: such a name is never cut.
    """
    found: dict[str, str] = {}
    for piece in _pieces(text[:_LONGEST_CELL]):
        for phrase in _phrases(piece, {fold(name) for name in own}, names):
            if key := key_of(phrase):
                found.setdefault(key, phrase)
    return tuple(found.values())


def key_of(phrase: str) -> str:
    """What two spellings of one phrase share: no notes, no 的, no 业务 at the end, 数据流量 is 流量."""
    words = fold(without_note(phrase)).replace("的", "")
    words = words.replace("移动数据流量", "流量").replace("数据流量", "流量")
    for ending in ("业务", "产品"):
        if words.endswith(ending) and len(words) > len(ending) + 1:
            words = words[: -len(ending)]
    return words or fold(phrase)


def without_note(phrase: str) -> str:
    """The phrase without what stands in round brackets, unless that is everything."""
    return _NOTE.sub("", phrase).strip() or phrase


def former_name(phrase: str) -> str:
    """The earlier name that a note gives, e.g. （原WLAN包流量套餐）; empty when there is none."""
    found = _FORMERLY.search(phrase)
    return found["name"].strip() if found else ""


def _pieces(text: str) -> Iterator[str]:
    """Pieces between commas that stand outside brackets and quotation marks."""
    piece, closing = "", ""
    for sign in text.replace("以及", "、以及"):
        if closing:
            closing = "" if sign == closing else closing
        elif sign in _COMMAS:
            yield piece
            piece = ""
            continue
        else:
            closing = _BRACKETS.get(sign, "")
        piece += sign
    yield piece


def _phrases(piece: str, own: set[str], names: Collection[str]) -> Iterator[str]:
    piece = _LED_BY.sub("", " ".join(piece.split())).strip()
    if not fold(piece):
        return
    if fold(piece) in names:
        yield piece
        return
    together = _TOGETHER.sub("", piece)
    if together != piece:
        yield from _both_sides(together, own, names)
        return
    piece = _EXCLUDED.sub("", piece)
    more = _AND_MORE.match(piece)
    if more and not _AND_ALIKE.search(piece):
        yield from _of_brands(more["example"])
        yield f"其他{more['kind'].removeprefix('其他')}"
    elif piece:
        yield from _of_brands(_AND_ALIKE.sub("", piece))


def _of_brands(piece: str) -> Iterator[str]:
    """全球通/动感地带的X speaks of two offers."""
    several = _OF_BRANDS.match(piece)
    if several is None:
        yield piece
        return
    for brand in re.split("[/／或]", several["brands"]):
        yield f"{brand}{several['rest']}"


def _both_sides(sentence: str, own: set[str], names: Collection[str]) -> Iterator[str]:
    """A和B无法同时办理: cut at the 和 (与) that leaves a known name on one side, else at the last one."""
    sentence = re.sub(r"(?:相互|互相)?(?:之间)?$", "", sentence)
    cuts = [found.start() for found in re.finditer("[和与]", sentence) if found.start() > 0]
    if not cuts:
        yield sentence
        return
    known = own.union(names)

    def best(cut: int) -> tuple[int, int]:
        sides = (sentence[:cut], sentence[cut + 1 :])
        return sum(fold(without_note(side)) in known for side in sides), cut

    cut = max(cuts, key=best)
    for side in (sentence[:cut], sentence[cut + 1 :]):
        if side and fold(without_note(side)) not in own:
            yield side
