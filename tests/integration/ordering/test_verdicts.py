"""An order's verdict is stored with its certificate and replays to the byte, whatever has changed since."""

import json
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from crm.core.catalog.schemas import Offering, OfferingKind
from crm.core.compatibility.errors import (
    RulesNotKept,
    VerdictNotKept,
    VerdictOvertaken,
    VerdictUnreadable,
)
from crm.core.compatibility.evidence import Evidence, read_evidence
from crm.core.compatibility.evidence import replay as judge_again
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Facts, Verdict
from crm.core.ordering.errors import OrderMissing
from crm.core.ordering.schemas import OrderView
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Role
from tests.factories import Desk, Held, World, add


async def ordered(world: World) -> tuple[Desk, OrderView]:
    """A change of plan that cancels a GPRS pack with the customer's consent."""
    line = await world.line("gotone-standard", "gprs-old-20", "laidian-xianshi")
    desk = await world.desk(line)
    return desk, await world.submit(desk, await world.judge(desk, add("ao88-88")))


async def sql(world: World, statement: str, **values: Any) -> None:
    async with world.db.transaction() as session:
        await session.execute(text(statement), values)


async def test_a_verdict_replays_to_the_byte_and_is_proved(world: World) -> None:
    _, order = await ordered(world)
    evidence, found = await world.services.verdicts.replay(order.number)
    assert (found.difference, found.objection) == ("", "")
    assert found.verdict == order.verdict == Verdict.CONSENT
    assert found.rules_hash == order.qualification.rules_hash
    assert found.rules >= 80
    assert found.misses > found.rules / 2
    assert evidence.qualification == msgspec.json.encode(order.qualification).decode()
    # An outsider reads the exported file without a database.
    assert judge_again(read_evidence(msgspec.json.encode(evidence))) == found
    assert await world.services.verdicts.seal(order) == (found.certificate_hash, "")


async def test_it_replays_after_catalogue_and_rules_have_changed(world: World) -> None:
    _, order = await ordered(world)
    before = (await world.services.verdicts.replay(order.number))[1]
    old = world.services.catalog.catalogue.offerings["gprs-old-20"]
    await sql(
        world,
        "UPDATE product_offering SET document = :document WHERE code = 'gprs-old-20'",
        document=json.dumps(
            msgspec.to_builtins(msgspec.structs.replace(old, name="改过名", incompatible_with=()))
        ),
    )
    await world.sell(Offering(code="new-one", name="新业务", kind=OfferingKind.VAS))
    rules = world.services.compatibility.rules
    milder = (msgspec.structs.replace(each, verdict=Verdict.ALLOW) for each in rules.rules)
    world.services.compatibility.adopt(RuleSet(milder))
    world.clock.advance(timedelta(days=90))
    assert world.services.catalog.catalogue.offerings["gprs-old-20"].name == "改过名"
    assert (await world.services.verdicts.replay(order.number))[1] == before
    assert before.holds


async def test_rules_that_are_no_version_are_kept_too(world: World) -> None:
    rules = world.services.compatibility.rules
    own = RuleSet(msgspec.structs.replace(each, owner="另一组") for each in rules.rules)
    world.services.compatibility.adopt(own)
    _, order = await ordered(world)
    assert order.qualification.rules_hash == own.hash
    world.services.compatibility.adopt(rules)
    assert (await world.services.verdicts.replay(order.number))[1].holds
    assert len(await world.rows("SELECT 1 FROM kept_document WHERE hash = :hash", hash=own.hash)) == 1
    assert await world.rows("SELECT 1 FROM kept_document WHERE hash = :hash", hash=rules.hash) == []


async def test_a_verdict_that_was_overtaken_gets_no_certificate(world: World) -> None:
    _, order = await ordered(world)
    facts = (await world.services.verdicts.replay(order.number))[0].facts
    rules = world.services.compatibility.rules
    world.services.compatibility.adopt(RuleSet(rules.rules[:-1]))
    with pytest.raises(VerdictOvertaken, match="重新核对"):
        world.services.compatibility.verdicts.certify(
            order.change, msgspec.convert(facts, Facts), order.qualification
        )


