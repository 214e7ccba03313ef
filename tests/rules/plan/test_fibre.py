"""The fibre on its streets: cheapest tree, protected core, weak trenches, phases."""

import itertools
import os
import random
from datetime import date
from pathlib import Path

import networkx as nx
import pytest

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import arms, network
from beffroi.plan.calc.arms import FibreState, Progress
from beffroi.plan.calc.network import Points, Stretch
from beffroi.plan.calc.steiner import Edge, steiner_tree

STEINLIB = os.environ.get("STEINLIB_B_FOLDER", "")
"""A folder of SteinLib B files (b01.stp … b18.stp): their terms do not let us ship them; github.com/ganley/steiner has
them under test/steinlib/B."""
STEINLIB_B = dict(
    zip(range(1, 19), (82, 83, 138, 59, 61, 122, 111, 104, 220, 86, 88, 174, 165, 235, 318, 127, 131, 218), strict=True)
)
"""Source: SteinLib, table of set B."""


def cheapest_by_trying_all(edges: list[Edge], terminals: list[str]) -> float:
    """Spanning trees over every set of other points: the definition."""
    graph = nx.Graph()
    for edge in sorted(edges, key=lambda edge: -edge.cost):
        graph.add_edge(edge.a, edge.b, weight=edge.cost)
    others = [point for point in graph if point not in terminals]
    best = float("inf")
    for size in range(len(others) + 1):
        for chosen in itertools.combinations(others, size):
            part = graph.subgraph([*terminals, *chosen])
            if nx.is_connected(part):
                best = min(best, nx.minimum_spanning_tree(part).size(weight="weight"))
    return best


def small_graph(seed: int) -> tuple[list[Edge], list[str]]:
    dice = random.Random(seed)
    points = [f"p{number}" for number in range(12)]
    pairs = [(points[number], dice.choice(points[:number])) for number in range(1, 12)]
    pairs += [(dice.choice(points), dice.choice(points)) for _ in range(14)]
    edges = [Edge(id=f"e{n}", a=a, b=b, cost=dice.randint(0, 20)) for n, (a, b) in enumerate(pairs)]
    return edges, dice.sample(points, dice.randint(2, 6))


@pytest.mark.parametrize("seed", range(40))
def test_the_tree_is_as_cheap_as_the_cheapest_of_all_trees_and_says_so(seed: int) -> None:
    edges, terminals = small_graph(seed)
    tree = steiner_tree(edges, terminals)
    by_id = {edge.id: edge for edge in edges}
    graph = nx.Graph((by_id[id_].a, by_id[id_].b) for id_ in tree.edges)
    assert tree.is_proved and tree.cost == pytest.approx(cheapest_by_trying_all(edges, terminals))
    assert nx.is_tree(graph) and set(terminals) <= set(graph)
    assert tree.cost == pytest.approx(sum(by_id[id_].cost for id_ in tree.edges))


def projective_plane_graph() -> tuple[list[Edge], list[str]]:
    """A root, seven lines at one step from it, seven points each on three lines: the relaxation is below every tree."""
    lines = [(0, 1, 2), (0, 3, 4), (0, 5, 6), (1, 3, 5), (1, 4, 6), (2, 3, 6), (2, 4, 5)]
    edges = [Edge(id=f"r{n}", a="root", b=f"l{n}", cost=1.0) for n in range(7)]
    edges += [
        Edge(id=f"{n}-{point}", a=f"l{n}", b=f"p{point}", cost=1.0)
        for n in range(7)
        for point in range(7)
        if point not in lines[n]
    ]
    return edges, ["root", *(f"p{point}" for point in range(7))]


def test_a_graph_whose_relaxation_is_not_whole_is_solved_by_branching() -> None:
    """Source: Skutella's instance s1 (fifteen points, thirty-five edges): relaxation 9.33, cheapest tree 10."""
    tree = steiner_tree(*projective_plane_graph())
    assert tree.is_proved and tree.cost == 10.0


