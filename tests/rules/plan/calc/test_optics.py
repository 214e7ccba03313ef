"""Fields, densities, dead zones: closed forms and published tables."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue
from beffroi.plan.calc import optics
from beffroi.plan.calc.town import Lens, Pose

HD_90 = Lens(width_px=1920, height_px=1080, hfov_deg=90.0)
MAST = Pose(east_m=0.0, north_m=0.0, height_m=5.0, bearing_deg=0.0, tilt_deg=30.0)


@pytest.mark.parametrize(("mm", "px_m"), [(80, 12.5), (40, 25), (16, 62.5), (8, 125), (4, 250)])
def test_millimetres_a_pixel_are_the_standards_densities(mm: float, px_m: float) -> None:
    assert optics.density_from_mm_a_pixel(mm) == px_m
    assert px_m in catalogue.scale("dori-2015").thresholds_px_m


@pytest.mark.parametrize(("px_m", "distance_m"), [(25, 38.40), (62.5, 15.36), (125, 7.68), (250, 3.84)])
def test_distances_of_a_full_hd_picture_with_a_field_of_90_degrees(px_m: float, distance_m: float) -> None:
    assert optics.flat_distance_m(HD_90, px_m) == pytest.approx(distance_m, abs=1e-9)


def test_dead_zone_of_a_mast_of_5_metres_tilted_by_30_degrees() -> None:
    lens = replace(HD_90, vfov_deg=50.0)
    reach = optics.reach(MAST, lens, target_m=0.0)
    assert (round(reach.near_m, 3), round(reach.far_m, 3)) == (3.501, 57.150)
    head = optics.reach(MAST, lens, target_m=1.7)
    assert head.near_m == pytest.approx(3.3 / math.tan(math.radians(55)))
    assert head.far_m < reach.far_m


def test_a_picture_that_holds_the_horizon_reaches_without_end() -> None:
    assert optics.reach(replace(MAST, tilt_deg=10.0), replace(HD_90, vfov_deg=50.0), target_m=0.0).far_m == math.inf


def test_density_near_a_mast_is_less_than_the_flat_rule() -> None:
    pose = replace(MAST, height_m=6.0, tilt_deg=15.0)
    assert optics.density_px_m(pose, HD_90, 30.0) == pytest.approx(31.85, abs=0.01)


@pytest.mark.parametrize(("focal_mm", "field_deg"), [(2.8, 87.6), (12.0, 25.2)])
def test_fields_of_a_small_sensor(focal_mm: float, field_deg: float) -> None:
    assert optics.hfov_deg(5.37, focal_mm) == pytest.approx(field_deg, abs=0.05)


def test_square_pixels_give_the_vertical_field() -> None:
    assert optics.vfov_deg(HD_90) == pytest.approx(58.72, abs=0.01)


def test_a_fisheye_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput, match="not a pinhole's"):
        optics.focal_px(replace(HD_90, hfov_deg=180.0))


def test_a_face_is_extractable_near_and_not_far() -> None:
    narrow, low = replace(HD_90, hfov_deg=25.2), replace(MAST, height_m=3.0, tilt_deg=5.0)
    assert optics.face_at(low, narrow, 8.0).is_extractable
    assert not optics.face_at(low, narrow, 30.0).is_extractable


def test_thresholds_nobody_has_read_are_refused_with_the_reason() -> None:
    with pytest.raises(InvalidInput, match="must be bought"):
        _ = catalogue.scale("oodpcvs-2025").thresholds_px_m
    with pytest.raises(InvalidInput, match="known: dori-2015"):
        catalogue.scale("dori-2035")


def test_a_stated_field_is_better_than_sensor_and_focal_length() -> None:
    text = """
        [[model]]
        id = "m"
        name = "m"
        width_px = 1920
        height_px = 1080
        hfov_deg = 98.0
        sensor_width_mm = 5.37
        focal_mm = 2.8
        source = "data sheet"
    """
    assert catalogue.read_models(text)["m"].lens().hfov_deg == 98.0
    with pytest.raises(InvalidInput, match=r"camera_models.toml, line 2: give hfov_deg"):
        catalogue.read_models(text.replace("hfov_deg = 98.0", "").replace("focal_mm = 2.8", ""))
