"""Demo work orders and calls agree with the content they stand for, and their own room can read them."""

import pytest

from crm.app import wire
from crm.core.interaction.content import load_call_reasons
from crm.core.staff.schemas import Actor
from crm.core.work_order.content import load_work_orders
from crm.core.work_order.forms import check_form, title_of
from crm.core.work_order.schemas import QueueFilter
from crm.core.work_order.vocabulary import EVENT_NAMES, State
from crm.demo.fixed import CALLS
from crm.demo.population import REASONS
from crm.demo.service import fill_empty
from crm.demo.staff import GROUPS, LOGINS, demo_id
from crm.demo.work import WORK, Work, fields_of, work_orders
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.settings import Settings


def actor(number: str) -> Actor:
    login = next(each for each in LOGINS if each.number == number)
    return Actor(
        staff_id=demo_id("staff", number),
        staff_number=number,
        name=login.name,
        role=login.role,
        group_codes=login.groups,
    )


@pytest.mark.parametrize("work", WORK, ids=lambda work: str(work.serial))
def test_forms_titles_and_queues_are_those_of_the_type(
    work: Work, settings: Settings, clock: FixedClock
) -> None:
    content, problems = load_work_orders(settings.workorders_dir)
    assert not problems
    kind = content.type_of(work.type)
    assert work.queue in {each.code for each in content.choices(kind)} | {kind.queue}
    stored = fields_of(work, clock.now())
    assert check_form(kind, stored) == stored
    assert title_of(kind, stored) == work.title


def test_call_reasons_are_in_the_list(settings: Settings) -> None:
    reasons, _ = load_call_reasons(settings.workorders_dir)
    assert {call.reason for call in CALLS} | set(REASONS) <= {each.code for each in reasons}


def test_every_queue_has_its_group(settings: Settings) -> None:
    content, _ = load_work_orders(settings.workorders_dir)
    assert {queue.group for queue in content.queues.values()} <= {group.code for group in GROUPS}


def test_states_and_steps_are_known(clock: FixedClock) -> None:
    rows = work_orders(clock.now())
    assert {getattr(row, "state", State.ARCHIVED) for row in rows} <= set(State)
    assert {getattr(row, "kind", "created") for row in rows} <= set(EVENT_NAMES)


async def test_the_rooms_read_them(db: Database, clock: FixedClock, settings: Settings) -> None:
    services = wire(settings, db, clock)
    await services.load_content()
    await services.refresh()
    await fill_empty(db, services.vault, clock, services.catalog.catalogue, lines=1)
    agent, store = actor("1001"), actor("5001")
    page = await services.customers.page(agent, "13800010003")
    assert [each.title for each in page.open_work_orders] == [WORK[0].title]
    assert page.contacts[0].reason == "流量与上网"
    view = await services.work_orders.work_order(agent, page.open_work_orders[0].number)
    assert [event.kind for event in view.history] == ["created", "claimed"]
    assert (await services.customers.page(store, "13800010007")).msisdn == "13800010007"
    queue = await services.work_orders.queue(store, QueueFilter(queue="store:guiyang-zhonghua"))
    assert [row.msisdn for row in queue.rows] == ["13800010007"]
