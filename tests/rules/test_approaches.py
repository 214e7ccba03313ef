"""Each street that enters what is filmed has a sign near enough to be read before."""

from __future__ import annotations

from shapely import LineString, Point, box

from beffroi.authorise.approaches import Axis, approaches

AREA = box(0, 0, 100, 100)
AVENUE = Axis(id="avenue", name="Avenue", line=LineString([(-200, 50), (300, 50)]))
LANE = Axis(id="lane", name="Ruelle", line=LineString([(50, 50), (50, 300)]))
FAR = Axis(id="far", name="Loin", line=LineString([(500, 0), (500, 100)]))


def test_a_street_that_goes_through_enters_twice_and_one_that_ends_inside_once() -> None:
    found = approaches(AREA, [AVENUE, LANE, FAR], [])
    assert [(one.street, one.east_m, one.north_m) for one in found] == [
        ("avenue", 0, 50),
        ("avenue", 100, 50),
        ("lane", 50, 100),
    ]
    assert all(one.sign_m is None and not one.is_signed for one in found)


def test_a_sign_counts_along_its_street_and_to_sixty_metres() -> None:
    west, east = (-60.0, 45.0), (161.0, 45.0)
    found = {one.east_m: one for one in approaches(AREA, [AVENUE], [west, east])}
    assert (found[0].sign_m, found[0].is_signed) == (60.0, True)
    assert (found[100].sign_m, found[100].is_signed) == (61.0, False)


def test_a_sign_of_another_street_counts_in_a_straight_line() -> None:
    bent = Axis(id="bent", name="Coude", line=LineString([(-200, 10), (50, 10), (50, 90), (-200, 90)]))
    sign = (-30.0, 50.0)  # beside neither arm
    found = {one.north_m: one for one in approaches(AREA, [bent], [sign])}
    assert found[10].sign_m == found[90].sign_m == 50.0


def test_an_edge_crossed_twice_within_ten_metres_is_one_entry() -> None:
    grazing = Axis(id="g", name="G", line=LineString([(-50, 95), (20, 101), (28, 99), (29, 101), (200, 200)]))
    entries = [one.east_m for one in approaches(AREA, [grazing], [])]
    assert len(entries) == len({round(east / 10) for east in entries}) == 2


def test_an_area_of_nothing_has_no_approach() -> None:
    assert approaches(Point(0, 0).buffer(0), [AVENUE], []) == []
