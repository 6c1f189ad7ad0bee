"""Holdings become facts, facts travel through a page, and differences are said in words."""

from datetime import date
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.compatibility.schemas import Held, HeldState, Origin, Sentence
from crm.core.inventory.schemas import HeldProduct, Holdings
from crm.core.ordering.facts import Basis, differences, facts_of, pack_basis, unpack_basis
from tests.unit.ordering.baskets import CATALOGUE, NEXT, ON, facts, judged


def holdings(**changes: object) -> Holdings:
    line = Holdings(
        on=ON,
        subscriber_id=UUID(int=1),
        customer_id=UUID(int=2),
        msisdn="13800010001",
        brand="动感地带",
        line_kind="普通",
        region="贵阳",
        status="active",
        profile_recorded=False,
        star_level=3,
        products=(
            HeldProduct(
                id=UUID(int=9),
                offering_code="news",
                origin="trial",
                state="active",
                starts_on=ON,
                came_with_id=UUID(int=4),
            ),
            HeldProduct(
                id=UUID(int=4), offering_code="new-plan", origin="self", state="reserved", starts_on=NEXT
            ),
        ),
    )
    return msgspec.structs.replace(line, **changes)


def test_holdings_become_facts() -> None:
    found = facts_of(holdings())
    assert found.subscriber.profile_recorded is False
    assert [each.id for each in found.held] == sorted(each.id for each in found.held)
    assert found.held[0].state is HeldState.RESERVED
    assert (found.held[1].origin, found.held[1].came_with) == (Origin.TRIAL, str(UUID(int=4)))


def test_what_is_not_known_stays_unknown() -> None:
    assert facts_of(holdings(brand="", region="")).subscriber.brand is None


def test_a_basis_comes_back_whole() -> None:
    now = facts(Held(id="p1", offering="old-plan"))
    assert unpack_basis(pack_basis(now, judged())) == Basis(now, "r", "c")


@given(st.text(max_size=200))
def test_a_damaged_basis_is_no_basis(text: str) -> None:
    assert unpack_basis(text) is None


def test_a_huge_basis_is_not_even_looked_at() -> None:
    assert unpack_basis("A" * 100_000) is None


BEFORE = Held(id="p1", offering="gprs")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ((), (BEFORE,), "刚刚开通了“GPRS包”"),
        (
            (),
            (Held(id="p1", offering="gprs", state=HeldState.RESERVED, starts_on=NEXT),),
            "刚刚预约了“GPRS包”，自2026年12月1日起",
        ),
        ((BEFORE,), (), "“GPRS包”已不在客户名下"),
        ((BEFORE,), (Held(id="p1", offering="gprs", state=HeldState.ENDED),), "“GPRS包”由使用中变为已取消"),
        ((BEFORE,), (Held(id="p1", offering="gprs", ends_on=NEXT),), "“GPRS包”将于2026年12月1日终止"),
        ((Held(id="p1", offering="gprs", ends_on=NEXT),), (BEFORE,), "“GPRS包”的终止安排已撤销"),
        (
            (BEFORE,),
            (Held(id="p1", offering="gprs", locked_until=date(2027, 3, 31)),),
            "“GPRS包”的协议期变为到2027年3月31日",
        ),
    ],
)
def test_a_difference_is_said_in_words(old: tuple[Held, ...], new: tuple[Held, ...], said: str) -> None:
    told = differences(Basis(facts(*old), "r", "c"), facts(*new), judged(), (), CATALOGUE)
    assert told == (said,)


def test_new_sentences_and_rules_are_named() -> None:
    now = judged(sentences=(Sentence("k1", "GPRS包将自动取消", True, "BR-06b"),))
    told = differences(Basis(facts(), "older", "c"), facts(), now, ("gone",), CATALOGUE)
    assert told == ("业务规则或产品目录刚刚更新", "现在还须告知：GPRS包将自动取消", "原来告知的 1 项已不适用")


def test_there_is_always_something_to_say() -> None:
    assert differences(None, facts(), judged(), (), CATALOGUE)
    assert differences(Basis(facts(), "r", "c"), facts(on=NEXT), judged(), (), CATALOGUE) == (
        "受理日期由2026年11月22日变为2026年12月1日",
    )