async def test_entries_are_kept_once(world: World) -> None:
    await ordered(world)
    first = await world.rows("SELECT hash FROM kept_document")
    await ordered(world)
    assert await world.rows("SELECT hash FROM kept_document") == first
    assert len(await world.rows("SELECT 1 FROM stored_verdict")) == 2


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE product_order SET facts = jsonb_set(facts, '{subscriber,brand}', '\"神州行\"')", "facts"),
        ("UPDATE product_order SET change = jsonb_set(change, '{channel}', '\"store\"')", "change"),
        (
            "UPDATE stored_verdict SET qualification = replace(qualification, 'consent', 'allow')",
            "qualification",
        ),
        ("UPDATE rule_version SET document = replace(document, '\"consent\"', '\"allow\"')", "rules"),
        ("UPDATE kept_document SET document = replace(document, '全球通', '神州行')", "产品目录条目"),
    ],
)
async def test_a_changed_row_is_found(world: World, statement: str, says: str) -> None:
    _, order = await ordered(world)
    await sql(world, statement)
    found = (await world.services.verdicts.replay(order.number))[1]
    assert found.difference
    assert says in found.objection


FORGED_ORDER = """
UPDATE product_order SET verdict = 'allow', qualification = jsonb_set(qualification, '{verdict}', '"allow"'),
    consents = '[]', rules_hash = repeat('b', 64), consent_token = ''
"""
IN_JSON = "UPDATE product_order SET {0} = jsonb_set({0}, '{1}', '{2}')"


@pytest.mark.parametrize(
    ("statement", "says", "shown"),
    [
        (FORGED_ORDER, "verdict", True),
        ("UPDATE product_order SET verdict = 'allow'", "结论（verdict）", True),
        ("UPDATE product_order SET rules_hash = repeat('b', 64)", "规则版本（rules_hash）", False),
        ("UPDATE product_order SET catalogue_hash = ''", "产品目录（catalogue_hash）", False),
        ("UPDATE product_order SET consent_token = ''", "同意凭据（consent_token）", False),
        ("UPDATE product_order SET channel = 'store'", "渠道（channel）", True),
        (IN_JSON.format("qualification", "{verdict}", '"allow"'), "qualification.verdict", True),
        (IN_JSON.format("qualification", "{facts_hash}", '""'), "qualification.facts_hash", True),
        (IN_JSON.format("qualification", "{findings}", "[]"), "qualification.findings", True),
        ("UPDATE product_order SET qualification = '[]'", "qualification", None),
        ("UPDATE product_order SET ordered_at = ordered_at - interval '1 day'", "ordered_at", True),
        ("UPDATE product_order SET consents = '[]'", "缺少判定要求的", True),
        ("UPDATE product_order SET consents = '{}'", "consents", None),
        (IN_JSON.format("consents", "{0,consent}", "false"), "缺少判定要求的", True),
        (IN_JSON.format("consents", "{0,text}", '"别的话"'), "缺少判定要求的", True),
        (IN_JSON.format("consents", "{0,staff_number}", '"9999"'), "工号", True),
        (IN_JSON.format("consents", "{0,at}", '"2026-01-01T00:00:00Z"'), "时间", True),
        (
            "UPDATE product_order SET consents = consents || jsonb_set(consents -> 0, '{key}', '\"new\"')",
            "多出判定没有的",
            True,
        ),
        ("UPDATE stored_verdict SET certificate_hash = repeat('0', 64)", "certificate_hash", True),
        ("UPDATE stored_verdict SET certificate = certificate || ' '", "certificate", True),
        ("UPDATE stored_verdict SET certificate = jsonb_pretty(certificate::jsonb)", "certificate", True),
        ("UPDATE stored_verdict SET given_at = given_at + interval '1 second'", "ordered_at", True),
    ],
)
async def test_an_order_that_says_otherwise_is_found(
    world: World, statement: str, says: str, shown: bool | None
) -> None:
    """`shown`: on its page too; None: there is no page, for the order itself cannot be read."""
    desk, order = await ordered(world)
    await sql(world, statement)
    found = (await world.services.verdicts.replay(order.number))[1]
    assert says in found.contradiction
    assert not found.holds
    if shown is None:
        return
    view = await world.ordering.order(desk.actor, order.number)
    seal = await world.services.verdicts.seal(view)
    assert bool(seal.doubt) is shown
    assert len(seal.certificate) == 64
    assert seal.certificate != "0" * 64


