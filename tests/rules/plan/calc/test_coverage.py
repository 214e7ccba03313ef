"""Coverage: known areas, classes, redundancy, failures, the ground in view."""

from __future__ import annotations

import math

import numpy as np
import pytest
from shapely import LineString, Polygon, box

from beffroi.plan import catalogue
from beffroi.plan.calc import coverage, ground
from beffroi.plan.calc.footprint import View
from beffroi.plan.calc.occlusion import Skyline, outlook
from beffroi.plan.calc.town import Building, Camera, Lens, Pose, Preset, Street, Town, Zone

SCALE = catalogue.scale()
HD_90 = Lens(width_px=1920, height_px=1080, hfov_deg=90.0)


def camera(name: str, *, bearing_deg: float = 90.0, **more: object) -> Camera:
    pose = Pose(east_m=0.0, north_m=0.0, height_m=6.0, bearing_deg=bearing_deg, tilt_deg=10.0)
    return Camera(**{"id": name, "pose": pose, "lens": HD_90} | more)  # type: ignore[arg-type]


def street_town(*buildings: Building) -> Town:
    """One street eastward, 120 m long and 10 m wide, in one zone."""
    street = Street(id="r", axis=LineString([(0, 0), (120, 0)]), half_width_m=3.5, pavement_m=1.5)
    zone = Zone(id="z", shape=box(0, -20, 120, 20))
    return Town(buildings=buildings, zones=(zone,), streets=(street,), perimeter=box(-50, -50, 150, 50))


def covered(town: Town, *cameras: Camera) -> coverage.Coverage:
    skyline = Skyline.of(town.buildings)
    sights = [coverage.sight(one, skyline, SCALE) for one in cameras]
    return coverage.cover(sights, town, ground.grid(town, skyline, step_m=1.0))


def test_area_seen_past_a_wall_is_the_closed_form() -> None:
    """A field of 90° over 30 m, a wall 10 m ahead and 10 m long: 225π − (900·atan ½ − 50)."""
    wall = Building(id="w", footprint=Polygon([(10, -5), (10.001, -5), (10.001, 5), (10, 5)]), height_m=12.0)
    free = outlook(Skyline.of([wall]), (0.0, 0.0), height_m=6.0, target_m=1.5, radius_m=30.0).polygon()
    field = Polygon([(0, 0), (60, -60), (60, 60)])
    assert free.intersection(field).area == pytest.approx(225 * math.pi - (900 * math.atan(0.5) - 50), abs=0.03)


def test_bands_end_on_lines_across_the_axis() -> None:
    pose = Pose(east_m=0.0, north_m=0.0, height_m=1.6, bearing_deg=90.0, tilt_deg=0.0)
    band = View(pose=pose, lens=HD_90, target_m=1.5).band(25.0, 62.5)
    assert band.bounds == pytest.approx((15.36, -38.4, 38.4, 38.4))


@pytest.mark.parametrize("bearing_deg", [0.0, 90.0, 200.0])
def test_places_and_polygons_of_one_sight_agree(bearing_deg: float) -> None:
    import shapely

    house = Building(id="b", footprint=box(8, -2, 14, 20), height_m=9.0)
    shed = Building(id="s", footprint=box(-12, -14, -6, -8), height_m=3.0)
    sight = coverage.sight(camera("c", bearing_deg=bearing_deg), Skyline.of([house, shed]), SCALE)
    points = np.array([[x + 0.31, y + 0.17] for x in range(-60, 80, 3) for y in range(-60, 61, 3)])
    for level, area in enumerate(sight.grounds((1, 2, 3, 4, 5)), 1):
        inside = sight.levels(points) >= level
        assert inside[shapely.contains_xy(area.buffer(-0.05), points)].all()
        assert not inside[~shapely.contains_xy(area.buffer(0.05), points)].any()


