"""What a customer page costs: CPU, round trips, time, against a bare SELECT of one row in the same run.

    python -m bench.page360 [--subscribers 1000000]

Budget of the service: 0.8 ms CPU, one round trip. Of the page as HTML, with its session: 1.5 ms and two.
"""

import re
import sys

import uvloop

from bench.desk_site import site
from bench.scratch import AGENT, Cost, Scratch, cost, lines_option, numbers, scratch, statements, verdict
from crm.core.customer.service import CustomerService
from crm.core.inventory.service import InventoryService
from crm.platform.clock import SystemClock

CPU_BUDGET_MS = 0.8
TRIPS_BUDGET = 1
HTML_CPU_BUDGET_MS = 1.5
HTML_TRIPS_BUDGET = 2
CALLS = 2_000


async def main() -> int:
    """Measure and print; 1 when a budget is exceeded."""
    async with scratch(lines_option(), 4) as ground:
        return await _measure(ground) | await _measure_html(ground)


async def _measure(ground: Scratch) -> int:
    customers = CustomerService(ground.db, SystemClock(), ground.vault)
    inventory = InventoryService(ground.db, SystemClock())
    sample = await numbers(ground.db, CALLS)
    ids = [(await customers.page(AGENT, msisdn)).subscriber_id for msisdn in sample[:200]]

    async def bare(turn: int) -> object:
        async with ground.db.reading() as connection:
            return await connection.fetchrow(
                "SELECT * FROM subscriber WHERE msisdn = $1", sample[turn % len(sample)]
            )

    floor = await cost(bare, CALLS)
    page = await cost(lambda turn: customers.page(AGENT, sample[turn % len(sample)]), CALLS)
    held = await cost(lambda turn: inventory.holdings(ids[turn % len(ids)]), CALLS)
    trips = len(await statements(ground.db, lambda: customers.page(AGENT, sample[0])))
    print(f"\n{ground.lines:,} lines, {CALLS:,} calls each")
    _show("bare SELECT of one row", floor, floor)
    _show("customer page (audited)", page, floor)
    _show("holdings for a check", held, floor)
    print(f"page: CPU {page.cpu_ms:.3f} ms, budget {CPU_BUDGET_MS}: {verdict(page.cpu_ms, CPU_BUDGET_MS)}")
    print(f"page: round trips {trips}, budget {TRIPS_BUDGET}: {verdict(trips, TRIPS_BUDGET)}")
    return int(page.cpu_ms > CPU_BUDGET_MS or trips > TRIPS_BUDGET)


async def _measure_html(ground: Scratch) -> int:
    async with site(ground) as desk:
        _, opened = await desk.get("/desk", msisdn="13800010003")
        found = re.search(r'data-call="([0-9a-f-]{36})"', opened)
        assert found is not None, opened[:500]
        page = "/customers/13800010003"
        cpu, trips = await desk.cpu_ms(500, page), await desk.round_trips(page)
        console = await desk.cpu_ms(500, "/desk", call=found.group(1))
        console_trips = await desk.round_trips("/desk", call=found.group(1))
    print(f"the whole console around it: CPU {console:.2f} ms, round trips {console_trips}")
    print(f"as HTML: CPU {cpu:.2f} ms, budget {HTML_CPU_BUDGET_MS}: {verdict(cpu, HTML_CPU_BUDGET_MS)}")
    print(f"as HTML: round trips {trips}, budget {HTML_TRIPS_BUDGET}: {verdict(trips, HTML_TRIPS_BUDGET)}")
    return int(cpu > HTML_CPU_BUDGET_MS or trips > HTML_TRIPS_BUDGET)


def _show(name: str, measured: Cost, floor: Cost) -> None:
    ratio = measured.cpu_ms / floor.cpu_ms
    print(
        f"{name:28} CPU {measured.cpu_ms:6.3f} ms (x{ratio:4.1f})   "
        f"median {measured.median_ms:6.2f} ms   p95 {measured.p95_ms:6.2f} ms"
    )


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))  # the loop that the server runs on
