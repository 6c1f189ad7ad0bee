"""What an accepted basket does to which product on which day."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from crm.core.catalog.schemas import Timing
from crm.core.compatibility.schemas import Effect, Held, HeldState, Origin
from crm.core.ordering.engine import PlannedItem, plan_items
from tests.unit.ordering.baskets import (
    CATALOGUE,
    NEXT,
    ON,
    add,
    basket,
    facts,
    finding,
    judged,
    line,
    remove,
)

OLD = Held(id="p1", offering="old-plan")


def by_code(items: tuple[PlannedItem, ...]) -> dict[str, PlannedItem]:
    return {item.offering: item for item in items}


REPLACED = line("old-plan", "p1")


def test_a_new_plan_replaces_the_old_one_on_the_day_it_takes_effect() -> None:
    told = judged(lost=(REPLACED,), gained=(line("new-plan"),))
    items = plan_items(basket(add("new-plan")), facts(OLD), told, CATALOGUE)
    assert items[0].action == "add"
    assert items[0].effective_on == NEXT
    old = by_code(items)["old-plan"]
    assert (old.action, old.reason, old.effective_on, old.cause) == ("delete", "replaced", NEXT, 0)


def test_naming_the_old_plan_does_not_cut_it_from_what_replaces_it() -> None:
    told = judged(lost=(REPLACED,), gained=(line("new-plan"),))
    change = basket(remove("old-plan", "p1"), add("new-plan"))
    old = by_code(plan_items(change, facts(OLD), told, CATALOGUE))["old-plan"]
    assert (old.reason, old.cause) == ("replaced", 0)


def test_services_of_a_trial_plan_come_with_it_and_are_free_in_their_first_month() -> None:
    told = judged(gained=(line("new-plan"), line("mail"), line("news")))
    items = by_code(plan_items(basket(add("new-plan")), facts(OLD), told, CATALOGUE))
    for code in ("mail", "news"):
        assert items[code].origin is Origin.TRIAL
        assert items[code].reason == "came_with"
        assert items[code].cause == 0
        assert items[code].free_until == date(2026, 12, 31)


def test_services_of_a_plan_without_trial_belong_to_the_plan() -> None:
    told = judged(gained=(line("plain-plan", day=ON), line("mail", day=ON)))
    item = by_code(plan_items(basket(add("plain-plan")), facts(OLD), told, CATALOGUE))["mail"]
    assert (item.origin, item.free_until, item.effective_on) == (Origin.PLAN, None, ON)


def test_what_was_not_told_is_not_done() -> None:
    own = Held(id="p2", offering="mail")
    told = judged(gained=(line("new-plan"), line("news")))
    items = by_code(plan_items(basket(add("new-plan")), facts(OLD, own), told, CATALOGUE))
    assert set(items) == {"new-plan", "news"}


def test_days_that_were_told_beat_days_that_are_reckoned() -> None:
    told = judged(gained=(line("new-plan", day=date(2027, 1, 1)),))
    items = by_code(plan_items(basket(add("new-plan")), facts(OLD), told, CATALOGUE))
    assert items["new-plan"].effective_on == date(2027, 1, 1)


def test_an_announced_cancellation_happens_and_names_its_rule_and_cause() -> None:
    gprs = Held(id="p3", offering="gprs")
    effect = Effect("cancel", "p3", "gprs", "GPRS包", Timing.WITH_PLAN, "")
    told = judged(finding("BR-06b", "new-plan", effect), lost=(line("gprs", "p3"),))
    items = by_code(plan_items(basket(add("new-plan")), facts(OLD, gprs), told, CATALOGUE))
    assert items["gprs"].reason == "effect:BR-06b"
    assert items["gprs"].cause == 0
    assert items["gprs"].effective_on == NEXT


def test_a_promise_to_keep_changes_nothing() -> None:
    gprs = Held(id="p3", offering="gprs")
    effect = Effect("keep", "p3", "gprs", "GPRS包", Timing.WITH_PLAN, "")
    told = judged(finding("BR-06a", "new-plan", effect))
    assert "gprs" not in by_code(plan_items(basket(add("new-plan")), facts(OLD, gprs), told, CATALOGUE))


def test_what_ends_by_itself_sooner_is_left_alone() -> None:
    gprs = Held(id="p3", offering="gprs", ends_on=date(2026, 11, 25))
    told = judged(lost=(line("gprs", "p3"),))
    assert "gprs" not in by_code(plan_items(basket(add("new-plan")), facts(OLD, gprs), told, CATALOGUE))


def test_an_agreement_runs_twelve_months_to_the_day_before() -> None:
    item = plan_items(basket(add("pack")), facts(OLD), judged(), CATALOGUE)[0]
    assert item.locked_until == date(2027, 11, 21)


def test_a_cancelled_reservation_takes_what_came_with_it_and_not_what_was_there() -> None:
    reserved = Held(id="p4", offering="new-plan", state=HeldState.RESERVED, starts_on=NEXT)
    came = Held(id="p5", offering="news", origin=Origin.TRIAL, came_with="p4")
    own = Held(id="p6", offering="mail")
    effect = Effect("cancel", "p5", "news", "手机报", Timing.NOW, "")
    told = judged(
        finding("BR-09a", "new-plan", effect),
        lost=(line("new-plan", "p4", day=ON), line("news", "p5", day=ON)),
    )
    items = plan_items(basket(remove("new-plan", "p4")), facts(OLD, reserved, came, own), told, CATALOGUE)
    assert [(item.offering, item.reason, item.cause, item.effective_on) for item in items] == [
        ("new-plan", "requested", None, ON),
        ("news", "came_with", 0, ON),
    ]


def test_a_line_named_twice_by_verdict_and_basket_is_planned_once() -> None:
    gprs = Held(id="p3", offering="gprs")
    effect = Effect("cancel", "p3", "gprs", "GPRS包", Timing.WITH_PLAN, "")
    told = judged(
        finding("BR-06b", "new-plan", effect),
        lost=(line("gprs", "p3"), REPLACED),
        gained=(line("new-plan"), line("mail"), line("news")),
    )
    items = plan_items(basket(add("new-plan"), remove("gprs", "p3")), facts(OLD, gprs), told, CATALOGUE)
    assert sorted(item.offering for item in items) == sorted(["new-plan", "gprs", "old-plan", "mail", "news"])
    assert by_code(items)["gprs"].reason == "requested"


CODES = st.sampled_from(["new-plan", "plain-plan", "mail", "news", "gprs", "pack"])


@given(
    wanted=st.lists(CODES, min_size=1, max_size=4, unique=True),
    held=st.lists(st.sampled_from(["mail", "news", "gprs", "pack"]), max_size=4, unique=True),
    lost=st.lists(st.integers(0, 3), max_size=4, unique=True),
    day=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)
def test_plans_are_sound(wanted: list[str], held: list[str], lost: list[int], day: date) -> None:
    owned = [OLD, *(Held(id=f"h{place}", offering=code) for place, code in enumerate(held))]
    told = judged(
        lost=tuple(line(each.offering, each.id, day=None) for each in owned[1:] if int(each.id[1:]) in lost)
    )
    change = basket(*(add(code) for code in wanted if code not in held))
    items = plan_items(change, facts(*owned, on=day), told, CATALOGUE)
    touched = [item.held.id for item in items if item.held is not None]
    assert len(touched) == len(set(touched)), "a product is ended at most once"
    opened = [item.offering for item in items if item.action == "add"]
    assert len(opened) == len(set(opened)), "an offering is opened at most once"
    assert {code for code in wanted if code not in held} <= set(opened)
    for place, item in enumerate(items):
        assert item.effective_on >= day
        assert item.cause is None or item.cause < place, "a cause comes before what it causes"
        assert (item.held is None) == (item.action == "add")
