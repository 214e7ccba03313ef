"""The cheapest tree that joins given points of a street graph, with its proof: an exact Steiner tree.

Method: reductions (leaves, points of degree two, edges longer than a way around), a shortest-path tree improved by
its own spanning tree as first answer, Wong's dual ascent as first bound, arcs excluded by reduced cost, then the
directed-cut linear programme (`steiner_cuts`). When time runs out, the best tree is given with its gap.

Source: Wong, Math. Programming 28 (1984); Koch & Martin, Networks 32 (1998) for the cut formulation with flow balance;
Duin & Volgenant, Networks 19 (1989) for the reductions.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import steiner_ascent, steiner_cuts, steiner_reductions
from beffroi.plan.calc.steiner_reductions import Reduced

TOLERANCE = 1e-6
"""Relative: a tree within this of its bound is proved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way between two points and its cost in any one unit (metres, euros); ≥ 0."""

    id: str
    a: str
    b: str
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A tree over the terminals: its edges, its cost, and the cost below which no tree exists."""

    edges: tuple[str, ...]
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How much dearer than the optimum at most, as a share of this tree's cost; 0 when proved."""
        return 0.0 if self.is_proved else (self.cost - self.bound) / self.cost

    @property
    def is_proved(self) -> bool:
        return self.cost - self.bound <= TOLERANCE * max(1.0, self.cost)

    def said(self) -> str:
        """`optimum proved`, or the gap: printed wherever the cost is."""
        return "optimum proved" if self.is_proved else f"not proved: at most {self.gap:.2%} dearer than the optimum"


def steiner_tree(
    edges: Iterable[Edge],
    terminals: Sequence[str],
    *,
    seconds: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> Tree:
    """The cheapest tree joining `terminals`; the first of them is the root.

    `edges`: parallel ones and loops are allowed. `seconds` of `clock`: after them the best tree found is
    given with its gap.
    1,000 points and 69 terminals take seconds on one core.

    Errors: InvalidInput when a cost is negative or not finite, there is no terminal, or two terminals lie in
    separate parts.
    Source: module docstring.
    """
    deadline = clock() + seconds
    given = {edge.id: edge for edge in edges}
    _check(given.values(), terminals)
    reduced = steiner_reductions.reduced([(e.id, e.a, e.b, e.cost) for e in given.values()], terminals)
    found = _solved(reduced, lambda: deadline - clock())
    chosen = pruned([given[id_] for id_ in found.edges], terminals)
    cost = math.fsum(given[id_].cost for id_ in chosen)
    return Tree(edges=tuple(sorted(chosen)), cost=cost, bound=min(found.bound, cost))


def _check(edges: Iterable[Edge], terminals: Sequence[str]) -> None:
    if not terminals:
        raise InvalidInput(
            "No point to join; name the CSU first, then the others.",
            message_fr="Aucun point à relier ; nommez d'abord le CSU, puis les autres.",
            field="terminals",
        )
    part = Parts()
    for edge in edges:
        if not (math.isfinite(edge.cost) and edge.cost >= 0):
            raise InvalidInput(
                f"Edge {edge.id}: cost {edge.cost} is not a number ≥ 0; mend it.",
                message_fr=f"Tronçon {edge.id} : le coût {edge.cost} n'est pas un nombre ≥ 0 ; corrigez-le.",
                field="cost",
            )
        part.join(edge.a, edge.b)
    apart = [point for point in terminals if part.of(point) != part.of(terminals[0])]
    if apart:
        names = ", ".join(apart[:5]) + ("…" if len(apart) > 5 else "")
        raise InvalidInput(
            f"No way leads from {terminals[0]} to {names}; draw the missing street or duct.",
            message_fr=f"Aucun chemin ne mène de {terminals[0]} à {names} ; dessinez la rue ou le fourreau qui manque.",
            field="terminals",
        )


def _solved(reduced: Reduced, seconds_left: Callable[[], float]) -> Tree:
    """The tree of a reduced graph, in the edges first given."""
    if len(reduced.terminals) < 2:
        return Tree(edges=reduced.forced, cost=reduced.forced_cost, bound=reduced.forced_cost)
    best = steiner_ascent.first_tree(reduced)
    ascent = steiner_ascent.dual_ascent(reduced)
    if ascent.bound < best.cost:
        answer = steiner_cuts.solve(reduced, ascent, steiner_cuts.Start(best=best, seconds_left=seconds_left))
        best, bound = answer.best, answer.bound
    else:
        bound = best.cost
    edges = (*reduced.forced, *(id_ for number in best.edges for id_ in reduced.edges[number].ids))
    return Tree(edges=edges, cost=reduced.forced_cost + best.cost, bound=reduced.forced_cost + bound)


def pruned(edges: Sequence[Edge], terminals: Iterable[str]) -> tuple[str, ...]:
    """A cheapest spanning forest of these edges, less the branches that lead to no terminal; ids."""
    kept, degree = _spanning(edges)
    needed = set(terminals)
    while True:
        idle = [e for e in kept if any(degree[end] == 1 and end not in needed for end in (e.a, e.b))]
        if not idle:
            return tuple(edge.id for edge in kept)
        for edge in idle:
            degree[edge.a] -= 1
            degree[edge.b] -= 1
        gone = {edge.id for edge in idle}
        kept = [edge for edge in kept if edge.id not in gone]


def _spanning(edges: Sequence[Edge]) -> tuple[list[Edge], dict[str, int]]:
    part, kept = Parts(), []
    degree: dict[str, int] = {}
    for edge in sorted(edges, key=lambda edge: (edge.cost, edge.id)):
        if part.join(edge.a, edge.b):
            kept.append(edge)
            degree[edge.a] = degree.get(edge.a, 0) + 1
            degree[edge.b] = degree.get(edge.b, 0) + 1
    return kept, degree


class Parts:
    """Disjoint sets of points, joined one edge at a time."""

    __slots__ = ("_above",)

    def __init__(self) -> None:
        self._above: dict[object, object] = {}

    def of(self, point: object) -> object:
        """The set a point is in; a point never joined is alone."""
        above = self._above
        while (up := above.setdefault(point, point)) != point:
            above[point] = above[up]
            point = above[point]
        return point

    def join(self, a: object, b: object) -> bool:
        """True when a and b were apart, and are joined now."""
        one, other = self.of(a), self.of(b)
        self._above[one] = other
        return one != other
