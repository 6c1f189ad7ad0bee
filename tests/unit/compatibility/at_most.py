"""A sum of weights that is at most a bound, in clauses: a decision diagram, one variable a node."""

from collections.abc import Iterator, Mapping

Clause = tuple[int, ...]


def at_most(weights: Mapping[int, int], bound: int, first: int) -> Iterator[Clause]:
    """Clauses that hold just when the true ones of the variables weigh at most `bound` together.

    Weights are not negative. New variables are numbered from `first`.
    """
    yield from ((-variable,) for variable, weight in weights.items() if weight > bound)
    diagram = _Diagram([(w, v) for v, w in weights.items() if w <= bound], first)
    root = diagram.node(0, bound)
    if root is not None:
        yield (root,)
    while diagram.waiting:
        yield from diagram.clauses_of(*diagram.waiting.pop())


class _Diagram:
    """Nodes say "from this place on there is room enough", each by its own variable."""

    def __init__(self, weights: list[tuple[int, int]], first: int) -> None:
        self.weights, self.first = sorted(weights, reverse=True), first
        self.rest = [sum(weight for weight, _ in self.weights[place:]) for place in range(len(weights) + 1)]
        self.nodes: dict[tuple[int, int], int] = {}
        self.waiting: list[tuple[int, int]] = []

    def node(self, place: int, room: int) -> int | None:
        """The variable of a node; None: there is always room enough."""
        if room >= self.rest[place]:
            return None
        if (place, room) not in self.nodes:
            self.nodes[place, room] = self.first + len(self.nodes)
            self.waiting.append((place, room))
        return self.nodes[place, room]

    def clauses_of(self, place: int, room: int) -> Iterator[Clause]:
        """What a node says of the next place, with its variable true and without."""
        weight, variable = self.weights[place]
        mine, without = self.nodes[place, room], self.node(place + 1, room)
        if without is not None:
            yield (-mine, without)
        if room < weight:
            yield (-mine, -variable)
        elif (taken := self.node(place + 1, room - weight)) is not None:
            yield (-mine, -variable, taken)
