"""What a camera's geometry allows of a class: known distances on open ground, cut by a wall, nowhere."""

from __future__ import annotations

import math

import pytest
from shapely import box

from beffroi.plan import catalogue
from beffroi.plan.calc.aim import Allowed, allowed
from beffroi.plan.calc.coverage import sight
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.town import Building, Camera, Lens, Pose

POSE = Pose(east_m=0.0, north_m=0.0, height_m=6.6, bearing_deg=90.0, tilt_deg=11.0)
WIDE = Lens(width_px=1280, height_px=720, hfov_deg=68.0)
LONG = Lens(width_px=1920, height_px=1080, hfov_deg=40.0)


def of(lens: Lens, *buildings: Building) -> Allowed:
    camera = Camera(id="c", pose=POSE, lens=lens)
    return allowed(sight(camera, Skyline.of(buildings), catalogue.scale()), "recognise")


def test_a_wide_lens_recognises_nowhere_and_its_best_is_where_its_picture_begins() -> None:
    """f = 640 / tan 34°; the picture's bottom meets 1.5 m at 5.1 / tan(11° + half the field up)."""
    found = of(WIDE)
    focal = 640 / math.tan(math.radians(34))
    half = math.atan(360 / focal)
    near = 5.1 / math.tan(math.radians(11) + half)
    depth = near * math.cos(math.radians(11)) + 5.1 * math.sin(math.radians(11))
    assert (found.near_m, found.far_m, found.least_px_m) == (None, None, 125.0)
    assert found.best_px_m == pytest.approx(focal / depth, abs=1.0) and found.best_px_m < 125
    assert not found.at(7.6) and not found.at(None)


def test_a_longer_lens_recognises_between_where_its_picture_begins_and_where_pixels_run_out() -> None:
    focal = 960 / math.tan(math.radians(20))
    half = math.atan(540 / focal)
    near = 5.1 / math.tan(math.radians(11) + half)
    far = (focal / 125 - 5.1 * math.sin(math.radians(11))) / math.cos(math.radians(11))
    found = of(LONG)
    assert found.near_m == pytest.approx(near, abs=0.2)
    assert found.far_m == pytest.approx(math.hypot(far, focal / 125 * math.tan(math.radians(20))), abs=0.3)
    assert found.at(15.0) and found.at(None) and not found.at(near - 0.5) and not found.at(far + 5)


def test_a_wall_ends_what_is_allowed() -> None:
    wall = Building(id="w", footprint=box(14, -40, 15, 40), height_m=12.0)
    found = of(LONG, wall)
    assert found.at(13.5) and not found.at(18.0)
