"""Sloping ground under a view is found where buildings carry their altitude, and nowhere else."""

from __future__ import annotations

import pytest
from shapely import box

from beffroi.plan import catalogue
from beffroi.plan.calc.coverage import sight
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.slope import steep
from beffroi.plan.calc.town import Building, Camera, Lens, Pose

CAMERA = Camera(
    id="c",
    pose=Pose(east_m=0.0, north_m=0.0, height_m=6.0, bearing_deg=0.0, tilt_deg=10.0),
    lens=Lens(width_px=1920, height_px=1080, hfov_deg=90.0),
)


def found(*altitudes_m: float | None) -> tuple[float, float] | None:
    """Houses along the axis of a camera that looks north, thirty metres apart, then one far behind it, 90 m lower."""
    houses = [
        Building(id=f"h{n}", footprint=box(6, 8 + 7 * n, 9, 11 + 7 * n), height_m=5.0, ground_m=altitude)
        for n, altitude in enumerate(altitudes_m)
    ]
    behind = Building(id="b", footprint=box(-5, -60, 5, -50), height_m=5.0, ground_m=280.0)
    skyline = Skyline.of([*houses, behind])
    slope = steep(sight(CAMERA, skyline, catalogue.scale()), skyline)
    return (slope.low_m, slope.high_m) if slope else None


@pytest.mark.parametrize(
    ("altitudes_m", "slope"),
    [
        ((370.0, 372.0, 373.0), None),
        ((370.0, 372.0, 373.1), (370.0, 373.1)),
        ((370.0, None, 375.0), (370.0, 375.0)),
        ((None, None, 375.0), None),
        ((None, None, None), None),
    ],
)
def test_more_than_three_metres_within_reach_make_a_slope(
    altitudes_m: tuple[float | None, ...], slope: tuple[float, float] | None
) -> None:
    assert found(*altitudes_m) == slope


def test_a_town_without_any_altitude_is_not_said_to_slope() -> None:
    skyline = Skyline.of([Building(id="h", footprint=box(-3, 15, 3, 20), height_m=5.0)])
    assert steep(sight(CAMERA, skyline, catalogue.scale()), skyline) is None
    assert steep(sight(CAMERA, Skyline.of(()), catalogue.scale()), Skyline.of(())) is None