def test_without_time_a_tree_is_given_with_its_gap() -> None:
    edges, terminals = projective_plane_graph()
    tree = steiner_tree(edges, terminals, seconds=0.0)
    assert tree.cost >= 10.0 and not tree.is_proved and tree.bound < 10.0
    assert "not proved" in tree.said() and f"{tree.gap:.2%}" in tree.said()


@pytest.mark.skipif(not STEINLIB, reason="set STEINLIB_B_FOLDER to a folder of SteinLib B files")
@pytest.mark.parametrize("number", STEINLIB_B)
def test_steinlib_b_is_solved_to_its_known_optimum(number: int) -> None:
    rows = [line.split() for line in (Path(STEINLIB) / f"b{number:02}.stp").read_text().splitlines()]
    edges = [Edge(id=str(n), a=r[1], b=r[2], cost=float(r[3])) for n, r in enumerate(rows) if r and r[0] == "E"]
    tree = steiner_tree(edges, [row[1] for row in rows if row and row[0] == "T"])
    assert tree.is_proved and tree.cost == STEINLIB_B[number]


def test_a_point_without_a_way_and_a_cost_below_zero_are_refused_by_name() -> None:
    edge = Edge(id="rue", a="csu", b="mairie", cost=1.0)
    with pytest.raises(InvalidInput, match="No way leads from csu to gare"):
        steiner_tree([edge], ["csu", "gare"])
    with pytest.raises(InvalidInput, match="Edge rue: cost -1"):
        steiner_tree([Edge(id="rue", a="csu", b="mairie", cost=-1.0)], ["csu", "mairie"])
    with pytest.raises(InvalidInput, match="No point to join"):
        steiner_tree([edge], [])


def stretch(id_: str, cost: float = 1.0, trench: str = "") -> Stretch:
    a, b = id_.split("-")
    return Stretch(id=id_, a=a, b=b, length_m=10 * cost, cost_eur=cost, trench=trench)


SQUARE = [stretch("csu-a"), stretch("a-b"), stretch("b-c"), stretch("c-csu")]


def test_the_core_is_a_ring_when_a_ring_is_cheapest_and_masts_hang_on_spurs() -> None:
    streets = [*SQUARE, stretch("csu-b", 5.0), stretch("b-mast", 2.0)]
    found = network.ring_and_spurs(streets, Points(csu="csu", aggregation=("b",), others=("mast",)))
    assert set(found.core.edges) == {one.id for one in SQUARE} and found.core.is_proved
    assert len(found.ring) == 4 and found.ring[0] == "csu"
    assert found.spurs.edges == ("b-mast",) and found.cost_eur == 6.0


def test_a_shared_trench_makes_the_core_go_another_way() -> None:
    """The two cheap routes leave the CSU in one trench: one of them must go by the dear street."""
    streets = [stretch("csu-a", trench="t"), stretch("a-b"), stretch("b-c"), stretch("c-csu", trench="t")]
    found = network.ring_and_spurs([*streets, stretch("csu-b", 9.0)], Points(csu="csu", aggregation=("b",), others=()))
    assert "csu-b" in found.core.edges and found.core.cost == 11.0
    assert network.weak_trenches([s for s in streets if s.id in found.core.edges], "csu", ["b"])
    kept = [one for one in [*streets, stretch("csu-b", 9.0)] if one.id in found.core.edges]
    assert not network.weak_trenches(kept, "csu", ["b"])
    assert network.shared_trenches(streets) == {"t": ("c-csu", "csu-a")}


