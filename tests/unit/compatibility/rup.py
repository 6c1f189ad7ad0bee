"""A checker of UNSAT proofs in DRUP form, as small as it can be; it knows nothing of the solver.

A clause follows by reverse unit propagation when assuming its opposite leads unit propagation to a
contradiction. A proof is accepted when every added clause follows from what is there, and the empty clause
is among them. Deletions are passed over: a clause that followed once follows for ever, and solvers delete
clauses that they still use as units.
"""

from collections.abc import Iterable, Sequence


def is_refuted(formula: Iterable[Sequence[int]], proof: Iterable[str] | None) -> bool:
    """Whether the proof shows that the formula has no model."""
    known = _Clauses()
    for clause in formula:
        known.add(frozenset(clause))
    for line in proof or ():
        words = line.split()
        if words[:1] == ["d"]:
            continue
        literals = frozenset(int(word) for word in words if word != "0")
        if not known.imply(literals):
            return False
        if not literals:
            return True
        known.add(literals)
    return known.imply(frozenset())


class _Clauses:
    """Clauses by the literals whose falsity they wait for."""

    def __init__(self) -> None:
        self._with: dict[int, list[frozenset[int]]] = {}
        self._short: list[frozenset[int]] = []  # empty or of one literal: nothing is needed to use them

    def add(self, clause: frozenset[int]) -> None:
        if len(clause) < 2:
            self._short.append(clause)
        for literal in clause:
            self._with.setdefault(literal, []).append(clause)

    def imply(self, literals: frozenset[int]) -> bool:
        """Whether assuming all the opposites leads to a contradiction."""
        true = {-literal for literal in literals}
        waiting = [*true]
        for clause in self._short:
            if not clause:
                return True
            waiting += clause - true
            true |= clause
        while waiting:
            literal = waiting.pop()
            if -literal in true:
                return True
            for clause in self._with.get(-literal, ()):
                if not true.isdisjoint(clause):
                    continue
                left = [each for each in clause if -each not in true]
                if not left:
                    return True
                if len(left) == 1:
                    true.add(left[0])
                    waiting.append(left[0])
        return False
