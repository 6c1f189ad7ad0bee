"""Imported offerings go through the checker like the others; where nothing is known they stop."""

from datetime import date
from pathlib import Path

import pytest

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.imports import read_rows
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Held,
    Qualification,
    SubscriberFacts,
    Verdict,
)
from tests.unit.catalog.test_imports import REAL, needs_real_data

CATALOG = Path(__file__).resolve().parents[3] / "catalog"

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    imported = [row.offering for row in read_rows(REAL, "offerings") if row.offering]
    return Catalogue([*load_offerings(CATALOG / "offerings")[0], *imported])


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules(CATALOG / "rules")[0]


def _judge(
    catalogue: Catalogue, rules: RuleSet, name: str, *held: str, state: str = "on_sale"
) -> Qualification:
    code = next(
        each.code for each in catalogue.offerings.values() if (each.name, each.state) == (name, state)
    )
    facts = Facts(
        on=date(2026, 11, 22),
        subscriber=SubscriberFacts(brand="全球通", line_kind="普通", region="贵州", profile_recorded=True),
        held=tuple(Held(id=one, offering=one, starts_on=date(2025, 1, 1)) for one in held),
    )
    return qualify(Change(items=(ChangeItem(action="add", offering=code),)), facts, rules, catalogue)


def test_an_imported_plan_can_be_ordered(catalogue: Catalogue, rules: RuleSet) -> None:
    judged = _judge(catalogue, rules, "58元畅享套餐", "gotone-standard", "gprs-new-5")
    assert judged.can_be_ordered
    assert judged.diff.fee_next_month_fen == 6300
    assert [line.offering for line in judged.diff.lost] == ["gotone-standard"]


def test_an_imported_pack_can_be_ordered(catalogue: Catalogue, rules: RuleSet) -> None:
    assert _judge(catalogue, rules, "30元畅游包", "gotone-standard").can_be_ordered


def test_a_pair_nobody_stated_is_never_a_silent_yes(catalogue: Catalogue, rules: RuleSet) -> None:
    judged = _judge(catalogue, rules, "58元畅享套餐", "gotone-standard", "vnet-group")
    assert judged.verdict is Verdict.FIRST
    assert any(finding.held_offering == "vnet-group" for finding in judged.findings)


def test_a_series_is_never_ordered_itself(catalogue: Catalogue, rules: RuleSet) -> None:
    assert not _judge(catalogue, rules, "畅享套餐", "gotone-standard", state="series").can_be_ordered
