"""Instants follow the node's clock, smoothly."""

from __future__ import annotations

import itertools
import random

import pytest

from beffroi.engine.rtp.timeline import Discontinuity, Timeline

START_US = 1_790_000_000_000_000
FRAME = 3600
FRAME_US = 40_000


def test_batched_receipt_is_smoothed_to_a_few_milliseconds() -> None:
    chance = random.Random(5)
    timeline = Timeline(0, START_US)
    errors, read_at = [], 0.0
    for number in range(1, 2500):
        sent_us = number * FRAME_US
        while read_at < sent_us:
            read_at += chance.uniform(180_000, 210_000)
        _, at_us = timeline.place(number * FRAME, START_US + round(read_at))
        errors.append(at_us - START_US - sent_us)
    assert min(errors) >= 0 and max(errors[500:]) < 30_000
    assert max(errors[i] - errors[i - 1] for i in range(500, len(errors))) < 5_000


def test_instants_grow_and_timestamps_wrap() -> None:
    timeline = Timeline(0xFFFFFFFF - FRAME, START_US)
    placed = [
        timeline.place((0xFFFFFFFF - FRAME + n * FRAME) & 0xFFFFFFFF, START_US + n * FRAME_US) for n in range(1, 9)
    ]
    assert [ticks for ticks, _ in placed] == [n * FRAME for n in range(1, 9)]
    assert [at for _, at in placed] == [START_US + n * FRAME_US for n in range(1, 9)]


def test_a_burst_at_the_start_is_spread_and_never_goes_back() -> None:
    timeline = Timeline(0, START_US)
    instants = [timeline.place(n * FRAME, START_US + max(0, n - 50) * FRAME_US)[1] for n in range(1, 400)]
    assert all(after > before for before, after in itertools.pairwise(instants))
    assert abs(instants[-1] - (START_US + 349 * FRAME_US)) < 1_000


def test_a_camera_clock_that_drifts_is_followed() -> None:
    timeline = Timeline(0, START_US)
    for number in range(1, 5000):
        received = START_US + round(number * FRAME_US * 1.0003)
        _, at_us = timeline.place(number * FRAME, received)
        assert abs(at_us - received) < 10_000


def test_b_frames_go_back_and_forth() -> None:
    timeline = Timeline(0, START_US)
    order = [3, 1, 2, 6, 4, 5]
    placed = [timeline.place(n * FRAME, START_US + 6 * FRAME_US) for n in order]
    assert [ticks for ticks, _ in placed] == [n * FRAME for n in order]
    assert sorted(placed) == sorted(placed, key=lambda one: one[1])


@pytest.mark.parametrize("jump", [11 * 90_000, -3 * 90_000])
def test_a_timestamp_far_away_is_another_timeline(jump: int) -> None:
    timeline = Timeline(1_000_000, START_US)
    with pytest.raises(Discontinuity):
        timeline.place(1_000_000 + jump, START_US + 40_000)


def test_a_stream_that_falls_behind_for_good_is_another_timeline() -> None:
    timeline = Timeline(0, START_US)
    with pytest.raises(Discontinuity):
        for number in range(1, 2000):
            late_us = 0 if number < 100 else 3_000_000
            timeline.place(number * FRAME, START_US + number * FRAME_US + late_us, is_key=number % 50 == 0)
