"""What one order costs: CPU, statements, transactions, against the bare rows written with asyncpg.

    python -m bench.order_submit [--subscribers 1000000]

The baseline writes the same rows (order, lines, products, outbox, history, message, audit, number) in one
transaction, prepared and without a thought: no lock, no facts, no verdict. A submit is one transaction.
"""

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import uvloop
from sqlalchemy import event

from bench.scratch import AGENT, Cost, Scratch, cost, lines_option, scratch
from crm.app import Services, wire
from crm.core.compatibility.schemas import Change, ChangeItem
from crm.core.ordering.schemas import Judgement, SubmitOrder
from crm.platform.clock import SystemClock
from crm.platform.database import Connection, Database
from crm.platform.ids import new_id

ORDERS = 400
WARM = 50
PLAN = "gotone-business"
NUMBERS = "1999%"  # lines of this bench, removed at its end
TABLES = {
    "product_order": "id",
    "product_order_item": "order_id",
    "product": "order_id",
    "product_order_event": "order_id",
    "stored_verdict": "id",
}


async def main() -> int:
    """Measure and print; 1 when a submit is not exactly one transaction."""
    async with scratch(lines_option(), 4) as ground:
        services = wire(ground.settings, ground.db, SystemClock())
        await services.refresh()
        try:
            return await _measure(ground, services)
        finally:
            await _clean(ground.db)


async def _measure(ground: Scratch, services: Services) -> int:
    lines = await _lines(ground.db, ORDERS + WARM + 1)
    calls = await _calls(ground.db, lines)
    change = Change(items=(ChangeItem(action="add", offering=PLAN),))
    ordering = services.ordering
    judged = [
        await ordering.judge(AGENT, call, line, change) for line, call in zip(lines, calls, strict=True)
    ]
    commands = [_command(call, each) for call, each in zip(calls, judged, strict=True)]
    counted = await _counting(ground.db, lambda: ordering.submit(AGENT, commands[-1]))
    submit = await cost(_in_turn(commands, lambda each: ordering.submit(AGENT, each)), ORDERS)
    rows = await _rows_of_an_order(ground.db, commands[-1].subscriber_id)

    async def bare(_: int) -> None:
        async with ground.db.reading() as connection:
            await _write(connection, rows)

    floor = await cost(bare, ORDERS)
    again = await cost(_in_turn(commands, lambda each: ordering.submit(AGENT, each)), ORDERS)
    judge = await cost(lambda turn: ordering.judge(AGENT, calls[turn], lines[turn], change), ORDERS)
    print(f"\n{ground.lines:,} lines, {ORDERS} orders of a plan ({sum(map(len, rows.values()))} rows each)")
    for name, measured in (
        ("bare rows", floor),
        ("submit", submit),
        ("the same key again", again),
        ("judge", judge),
    ):
        _show(name, measured, floor)
    print(f"submit: {counted['statement']} statements, {counted['begin']} BEGIN, {counted['commit']} COMMIT")
    return int((counted["begin"], counted["commit"]) != (1, 1))


def _command(call: UUID, judgement: Judgement) -> SubmitOrder:
    return SubmitOrder(
        idempotency_key=str(new_id()),
        interaction_id=call,
        subscriber_id=judgement.subscriber_id,
        change=judgement.change,
        consent_token=judgement.qualification.consent_token,
        ticked=tuple(each.key for each in judgement.qualification.sentences),
        basis=judgement.basis,
    )


def _in_turn(commands: list[SubmitOrder], act: Callable[[SubmitOrder], Any]) -> Callable[[int], Any]:
    """The warm-up rounds of `cost` and the measured ones must not meet the same command."""
    waiting = iter(commands)
    return lambda _: act(next(waiting))


async def _lines(db: Database, count: int) -> list[UUID]:
    """Fresh lines with a plan and four products each."""
    async with db.reading() as connection:
        customer = await connection.fetchval("SELECT id FROM customer WHERE profile_recorded LIMIT 1")
        ids = [new_id() for _ in range(count)]
        await connection.executemany(
            "INSERT INTO subscriber (id, customer_id, msisdn, brand, line_kind, region, status, "
            "password_failures, opened_on) "
            "VALUES ($1, $2, $3, '全球通', '普通', '贵阳', 'active', 0, current_date)",
            [(each, customer, f"1999{place:07d}") for place, each in enumerate(ids)],
        )
        held = ("gotone-standard", "laidian-xianshi", "gprs-new-20", "cailing-5", "guonei-manyou")
        await connection.executemany(
            "INSERT INTO product (id, subscriber_id, offering_code, origin, status, starts_on, campaign, "
            "created_at) VALUES ($1, $2, $3, 'self', 'active', current_date - 100, '', now())",
            [(new_id(), line, code) for line in ids for code in held],
        )
        await connection.execute("ANALYZE subscriber, product")
    return ids


