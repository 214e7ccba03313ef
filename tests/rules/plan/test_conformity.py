"""What a stored stream must reach follows from what the camera is for, never from its lens."""

from __future__ import annotations

import pytest

from beffroi.plan.conformity import Field, Stream, demand_of, faults


@pytest.mark.parametrize(
    ("target_class", "purposes", "field"),
    [
        ("identify", {"safety"}, Field.NARROW),
        ("recognise", {"safety"}, Field.NARROW),
        ("observe", {"safety"}, Field.WIDE),
        ("detect", {"safety"}, Field.WIDE),
        ("identify", {"traffic"}, Field.WIDE),
        ("identify", {"traffic", "safety"}, Field.NARROW),
        ("identify", (), Field.NARROW),
    ],
)
def test_who_must_tell_who_is_there_is_narrow_unless_traffic_is_all_it_regulates(
    target_class: str, purposes: set[str], field: Field
) -> None:
    assert demand_of(target_class, purposes).field is field


@pytest.mark.parametrize(
    ("target_class", "size", "fps", "found"),
    [
        ("identify", (704, 576), 12, ()),
        ("identify", (703, 576), 12, ("TEC-9",)),
        ("identify", (704, 575), 12, ("TEC-9",)),
        ("identify", (704, 576), 11, ("TEC-12",)),
        ("observe", (352, 288), 6, ()),
        ("observe", (351, 288), 5, ("TEC-11", "TEC-13")),
    ],
)
def test_the_least_size_and_rate_are_those_of_2007(
    target_class: str, size: tuple[int, int], fps: float, found: tuple[str, ...]
) -> None:
    assert faults(demand_of(target_class), Stream(width_px=size[0], height_px=size[1], fps=fps)) == found


def test_a_smaller_narrow_picture_is_enough_when_faces_can_be_extracted_from_it() -> None:
    demand = demand_of("identify")
    assert faults(demand, Stream(width_px=640, height_px=480, fps=12, shows_faces=True)) == ()
    assert faults(demand, Stream(width_px=640, height_px=480, fps=12)) == ("TEC-9",)
    wide = demand_of("observe")
    assert faults(wide, Stream(width_px=320, height_px=240, fps=12, shows_faces=True)) == ("TEC-11",)
