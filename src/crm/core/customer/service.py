"""Finding customers and showing them, masked and on record."""

from collections.abc import Mapping
from uuid import UUID

from crm.core.customer.errors import CustomerMissing, CustomerNotAssigned, NumberIncomplete
from crm.core.customer.masking import mask_name
from crm.core.customer.msisdn import digits_of, home_region_notice, incomplete_notice
from crm.core.customer.page import compose
from crm.core.customer.query import Meaning, Understood, understand
from crm.core.customer.repository import CustomerRepository, FoundGroup, FoundLine, NotTheirs
from crm.core.customer.schemas import Customer360, SearchGroup, SearchResult, SubscriberLine
from crm.core.customer.service_password import check_password
from crm.core.staff.schemas import Actor, Permission
from crm.platform.clock import Clock, day_of
from crm.platform.database import Database
from crm.platform.secrets import Vault

IDENTITY_PURPOSE = "customer.identity"
_TITLES = {
    "number": "号码",
    "prefix": "号码开头",
    "last_four": "号码后四位",
    "name": "姓名",
    "identity": "证件号",
    "work_order": "工单",
    "assigned": "派给本厅的客户",
}
_NOT_FOUND = {
    Meaning.PREFIX: "没有以这些数字开头的号码，请核对或输入完整号码。",
    Meaning.LAST_FOUR: "没有以这四位结尾的号码，请与客户核对。",
    Meaning.PREFIX_OR_LAST_FOUR: "没有以这四位开头或结尾的号码，请与客户核对。",
    Meaning.NAME: "没有这个姓名的客户。可试姓名中的一两个字，或改用号码查找。",
    Meaning.NAME_AND_LAST_FOUR: "没有姓名和后四位都相符的号码，请分别核对。",
    Meaning.IDENTITY: "本省没有以该证件登记的客户，请核对证件号。",
    Meaning.WORK_ORDER: "没有这个工单号，请核对：WO 加 8 位日期加 6 位流水号。",
}


class CustomerService:
    """Search and the customer page."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        vault: Vault,
        home_region: str = "贵州",
        reason_names: Mapping[str, str] | None = None,
        along: Mapping[str, str] | None = None,
    ) -> None:
        """`along`: a sub-select of another room by name, whose JSON the page brings along undecoded.

        It may use the places {line}, {call}, {me} and {now}; the console reads call and wishes so.
        """
        self._db = db
        self._repository = CustomerRepository(db, along or {})
        self._clock = clock
        self._vault = vault
        self._home_region = home_region
        self._reason_names = reason_names or {}

    async def search(self, actor: Actor, text: str, limit: int = 8) -> SearchResult:
        """What the one search box finds: number, prefix, last four, name, identity number, work order.

        At most `limit` results a group. Whatever is typed, the answer is a result with a notice, never an
        error. Raises `NotAllowed` for roles that see no customers.
        """
        only_queues = _queues_of(actor)
        sought = understand(text)
        if sought.meaning is Meaning.NOTHING:
            return SearchResult(query=sought.shown, notice=sought.notice)
        index = (
            self._vault.blind(sought.text, IDENTITY_PURPOSE) if sought.meaning is Meaning.IDENTITY else None
        )
        found = await self._repository.search(actor, sought, index, only_queues, self._clock.now(), limit)
        if not found:
            return self._nothing_found(sought, only_queues is not None)
        return SearchResult(
            query=sought.shown,
            groups=tuple(_group(each, limit) for each in found),
            notice=sought.notice,
        )

    async def page(
        self,
        actor: Actor,
        msisdn: str | None = None,
        subscriber_id: UUID | None = None,
        call_id: UUID | None = None,
    ) -> Customer360:
        """The customer page of one line, in one round trip that also records the look.

        The line is named by its number, its id, or the call it is on. Raises `CustomerMissing`;
        `CustomerNotAssigned` when a store asks for a customer that no open work order in its queue speaks of
        (recorded too); `NotAllowed` for roles that see no customers.
        """
        only_queues = _queues_of(actor)
        msisdn = (digits_of(msisdn) or msisdn) if msisdn else None
        by, key = _key(msisdn, subscriber_id, call_id)
        now = self._clock.now()
        today = day_of(now)
        try:
            row = await self._repository.page(actor, by, key, now, today.replace(day=1), only_queues)
        except NotTheirs:
            raise CustomerNotAssigned from None
        if row is None:
            raise CustomerMissing(msisdn or "")
        return compose(row, today, now, actor.staff_id, self._reason_names)

    async def line_of(self, actor: Actor, typed: str) -> tuple[str, UUID | None]:
        """The digits of a caller's number and the line that has it in this province, if one does.

        Shows nothing of the line, so nothing is recorded. Raises `NumberIncomplete`.
        """
        actor.require(Permission.SEE_CUSTOMER)
        digits = digits_of(typed)
        line = await self._repository.line_of(digits) if digits else None
        notice = "" if line else incomplete_notice(typed)
        if notice:
            raise NumberIncomplete(notice)
        return digits or "", line

    async def check_service_password(
        self, subscriber_id: UUID, password: str, attempts: int, lock_minutes: int
    ) -> str:
        """`passed`, `failed`, or `locked` for `lock_minutes` after `attempts` failures."""
        async with self._db.transaction() as session:
            return await check_password(
                session, self._vault, self._clock.now(), subscriber_id, password, attempts, lock_minutes
            )

    def home_region_notice(self, msisdn: str) -> str:
        """The sentence for a complete number that this province does not know."""
        return home_region_notice(msisdn, self._home_region)

    def _nothing_found(self, sought: Understood, store: bool) -> SearchResult:
        if store and sought.meaning is not Meaning.WORK_ORDER:
            notice = "派给本厅的工单里没有这位客户。请核对，或请热线先把工单派到本厅。"
            return SearchResult(query=sought.shown, notice=notice)
        if sought.meaning is Meaning.NUMBER:
            words = self.home_region_notice(sought.text)
            return SearchResult(query=sought.shown, notice=words, home_region_notice=words)
        return SearchResult(query=sought.shown, notice=_NOT_FOUND[sought.meaning] + sought.notice)


def _key(msisdn: str | None, subscriber_id: UUID | None, call_id: UUID | None) -> tuple[str, str | UUID]:
    if call_id is not None:
        return "call_id", call_id
    if subscriber_id is not None:
        return "subscriber_id", subscriber_id
    return "msisdn", msisdn or ""


def _queues_of(actor: Actor) -> tuple[str, ...] | None:
    """The queues a store clerk is confined to; None when the role sees every customer."""
    if actor.may(Permission.SEE_CUSTOMER):
        return None
    if actor.may(Permission.SEE_ASSIGNED_CUSTOMER):
        return actor.group_codes
    actor.require(Permission.SEE_CUSTOMER)
    raise AssertionError("require() raised")


def _group(found: FoundGroup, limit: int) -> SearchGroup:
    return SearchGroup(
        kind=found.kind,
        title=_TITLES[found.kind],
        lines=tuple(_line(each) for each in found.lines[:limit]),
        work_orders=tuple(found.work_orders[:limit]),
        more=max(len(found.lines), len(found.work_orders)) > limit,
    )


def _line(found: FoundLine) -> SubscriberLine:
    return SubscriberLine(
        subscriber_id=found.subscriber_id,
        customer_id=found.customer_id,
        msisdn=found.msisdn,
        name_masked=mask_name(found.name, found.customer_kind),
        brand=found.brand,
        line_kind=found.line_kind,
        region=found.region,
        status=found.status,
        star_level=found.star_level,
        customer_kind=found.customer_kind,
    )
