"""Partner phrases gathered over all cells, for the list an analyst works through. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from crm.core.catalog.exclusion_partners import PartnerBook
from crm.core.catalog.exclusion_schemas import Cell, CellReading, Decision, Partner, PhraseRow, Way
from crm.core.catalog.exclusions import pairs_of
from crm.core.catalog.folding import fold
from crm.core.catalog.schemas import NamedOffering

_MOST_SHOWN = 40


def rows_of(
    readings: Sequence[CellReading], decisions: Mapping[str, Decision], book: PartnerBook
) -> dict[str, PhraseRow]:
    """Every phrase by its key; a cell whose offering nobody knows brings that name as a phrase, too."""
    used: dict[str, list[tuple[CellReading, Partner]]] = {}
    for reading in readings:
        for partner in reading.partners:
            used.setdefault(partner.key, []).append((reading, partner))
    owners: dict[str, list[CellReading]] = {}
    for reading in readings:
        if reading.owner.way in (Way.OPEN, Way.SETTLED, Way.RETIRED):
            owners.setdefault(reading.owner.key, []).append(reading)
    rows = {key: _row(key, uses, owners.get(key, ()), decisions.get(key), book) for key, uses in used.items()}
    for key, owned in owners.items():
        if key not in rows:
            rows[key] = _row(key, [], owned, decisions.get(key), book)
    return rows


def _row(
    key: str,
    uses: Sequence[tuple[CellReading, Partner]],
    owned: Sequence[CellReading],
    decision: Decision | None,
    book: PartnerBook,
) -> PhraseRow:
    spellings = dict.fromkeys(
        [partner.phrase for _, partner in uses] or [each.owner.phrase for each in owned]
    )
    cells = {_place(each.cell): each.cell for each in (*(reading for reading, _ in uses), *owned)}
    way = _way([partner.way for _, partner in uses] + [each.owner.way for each in owned])
    references = decision.targets if decision else _all_references(uses)
    pairs = {pair for reading, partner in uses for pair in pairs_of(reading, partner, book)}
    pairs |= {
        pair for reading in owned for partner in reading.partners for pair in pairs_of(reading, partner, book)
    }
    words = decision.words if decision else next(iter(spellings))
    texts = "".join(fold(text) for text in (*spellings, *(cell.service for cell in cells.values())))
    return PhraseRow(
        key=key,
        words=words,
        spellings=tuple(spellings),
        way=way,
        targets=tuple(named(each, book) for each in references),
        cells=tuple(cells.values()),
        owns=bool(owned),
        relations=len(pairs),
        decision=decision,
        searched=texts,
    )


def _way(ways: Sequence[Way]) -> Way:
    """Open when it is open anywhere: "其他套餐" may be clear in one cell and not in another."""
    return Way.OPEN if Way.OPEN in ways else ways[0]


def _all_references(uses: Iterable[tuple[CellReading, Partner]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for _, partner in uses for each in partner.references))[:_MOST_SHOWN]


def _place(cell: Cell) -> tuple[str, int]:
    return cell.source, cell.line


def named(reference: str, book: PartnerBook) -> NamedOffering:
    """A reference with its name; for a tag the number of offerings that carry it."""
    tag = reference.removeprefix("tag:")
    if tag != reference:
        return NamedOffering(reference, f"标签“{tag}”的全部 {len(book.tagged(tag))} 项", "tag")
    found = book.by_code.get(reference)
    return (
        NamedOffering(reference, reference, "gone")
        if found is None
        else NamedOffering(reference, found.name, found.state)
    )


def with_targets(
    readings: Iterable[CellReading], key: str, targets: Sequence[str], book: PartnerBook
) -> tuple[CellReading, ...]:
    """The readings as if the phrase had been settled so."""
    changed: list[CellReading] = []
    for reading in readings:
        owners = reading.owners
        if reading.owner.key == key and reading.owner.way is not Way.NAME:
            owners = tuple(code for each in targets for code in book.codes(each))
        owner = book.by_code.get(owners[0]) if owners else None
        partners = tuple(
            msgspec.structs.replace(partner, references=book.without_owner(targets, owner))
            if partner.key == key
            else partner
            for partner in reading.partners
        )
        changed.append(CellReading(reading.cell, owners, reading.owner, partners))
    return tuple(changed)


def count_pairs(readings: Iterable[CellReading], key: str | None, book: PartnerBook) -> int:
    """Pairs of offerings that exclude each other because of the phrase (None: of any phrase), each once."""
    pairs: set[tuple[str, str]] = set()
    for reading in readings:
        owned = reading.owner.key == key and reading.owner.way is not Way.NAME
        for partner in reading.partners:
            if key is None or owned or partner.key == key:
                pairs |= pairs_of(reading, partner, book)
    return len(pairs)
