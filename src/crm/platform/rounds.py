"""Work that comes round: due again some seconds after it last ended, and never dead of one failure.

Every task claims its rows with `SKIP LOCKED` or is idempotent: any number of processes may go round.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_log = logging.getLogger("crm.rounds")


@dataclass(frozen=True)
class Round:
    """One recurring task."""

    name: str
    every_seconds: float
    task: Callable[[], Awaitable[object]]


async def _go_round(each: Round) -> None:
    failing = False
    while True:
        try:
            await each.task()
            failing = False
        except Exception:  # a round must survive whatever its task meets; the log says what
            if not failing:
                _log.exception("round %s failed; it will try again", each.name)
            failing = True
        await asyncio.sleep(each.every_seconds)


@asynccontextmanager
async def going_round(rounds: tuple[Round, ...]) -> AsyncGenerator[None]:
    """Run the rounds while the block lasts."""
    tasks = [asyncio.create_task(_go_round(each), name=each.name) for each in rounds]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
