"""Long runs in chunks: several processes, progress in plain lines, a state file to go on another night.

A chunk is a number; whoever works on it makes everything from that number, so that any case can be had again.
"""

import hashlib
import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

ROOT = Path(__file__).resolve().parents[1]
_EVERY_S = 10.0
_PROVED = (
    "src/crm/core/compatibility",
    "src/crm/core/catalog",
    "catalog/rules",
    "catalog/offerings",
    "tests/unit/compatibility",
)


class Options(NamedTuple):
    """How to run. `cases` None: what the section thinks right. `state` keeps what long runs have done."""

    quick: bool
    cases: int | None
    jobs: int
    state: Path

    def wanted(self, usual: int, quick: int) -> int:
        """How many cases a section is to run."""
        return self.cases or (quick if self.quick else usual)


class Result(NamedTuple):
    """What a section found, in one line and, where it failed, with everything needed to see why."""

    passed: bool
    summary: str
    problems: tuple[str, ...] = ()


class Chunk(NamedTuple):
    """What one chunk found: how many cases it ran, and the disagreements in words."""

    cases: int
    problems: tuple[str, ...]


class Spent(msgspec.Struct, kw_only=True):
    """Cases run without a problem on one state of the code, and the seconds that took."""

    code: str
    cases: int = 0
    seconds: float = 0.0


class Progress(msgspec.Struct, kw_only=True):
    """How far a section has come, over all nights."""

    following: int = 0  # the first chunk that has not been run
    spent: list[Spent] = []

    def cases(self) -> int:
        """Cases run, on any state of the code."""
        return sum(each.cases for each in self.spent)


def code_hash() -> str:
    """A name for engine, catalogue, rules and referees as they are on disk."""
    digest = hashlib.sha256()
    for folder in _PROVED:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Tally:
    """Counts what chunks found, says so from time to time, and keeps it."""

    def __init__(self, section: str, wanted: int, options: Options) -> None:
        self.section, self.wanted, self.options = section, wanted, options
        self.progress = Progress() if options.quick else _load(options.state).get(section, Progress())
        self.code = code_hash()
        known = next((each for each in self.progress.spent if each.code == self.code), None)
        self.spent = known or Spent(code=self.code)
        if known is None:
            self.progress.spent.append(self.spent)
        self.found: tuple[str, ...] = ()
        self._said, self._before = time.monotonic(), self.progress.cases()

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to run: enough, or a problem to look at."""
        return bool(self.found) or self.progress.cases() >= self.wanted

    def add(self, chunk: Chunk) -> None:
        """Count one more chunk; one with a problem does not count, and is run again until it has none."""
        self.found = chunk.problems
        if not self.found:
            self.progress.following += 1
            self.spent.cases += chunk.cases
        seconds = time.monotonic() - self._said
        if not self.is_done and seconds < _EVERY_S:
            return
        cases = self.progress.cases()
        self.spent.seconds += seconds
        self._said = time.monotonic()
        rate = (cases - self._before) / max(seconds, 0.001)
        self._before = cases
        if not self.options.quick:
            _save(self.options.state, self.section, self.progress)
        done = f"{cases:,} of {self.wanted:,}, {rate:,.0f} a second, {len(self.found)} problems"
        click.echo(f"  {self.section}: {done}")


def run_chunks(section: str, work: Callable[[int], Chunk], wanted: int, options: Options) -> Result:
    """Work on chunks until `wanted` cases were run in all nights together; stop at the first problem."""
    tally = Tally(section, wanted, options)
    if not tally.is_done:
        with _results(work, tally.progress.following, options.jobs) as results:
            for chunk in results:
                tally.add(chunk)
                if tally.is_done:
                    break
    return Result(not tally.found, _summary(tally), tally.found)


def _summary(tally: Tally) -> str:
    now, older = tally.spent, tally.progress.cases() - tally.spent.cases
    text = f"{now.cases:,} cases on the present code ({now.code})"
    if older:
        text += f", {older:,} on earlier code"
    return f"{text}, {len(tally.found)} problems"


@contextmanager
def _results(work: Callable[[int], Chunk], first: int, jobs: int) -> Generator[Iterator[Chunk]]:
    """What the chunks found, in order. No more are under way than keep every process busy."""
    if jobs == 1:
        yield map(work, count(first))
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = deque(pool.submit(work, first + place) for place in range(2 * jobs))

        def in_order() -> Iterator[Chunk]:
            for following in count(first + 2 * jobs):
                yield waiting.popleft().result()
                waiting.append(pool.submit(work, following))

        yield in_order()
        pool.shutdown(cancel_futures=True)


def _load(state: Path) -> dict[str, Progress]:
    if not state.exists():
        return {}
    return msgspec.json.decode(state.read_bytes(), type=dict[str, Progress])


def _save(state: Path, section: str, mine: Progress) -> None:
    """Keep this section's progress, and whatever another run has written of the others meanwhile."""
    state.parent.mkdir(parents=True, exist_ok=True)
    written = state.with_suffix(".new")
    written.write_bytes(msgspec.json.format(msgspec.json.encode({**_load(state), section: mine}), indent=1))
    written.replace(state)
