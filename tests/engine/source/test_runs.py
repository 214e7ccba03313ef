"""Runs: what a stream that breaks all the time may cost."""

from __future__ import annotations

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
