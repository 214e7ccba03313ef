"""A camera cannot date its pictures yesterday, to fall on other footage, nor tomorrow, to outlive its order."""

from __future__ import annotations

import pytest

from beffroi.core.instants import TICKS90K_PER_S, US_PER_S
from beffroi.engine.rtp.timeline import Discontinuity, Timeline

NOW_US = 1_700_000_000_000_000
FRAME_US = 40_000


@pytest.mark.parametrize("step_s", [-1.9, 9.0, 0.5])
def test_a_creeping_timestamp_ends_the_run_before_the_picture_is_far_from_its_receipt(step_s: float) -> None:
    timeline = Timeline(0, NOW_US)
    with pytest.raises(Discontinuity):
        for number in range(1, 100_000):
            timestamp = round(number * step_s * TICKS90K_PER_S) & 0xFFFFFFFF
            receipt_us = NOW_US + number * FRAME_US
            _, at_us = timeline.place(timestamp, receipt_us)
            assert abs(at_us - receipt_us) < 45 * US_PER_S


def test_the_group_that_a_camera_kept_comes_at_once_and_ends_nothing() -> None:
    timeline = Timeline(0, NOW_US)
    for number in range(1, 12 * 25):
        timeline.place(number * 3600, NOW_US + 1000)
