"""How often the right entry comes first, and how long a question takes, against baselines in the same run.

Reads the public data under `CRM_BENCH_DATA` (default `../shared/bench` beside the project); without it there
is nothing to measure and the script says so. Run: `python -m bench.knowledge_search`.
"""

import itertools
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm.core.knowledge import index as index_module
from crm.core.knowledge.content import read_knowledge_base
from crm.core.knowledge.engine import SearchEngine
from crm.core.knowledge.folding import fold, tokens
from crm.core.knowledge.lexicon import Lexicon
from crm.core.knowledge.markup import to_plain
from crm.core.knowledge.schemas import Entry, SynonymGroup

ROOT = Path(__file__).parents[1]
TODAY = date(2026, 11, 22)
DEPTH = 10


@dataclass(frozen=True)
class Question:
    """A customer's words, the ids that answer them, and the scenario they belong to."""

    words: str
    right: set[str]
    scenario: str


@dataclass(frozen=True)
class Recall:
    """Shares of the questions whose right entry is first, among 5, among 10; mean reciprocal rank."""

    first: float
    at_5: float
    at_10: float
    mrr: float

    def __str__(self) -> str:
        return f"R@1 {self.first:6.1%}  R@5 {self.at_5:6.1%}  R@10 {self.at_10:6.1%}  MRR {self.mrr:.3f}"


def bench_folder() -> Path | None:
    """The folder with the knowledge data, or None when it is not at hand."""
    base = Path(os.environ.get("CRM_BENCH_DATA") or ROOT.parent / "shared" / "bench")
    folder = base / "kb" / "cmcc_kb"
    return folder if (folder / "corpus.jsonl").is_file() else None


def entries_of(folder: Path) -> list[Entry]:
    """The corpus as the service would index it."""
    return [
        Entry(line["id"], "import", "", line["title"], (), to_plain(line["body"]), date(2020, 1, 1))
        for line in _lines(folder / "corpus.jsonl")
    ]


def questions_of(folder: Path) -> list[Question]:
    """The real questions with their right entries."""
    return [
        Question(line["text"], set(line["relevant"]), line.get("scenario", ""))
        for line in _lines(folder / "queries.jsonl")
    ]


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def places(engine: SearchEngine, questions: Iterable[Question]) -> list[int | None]:
    """The place of the first right entry of each question, from 0; None below the depth."""
    return [_place(q, [hit.id for hit in engine.search(q.words, TODAY, DEPTH)]) for q in questions]


def _place(question: Question, found: Sequence[str]) -> int | None:
    return next((place for place, each in enumerate(found) if each in question.right), None)


def recall(engine: SearchEngine, questions: Sequence[Question]) -> Recall:
    """Recall of an engine on questions."""
    return summary(places(engine, questions))


def summary(found: Sequence[int | None]) -> Recall:
    """Recall from places."""

    def share(depth: int) -> float:
        return sum(place is not None and place < depth for place in found) / len(found)

    mrr = sum(1 / (place + 1) for place in found if place is not None) / len(found)
    return Recall(share(1), share(5), share(10), mrr)


# ---------------------------------------------------------------- baselines


def scan(entries: Sequence[Entry]) -> Callable[[str], list[str]]:
    """What people write first: count the question's pairs in every text."""
    texts = [(entry.id, fold(entry.title + " " + entry.text)) for entry in entries]

    def search(words: str) -> list[str]:
        terms = set(tokens(fold(words)))
        scored = sorted(texts, key=lambda text: -sum(term in text[1] for term in terms))
        return [each for each, _ in scored[:DEPTH]]

    return search


def substring(entries: Sequence[Entry]) -> Callable[[str], list[str]]:
    """ILIKE '%words%' by hand."""
    texts = [(entry.id, fold(entry.title + " " + entry.text)) for entry in entries]

    def search(words: str) -> list[str]:
        wanted = fold(words)
        return list(itertools.islice((each for each, text in texts if wanted in text), DEPTH))

    return search


# ---------------------------------------------------------------- the run


def cross_validated(
    entries: Sequence[Entry], groups: Sequence[SynonymGroup], asked: Sequence[Question]
) -> Recall:
    """Weights chosen without the scenario they are judged on: each of five folds by the other four."""
    scenarios = sorted({question.scenario for question in asked})
    choices = list(itertools.product((2.0, 3.0, 4.0), (0.6, 0.9, 1.2), (0.3, 0.6, 0.9)))
    found: dict[tuple[float, ...], list[int | None]] = {}
    kept = index_module.TITLE, index_module.HEAD, index_module.TAIL
    for choice in choices:
        index_module.TITLE, index_module.HEAD, index_module.TAIL = choice
        found[choice] = places(SearchEngine(entries, Lexicon(groups)), asked)
    index_module.TITLE, index_module.HEAD, index_module.TAIL = kept
    judged: list[int | None] = []
    for fold_number in range(5):
        held = set(scenarios[fold_number::5])
        train = [place for place, q in enumerate(asked) if q.scenario not in held]
        best = max(choices, key=lambda choice: summary([found[choice][at] for at in train]).first)
        judged += [found[best][at] for at, q in enumerate(asked) if q.scenario in held]
    return summary(judged)


def _milliseconds(work: Callable[[str], object], asked: Sequence[Question]) -> float:
    start = time.process_time()
    for question in asked:
        work(question.words)
    return (time.process_time() - start) / len(asked) * 1000


def main() -> None:
    """Print the figures."""
    folder = bench_folder()
    if folder is None:
        print("no data: set CRM_BENCH_DATA to the folder that holds kb/cmcc_kb")
        return
    entries, asked = entries_of(folder), questions_of(folder)
    groups = read_knowledge_base(ROOT / "knowledge_base")[0].sheets.synonyms
    start = time.process_time()
    engine = SearchEngine(entries, Lexicon(groups))
    built = time.process_time() - start
    print(
        f"{len(entries)} entries indexed in {built:.2f} s CPU; {len(asked)} questions, "
        f"{len({q.scenario for q in asked})} scenarios"
    )
    bare = SearchEngine(entries, Lexicon())
    print(f"engine                      {recall(engine, asked)}")
    print(f"engine, no synonyms         {recall(bare, asked)}")
    print(f"engine, weights validated   {cross_validated(entries, groups, asked)}")
    _print_phrasings(folder.parent / "cmcc_intent", groups)
    few = asked[::10]
    for name, baseline in (("scan counting pairs", scan(entries)), ("substring (ILIKE)", substring(entries))):
        print(f"{name:27} {summary([_place(q, baseline(q.words)) for q in few])}  (every tenth question)")
    ours = _milliseconds(lambda words: engine.search(words, TODAY, 8), asked)
    naive = _milliseconds(scan(entries), few)
    like = _milliseconds(substring(entries), asked)
    print(f"CPU a question: engine {ours:.2f} ms with snippets, scan {naive:.2f}, substring {like:.2f}")
    print(f"ratio: scan / engine = {naive / ours:.1f}, engine / substring = {ours / like:.2f}")


def _print_phrasings(folder: Path, groups: Sequence[SynonymGroup]) -> None:
    """Another set: phrasings with labels; an answer is right when its label is."""
    if (folder / "corpus.jsonl").is_file():
        engine = SearchEngine(entries_of(folder), Lexicon(groups))
        print(f"engine, labelled phrasings  {recall(engine, questions_of(folder))}")


if __name__ == "__main__":
    main()
