"""Names as single characters and pairs, so that any part of a name is found through an index."""

import unicodedata

_JOINERS = frozenset(" ·•.-_()（）")

# What SQL strips from a stored name to compare it with `folded` text: the same characters.
JOINERS = "".join(sorted(_JOINERS))


def folded(name: str) -> str:
    """The name as it is compared: half width, lower case, without spaces and dots between parts."""
    plain = unicodedata.normalize("NFKC", name).lower()
    return "".join(sign for sign in plain if sign not in _JOINERS)


def name_grams(name: str) -> str:
    """The tsvector text of a name: 张三丰 → '三' '三丰' '丰' '张' '张三'."""
    text = folded(name)
    grams = set(text) | {text[place : place + 2] for place in range(len(text) - 1)}
    return " ".join(_quoted(gram) for gram in sorted(grams))


def name_query(part: str) -> str:
    """The tsquery text that finds names holding `part` (folded, not empty)."""
    if len(part) == 1:
        return _quoted(part)
    pairs = dict.fromkeys(part[place : place + 2] for place in range(len(part) - 1))
    return " & ".join(_quoted(pair) for pair in pairs)


def _quoted(gram: str) -> str:
    return "'" + gram.replace("\\", "\\\\").replace("'", "''") + "'"
