"""Baskets that cannot be understood are refused with words; nothing is guessed."""

import pytest

from crm.core.catalog.schemas import Timing
from crm.core.compatibility.schemas import Change, ChangeItem, Held, HeldState
from crm.core.ordering.basket import MOST_LINES, check_holdings, check_shape, stranded
from crm.core.ordering.errors import (
    AlreadyHeld,
    BasketTooLarge,
    BasketUnclear,
    EmptyBasket,
    NotHeld,
    PlanReserved,
    UnknownOffering,
)
from crm.platform.errors import CrmError
from tests.unit.ordering.baskets import CATALOGUE, NEXT, add, basket, facts, remove

OLD = Held(id="p1", offering="old-plan")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (basket(), EmptyBasket),
        (basket(*[add("mail")] * (MOST_LINES + 1)), BasketTooLarge),
        (basket(ChangeItem(action="explode", offering="mail")), BasketUnclear),
        (basket(ChangeItem(action="delete", offering="mail")), BasketUnclear),
        (basket(add("no-such-thing-😀\x00")), UnknownOffering),
    ],
)
def test_shapes_that_are_refused(change: Change, refusal: type[CrmError]) -> None:
    with pytest.raises(refusal) as caught:
        check_shape(change, CATALOGUE)
    assert "没有提交" in caught.value.message


def test_a_product_that_left_the_catalogue_can_still_be_cancelled() -> None:
    check_shape(basket(remove("gone", "p9")), CATALOGUE)
    check_holdings(basket(remove("gone", "p9")), facts(OLD, Held(id="p9", offering="gone")), CATALOGUE)


@pytest.mark.parametrize(
    ("change", "held", "refusal"),
    [
        (basket(remove("mail", "p9")), (), NotHeld),
        (basket(remove("mail", "p1")), (), NotHeld),  # the id is another product's
        (basket(remove("mail", "p2")), (Held(id="p2", offering="mail", state=HeldState.ENDED),), NotHeld),
        (basket(add("mail")), (Held(id="p2", offering="mail"),), AlreadyHeld),
        (basket(add("mail"), add("mail")), (), BasketUnclear),
        (basket(add("mail"), remove("mail", "p2")), (Held(id="p2", offering="mail"),), BasketUnclear),
        (basket(add("old-plan"), remove("old-plan", "p1")), (), BasketUnclear),
        (
            basket(remove("mail", "p2"), remove("mail", "p2")),
            (Held(id="p2", offering="mail"),),
            BasketUnclear,
        ),
        (basket(add("new-plan"), add("plain-plan")), (), BasketUnclear),
        (basket(remove("old-plan", "p1")), (), BasketUnclear),
        (
            basket(add("new-plan")),
            (Held(id="p2", offering="plain-plan", state=HeldState.RESERVED, starts_on=NEXT),),
            PlanReserved,
        ),
    ],
)
def test_baskets_at_odds_with_the_holdings(
    change: Change, held: tuple[Held, ...], refusal: type[CrmError]
) -> None:
    with pytest.raises(refusal) as caught:
        check_holdings(change, facts(OLD, *held), CATALOGUE)
    assert "篮内内容已保留" in caught.value.message


@pytest.mark.parametrize(
    ("change", "held"),
    [
        (basket(add("new-plan"), remove("old-plan", "p1")), ()),
        (
            basket(add("mail", Timing.NOW), remove("mail", "p2")),
            (Held(id="p2", offering="mail", state=HeldState.RESERVED, starts_on=NEXT),),
        ),
        (basket(add("gprs")), (Held(id="p2", offering="gprs", ends_on=NEXT),)),  # renewed when it ends
        (
            basket(add("new-plan"), remove("plain-plan", "p2")),
            (Held(id="p2", offering="plain-plan", state=HeldState.RESERVED, starts_on=NEXT),),
        ),
    ],
)
def test_baskets_that_are_clear(change: Change, held: tuple[Held, ...]) -> None:
    check_holdings(change, facts(OLD, *held), CATALOGUE)


RESERVED = Held(id="p3", offering="gprs", state=HeldState.RESERVED, starts_on=NEXT)


@pytest.mark.parametrize(
    ("held", "names"),
    [
        ((OLD, RESERVED), []),
        ((Held(id="p2", offering="lone-plan"), RESERVED), ["GPRS包"]),  # the catalogue says: not together
        ((Held(id="p2", offering="lone-plan", ends_on=NEXT), OLD, RESERVED), []),  # gone by then
        ((OLD, Held(id="p2", offering="gprs"), RESERVED), ["GPRS包"]),  # twice
        ((OLD, Held(id="p2", offering="gprs", ends_on=NEXT), RESERVED), []),
        ((OLD, Held(id="p2", offering="gprs", state=HeldState.ENDED), RESERVED), []),
    ],
)
def test_reservations_that_lose_their_ground_are_named(held: tuple[Held, ...], names: list[str]) -> None:
    assert sorted(stranded(held, CATALOGUE)) == names