@pytest.mark.parametrize("seed", range(12))
def test_the_core_is_as_cheap_as_the_cheapest_set_of_stretches_that_survives_every_cut(seed: int) -> None:
    dice = random.Random(seed)
    pairs = [*itertools.combinations("rabcd", 2)]
    streets = [
        Stretch(id=a + b, a=a, b=b, length_m=1.0, cost_eur=dice.randint(1, 9), trench=dice.choice(["", "", "t", "u"]))
        for a, b in dice.sample(pairs, 9)
    ]
    held = ["a", "b", "c"]
    best = float("inf")
    for size in range(len(streets) + 1):
        for chosen in itertools.combinations(streets, size):
            graph = nx.Graph([("r", "r"), *((one.a, one.b) for one in chosen)])
            joined = set(held) <= nx.node_connected_component(graph, "r")
            if joined and not network.weak_trenches(chosen, "r", held):
                best = min(best, sum(one.cost_eur for one in chosen))
    blocked = network.unprotectable(streets, "r", held)
    if best == float("inf"):
        assert blocked
        return
    found = network.ring_and_spurs(streets, Points(csu="r", aggregation=tuple(held), others=()))
    assert not blocked and found.core.is_proved and found.core.cost == best


def test_a_site_behind_a_bridge_is_listed_with_the_trench_in_its_way() -> None:
    streets = [*SQUARE, stretch("b-quai"), stretch("quai-mast")]
    assert network.unprotectable(streets, "csu", ["b", "quai", "mast"]) == {
        "quai": ("b-quai",),
        "mast": ("b-quai", "quai-mast"),
    }
    found = network.ring_and_spurs(streets, Points(csu="csu", aggregation=("b", "quai"), others=("mast",)))
    assert found.unprotected == {"quai": ("b-quai",)} and "b-quai" in found.spurs.edges
    worst, *_ = network.weak_trenches(streets, "csu", ["quai", "mast"])
    assert (worst.trench, worst.behind) == ("b-quai", ("mast", "quai"))


def test_the_first_phase_lies_on_the_final_tree_and_the_price_of_haste_is_told() -> None:
    """Alone, phase 1 takes the short street; with phase 2 in mind, the one that both need."""
    streets = [stretch("csu-a", 3.0), stretch("csu-b", 4.0), stretch("a-b", 2.0)]
    found = network.foresight(streets, "csu", {"p1": ["b"], "p2": ["a"]})
    assert [part.stretches for part in found.parts] == [("a-b", "csu-a"), ()]
    assert found.short_sighted_eur == (4.0, 2.0)
    assert (found.total_eur, found.saved_eur) == (5.0, 1.0)


def test_an_arm_is_lit_when_all_its_stretches_are_and_a_phase_tells_which_it_waits_for() -> None:
    streets = [stretch("csu-a"), stretch("a-b"), stretch("b-c")]
    parts = network.on_final_tree(streets, "csu", {"p1": ["a"], "p2": ["c"]})
    ways = network.arms(streets, "csu", ["a", "c"])
    progress = {
        "csu-a": Progress(laid_on=date(2026, 3, 1), lit_on=date(2026, 4, 1)),
        "a-b": Progress(laid_on=date(2026, 5, 1)),
    }
    day = date(2026, 4, 1)
    assert arms.arm_states(ways.values(), progress, day) == {"a": FibreState.LIT, "c": FibreState.PLANNED}
    assert arms.arm_states(ways.values(), {}, day) == dict.fromkeys(("a", "c"), FibreState.PLANNED)
    by_phase = {"p1": [ways["a"]], "p2": [ways["c"]]}
    assert arms.waits(parts, by_phase, ["csu-a"]) == (arms.Wait(phase="p2", on_phase="p2", stretches=("a-b", "b-c")),)
    held_up = arms.waits(parts, by_phase, [])
    assert [(wait.phase, wait.on_phase) for wait in held_up] == [("p1", "p1"), ("p2", "p1"), ("p2", "p2")]


def test_a_stretch_lit_before_it_is_laid_is_refused() -> None:
    with pytest.raises(InvalidInput, match="lit before it is laid"):
        Progress(lit_on=date(2026, 1, 1))


def test_a_point_that_no_stretch_reaches_has_no_arm() -> None:
    with pytest.raises(InvalidInput, match="leads to gare"):
        network.arms(SQUARE, "csu", ["gare"])