def test_bands_of_a_sight_do_not_overlap_and_make_its_ground() -> None:
    sight = coverage.sight(camera("c"), Skyline.of(()), SCALE)
    bands = [band.ground for band in sight.bands()]
    assert sum(band.area for band in bands) == pytest.approx(sight.ground().area)
    assert [band.class_id for band in sight.bands()] == ["monitor", "detect", "observe", "recognise", "identify"]


def test_shares_of_a_street_are_those_of_its_length() -> None:
    """Past the near edge all 10 m of width are in a field of 90°: monitored until f/12.5 of depth."""
    found = covered(street_town(), camera("c")).zones[0]
    far = 76.8 / math.cos(math.radians(10)) - 4.5 * math.tan(math.radians(10))
    near = 4.5 / math.tan(math.radians(10 + 58.716 / 2))
    assert found.street_m2 == pytest.approx(1200, rel=0.15)
    assert found.classes[0].by_one == pytest.approx((far - near) / 120, abs=0.02)
    assert abs(found.classes[0].by_one - found.classes[0].by_one_thinned) < 0.03


def test_two_cameras_make_redundancy_and_one_alone_is_lost_when_it_fails() -> None:
    one = covered(street_town(), camera("a", site="s1"))
    assert {(loss.kind, loss.failed_id) for loss in one.losses} == {("camera", "a"), ("site", "s1")}
    two = covered(street_town(), camera("a", site="s1", arm="x"), camera("b", site="s2", arm="x"))
    assert two.zones[0].classes[0].by_two == two.zones[0].classes[0].by_one > 0
    assert {(loss.kind, loss.failed_id) for loss in two.losses} == {("arm", "x")}


def test_presets_are_potential_together_and_weighed_by_their_time() -> None:
    presets = (
        Preset(bearing_deg=90.0, tilt_deg=10.0, hfov_deg=90.0, time_share=0.25),
        Preset(bearing_deg=270.0, tilt_deg=10.0, hfov_deg=90.0, time_share=0.75),
    )
    found = covered(street_town(), camera("p", presets=presets)).zones[0].classes[0]
    fixed = covered(street_town(), camera("c")).zones[0].classes[0]
    assert found.by_one == pytest.approx(fixed.by_one)
    assert found.at_an_instant == pytest.approx(0.25 * fixed.by_one)


def test_at_night_only_its_own_light_counts() -> None:
    dark = covered(street_town(), camera("c")).zones[0].classes[0]
    lit = Lens(width_px=1920, height_px=1080, hfov_deg=90.0, night_range_m=30.0)
    light = covered(street_town(), camera("c", lens=lit)).zones[0].classes[0]
    assert dark.at_night == 0.0 < light.at_night < light.by_one


def test_missing_heights_are_storeys_then_the_default() -> None:
    footprint = box(0, 0, 1, 1)
    assert Building(id="a", footprint=footprint, floors=4).roof_m == 12.0
    assert Building(id="a", footprint=footprint).roof_m == 6.0
    assert Building(id="a", footprint=footprint).height_source == "default"


def test_ground_in_view_is_told_for_the_whole_town_and_excess_is_named() -> None:
    town = street_town()
    skyline = Skyline.of(())
    sights = [coverage.sight(camera("c"), skyline, SCALE)]
    found = coverage.proportion(sights, town, skyline)
    assert found.of_street_length == pytest.approx(0.6, abs=0.05)
    assert found.zones_of_area == pytest.approx(120 * 40 / 20000)
    assert not found.excess()
    everywhere = Town(zones=(Zone(id="z", shape=box(-50, -50, 140, 50)),), perimeter=box(-50, -50, 150, 50))
    assert coverage.proportion(sights, everywhere, skyline).excess() == ("zones_of_area",)


def test_a_building_in_the_street_costs_coverage() -> None:
    block = Building(id="b", footprint=box(20, -10, 25, 10), height_m=10.0)
    free, blocked = covered(street_town(), camera("c")), covered(street_town(block), camera("c"))
    assert blocked.zones[0].classes[0].by_one < free.zones[0].classes[0].by_one / 2
