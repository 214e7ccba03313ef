"""Planned masks: exact corners, margins to the figures, growth only, refusals that cannot be missed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPoint, Polygon, box

from beffroi.core.errors import BarredByLaw
from beffroi.plan import catalogue
from beffroi.plan.calc import coverage, ground, mask_cost, masks, outline
from beffroi.plan.calc.masks import Device, Doubt
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.projection import Pinhole
from beffroi.plan.calc.town import Building, Camera, Lens, Pose, Preset, Town, Zone

HD_90 = Lens(width_px=1920, height_px=1080, hfov_deg=90.0)
LEVEL = Pose(east_m=0.0, north_m=0.0, height_m=6.0, bearing_deg=0.0, tilt_deg=0.0)
CAMERA = Camera(id="c1", pose=LEVEL, lens=HD_90)
EXACT = Doubt(map_m=0.0, aim_deg=0.0)
ROOMY = Device(max_masks=8, max_points=16)


def house(name: str, footprint: Polygon, *, height_m: float = 9.0, is_dwelling: bool = True) -> Building:
    return Building(id=name, footprint=footprint, height_m=height_m, is_dwelling=is_dwelling)


def corners(polygon: Polygon) -> set[tuple[float, float]]:
    return {(round(x, 6), round(y, 6)) for x, y in polygon.exterior.coords}


def test_a_facade_is_projected_to_its_exact_corners() -> None:
    facade = np.array([[-5, 20, 0], [5, 20, 0], [5, 20, 9], [-5, 20, 9]], dtype=float)
    shape = Pinhole(pose=LEVEL, lens=HD_90).outline(facade)
    assert corners(shape) == {(720, 828), (720, 396), (1200, 828), (1200, 396)}


def test_a_dwelling_ahead_is_masked_to_its_facade() -> None:
    found = masks.plan(CAMERA, Skyline.of([house("h", box(-5, 20, 5, 30))]), ROOMY, doubt=EXACT)
    assert corners(found.views[0].masks[0]) == {(720, 828), (720, 396), (1200, 828), (1200, 396)}
    assert found.is_complete and found.views[0].dwellings == ("h",)
    assert set(found.views[0].in_ten_thousandths()[0]) == {(3750, 7667), (3750, 3666), (6250, 3666), (6250, 7667)}


def test_a_camera_on_a_dwelling_masks_its_own_wall_without_refusing_it() -> None:
    own = house("own", box(-12, -8, -0.3, 40))
    found = masks.plan(replace(CAMERA, pose=replace(LEVEL, tilt_deg=10.0)), Skyline.of([own]), ROOMY)
    assert found.is_complete and found.views[0].dwellings == ("own",)
    left = found.views[0].masks[0]
    assert left.bounds[0] == 0 and left.bounds[2] < 1300


def test_margins_grow_towards_the_edge_of_a_wide_picture() -> None:
    ahead = masks.plan(CAMERA, Skyline.of([house("h", box(-1, 30, 1, 40))]), ROOMY).views[0]
    aside = masks.plan(CAMERA, Skyline.of([house("h", box(23, 30, 25, 40))]), ROOMY).views[0]
    assert ahead.widest_margin_px == pytest.approx(33, abs=1) and aside.widest_margin_px > 40


@pytest.mark.parametrize(("distance_m", "px"), [(15, 64), (30, 33), (60, 18)])
def test_margins_are_those_of_the_error_budget(distance_m: float, px: int) -> None:
    assert int(masks.margin_px(HD_90, distance_m, Doubt())) == px


def test_margin_of_a_zoomed_ptz_is_most_of_the_picture() -> None:
    assert masks.margin_px(replace(HD_90, hfov_deg=2.3), 30.0, Doubt()) == pytest.approx(1648, abs=0.5)


def test_a_public_building_is_not_masked_and_hides_the_dwelling_behind() -> None:
    screen = house("town-hall", box(-40, 10, 40, 12), height_m=30.0, is_dwelling=False)
    found = masks.plan(CAMERA, Skyline.of([screen, house("h", box(-5, 20, 5, 30))]), ROOMY)
    assert found.views[0].masks == () and found.is_complete


def test_what_rises_above_a_low_screen_is_masked() -> None:
    screen = house("wall", box(-40, 10, 40, 10.5), height_m=5.0, is_dwelling=False)
    free = masks.plan(CAMERA, Skyline.of([house("h", box(-5, 20, 5, 30))]), ROOMY, doubt=EXACT)
    found = masks.plan(CAMERA, Skyline.of([screen, house("h", box(-5, 20, 5, 30))]), ROOMY, doubt=EXACT)
    assert 0 < found.views[0].picture_share < free.views[0].picture_share
    bottom = max(y for _, y in found.views[0].masks[0].exterior.coords)
    assert bottom == pytest.approx(540 + 960 * 1 / 10.5, abs=6)


def test_a_hidden_facade_is_kept_when_the_maps_doubt_could_show_it() -> None:
    screen = house("hall", box(-5.2, 10, 5.2, 12), height_m=30.0, is_dwelling=False)
    dwelling = house("h", box(-9.9, 20, 9.9, 30))
    sure = masks.plan(CAMERA, Skyline.of([screen, dwelling]), ROOMY, doubt=EXACT)
    doubtful = masks.plan(CAMERA, Skyline.of([screen, dwelling]), ROOMY)
    assert sure.views[0].masks == () and doubtful.views[0].masks


def test_a_device_of_one_rectangle_takes_everything_in_one() -> None:
    town = Skyline.of([house("a", box(-20, 20, -12, 30)), house("b", box(12, 20, 20, 30))])
    two = masks.plan(CAMERA, town, ROOMY).views[0]
    one = masks.plan(CAMERA, town, Device(max_masks=1, rectangle_only=True)).views[0]
    assert len(two.masks) == 2 and len(one.masks) == 1
    assert one.masks[0].covers(shapely.union_all(two.masks).intersection(one.pinhole.picture))


def test_a_device_without_masks_before_a_dwelling_is_barred_with_the_article() -> None:
    found = masks.plan(CAMERA, Skyline.of([house("h", box(-5, 20, 5, 30))]), Device(max_masks=0))
    with pytest.raises(BarredByLaw, match=r"Camera c1 sees dwellings .*\(h\)") as caught:
        found.require_complete()
    assert caught.value.article == "CSI L. 251-3"


def test_a_zoomed_preset_on_a_dwelling_is_refused_and_a_wide_one_masked() -> None:
    presets = (
        Preset(bearing_deg=0.0, tilt_deg=0.0, hfov_deg=60.0, time_share=0.5),
        Preset(bearing_deg=0.0, tilt_deg=0.0, hfov_deg=2.3, time_share=0.5),
    )
    found = masks.plan(replace(CAMERA, presets=presets), Skyline.of([house("h", box(-5, 30, 5, 40))]), ROOMY)
    assert [(one.building_id, one.view) for one in found.refusals] == [("h", 1)]
    assert "calibrate the camera on site" in found.refusals[0].reason
    assert found.views[0].masks
    bearings = (found.views[0].angles[0][:, 0] + 180) % 360 - 180
    assert bearings.min() < -9.4 and bearings.max() > 9.4


def test_angles_are_those_that_bring_a_corner_back_to_its_pixel() -> None:
    pinhole = Pinhole(pose=replace(LEVEL, bearing_deg=33.0, tilt_deg=17.0), lens=HD_90)
    pixel = np.array([[1500.0, 250.0]])
    bearing, tilt = pinhole.angles(pixel)[0]
    turned = Pinhole(pose=replace(LEVEL, bearing_deg=float(bearing), tilt_deg=float(tilt)), lens=HD_90)
    far = 100.0 * np.array([np.sin(np.radians(bearing)), np.cos(np.radians(bearing)), -np.tan(np.radians(tilt))])
    point = (far + np.array([0, 0, 6.0]))[None, :]
    assert pinhole.pixels(point)[0] == pytest.approx(pixel[0], abs=1e-6)
    assert turned.pixels(point)[0] == pytest.approx((960, 540), abs=1e-6)


def test_the_ground_that_masks_cost_is_told_by_zone() -> None:
    """A low house beside the street: people walking before its façade are hidden with it."""
    town = Town(buildings=(house("h", box(4, 12, 14, 30)),), zones=(Zone(id="z", shape=box(-15, 5, 3, 40)),))
    camera = replace(CAMERA, pose=replace(LEVEL, tilt_deg=8.0))
    skyline = Skyline.of(town.buildings)
    sight = coverage.sight(camera, skyline, catalogue.scale())
    grid = ground.grid(town, skyline, step_m=1.0)
    planned, free = masks.plan(camera, skyline, ROOMY), masks.plan(camera, Skyline.of(()), ROOMY)
    found = mask_cost.lost(planned, town, grid, levels=sight.levels_by_view(grid.points))
    nothing = mask_cost.lost(free, town, grid, levels=sight.levels_by_view(grid.points))
    assert found[0].zone_id == "z" and 0 < found[0].share < 0.5
    assert nothing[0].share == 0.0
    seen = coverage.cover([sight], town, grid)
    street = {one.class_id: one.share for one in mask_cost.street_lost(seen, [planned], town)}
    by_one = {one.class_id: one.by_one for one in seen.zones[0].classes}
    assert street["monitor"] == pytest.approx(found[0].share * by_one["monitor"])
    assert all(share <= by_one[name] for name, share in street.items())
    assert not any(one.share for one in mask_cost.street_lost(seen, [free], town))


def test_what_one_camera_masks_another_may_still_see() -> None:
    """The same street from its other end, past a house that only the first has before it."""
    town = Town(buildings=(house("h", box(4, 12, 14, 30)),), zones=(Zone(id="z", shape=box(-15, 5, 3, 40)),))
    skyline = Skyline.of(town.buildings)
    near = replace(CAMERA, pose=replace(LEVEL, tilt_deg=8.0))
    far = Camera(id="c2", pose=replace(LEVEL, north_m=60.0, east_m=-10.0, bearing_deg=180.0, tilt_deg=8.0), lens=HD_90)
    grid = ground.grid(town, skyline, step_m=1.0)
    pairs = [(coverage.sight(one, skyline, catalogue.scale()), masks.plan(one, skyline, ROOMY)) for one in (near, far)]
    shares = [_lost(pairs[:1], town, grid), _lost(pairs, town, grid)]
    assert 0 <= shares[1] < shares[0]


def _lost(pairs: list[tuple[coverage.Sight, masks.MaskPlan]], town: Town, grid: ground.Grid) -> float:
    seen = coverage.cover([one for one, _ in pairs], town, grid)
    return mask_cost.street_lost(seen, [plan for _, plan in pairs], town)[0].share


rings = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=4, max_size=12, unique=True)


def shape_of(points: list[tuple[int, int]]) -> Polygon | None:
    """A star-shaped polygon through the points, hollows included."""
    if MultiPoint(points).convex_hull.area < 10:
        return None
    middle = np.mean(points, axis=0)
    ordered = sorted(points, key=lambda p: (np.arctan2(p[1] - middle[1], p[0] - middle[0]), p))
    shape = Polygon(ordered)
    return shape if shape.is_valid and shape.area > 1 else None


@settings(max_examples=80, deadline=None)
@given(points=rings, max_points=st.integers(4, 8))
def test_fewer_corners_never_uncover(points: list[tuple[int, int]], max_points: int) -> None:
    shape = shape_of(points)
    if shape is None:
        return
    found = outline.shrunk(shape, max_points=max_points)
    assert len(found.exterior.coords) - 1 <= max_points
    assert shape.difference(found).area < 0.5


@settings(max_examples=40, deadline=None)
@given(many=st.lists(rings, min_size=1, max_size=6), at_most=st.integers(1, 4), as_rectangles=st.booleans())
def test_merging_never_uncovers(many: list[list[tuple[int, int]]], at_most: int, as_rectangles: bool) -> None:
    pieces = [shape for shape in map(shape_of, many) if shape is not None]
    if not pieces:
        return
    found = outline.merged(pieces, at_most=at_most, as_rectangles=as_rectangles)
    assert len(found) <= at_most
    assert shapely.union_all(pieces).difference(shapely.union_all(found)).area < 1e-6


HOUSES = st.lists(
    st.tuples(st.integers(-30, 30), st.integers(8, 50), st.integers(2, 12), st.integers(2, 12), st.integers(3, 15)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(rows=HOUSES, map_m=st.floats(0.1, 2.0))
def test_more_doubt_never_uncovers_a_facade(rows: list[tuple[int, int, int, int, int]], map_m: float) -> None:
    town = Skyline.of([house(f"h{n}", box(x, y, x + w, y + d), height_m=h) for n, (x, y, w, d, h) in enumerate(rows)])
    device = Device(max_masks=4, max_points=4)
    sure = masks.plan(CAMERA, town, Device(max_masks=99, max_points=99), doubt=EXACT).views[0]
    wide = masks.plan(CAMERA, town, device, doubt=Doubt(map_m=map_m)).views[0]
    assert len(wide.masks) <= 4
    assert all(len(mask.exterior.coords) - 1 <= 4 for mask in wide.masks)
    assert shapely.union_all(sure.masks).difference(shapely.union_all(wide.masks)).area < 1.0
