"""What finding offerings costs as an agent types, beside a plain scan over the names, and building the index.

The baseline asks every folded name whether it holds the word, and does nothing with the answer. CPU time of
one process; words are new to the index in every round. No database.
Run: `python -m bench.offering_search`; the number of offerings may follow.
"""

import gc
import random
import sys
import time
from collections.abc import Callable
from statistics import median

from bench import synthetic
from crm.core.catalog.folding import fold
from crm.core.catalog.schemas import Marks, OfferingQuery, SortBy
from crm.core.catalog.search import OfferingSearch
from crm.platform.bitsets import bits_of, without

QUERIES: dict[str, tuple[str, ...]] = {
    "nothing typed": ("",),
    "one letter": ("元", "包", "a", "1"),
    "in every name": ("系列", "元档", "xl"),
    "a word": ("流量", "主套餐", "短信包"),
    "name with a number": ("流量包系列01", "1元档", "20元", "123"),
    "pinyin": ("llb", "liuliang", "ztcxl0"),
    "a slip": ("柳亮包", "流量保"),
    "words": ("流量 系列 元档", "增值 20元", "llb 01 元 ma"),
    "a code": ("da000031", "da0"),
}
ROUNDS = 7
BUDGET_MS, BUILD_S = 20.0, 6.0


def main(count: int) -> None:
    """Measure and print."""
    offered = synthetic.offerings(count)
    gc.collect()
    begin = time.process_time_ns()
    search = OfferingSearch(offered)
    built = (time.process_time_ns() - begin) / 1e9
    names = [fold(each.name) for each in offered]
    marks = some_marks(search)
    gc.collect()
    gc.freeze()
    verdict = "within" if built <= BUILD_S else "OVER"
    print(f"{count:,} offerings, index built in {built:.1f} s of CPU ({verdict} {BUILD_S:.0f} s)", flush=True)
    for kind, queries in QUERIES.items():
        ours: list[float] = []
        bare: list[float] = []
        for words in queries:
            for sort, wanted in ((SortBy.RELEVANCE, ()), (SortBy.FEE, ()), (SortBy.FEE, ("consent",))):
                by = SortBy.CATALOGUE if sort is SortBy.RELEVANCE and not words else sort
                query = OfferingQuery(words=words, sort=by, limit=12, marks=wanted)
                ours += timed(lambda query=query: search.find(query, marks), search.forget)
            word = fold(words)
            bare += timed(lambda word=word: [name for name in names if word in name], search.forget)
        mine = sorted(ours)[int(len(ours) * 0.99)]
        print(
            f"{kind:20} median {median(ours):6.2f} ms, p99 {mine:6.2f} ms, plain scan {median(bare):5.2f} ms"
            f"  ({'within' if mine <= BUDGET_MS else 'OVER'} {BUDGET_MS:.0f} ms)",
            flush=True,
        )


def some_marks(search: OfferingSearch) -> Marks:
    """One in seven must be agreed to."""
    rng = random.Random(synthetic.SEED)
    consent = bits_of([place for place in range(len(search.codes)) if rng.random() < 1 / 7])
    return Marks(search.codes, {"consent": consent, "allow": without((1 << len(search.codes)) - 1, consent)})


def timed(ask: Callable[[], object], forget: Callable[[], None]) -> list[float]:
    """Milliseconds of CPU of every round, each as if nobody had typed it before."""
    times: list[float] = []
    for _ in range(ROUNDS):
        forget()
        begin = time.process_time_ns()
        ask()
        times.append((time.process_time_ns() - begin) / 1e6)
    return times


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
