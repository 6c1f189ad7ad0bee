"""Rows of the fixed demo customers."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from crm.core.customer.grams import name_grams
from crm.core.customer.masking import tail_of
from crm.core.customer.service_password import blind_password
from crm.demo.people import DEMO_SERVICE_PASSWORD, LINES, PEOPLE, Line, Person, holdings
from crm.demo.rows import Batch
from crm.demo.staff import demo_id
from crm.platform.clock import day_of
from crm.platform.secrets import Vault


class PastCall(NamedTuple):
    """A call that a demo line has made."""

    msisdn: str
    hours_ago: int
    minutes: int
    staff: str
    reason: str
    note: str


CALLS = (
    PastCall(
        "13800010003", 20, 6, "1002", "consult-data", "客户反映GPRS用超，已解释套餐外计费，客户考虑换套餐。"
    ),
    PastCall("13800010003", 44, 4, "1001", "consult-tariff", "询问全球通各档资费，已介绍。"),
    PastCall("13800010003", 24 * 21, 3, "1002", "consult-bill", "核对上月账单，无异议。"),
    PastCall(
        "13800010001", 24 * 9, 5, "1001", "consult-rule", "想改全球通，已告知须先取消校园V网，客户再考虑。"
    ),
    PastCall("13800010006", 24 * 15, 2, "1001", "order-product", "开通来电管家相关咨询。"),
    PastCall("13800010005", 24 * 5, 4, "1002", "consult-rule", "资料未登记，已请客户带证件到营业厅补登。"),
)


def demo_batch(vault: Vault, now: datetime) -> Batch:
    """The demo customers, their lines, holdings and past calls, with dates around `now`."""
    batch = Batch()
    for person in PEOPLE:
        _add_person(batch, vault, person, now)
    for line in LINES:
        _add_line(batch, vault, line, now)
    for call in CALLS:
        _add_call(batch, call, now)
    return batch


def line_id(msisdn: str) -> UUID:
    """The identifier of a demo line."""
    return demo_id("line", msisdn)


def _add_person(batch: Batch, vault: Vault, person: Person, now: datetime) -> None:
    number = person.identity_number
    batch.add(
        "customer",
        demo_id("customer", person.key),
        person.name,
        name_grams(person.name),
        "organisation" if person.is_organisation else "person",
        "统一社会信用代码" if person.is_organisation else "身份证",
        vault.seal(number, "customer.identity"),
        vault.blind(number, "customer.identity"),
        tail_of(number),
        person.profile_recorded,
        person.star_level,
        now,
    )


def _add_line(batch: Batch, vault: Vault, line: Line, now: datetime) -> None:
    id_ = line_id(line.msisdn)
    held = holdings(line, day_of(now))
    batch.add(
        "subscriber",
        id_,
        demo_id("customer", line.person),
        line.msisdn,
        line.brand,
        line.line_kind,
        line.region,
        "active",
        blind_password(vault, id_, DEMO_SERVICE_PASSWORD),
        0,
        min(each.starts_on for each in held),
    )
    for each in held:
        batch.add(
            "product",
            demo_id("product", f"{line.msisdn}/{each.code}"),
            id_,
            each.code,
            each.origin,
            each.status,
            each.starts_on,
            each.ends_on,
            each.locked_until,
            None,
            each.campaign,
            each.free_until,
            now,
        )


def _add_call(batch: Batch, call: PastCall, now: datetime) -> None:
    started = now - timedelta(hours=call.hours_ago)
    batch.add(
        "interaction",
        demo_id("call", f"{call.msisdn}/{call.hours_ago}"),
        started,
        started + timedelta(minutes=call.minutes),
        "hotline",
        call.msisdn,
        line_id(call.msisdn),
        demo_id("staff", call.staff),
        call.reason,
        "[]",
        call.note,
    )
