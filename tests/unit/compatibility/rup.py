"""A checker of UNSAT proofs in DRUP form, as small as it can be; it knows nothing of the solver.

A clause follows by reverse unit propagation when assuming its opposite leads unit propagation to a
contradiction. A proof is accepted when every added clause follows from what is there, and the empty clause
is among them.
"""

from collections.abc import Iterable, Sequence


def is_refuted(formula: Iterable[Sequence[int]], proof: Iterable[str] | None) -> bool:
    """Whether the proof shows that the formula has no model."""
    clauses = [frozenset(clause) for clause in formula]
    for line in proof or ():
        words = line.split()
        delete = words[:1] == ["d"]
        literals = frozenset(int(word) for word in (words[1:] if delete else words) if word != "0")
        if delete:
            if literals in clauses:
                clauses.remove(literals)
            continue
        if not _follows(clauses, literals):
            return False
        if not literals:
            return True
        clauses.append(literals)
    return _follows(clauses, frozenset())


def _follows(clauses: list[frozenset[int]], literals: frozenset[int]) -> bool:
    true = {-literal for literal in literals}
    moving = True
    while moving:
        moving = False
        for clause in clauses:
            if not true.isdisjoint(clause):
                continue
            left = [literal for literal in clause if -literal not in true]
            if not left:
                return True
            if len(left) == 1:
                true.add(left[0])
                moving = True
    return False
