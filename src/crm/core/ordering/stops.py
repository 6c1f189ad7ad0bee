"""Which wishes a rule stopped, so that whoever keeps the rule can look at cases and not only at counts."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from crm.core.compatibility.schemas import Verdict
from crm.core.ordering import past_orders
from crm.core.ordering.past_orders import Stop, StoppedWish
from crm.core.ordering.population import masked
from crm.core.ordering.schemas import Judgement
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock, start_of_day
from crm.platform.database import Database

KEPT_DAYS = 92
PAGE = 50
_MOST_UNWRITTEN = 20_000


class StoppedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the wishes a rule stopped in a week; `total` counts all of that week."""

    monday_on: date
    total: int
    offset: int
    limit: int
    wishes: tuple[StoppedWish, ...]


class RuleStops:
    """Noted in memory, written by a round: the way of a verdict gains no round trip.

    The same wish counts once a call and rule. A process that is killed loses what came after its last write.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._unwritten: dict[Stop, datetime] = {}

    def note(self, actor: Actor, interaction_id: UUID | None, judged: Judgement) -> None:
        """Remember what could not be ordered on a call, and because of which rules."""
        if interaction_id is None or len(self._unwritten) >= _MOST_UNWRITTEN:
            return
        for finding in judged.qualification.findings:
            if finding.verdict.severity > Verdict.CONSENT.severity:
                stop = Stop(
                    rule_id=finding.rule_id,
                    verdict=finding.verdict.value,
                    subscriber_id=judged.subscriber_id,
                    interaction_id=interaction_id,
                    staff_number=actor.staff_number,
                    target=finding.target or "",
                    held=finding.held_offering or "",
                )
                self._unwritten.setdefault(stop, self._clock.now())

    async def write(self) -> int:
        """Write what has been noted, in one statement; returns how many. What fails is kept for next time."""
        taken, self._unwritten = self._unwritten, {}
        if not taken:
            return 0
        try:
            async with self._db.reading() as connection:
                await past_orders.add_stops(connection, taken)
        except BaseException:
            self._unwritten = self._unwritten | taken
            raise
        return len(taken)

    async def forget(self) -> None:
        """Drop what is older than a quarter: long enough to judge a rule, no longer."""
        async with self._db.reading() as connection:
            await past_orders.forget_stops(connection, self._clock.now() - timedelta(days=KEPT_DAYS))

    async def any_of(self, rule_id: str) -> bool:
        """Whether this rule, perhaps no longer in force, has stopped anything within the quarter."""
        async with self._db.reading() as connection:
            return await past_orders.has_stops(connection, rule_id)

    async def of_rule(self, actor: Actor, rule_id: str, day: date, offset: int = 0) -> StoppedPage:
        """The wishes a rule stopped in the week of a day, newest first, numbers masked; the look is recorded.

        For those who draft or approve rules. Raises `NotAllowed`.
        """
        if not (actor.may(Permission.DRAFT_RULES) or actor.may(Permission.APPROVE_RULES)):
            raise NotAllowed("查看规则拦下的来电")
        monday = day - timedelta(days=day.weekday())
        week = (start_of_day(monday), start_of_day(monday + timedelta(days=7)))
        async with self._db.transaction() as session:
            audit.record(
                session, actor, self._clock.now(), "rule.stopped", "rule", rule_id, week=monday.isoformat()
            )
        async with self._db.reading() as connection:
            total, rows = await past_orders.stops_of(connection, rule_id, week, PAGE, max(offset, 0))
        wishes = tuple(msgspec.structs.replace(row, msisdn=masked(row.msisdn)) for row in rows)
        return StoppedPage(monday_on=monday, total=total, offset=offset, limit=PAGE, wishes=wishes)
