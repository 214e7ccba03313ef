"""The town's fibre on its streets: tree, protected core and spurs, weak points, phases.

A *stretch* is a length of street or duct between two points where a cable may lie. Stretches that share a *trench* are
cut together, whatever their cables: two routes are apart only when they share no trench (ITU-T G.808 calls it a shared
risk group).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import protection
from beffroi.plan.calc.steiner import Edge, Parts, Tree, steiner_tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A length where a cable may lie. `trench`: named by all that share it; empty, its own."""

    id: str
    a: str
    b: str
    length_m: float
    cost_eur: float
    trench: str = ""

    @property
    def cut_with(self) -> str:
        return self.trench or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The way from the CSU to a point of the network, stretches in order from the CSU."""

    point: str
    stretches: tuple[str, ...]
    length_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakTrench:
    """A trench whose cut separates points from the CSU, and those points."""

    trench: str
    behind: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """A core in which each aggregation building keeps a way to the CSU whatever one trench is cut, and spurs from it.

    `ring`: the core's points in order when it is one ring, else empty. `unprotected`: aggregation buildings that no
    design on these streets can protect, each with the trenches in its way; they hang on spurs.
    """

    core: Tree
    ring: tuple[str, ...]
    spurs: Tree
    unprotected: Mapping[str, tuple[str, ...]]

    @property
    def cost_eur(self) -> float:
        return self.core.cost + self.spurs.cost

    @property
    def stretches(self) -> tuple[str, ...]:
        return tuple(sorted((*self.core.edges, *self.spurs.edges)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasePart:
    """What one phase adds, all of it on the final network: nothing laid is abandoned."""

    phase: str
    stretches: tuple[str, ...]
    length_m: float
    cost_eur: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What it costs to lay each phase on the final tree, beside the cheapest way phase by phase."""

    parts: tuple[PhasePart, ...]
    short_sighted_eur: tuple[float, ...]

    @property
    def total_eur(self) -> float:
        return math.fsum(part.cost_eur for part in self.parts)

    @property
    def saved_eur(self) -> float:
        """Over all phases, by laying on the final tree; a first phase may be dearer for it."""
        return math.fsum(self.short_sighted_eur) - self.total_eur


def cheapest_tree(stretches: Iterable[Stretch], points: Sequence[str], *, seconds: float = 60.0) -> Tree:
    """The cheapest tree over `points`, the CSU first. Euros.

    Errors: InvalidInput, see `steiner.steiner_tree`.
    """
    edges = [Edge(id=one.id, a=one.a, b=one.b, cost=one.cost_eur) for one in stretches]
    return steiner_tree(edges, points, seconds=seconds)


def arms(stretches: Iterable[Stretch], csu: str, points: Iterable[str]) -> dict[str, Arm]:
    """The shortest way in metres from the CSU to each point, over these stretches only.

    Errors: InvalidInput when a point is not reached.
    """
    graph = _graph(stretches)
    if csu not in graph:
        graph.add_node(csu)
    far, ways = nx.single_source_dijkstra(graph, csu, weight="length_m")
    found = {}
    for point in points:
        if point not in far:
            raise InvalidInput(
                f"No laid or planned stretch leads to {point}; add one.",
                message_fr=f"Aucun tronçon ne mène à {point} ; ajoutez-en un.",
                field="points",
            )
        steps = tuple(graph.edges[pair]["id"] for pair in zip(ways[point], ways[point][1:], strict=False))
        found[point] = Arm(point=point, stretches=steps, length_m=float(far[point]))
    return found


def joined(stretches: Iterable[Stretch], csu: str) -> frozenset[str]:
    """Points and junctions that these stretches join to the CSU, itself included."""
    graph = _graph(stretches)
    return frozenset(nx.node_connected_component(graph, csu)) if csu in graph else frozenset({csu})


def shared_trenches(stretches: Iterable[Stretch]) -> dict[str, tuple[str, ...]]:
    """Trenches that hold several of these stretches."""
    held: dict[str, list[str]] = {}
    for one in stretches:
        held.setdefault(one.cut_with, []).append(one.id)
    return {trench: tuple(sorted(ids)) for trench, ids in sorted(held.items()) if len(ids) > 1}


def weak_trenches(stretches: Iterable[Stretch], csu: str, points: Iterable[str]) -> tuple[WeakTrench, ...]:
    """Trenches whose cut separates some of the points from the CSU; the worst first.

    On the whole street graph: what no design can protect. On a design: what it leaves unprotected.
    """
    listed, wanted = tuple(stretches), set(points) - {csu}
    found = []
    for trench in _suspects(listed):
        whole = Parts()
        for one in listed:
            if one.cut_with != trench:
                whole.join(one.a, one.b)
        behind = tuple(sorted(point for point in wanted if whole.of(point) != whole.of(csu)))
        if behind:
            found.append(WeakTrench(trench=trench, behind=behind))
    return tuple(sorted(found, key=lambda weak: (-len(weak.behind), weak.trench)))


def _suspects(stretches: Sequence[Stretch]) -> list[str]:
    """Trenches of bridges, and trenches of several stretches."""
    graph = _graph(stretches)
    parallel: dict[frozenset[str], int] = {}
    for one in stretches:
        ends = frozenset((one.a, one.b))
        parallel[ends] = parallel.get(ends, 0) + 1
    bridges = {frozenset(pair) for pair in nx.bridges(graph)}
    alone = {
        one.cut_with for one in stretches if (ends := frozenset((one.a, one.b))) in bridges and parallel[ends] == 1
    }
    return sorted(alone | set(shared_trenches(stretches)))