async def test_a_price_of_leaving_that_was_told_is_no_contradiction(world: World) -> None:
    rules = world.services.compatibility.rules
    world.services.compatibility.adopt(RuleSet(rule for rule in rules.rules if rule.id != "BR-10e"))
    plan = Held(code="mzone-campus-a", locked_until=date(2027, 12, 31))
    desk = await world.desk(await world.line(plan, brand="动感地带"))
    judged = await world.judge(desk, add("gotone-standard"))
    assert judged.penalties
    told = tuple(each.key for each in judged.sentences)
    order = await world.submit(desk, judged, ticked=told)
    found = (await world.services.verdicts.replay(order.number))[1]
    assert found.holds, found
    assert (await world.services.verdicts.seal(order)).doubt == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_verdict SET certificate = '{'",
        "UPDATE stored_verdict SET certificate = '{}'",
        "UPDATE stored_verdict SET certificate = ''",
        "UPDATE stored_verdict SET certificate = '[]'",
        "UPDATE stored_verdict SET certificate = 'null'",
        "UPDATE stored_verdict SET certificate = '{\"offerings\":[1]}'",
        'UPDATE stored_verdict SET certificate = \'{"offerings":{"a": 1}}\'',
        "UPDATE stored_verdict SET certificate = repeat('[', 100000)",
        "UPDATE product_order SET facts = '\"x\"'",
        "UPDATE product_order SET change = '[]'",
    ],
)
async def test_what_cannot_be_read_any_more_is_a_named_refusal(world: World, statement: str) -> None:
    _, order = await ordered(world)
    await sql(world, statement)
    with pytest.raises(VerdictUnreadable, match=f"{order.number} 存下的判定读不懂"):
        await world.services.verdicts.replay(order.number)
    with pytest.raises(VerdictUnreadable):
        await world.services.verdicts.evidence(await world.staff(Role.AUDITOR), order.number)
    if "certificate" in statement:
        assert "读不懂" in (await world.services.verdicts.seal(order)).doubt


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_verdict SET qualification = '{'",
        "UPDATE stored_verdict SET qualification = '[]'",
        "UPDATE stored_verdict SET qualification = '{}'",
        "UPDATE stored_verdict SET qualification = repeat('[', 100000)",
        "UPDATE stored_verdict SET certificate = '{\"offerings\":{}}'",
        "UPDATE rule_version SET document = '{'",
        "UPDATE rule_version SET document = repeat('[', 100000)",
        "UPDATE kept_document SET document = '{'",
        "UPDATE product_order SET facts = '{}'",
        "UPDATE product_order SET change = '{\"items\": 1}'",
    ],
)
async def test_what_is_garbled_never_holds_and_never_crashes(world: World, statement: str) -> None:
    _, order = await ordered(world)
    await sql(world, statement)
    found = (await world.services.verdicts.replay(order.number))[1]
    assert found.difference
    assert found.objection
    if "stored_verdict" in statement:
        assert found.contradiction or "certificate" in statement
        assert (await world.services.verdicts.seal(order)).certificate == found.certificate_hash


async def test_what_is_missing_is_said(world: World) -> None:
    _, order = await ordered(world)
    with pytest.raises(OrderMissing):
        await world.services.verdicts.replay("PO20261122999999")
    await sql(world, "DELETE FROM kept_document")
    with pytest.raises(RulesNotKept, match="备份"):
        await world.services.verdicts.replay(order.number)
    await sql(world, "DELETE FROM stored_verdict")
    with pytest.raises(VerdictNotKept, match=order.number):
        await world.services.verdicts.replay(order.number)
    assert await world.services.verdicts.seal(order) == ("", "")


async def test_the_bundle_is_for_those_who_may_and_the_look_is_recorded(world: World) -> None:
    desk, order = await ordered(world)
    with pytest.raises(NotAllowed):
        await world.services.verdicts.evidence(desk.actor, order.number)
    for role in (Role.AUDITOR, Role.QUALITY, Role.SHIFT_LEADER):
        actor = await world.staff(role)
        evidence: Evidence = await world.services.verdicts.evidence(actor, order.number)
        assert evidence.order == order.number
        looks = await world.rows(
            "SELECT subject_id FROM audit_entry WHERE action = 'order.export_verdict' AND actor_id = :who",
            who=actor.staff_id,
        )
        assert [each["subject_id"] for each in looks] == [str(order.id)]


async def test_verdicts_without_a_finding_and_with_doubts_are_stored(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("laidian-xianshi")))
    assert (await world.services.verdicts.replay(order.number))[1].holds
