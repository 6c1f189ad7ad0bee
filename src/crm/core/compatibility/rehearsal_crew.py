"""Several processes that rehearse pages of lines and orders, and their results put together."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.bundle import document_of, from_document
from crm.core.compatibility.publishing_views import (
    RehearsalResult,
    RehearsedLine,
    RehearsedOrder,
    RuleEffect,
    Transition,
)
from crm.core.compatibility.rehearsing import MOST_EXAMPLES, Rehearser, most_first
from crm.core.compatibility.ruleset import RuleSet

Page = tuple[RehearsedLine, ...] | tuple[RehearsedOrder, ...]
_AHEAD = 2  # pages a process has waiting, so that it never waits for the database
_mine: list[Rehearser] = []  # the rehearser of a process of the crew


class Crew:
    """Plays pages with `workers` processes; with one, in a thread of this one. Call `close` at the end."""

    def __init__(
        self, old: RuleSet, new: RuleSet, catalogue: Catalogue, today: date, workers: int = 1
    ) -> None:
        self._rehearser = Rehearser(old, new, catalogue, today)
        self.on = self._rehearser.on
        self._pool: ProcessPoolExecutor | None = None
        self._most = workers * _AHEAD
        self._playing: set[asyncio.Future[RehearsalResult]] = set()
        self._results: list[RehearsalResult] = []
        if workers > 1:
            sides = tuple((document_of(rules), rules.hash) for rules in (old, new))
            offerings = msgspec.json.encode(list(catalogue.offerings.values()))
            self._pool = ProcessPoolExecutor(
                workers, get_context("spawn"), initializer=_begin, initargs=(sides, offerings, today)
            )

    async def play(self, page: Page) -> None:
        """Rehearse a page, or have it rehearsed soon."""
        if self._pool is None:
            await asyncio.to_thread(_play_with, self._rehearser, page)
            return
        loop = asyncio.get_running_loop()
        self._playing.add(loop.run_in_executor(self._pool, _play, page))
        if len(self._playing) >= self._most:
            await self._gather(asyncio.FIRST_COMPLETED)

    async def result(self, seconds: float) -> RehearsalResult:
        """What all pages together have shown."""
        if self._playing:
            await self._gather(asyncio.ALL_COMPLETED)
        return merged([self._rehearser.result(seconds), *self._results])

    def close(self) -> None:
        """Let the processes go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _gather(self, until: str) -> None:
        done, self._playing = await asyncio.wait(self._playing, return_when=until)
        self._results += [each.result() for each in done]


def merged(results: list[RehearsalResult]) -> RehearsalResult:
    """Results of different lines and orders as one; sample, day and time are the first one's."""
    effects: dict[str, RuleEffect] = {}
    for each in (effect for result in results for effect in result.by_rule):
        known = effects.get(each.rule_id)
        effects[each.rule_id] = each if known is None else _sum(known, each)
    return msgspec.structs.replace(
        results[0],
        lines=sum(each.lines for each in results),
        orders=sum(each.orders for each in results),
        judged=sum(each.judged for each in results),
        people_changed=sum(each.people_changed for each in results),
        orders_changed=sum(each.orders_changed for each in results),
        skipped=sum(each.skipped for each in results),
        by_rule=tuple(sorted(effects.values(), key=most_first)),
        people_reworded=sum(each.people_reworded for each in results),
        orders_reworded=sum(each.orders_reworded for each in results),
    )


def _sum(one: RuleEffect, other: RuleEffect) -> RuleEffect:
    moved: Counter[tuple[str, str]] = Counter()
    for each in (*one.transitions, *other.transitions):
        moved[(each.before, each.after)] += each.count
    return msgspec.structs.replace(
        one,
        people=one.people + other.people,
        orders=one.orders + other.orders,
        harder=one.harder + other.harder,
        milder=one.milder + other.milder,
        same=one.same + other.same,
        transitions=tuple(Transition(*pair, count) for pair, count in moved.most_common()),
        examples=(*one.examples, *other.examples)[:MOST_EXAMPLES],
        people_reworded=one.people_reworded + other.people_reworded,
        orders_reworded=one.orders_reworded + other.orders_reworded,
    )


def _begin(sides: Iterable[tuple[str, str]], offerings: bytes, today: date) -> None:
    old, new = (from_document(document, named) for document, named in sides)
    catalogue = Catalogue(msgspec.json.decode(offerings, type=list[Offering]))
    _mine.append(Rehearser(old, new, catalogue, today))


def _play(page: Page) -> RehearsalResult:
    rehearser = _mine[0]
    rehearser.forget()
    _play_with(rehearser, page)
    return rehearser.result(0)


def _play_with(rehearser: Rehearser, page: Page) -> None:
    rehearser.lines(each for each in page if isinstance(each, RehearsedLine))
    rehearser.orders(each for each in page if isinstance(each, RehearsedOrder))
