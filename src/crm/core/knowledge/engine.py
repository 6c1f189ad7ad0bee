"""Finding and showing: a question in, ranked articles with marked pieces out. Pure; no I/O, no clock."""

from collections.abc import Sequence
from datetime import date

from crm.core.knowledge.highlight import mark, shown_terms, snippet
from crm.core.knowledge.index import SearchIndex
from crm.core.knowledge.lexicon import Lexicon
from crm.core.knowledge.schemas import ArticleHit, Entry

MOST_HITS = 50


class SearchEngine:
    """One generation of the knowledge, ready to answer. Immutable, so that threads may share it."""

    def __init__(self, entries: Sequence[Entry], lexicon: Lexicon) -> None:
        self._index = SearchIndex(entries)
        self._lexicon = lexicon

    def __len__(self) -> int:
        return len(self._index.entries)

    def search(self, words: str, on: date, limit: int = 10) -> list[ArticleHit]:
        """The articles that answer best, best first, valid on the day `on`; at most `limit` (1 to 50).

        Any text is a fine question: emoji, control characters or 10,000 characters find what their words
        find, and nothing when there are none.
        """
        limit = max(1, min(limit, MOST_HITS))
        question = self._lexicon.analyse(words)
        if not question.weights:
            return []
        terms = shown_terms(question.weights)
        found: list[ArticleHit] = []
        for document, score in self._index.rank(question, MOST_HITS):
            entry = self._index.entries[document]
            if not _valid(entry, on):
                continue
            found.append(
                ArticleHit(
                    id=entry.id,
                    topic=entry.topic,
                    topic_name=entry.topic_name,
                    title=entry.title,
                    title_segments=mark(entry.title, terms),
                    snippet=snippet(entry.text, terms),
                    score=round(score, 4),
                )
            )
            if len(found) == limit:
                break
        return found


def _valid(entry: Entry, on: date) -> bool:
    return entry.valid_from <= on and (entry.valid_to is None or on <= entry.valid_to)
