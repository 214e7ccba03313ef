"""Which lines run beside one another: to the metre, whatever way they are drawn, and no crossing."""

from __future__ import annotations

import itertools

import pytest
from shapely import LineString

from beffroi.plan.calc.corridor import BESIDE_M, STREET_M, Grounds, Lying, corridors
from beffroi.plan.calc.street_graph import ways

STREET = LineString([(0, 0), (100, 0), (200, 0)])
REACH_M = STREET_M + BESIDE_M


def beside(line: LineString, *, street: LineString = STREET) -> list[tuple[str, float]]:
    found = Grounds([Lying(name="s", line=street, reach_m=STREET_M)]).along(line)
    return [(name, round(to_m)) for name, to_m in found]


@pytest.mark.parametrize(
    ("away_m", "name"), [(0, "s"), (REACH_M - 0.1, "s"), (-REACH_M + 0.1, "s"), (REACH_M + 0.1, "")]
)
def test_a_parallel_line_is_beside_up_to_the_edge_of_the_street_and_a_little_more(away_m: float, name: str) -> None:
    assert beside(LineString([(10, away_m), (190, away_m)])) == [(name, 180)]
    assert beside(LineString([(190, away_m), (10, away_m)])) == [(name, 180)]


def test_a_line_that_leaves_the_street_is_beside_it_until_there_and_not_past_its_end() -> None:
    assert beside(LineString([(10, 2), (50, 2), (50, 80)])) == [("s", 40), ("", 118)]
    assert beside(LineString([(150, 2), (260, 2)])) == [("s", 50), ("", 110)]


def test_a_crossing_is_no_corridor_and_a_slant_is_one_up_to_thirty_degrees() -> None:
    assert beside(LineString([(50, -20), (50, 20)])) == [("", 40)]
    assert beside(LineString([(50, -20), (84, 20)])) == [("", 52)]
    assert {name for name, _ in beside(LineString([(20, -4), (120, 4)]))} == {"s"}


def test_a_bend_of_the_street_is_followed() -> None:
    bent = LineString([(0, 0), (100, 0), (180, 60)])
    assert {name for name, _ in beside(LineString([(5, 3), (99, 3), (176, 61)]), street=bent)} == {"s"}


def test_without_anything_in_the_ground_nothing_is_beside() -> None:
    assert Grounds([]).along(STREET) == [("", 200)] and Grounds([]).held(STREET)[0] == (frozenset(), 2.0)


def test_a_duct_is_cut_where_it_comes_beside_each_street_and_entered_at_its_ends_alone() -> None:
    streets = [("s", LineString([(0, 0), (100, 0)])), ("t", LineString([(100, 0), (200, 0)]))]
    duct = LineString([(0, 30), (20, 3), (180, 3), (200, 30)])
    drawn = ways(streets, {"csu": (0, 1)}, ducts=[("duct g", duct)])
    cut, trenches = corridors(drawn, {"s": STREET_M, "t": STREET_M})
    pieces = [way for way in cut if way.street == "duct g"]
    assert [trenches.get(way.id, "") for way in pieces] == ["", "s/1", "t/1", ""]
    assert sum(way.length_m for way in pieces) == pytest.approx(duct.length)
    assert all(before.b == after.a for before, after in itertools.pairwise(pieces))
    nodes = {node for way in cut if way.street != "duct g" for node in (way.a, way.b)}
    assert not nodes & {way.b for way in pieces[:-1]}
