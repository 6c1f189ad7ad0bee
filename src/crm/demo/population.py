"""Random customers with their lines, holdings and past calls, a chunk at a time."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple
from uuid import UUID

from crm.core.catalog.engine import Catalogue
from crm.core.customer.grams import name_grams
from crm.core.customer.masking import tail_of
from crm.core.customer.service_password import blind_password
from crm.demo.identities import credit_code, person_number
from crm.demo.names import Names
from crm.demo.numbers import number_of
from crm.demo.portfolio import LINE_KIND_PLANS, Portfolios
from crm.demo.rows import Batch, Ids
from crm.platform.clock import start_of_day
from crm.platform.secrets import Vault

CHUNK = 5_000
_IDS_A_CHUNK = 1_000_000  # milliseconds of identifiers set aside for each chunk

# Older segments hold more GoTone lines, the youngest more M-Zone ones.
_BRANDS = ("全球通", "神州行", "动感地带")
# All weights are cumulative, which spares adding them up a million times.
_BRAND_WEIGHTS = {"13": (30, 82, 100), "15": (18, 68, 100)}
_OTHER_BRAND_WEIGHTS = (16, 56, 100)
_LINE_KINDS = tuple(LINE_KIND_PLANS)
_STATUSES = ("active", "suspended", "closed")
_STATUS_WEIGHTS = (958, 990, 1000)
_STARS = (0, 1, 2, 3, 4, 5)
_STAR_WEIGHTS = (10, 30, 60, 85, 96, 100)
REASONS = ("consult-tariff", "consult-bill", "consult-data", "consult-rule", "order-product", "order-plan")


class Origin(NamedTuple):
    """What a run of the generator starts from. The same values give the same people, lines and products.

    Only the ciphertext of identity numbers differs between runs: its nonce stays random, because a nonce
    that could come twice under one key would give the numbers away (docs/decisions/0013-seeded-data.md).
    """

    seed: int
    on: date
    catalogue: Catalogue
    vault: Vault
    staff: tuple[UUID, ...] = ()


class _Line(NamedTuple):
    """What the chunk's next line gets from its place."""

    place: int
    customer_id: str
    is_organisation: bool


class Population:
    """Chunks of CHUNK lines; each depends on the seed and its own number alone."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._names = Names(origin.seed)
        self._portfolios = Portfolios(origin.catalogue, origin.on)
        self._now = start_of_day(origin.on)
        self._written = self._now.isoformat()

    def batches(self, first_chunk: int, lines: int) -> Iterator[Batch]:
        """`lines` lines in as many batches as it takes, from chunk `first_chunk` on."""
        chunk = first_chunk
        while lines > 0:
            yield self.chunk(chunk, min(lines, CHUNK))
            lines -= CHUNK
            chunk += 1

    def chunk(self, chunk: int, lines: int = CHUNK) -> Batch:
        """The first `lines` lines of a chunk with everything that hangs on them."""
        rng = Random(f"{self._origin.seed}/{chunk}")
        first_millisecond = int(self._now.timestamp() * 1000) - 10**12 // 2 + chunk * _IDS_A_CHUNK
        ids = Ids(rng, first_millisecond)
        batch = Batch()
        index, end = chunk * CHUNK, chunk * CHUNK + lines
        while index < end:
            is_organisation = rng.random() < 0.02
            customer_id = ids.next()
            self._customer(rng, batch, customer_id, index, is_organisation)
            for _ in range(_lines_of(rng, is_organisation)):
                if index == end:
                    break
                self._line(rng, batch, ids, _Line(index, customer_id, is_organisation))
                index += 1
        return batch

    def _customer(self, rng: Random, batch: Batch, id_: str, index: int, is_organisation: bool) -> None:
        vault = self._origin.vault
        if is_organisation:
            name, kind, document = self._names.organisation(rng), "organisation", "统一社会信用代码"
            number = credit_code(index)
        else:
            male = rng.random() < 0.51
            name, kind, document = self._names.person(rng, male), "person", "身份证"
            number = person_number(index, male)
        batch.add(
            "customer",
            id_,
            name,
            _grams(name),
            kind,
            document,
            vault.seal(number, "customer.identity"),
            vault.blind(number, "customer.identity"),
            tail_of(number),
            rng.random() >= 0.03,
            rng.choices(_STARS, cum_weights=_STAR_WEIGHTS)[0],
            self._written,
        )

    def _line(self, rng: Random, batch: Batch, ids: Ids, line: _Line) -> None:
        msisdn, region = number_of(line.place)
        brand = rng.choices(_BRANDS, cum_weights=_BRAND_WEIGHTS.get(msisdn[:2], _OTHER_BRAND_WEIGHTS))[0]
        if line.is_organisation and brand == "动感地带":
            brand = "全球通"
        special = rng.random() < (0.08 if line.is_organisation else 0.003)
        line_kind = rng.choice(_LINE_KINDS) if special else "普通"
        opened_on = self._origin.on - timedelta(days=30 + int(rng.random() ** 2 * 6_000))
        status = rng.choices(_STATUSES, cum_weights=_STATUS_WEIGHTS)[0]
        id_ = ids.next()
        password = f"{rng.randrange(10**6):06d}"
        batch.add(
            "subscriber",
            id_,
            line.customer_id,
            msisdn,
            brand,
            line_kind,
            region,
            status,
            blind_password(self._origin.vault, id_, password),
            0,
            opened_on,
        )
        if status != "closed":
            self._holdings(rng, batch, ids, id_, (brand, line_kind, opened_on))
            self._calls(rng, batch, ids, id_, msisdn)

    def _holdings(
        self, rng: Random, batch: Batch, ids: Ids, subscriber_id: str, line: tuple[str, str, date]
    ) -> None:
        plan_id: str | None = None
        for held in self._portfolios.of(rng, *line):
            id_ = ids.next()
            plan_id = plan_id or id_
            batch.add(
                "product",
                id_,
                subscriber_id,
                held.code,
                held.origin,
                held.status,
                held.starts_on,
                held.ends_on,
                held.locked_until,
                plan_id if held.with_plan else None,
                held.campaign,
                held.free_until,
                self._written,
            )

    def _calls(self, rng: Random, batch: Batch, ids: Ids, subscriber_id: str, msisdn: str) -> None:
        """One line in sixteen called in the last two months, some more than once."""
        staff: Sequence[UUID] = self._origin.staff
        if not staff or rng.random() >= 0.06:
            return
        for _ in range(rng.choices((1, 2, 3), cum_weights=(7, 9, 10))[0]):
            started = self._now - timedelta(minutes=rng.randrange(600, 60 * 24 * 60))
            batch.add(
                "interaction",
                ids.next(),
                started,
                started + timedelta(seconds=rng.randrange(40, 600)),
                "hotline",
                msisdn,
                subscriber_id,
                rng.choice(staff),
                rng.choice(REASONS),
                "[]",
                "",
            )


def _lines_of(rng: Random, is_organisation: bool) -> int:
    if is_organisation:
        return rng.randrange(1, 7)
    return rng.choices((1, 2, 3, 4), cum_weights=(880, 975, 995, 1000))[0]


@lru_cache(maxsize=20_000)
def _grams(name: str) -> str:
    return name_grams(name)
