"""Runs: what a stream that breaks all the time may cost."""

from __future__ import annotations

import itertools
import random

import pytest

from beffroi.engine.contract import GapCause
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.source.runs import Runs
from tests.engine.rtp.clips import clip
from tests.engine.source.collecting import Collector


def test_a_stream_that_breaks_at_every_picture_leaves_a_gap_not_a_file_a_picture(collector: Collector) -> None:
    runs = Runs(collector, on_open=lambda: None)
    runs.connected(ParameterSets("h264", clip("h264").sets))
    for number in range(500):
        runs.received(number * 40_000, number * 0.04)
        runs.picture([b"picture"], 7, number * 3600, is_key=True)
        runs.lost(1)
    assert len(collector.configs) == 120
    assert collector.events[-1] == GapCause.MALFORMED.value
    assert len(collector.causes) == 121
    runs.received(70_000_000, 70.0)
    runs.picture([b"picture"], 7, 500 * 3600, is_key=True)
    assert collector.events[-2:] == ["open", "key"]


FRAME_US = 40_000
START_US = 1_790_000_000_000_000


class Stream:
    """25 pictures a second, read in batches; the camera's time and the node's go their own ways."""

    def __init__(self, sink: Collector) -> None:
        self.runs = Runs(sink, on_open=lambda: None)
        self.runs.connected(ParameterSets("h264", clip("h264").sets))
        self.number = 0
        self.pause_us = 0
        self._chance = random.Random(3)
        self._read_us = 0.0

    @property
    def sent_us(self) -> int:
        """When the next picture leaves the camera, on the node's clock."""
        return self.number * FRAME_US + self.pause_us

    def arrives(self, at_us: float) -> None:
        self.runs.received(START_US + round(at_us), at_us / 1e6)
        self.runs.picture([b"picture"], 7, self.number * 3600, is_key=self.number % 50 == 0)
        self.number += 1

    def plays(self, pictures: int) -> None:
        """In real time, each read with those of its batch."""
        for _ in range(pictures):
            while self._read_us < self.sent_us:
                self._read_us += self._chance.uniform(180_000, 210_000)
            self.arrives(self._read_us)


@pytest.mark.parametrize("pause_s", [1.6, 3.0, 7.5])
def test_a_pause_in_which_the_cameras_time_stood_still_shows_in_the_instants(
    pause_s: float, collector: Collector
) -> None:
    stream = Stream(collector)
    stream.plays(1013)
    stream.pause_us = int(pause_s * 1e6)
    stream.plays(1000)
    assert len(collector.units) == 2013
    errors = [
        unit.at_us - START_US - number * FRAME_US - (stream.pause_us if number >= 1013 else 0)
        for number, unit in enumerate(collector.units)
    ]
    assert max(errors[500:]) < 60_000 and min(errors) >= -1_000
    steps = [later.at_us - earlier.at_us for earlier, later in itertools.pairwise(collector.units)]
    assert abs(steps[1012] - stream.pause_us) < 150_000
    assert collector.units[1013].ticks90k - collector.units[1012].ticks90k > pause_s * 85_000
    assert collector.events.count("open") == 1 and not collector.causes


@pytest.mark.parametrize("catch_up_us", [0, 5_000])
def test_a_stall_of_the_network_moves_no_instant(catch_up_us: int, collector: Collector) -> None:
    stream = Stream(collector)
    stream.plays(1013)
    at_us: float = stream.sent_us + 4_000_000
    while at_us > stream.sent_us:
        stream.arrives(at_us)
        at_us += catch_up_us
    stream._read_us = at_us
    stream.plays(500)
    errors = [unit.at_us - START_US - number * FRAME_US for number, unit in enumerate(collector.units)]
    assert len(collector.units) == stream.number
    assert max(errors[500:]) < 60_000 and min(errors) >= -1_000
    assert not collector.causes


def test_what_was_held_when_the_camera_left_is_given_out_with_right_instants(collector: Collector) -> None:
    stream = Stream(collector)
    stream.plays(1013)
    stream.pause_us = 3_000_000
    stream.plays(4)
    assert len(collector.units) == 1013
    stream.runs.absent(GapCause.CONNECT, START_US + stream.sent_us)
    assert len(collector.units) == 1017
    assert abs(collector.units[-1].at_us - START_US - 1016 * FRAME_US - 3_000_000) < 250_000


def test_a_camera_of_a_picture_in_two_seconds_is_not_held_up(collector: Collector) -> None:
    stream = Stream(collector)
    for number in range(50):
        stream.runs.received(START_US + number * 2_000_000, number * 2.0)
        stream.runs.picture([b"picture"], 7, number * 180_000, is_key=number % 10 == 0)
        assert len(collector.units) == number + 1
