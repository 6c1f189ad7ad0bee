"""互斥业务 cells become exclusions between offerings. Pure.

Cells and analysts' decisions are all there is to store: the exclusions follow each time a catalogue is built.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from crm.core.catalog.exclusion_partners import PartnerBook
from crm.core.catalog.exclusion_phrases import key_of, split
from crm.core.catalog.exclusion_schemas import Cell, CellReading, Decision, Partner, Way
from crm.core.catalog.schemas import Offering

CARDS: dict[str, str] = {"主卡互斥业务": "main", "副卡互斥业务": "secondary"}
KINDS = ("互斥业务", *CARDS)
_LONGEST_TEXT = 4000
_LONGEST_NAME = 120
_SHOWN = 160
_BLANK = b"\xef\xbb\xbf \t\r"


class ReadCell(NamedTuple):
    """A line with its cell, or with the reason why there is none."""

    line: int
    cell: Cell | None
    reason: str = ""
    name: str = ""


class _Row(msgspec.Struct, frozen=True):
    service: str
    text: str
    level: str = ""
    table: str = ""
    kind: str = "互斥业务"


def read_cells(lines: Iterable[bytes], source: str) -> list[ReadCell]:
    """Every line that is not blank; a second cell of the same offering and kind is told, not merged."""
    read: list[ReadCell] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip(_BLANK):
            continue
        each = _read(number, line, source)
        if each.cell is not None:
            first = seen.setdefault(identity(each.cell), number)
            if first != number:
                each = ReadCell(number, None, f"与第 {first} 行是同一个产品的同一栏", each.name)
        read.append(each)
    return read


def _read(number: int, line: bytes, source: str) -> ReadCell:
    try:
        raw: Any = msgspec.json.decode(line.strip(_BLANK))
        row = msgspec.convert(raw, _Row)
    except msgspec.ValidationError as error:
        return ReadCell(number, None, f"字段不对：{error}（要有 service、text、kind）")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ReadCell(number, None, "不是完整的 JSON，或编码不是 UTF-8")
    service, text = row.service.strip(), row.text.replace("\x00", "").strip()
    if not service or len(service) > _LONGEST_NAME:
        return ReadCell(number, None, f"产品名称为空或超过 {_LONGEST_NAME} 字", service[:40])
    if row.kind not in KINDS:
        return ReadCell(number, None, f"不认识的栏目“{row.kind[:20]}”，应为" + "、".join(KINDS), service)
    if not text or len(text) > _LONGEST_TEXT:
        return ReadCell(number, None, f"内容为空或超过 {_LONGEST_TEXT} 字", service)
    cell = Cell(
        source=source,
        line=number,
        service=service,
        level=row.level,
        table=row.table,
        kind=row.kind,
        text=text,
    )
    return ReadCell(number, cell, name=service)


def identity(cell: Cell) -> tuple[str, ...]:
    """What makes two lines the same cell, whatever their text."""
    return cell.source, cell.table, cell.level, cell.service, cell.kind


class News(NamedTuple):
    """What a file brings: cells that are new, whose text changed, and names of stored ones it lacks."""

    added: list[Cell]
    changed: list[Cell]
    gone: list[tuple[str, str, str, str]]


def compare(cells: Sequence[Cell], stored: Mapping[tuple[str, str, str, str], str]) -> News:
    """The file against what is stored of it: (table, level, service, kind) → text."""
    fresh = {(cell.table, cell.level, cell.service, cell.kind): cell for cell in cells}
    return News(
        added=[cell for name, cell in fresh.items() if name not in stored],
        changed=[cell for name, cell in fresh.items() if name in stored and stored[name] != cell.text],
        gone=[name for name in stored if name not in fresh],
    )


def understand(
    cells: Sequence[Cell], decisions: Mapping[str, Decision], book: PartnerBook
) -> tuple[CellReading, ...]:
    """Every cell with its owner and partners; a decision holds in every cell that uses its phrase."""
    return tuple(_understand(cell, decisions, book) for cell in cells)


def _understand(cell: Cell, decisions: Mapping[str, Decision], book: PartnerBook) -> CellReading:
    owner, owned = _owner(cell, decisions, book)
    offering = book.by_code.get(owned[0]) if owned else None
    own = {cell.service}
    if offering is not None:
        own |= {offering.name, book.family_of(offering)} - {""}
    partners: list[Partner] = []
    named: list[str] = []
    for phrase in split(cell.text, own, book.names):
        decision = decisions.get(key_of(phrase))
        if decision is not None:
            partner = _decided(phrase, decision, book, offering)
        else:
            partner = book.resolve(phrase, offering, named)
        named += partner.references
        partners.append(partner)
    return CellReading(cell, owned, owner, tuple(partners))


def _decided(phrase: str, decision: Decision, book: PartnerBook, owner: Offering | None) -> Partner:
    way = Way.RETIRED if decision.retired else Way.SETTLED
    return Partner(
        phrase=phrase,
        key=decision.key,
        way=way,
        references=book.without_owner(decision.targets, owner),
    )


def _owner(
    cell: Cell, decisions: Mapping[str, Decision], book: PartnerBook
) -> tuple[Partner, tuple[str, ...]]:
    """The offering the cell belongs to; a series stands for its tiers, too."""
    key = key_of(cell.service)
    found = [each for each in book.of_name(cell.service) if _is_from(each, cell)]
    codes = [each.code for each in found]
    for each in found:
        if each.state == "series":
            codes += [tier.code for tier in book.tagged(each.name)]
    if codes:
        partner = Partner(phrase=cell.service, key=key, way=Way.NAME, references=(codes[0],))
        return partner, tuple(dict.fromkeys(codes))
    decision = decisions.get(key)
    if decision is None:
        return Partner(phrase=cell.service, key=key, way=Way.OPEN), ()
    way = Way.RETIRED if decision.retired else Way.SETTLED
    codes = [code for target in decision.targets for code in book.codes(target)]
    return Partner(phrase=cell.service, key=key, way=way, references=decision.targets), tuple(codes)


def _is_from(offering: Offering, cell: Cell) -> bool:
    """The same row of the same table where the import kept them; another catalogue only has the name."""
    table, level = offering.attributes.get("表"), offering.attributes.get("级别")
    return (not cell.table or table in (None, cell.table)) and (not cell.level or level in (None, cell.level))


def source_words(cell: Cell) -> str:
    """The cell as the source of an exclusion, for the agent."""
    text = cell.text if len(cell.text) <= _SHOWN else cell.text[: _SHOWN - 1] + "…"
    return f"产品目录“{cell.service}”的{cell.kind}一栏：{text}"


def merge(offerings: Sequence[Offering], readings: Iterable[CellReading]) -> list[Offering]:
    """The offerings with the exclusions of the cells added; what the imported documents say stays as it is.

    Each reference that a cell adds is named in `relation_sources` with the cell's words.
    """
    added: dict[str, dict[str, dict[str, str]]] = {}
    for reading in readings:
        card = CARDS.get(reading.cell.kind, "")
        words = source_words(reading.cell)
        for code in reading.owners:
            for partner in reading.partners:
                for reference in partner.references:
                    if reference != code:
                        added.setdefault(code, {}).setdefault(card, {}).setdefault(reference, words)
    return [_merged(each, added[each.code]) if each.code in added else each for each in offerings]


def _merged(offering: Offering, added: Mapping[str, Mapping[str, str]]) -> Offering:
    plain = added.get("", {})
    cards = {
        card: tuple(dict.fromkeys((*offering.card_exclusions.get(card, ()), *added.get(card, ()))))
        for card in sorted({*offering.card_exclusions, *(card for card in added if card)})
    }
    sources: dict[str, str] = {}
    for by_card in added.values():
        for reference, words in by_card.items():
            sources[reference] = f"{sources[reference]}；{words}" if reference in sources else words
    return msgspec.structs.replace(
        offering,
        incompatible_with=tuple(dict.fromkeys((*offering.incompatible_with, *plain))),
        card_exclusions=cards,
        relation_sources=sources | offering.relation_sources,
    )


def pairs_of(reading: CellReading, partner: Partner, book: PartnerBook) -> frozenset[tuple[str, str]]:
    """The pairs of offerings that exclude each other because of one phrase of one cell, each once.

    A series is never held itself and is not counted.
    """
    others = {code for reference in partner.references for code in book.codes(reference)} - book.series
    return frozenset(
        (min(owner, other), max(owner, other))
        for owner in reading.owners
        if owner not in book.series
        for other in others
        if owner != other
    )
