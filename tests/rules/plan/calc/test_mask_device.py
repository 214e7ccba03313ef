"""One rule says who draws a camera's masks, and whose limits hold."""

from __future__ import annotations

import pytest
from shapely import box

from beffroi.core.polygons import POINTS_MAX, POLYGONS_MAX
from beffroi.plan.calc import masks
from beffroi.plan.calc.mask_device import RECORDER, Why, drawer
from beffroi.plan.calc.masks import Device
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.town import Building, Camera, Lens, Pose, Preset

EIGHT = Device(max_masks=8, max_points=4, rectangle_only=True)
HOUSES = (box(-4, 20, 4, 28), box(-4, -28, 4, -20))


@pytest.mark.parametrize(
    ("own", "views", "why"),
    [
        (EIGHT, 1, Why.ABLE),
        (EIGHT, 2, Why.POSITIONS),
        (Device(max_masks=0), 1, Why.NO_MASKS),
        (Device(max_masks=0), 2, Why.NO_MASKS),
        (None, 1, Why.UNKNOWN_MODEL),
        (None, 3, Why.UNKNOWN_MODEL),
    ],
)
def test_the_camera_draws_where_its_model_can_and_it_has_one_view_else_the_recorder_burns(
    own: Device | None, views: int, why: Why
) -> None:
    found = drawer(own, views=views)
    assert found.why is why
    assert found.device == (EIGHT if found.is_camera else RECORDER)


def test_the_camera_keeps_its_limits_within_those_of_what_may_be_drawn() -> None:
    wide = drawer(Device(max_masks=255, max_points=255), views=1)
    assert (wide.device.max_masks, wide.device.max_points) == (POLYGONS_MAX, POINTS_MAX)
    assert wide.said()[1] == "posés par la caméra : 32 au plus, de 64 sommets"
    assert drawer(EIGHT, views=1).said()[1] == "posés par la caméra : 8 au plus, rectangles"
    said, _ = drawer(EIGHT, views=2).said()
    assert said == "burnt by the recorder, those of all positions at once: 32 at most, of 64 corners"


def test_what_the_recorder_burns_for_one_position_hides_in_all_of_them_and_is_counted_so() -> None:
    looks = [Preset(bearing_deg=turn, tilt_deg=8.0, hfov_deg=60.0, time_share=0.3) for turn in (0, 90, 180)]
    camera = Camera(
        id="c", pose=Pose(east_m=0, north_m=0, height_m=6, bearing_deg=0, tilt_deg=8),
        lens=Lens(width_px=1920, height_px=1080, hfov_deg=60), presets=tuple(looks),
    )  # fmt: skip
    town = Skyline.of(
        [Building(id=str(n), footprint=one, height_m=8, is_dwelling=True) for n, one in enumerate(HOUSES)]
    )
    own, burnt = (masks.plan(camera, town, device).views for device in (EIGHT, RECORDER))
    assert [len(view.masks) for view in burnt] == [1, 0, 1]
    assert own[1].picture_share == 0 < burnt[1].picture_share, "the side street is black too"
    assert all(len(view.hidden) == 2 for view in burnt)
    assert burnt[0].picture_share == pytest.approx(burnt[2].picture_share)