async def _calls(db: Database, lines: list[UUID]) -> list[UUID]:
    """A running call of each line with both proofs passed."""
    calls = [new_id() for _ in lines]
    async with db.reading() as connection:
        await connection.executemany(
            "INSERT INTO interaction (id, started_at, channel, msisdn, subscriber_id, staff_id, reason, "
            "tags, note) VALUES ($1, now(), 'hotline', '1999', $2, $3, '', '[]', '')",
            [(call, line, AGENT.staff_id) for call, line in zip(calls, lines, strict=True)],
        )
        await connection.executemany(
            "INSERT INTO identity_check (id, interaction_id, subscriber_id, method, result, checked_at) "
            "VALUES ($1, $2, $3, $4, 'passed', now())",
            [
                (new_id(), call, line, method)
                for call, line in zip(calls, lines, strict=True)
                for method in ("service_password", "sms_code")
            ],
        )
    return calls


async def _counting(db: Database, call: Callable[[], Any]) -> Counter[str]:
    """Statements and transactions of one call over the writing connections."""
    engine, counted = db._engine, Counter[str]()  # noqa: SLF001  (to count what it sends)
    assert engine is not None
    kinds = {"begin": "begin", "commit": "commit", "before_cursor_execute": "statement"}

    def noting(kind: str) -> Callable[..., None]:
        return lambda *_: counted.update([kind])

    listeners = {name: noting(kind) for name, kind in kinds.items()}
    for name, listener in listeners.items():
        event.listen(engine.sync_engine, name, listener)
    await call()
    for name, listener in listeners.items():
        event.remove(engine.sync_engine, name, listener)
    return counted


async def _rows_of_an_order(db: Database, line: UUID) -> dict[str, list[dict[str, Any]]]:
    """The rows that one order has written, by table."""
    async with db.reading() as connection:
        order = await connection.fetchval("SELECT id FROM product_order WHERE subscriber_id = $1", line)
        rows = {
            table: await connection.fetch(f"SELECT * FROM {table} WHERE {column} = $1", order)
            for table, column in TABLES.items()
        }
        rows["message"] = await connection.fetch("SELECT * FROM message WHERE subscriber_id = $1", line)
        rows["audit_entry"] = await connection.fetch(
            "SELECT * FROM audit_entry WHERE subject_id = $1", str(order)
        )
    # The parent first: the lines refer to it.
    return {table: [dict(row) for row in found] for table, found in rows.items()}


async def _write(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    """The same rows again under new ids."""
    order_id = new_id()
    async with connection.transaction():
        for table, found in rows.items():
            for row in found:
                values = row | {"id": order_id if table == "product_order" else new_id()}
                if "order_id" in values:
                    values["order_id"] = order_id
                if table == "product_order":
                    values |= {"number": order_id.hex, "idempotency_key": order_id.hex}
                places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
                await connection.execute(
                    f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values()
                )
        await connection.execute(
            "INSERT INTO daily_number VALUES ('BENCH', current_date, 1) "
            "ON CONFLICT (kind, on_day) DO UPDATE SET last = daily_number.last + 1"
        )


async def _clean(db: Database) -> None:
    """Take away what the bench has made."""
    mine = f"(SELECT id FROM subscriber WHERE msisdn LIKE '{NUMBERS}')"
    orders = f"(SELECT id FROM product_order WHERE subscriber_id IN {mine})"
    items = f"(SELECT id FROM product_order_item WHERE order_id IN {orders})"
    async with db.reading() as connection:
        for statement in (
            f"DELETE FROM provisioning_request WHERE order_item_id IN {items}",
            f"DELETE FROM product_order_event WHERE order_id IN {orders}",
            f"DELETE FROM product_order_item WHERE order_id IN {orders}",
            f"DELETE FROM stored_verdict WHERE id IN {orders}",
            f"DELETE FROM product_order WHERE subscriber_id IN {mine}",
            f"DELETE FROM product WHERE subscriber_id IN {mine}",
            f"DELETE FROM identity_check WHERE subscriber_id IN {mine}",
            f"DELETE FROM message WHERE subscriber_id IN {mine}",
            f"DELETE FROM interaction WHERE subscriber_id IN {mine}",
            "DELETE FROM daily_number WHERE kind = 'BENCH'",
            f"DELETE FROM subscriber WHERE msisdn LIKE '{NUMBERS}'",
        ):
            await connection.execute(statement)


def _show(name: str, measured: Cost, floor: Cost) -> None:
    ratio = measured.cpu_ms / floor.cpu_ms
    print(
        f"{name:22} CPU {measured.cpu_ms:6.3f} ms (x{ratio:4.1f})   "
        f"median {measured.median_ms:6.2f} ms   p95 {measured.p95_ms:6.2f} ms"
    )


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))  # the loop that the server runs on
