"""Drives a real `Footage` from generated clips, without waiting for real time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from beffroi.core.clock import FakeClock
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.record.disk import Disk
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.recorder import StreamRecorder
from beffroi.engine.record.settings import FootageSettings
from tests.engine.fmp4.clips import START_AT_US, Clip

US = 1_000_000


def opened(folder: Path, *, disk: type[Disk] = Disk, **settings: object) -> Footage:
    """A footage folder under test: short ticks, a clock that stands at the clips' start."""
    return Footage.open(
        folder,
        clock=FakeClock(START_AT_US),
        node="n1",
        create=True,
        settings=FootageSettings(**{"tick_s": 0.05, **settings}),  # type: ignore[arg-type]
        disk=disk,
    )


def feed(recorder: StreamRecorder, source: Clip, *, from_at_us: int = START_AT_US, times: int = 1) -> int:
    """Send the clip `times` times in a row as one run, left open; returns the instant after its last frame."""
    span = len(source.frames) * 90_000 // source.fps
    recorder.open_run(source.config, from_at_us)
    for turn in range(times):
        for unit in source.units(at_us=from_at_us + turn * span * 100 // 9, ticks90k=turn * span):
            recorder.frame(unit)
    return from_at_us + times * span * 100 // 9


def record(folder: Path, source: Clip, *, camera: str = "c01", times: int = 1, at_us: int = START_AT_US) -> int:
    """One run of one camera from opening to closing of the folder; returns the instant of its end."""

    async def session() -> int:
        footage = opened(folder)
        await footage.start()
        recorder = footage.recorder(camera, StreamName.MAIN)
        end = feed(recorder, source, from_at_us=at_us, times=times)
        recorder.close_run(GapCause.CLOSED, end)
        await footage.close()
        return end

    return asyncio.run(session())


def runs(folder: Path, source: Clip, starts: Sequence[int], cause: GapCause = GapCause.SILENT) -> None:
    """Several runs of one camera, each ended with `cause`."""

    async def session() -> None:
        footage = opened(folder)
        await footage.start()
        recorder = footage.recorder("c01", StreamName.MAIN)
        for start in starts:
            recorder.close_run(cause, feed(recorder, source, from_at_us=start))
        await footage.close()

    asyncio.run(session())


async def eventually(true: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Return once `true()` is; fail after the deadline."""
    for _ in range(round(within_s / 0.01)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true in time")


def two_configs(folder: Path, first: Clip, second: Clip) -> None:
    """A run with one configuration, at once followed by a run with another."""

    async def session() -> None:
        footage = opened(folder)
        await footage.start()
        recorder = footage.recorder("c01", StreamName.MAIN)
        end = feed(recorder, first)
        recorder.close_run(GapCause.LOSS, end)
        recorder.close_run(GapCause.CLOSED, feed(recorder, second, from_at_us=end))
        await footage.close()

    asyncio.run(session())