def unprotectable(stretches: Iterable[Stretch], csu: str, points: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Points without two routes apart to the CSU on these streets, each with the trenches in its way."""
    blocked: dict[str, list[str]] = {}
    for weak in weak_trenches(stretches, csu, points):
        for point in weak.behind:
            blocked.setdefault(point, []).append(weak.trench)
    return {point: tuple(sorted(trenches)) for point, trenches in sorted(blocked.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Who is joined: the CSU, aggregation buildings on the core, and all other points (buildings, masts)."""

    csu: str
    aggregation: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.csu, *self.aggregation, *self.others)))


def ring_and_spurs(stretches: Sequence[Stretch], points: Points, *, seconds: float = 60.0) -> Protected:
    """The cheapest protected core over the aggregation buildings, then the cheapest spurs from it.

    Each part has its own proof or gap; the two are not optimised together. The core is usually a ring; where the
    streets make several meshed rings cheaper, it is those.

    Errors: InvalidInput when a point has no way to the CSU.
    """
    blocked = unprotectable(stretches, points.csu, points.aggregation)
    held = [point for point in points.aggregation if point not in blocked and point != points.csu]
    edges = [(Edge(id=one.id, a=one.a, b=one.b, cost=one.cost_eur), one.cut_with) for one in stretches]
    core = protection.cheapest_core(edges, points.csu, held, seconds=seconds / 2)
    kept = set(core.edges)
    free = [Edge(id=e.id, a=e.a, b=e.b, cost=0.0 if e.id in kept else e.cost) for e, _ in edges]
    joined = steiner_tree(free, points.all, seconds=seconds / 2)
    own = tuple(id_ for id_ in joined.edges if id_ not in kept)
    return Protected(
        core=core,
        ring=_ring([one for one in stretches if one.id in kept], points.csu),
        spurs=Tree(edges=own, cost=joined.cost, bound=joined.bound),
        unprotected=blocked,
    )


def _ring(stretches: Sequence[Stretch], csu: str) -> tuple[str, ...]:
    """The order of a core that is one ring, buildings on two drops from it left aside; else nothing."""
    graph = _multigraph(stretches)
    beside = [point for point in graph if len(graph[point]) == 1]
    start = next(iter(graph[csu])) if csu in beside else csu
    graph.remove_nodes_from(beside)
    if start not in graph or any(degree != 2 for _, degree in graph.degree()):
        return ()
    return tuple(nx.dfs_preorder_nodes(graph, start))


def on_final_tree(stretches: Iterable[Stretch], csu: str, phases: Mapping[str, Sequence[str]]) -> tuple[PhasePart, ...]:
    """Each phase's own stretches, in the order of `phases` (points by phase): those its arms need and none before has.

    `stretches`: the final network, laid in parts.
    """
    listed = {one.id: one for one in stretches}
    laid: set[str] = set()
    parts = []
    for phase, points in phases.items():
        needed = {id_ for arm in arms(listed.values(), csu, points).values() for id_ in arm.stretches}
        parts.append(part(phase, [listed[id_] for id_ in sorted(needed - laid)]))
        laid |= needed
    return tuple(parts)


def part(phase: str, stretches: Sequence[Stretch]) -> PhasePart:
    """These stretches as one phase's works."""
    return PhasePart(
        phase=phase,
        stretches=tuple(one.id for one in stretches),
        length_m=math.fsum(one.length_m for one in stretches),
        cost_eur=math.fsum(one.cost_eur for one in stretches),
    )


def foresight(
    stretches: Sequence[Stretch], csu: str, phases: Mapping[str, Sequence[str]], *, seconds: float = 60.0
) -> Foresight:
    """Phases on the final tree, beside each phase laid as cheaply as it can be with no thought of the next."""
    share = seconds / (len(phases) + 1)
    everyone = (csu, *(point for points in phases.values() for point in points))
    final = set(cheapest_tree(stretches, everyone, seconds=share).edges)
    parts = on_final_tree([one for one in stretches if one.id in final], csu, phases)
    alone = short_sighted(stretches, csu, phases, seconds=seconds - share)
    return Foresight(parts=parts, short_sighted_eur=alone)


def short_sighted(
    stretches: Sequence[Stretch], csu: str, phases: Mapping[str, Sequence[str]], *, seconds: float = 60.0
) -> tuple[float, ...]:
    """What each phase costs when it is laid as cheaply as can be, with no thought of the next; euros, in order."""
    share = seconds / max(1, len(phases))
    laid: set[str] = set()
    costs, joined = [], [csu]
    for points in phases.values():
        joined.extend(points)
        edges = [Edge(id=s.id, a=s.a, b=s.b, cost=0.0 if s.id in laid else s.cost_eur) for s in stretches]
        tree = steiner_tree(edges, joined, seconds=share)
        costs.append(tree.cost)
        laid |= set(tree.edges)
    return tuple(costs)


def _graph(stretches: Iterable[Stretch]) -> nx.Graph:
    """One edge between two points: the shortest of those given."""
    graph = nx.Graph()
    for one in sorted(stretches, key=lambda one: (-one.length_m, one.id)):
        if one.a != one.b:
            graph.add_edge(one.a, one.b, id=one.id, length_m=one.length_m)
    return graph


def _multigraph(stretches: Iterable[Stretch]) -> nx.MultiGraph:
    graph = nx.MultiGraph()
    graph.add_edges_from((one.a, one.b) for one in stretches)
    return graph
