from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from beffroi.core.instants import to_us
from beffroi.simulator.burnt_clock import PARIS
from beffroi.simulator.cameras import CameraSpec, invented_cameras
from beffroi.simulator.evening import Evening
from beffroi.simulator.preparation import default_cache
from beffroi.simulator.sky import Sky, sky_at


def evening(start: datetime, end: datetime, cache: Path) -> Evening:
    nine = start.astimezone(PARIS).replace(hour=21, minute=0, second=0, microsecond=0)
    return Evening(from_at_us=to_us(start), to_at_us=to_us(end), fire_at_us=to_us(nine), town=None, cache=cache)


def minutes_with_fire(spec: CameraSpec, tmp_path: Path) -> int:
    start, end = datetime(2026, 11, 5, 21, 35, tzinfo=PARIS), datetime(2026, 11, 5, 21, 55, tzinfo=PARIS)
    one = evening(start, end, tmp_path)
    return sum(job.fire > 0 for job in one.jobs(spec))


def test_the_bin_burns_for_thirteen_minutes_where_it_can_be_seen(tmp_path: Path) -> None:
    capelle, mandarous = (
        next(spec for spec in invented_cameras(12) if spec.short_name == name)
        for name in ("CAPELLE > PARKING", "MANDAROUS > BONALD")
    )
    assert minutes_with_fire(capelle, tmp_path) == 13
    assert minutes_with_fire(mandarous, tmp_path) == 0


@pytest.mark.slow
def test_footage_of_the_past_begins_on_a_key_frame_and_counts_on_over_minutes(cameras: Sequence[CameraSpec]) -> None:
    start = datetime(2026, 6, 3, 10, 0, 50, 300_000, tzinfo=UTC)
    assert sky_at(to_us(start)) is Sky.DAY
    past = evening(start, start.replace(minute=1, second=10), default_cache())
    shots = list(past.shots(cameras[1], "main"))
    assert shots[0].is_key and to_us(start) <= shots[0].at_us < to_us(start) + 2_100_000
    assert {b.ticks90k - a.ticks90k for a, b in pairwise(shots)} == {7500}
    assert sum(shot.is_key for shot in shots) == -(-len(shots) // cameras[1].gop)
    assert all(nal[0] & 0x1F in (1, 5) for shot in shots for nal in shot.nals)
