"""What is generated is plausible and the same for the same seed."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import OfferingKind, Relation
from crm.demo.people import LINES, holdings
from crm.demo.population import CHUNK, Origin, Population
from crm.demo.rows import COLUMNS, Batch
from crm.platform.secrets import Vault

ON = date(2026, 11, 22)
LINES_MADE = 2_000


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(load_offerings(Path(__file__).parents[3] / "catalog" / "offerings")[0])


@pytest.fixture(scope="module")
def rows(catalogue: Catalogue) -> dict[str, list[dict[str, str]]]:
    return read(population(catalogue).chunk(0, LINES_MADE))


def population(catalogue: Catalogue, seed: int = 1) -> Population:
    return Population(Origin(seed, ON, catalogue, Vault(b"e" * 32, b"i" * 32)))


def read(batch: Batch) -> dict[str, list[dict[str, str]]]:
    return {
        table: [
            dict(zip(COLUMNS[table], line.split("\t"), strict=True)) for line in data.decode().splitlines()
        ]
        for table, data in batch.tables()
    }


def clear(rows: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """Everything but the ciphertext, whose nonce is random."""
    return {
        table: [{key: row[key] for key in row if key != "identity_sealed"} for row in listed]
        for table, listed in rows.items()
    }


def test_the_same_seed_gives_the_same_rows(
    catalogue: Catalogue, rows: dict[str, list[dict[str, str]]]
) -> None:
    again = read(population(catalogue).chunk(0, LINES_MADE))
    assert clear(again) == clear(rows)
    assert again["customer"][0]["identity_sealed"] != rows["customer"][0]["identity_sealed"]


def test_another_seed_gives_other_people(catalogue: Catalogue, rows: dict[str, list[dict[str, str]]]) -> None:
    other = read(population(catalogue, seed=2).chunk(0, 200))
    assert [row["name"] for row in other["customer"]] != [row["name"] for row in rows["customer"]][
        : len(other["customer"])
    ]


def test_fewer_lines_are_the_beginning_of_more(
    catalogue: Catalogue, rows: dict[str, list[dict[str, str]]]
) -> None:
    fewer = clear(read(population(catalogue).chunk(0, 100)))
    assert fewer["subscriber"] == clear(rows)["subscriber"][:100]


def test_chunks_do_not_overlap(catalogue: Catalogue, rows: dict[str, list[dict[str, str]]]) -> None:
    following = read(population(catalogue).chunk(1, 300))
    for table, key in (("subscriber", "msisdn"), ("subscriber", "id"), ("customer", "identity_index")):
        assert not {row[key] for row in rows[table]} & {row[key] for row in following[table]}


def test_batches_add_up(catalogue: Catalogue) -> None:
    made = list(population(catalogue).batches(0, CHUNK + 7))
    assert [batch.count("subscriber") for batch in made] == [CHUNK, 7]


def test_proportions_are_plausible(rows: dict[str, list[dict[str, str]]]) -> None:
    assert len(rows["subscriber"]) == LINES_MADE
    assert 1.1 < LINES_MADE / len(rows["customer"]) < 1.35
    brands = Counter(row["brand"] for row in rows["subscriber"])
    assert brands["神州行"] > brands["全球通"] > LINES_MADE * 0.1
    assert brands["动感地带"] > LINES_MADE * 0.2
    shares = Counter(row["status"] for row in rows["subscriber"])
    assert 0.01 < shares["suspended"] / LINES_MADE < 0.06
    assert (
        0.01 < sum(row["profile_recorded"] == "f" for row in rows["customer"]) / len(rows["customer"]) < 0.06
    )
    assert 3 < len(rows["product"]) / LINES_MADE < 8
    held = Counter(row["offering_code"] for row in rows["product"])
    for code in (
        "vnet-group",
        "vnet-campus",
        "bundle-guanjia-cailing-1y",
        "sms-pack-prefecture",
        "bizip-plan",
    ):
        assert held[code], code


def test_holdings_agree_with_the_catalogue(
    catalogue: Catalogue, rows: dict[str, list[dict[str, str]]]
) -> None:
    by_line: dict[str, list[dict[str, str]]] = {}
    for row in rows["product"]:
        by_line.setdefault(row["subscriber_id"], []).append(row)
    for line in rows["subscriber"]:
        if line["status"] == "closed":
            assert line["id"] not in by_line
            continue
        active = [row for row in by_line[line["id"]] if row["status"] == "active"]
        offerings = [catalogue.offerings[row["offering_code"]] for row in active]
        plans = [each for each in offerings if each.kind is OfferingKind.MAIN_PLAN]
        assert len(plans) == 1, line
        assert len({each.code for each in offerings}) == len(offerings)
        groups = [each.one_of for each in offerings if each.one_of]
        assert len(set(groups)) == len(groups), line
        for row, each in zip(active, offerings, strict=True):
            if row["origin"] != "plan":
                assert not each.brands or line["brand"] in each.brands, (line, each.code)
            if each is not plans[0]:
                assert catalogue.relation(plans[0], each) is not Relation.INCOMPATIBLE, (line, each.code)


def test_what_the_plan_brought_points_at_the_plan(rows: dict[str, list[dict[str, str]]]) -> None:
    ids = {row["id"]: row for row in rows["product"]}
    brought = [row for row in rows["product"] if row["origin"] == "plan"]
    assert brought
    for row in brought:
        assert ids[row["came_with_id"]]["subscriber_id"] == row["subscriber_id"]


def test_agreements_carry_their_lock_in(rows: dict[str, list[dict[str, str]]]) -> None:
    bound = [row for row in rows["product"] if row["origin"] in ("agreement", "campaign")]
    assert bound
    for row in bound:
        assert date.fromisoformat(row["locked_until"]) > date.fromisoformat(row["starts_on"])
        assert row["campaign"]


def test_demo_lines_hold_only_what_the_catalogue_knows(catalogue: Catalogue) -> None:
    for line in LINES:
        held = holdings(line, ON)
        assert not {each.code for each in held} - set(catalogue.offerings), line.msisdn
        offerings = [catalogue.offerings[each.code] for each in held]
        plans = [each for each in offerings if each.kind is OfferingKind.MAIN_PLAN]
        assert len(plans) == 1
        assert plans[0].sets_brand in ("", line.brand)
        for other in offerings:
            if other is not plans[0]:
                assert catalogue.relation(plans[0], other) is not Relation.INCOMPATIBLE, (line, other.code)


@pytest.mark.parametrize(
    "today", [date(2026, 11, 22), date(2027, 2, 28), date(2028, 2, 29), date(2026, 12, 31)]
)
def test_demo_lock_ins_still_run_whenever_the_desk_is_made(today: date) -> None:
    bound = [held for line in LINES for held in holdings(line, today) if held.locked_until is not None]
    assert len(bound) == 4
    for held in bound:
        assert held.locked_until is not None
        assert held.starts_on < today < held.locked_until
