"""A disk that stalls, fills up, fails or loses power: nothing is lost silently, nothing false is acknowledged."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from beffroi.engine.contract import FactKind, GapCause, StreamName
from beffroi.engine.index.events import Written
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import GapRow
from beffroi.engine.index.writer import IndexWriter
from beffroi.engine.record.check import check
from beffroi.engine.record.footage import Footage
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, eventually, feed, opened
from tests.engine.record.faulty import FaultyDisk, faultless

MAIN = StreamName.MAIN


@pytest.fixture(autouse=True)
def _faultless() -> Iterator[None]:
    faultless()
    yield
    faultless()


def told(folder: Path) -> tuple[int, list[GapRow]]:
    """Frames in the index, and gaps; the folder must be consistent."""
    assert check(folder, now_us=START_AT_US).findings == ()
    with FootageReader(folder) as reader:
        files = reader.files("c01", MAIN, 0, 1 << 62)
        return sum(file.frames for file in files), reader.gaps("c01", MAIN, 0, 1 << 62)


def test_a_stalled_disk_is_absorbed_by_the_pool(tmp_path: Path) -> None:
    async def session() -> Footage:
        footage = opened(tmp_path / "f", disk=FaultyDisk)
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        FaultyDisk.running.clear()
        end = feed(recorder, clip(), times=10)
        assert recorder.frames == 0
        FaultyDisk.running.set()
        recorder.close_run(GapCause.CLOSED, end)
        await footage.close()
        return footage

    footage = asyncio.run(session())
    frames, gaps = told(tmp_path / "f")
    assert frames == 400
    assert [gap.cause for gap in gaps] == [GapCause.CLOSED]
    assert footage.pool.bytes == 0
    assert footage.pool.high_water_bytes > 400 * 100


def test_what_the_pool_cannot_take_is_a_counted_gap(tmp_path: Path) -> None:
    async def session() -> int:
        footage = opened(tmp_path / "f", disk=FaultyDisk, pool_max_bytes=60_000)
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        FaultyDisk.running.clear()
        end = feed(recorder, clip(), times=10)
        FaultyDisk.running.set()
        await eventually(lambda: footage.pool.bytes == 0)
        recorder.close_run(GapCause.SILENT, end)
        recorder.close_run(GapCause.CLOSED, feed(recorder, clip(), from_at_us=end))
        await footage.close()
        assert recorder.gaps[0].cause is GapCause.DISK_STALLED
        return recorder.dropped_frames

    dropped = asyncio.run(session())
    frames, gaps = told(tmp_path / "f")
    assert dropped > 0
    assert frames + dropped == 440
    assert gaps[0].cause is GapCause.DISK_STALLED
    assert {gap.cause for gap in gaps} <= {GapCause.DISK_STALLED, GapCause.SILENT, GapCause.CLOSED}


def test_a_full_disk_is_a_gap_that_ends_when_there_is_room(tmp_path: Path) -> None:
    async def session() -> None:
        footage = opened(tmp_path / "f", disk=FaultyDisk)
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        recorder.open_run(clip().config, START_AT_US)
        for number, unit in enumerate(clip(seconds=12).units()):
            if number in (41, 81):
                await eventually(lambda: footage.pool.bytes == 0)
                FaultyDisk.failing_writes = errno.ENOSPC if number == 41 else 0
            recorder.frame(unit)
        await footage.close()
        assert recorder.dropped_frames == 40
        assert recorder.gaps == (_gap(4, 8, GapCause.DISK_FULL),)

    asyncio.run(session())
    frames, gaps = told(tmp_path / "f")
    assert frames == 80
    assert gaps[0] == _gap(4, 8, GapCause.DISK_FULL)


def _gap(from_s: float, to_s: float, cause: GapCause) -> GapRow:
    return GapRow(
        camera="c01",
        stream=MAIN,
        from_at_us=START_AT_US + round(from_s * US),
        to_at_us=START_AT_US + round(to_s * US),
        cause=cause,
    )


def test_footage_of_a_failed_sync_is_never_acknowledged(tmp_path: Path) -> None:
    facts: list[FactKind] = []

    async def session() -> None:
        footage = opened(tmp_path / "f", disk=FaultyDisk, on_fact=lambda kind, camera, detail: facts.append(kind))
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        recorder.open_run(clip().config, START_AT_US)
        for number, unit in enumerate(clip(seconds=12).units()):
            if number in (41, 81):
                await eventually(lambda: footage.pool.bytes == 0 and not footage.pending_fragments("c01", MAIN))
                FaultyDisk.failing_syncs = 1 if number == 41 else 0
            recorder.frame(unit)
        await eventually(lambda: not footage.pending_fragments("c01", MAIN))
        await footage.close()

    asyncio.run(session())
    frames, gaps = told(tmp_path / "f")
    assert gaps[0].cause is GapCause.CORRUPT
    assert gaps[0].from_at_us == START_AT_US + 4 * US
    assert 80 <= frames < 120
    assert FactKind.DISK_PRESSURE in facts


def test_rows_are_committed_only_after_a_sync_that_follows_the_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replays every power cut: at each commit, all that it acknowledges was synced before."""

    async def session() -> None:
        footage = opened(tmp_path / "f", disk=FaultyDisk)
        apply = footage._index.apply

        def watched(events: Any) -> Any:
            FaultyDisk.calls.append(f"commit {sum(isinstance(event, Written) for event in events)}")
            return apply(events)

        monkeypatch.setattr(footage._index, "apply", watched)
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        recorder.open_run(clip().config, START_AT_US)
        for unit in clip(seconds=12).units():
            recorder.frame(unit)
            await asyncio.sleep(0.005)
        await footage.close()

    asyncio.run(session())
    synced = acknowledged = writes = 0
    for call in FaultyDisk.calls:
        kind, _, count = call.partition(" ")
        if kind == "write":
            writes += 1
        elif kind == "sync":
            synced = writes
        elif kind == "commit":
            acknowledged += int(count)
            assert acknowledged + 1 <= synced or acknowledged == 0  # and the init segment
    assert acknowledged == 12


def test_the_index_survives_a_power_cut_because_every_commit_is_synced(tmp_path: Path) -> None:
    writer = IndexWriter(_new_folder(tmp_path))
    synchronous = writer._connection.execute("PRAGMA synchronous").fetchone()
    mode = writer._connection.execute("PRAGMA journal_mode").fetchone()
    writer.close()
    assert (synchronous, mode) == ((2,), ("wal",))


def _new_folder(tmp_path: Path) -> Path:
    (tmp_path / "f").mkdir()
    return tmp_path / "f"


def test_an_index_that_refuses_for_a_while_loses_nothing(tmp_path: Path) -> None:
    async def session() -> None:
        footage = opened(tmp_path / "f", disk=FaultyDisk)
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        footage._index._connection.execute("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(tmp_path / "f" / "index.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        end = feed(recorder, clip(), times=3)
        await eventually(lambda: footage.failing)
        other.execute("ROLLBACK")
        other.close()
        await eventually(lambda: not footage.failing)
        recorder.close_run(GapCause.CLOSED, end)
        await footage.close()

    asyncio.run(session())
    frames, _ = told(tmp_path / "f")
    assert frames == 120


def test_files_of_a_broken_stretch_do_not_overlap(tmp_path: Path) -> None:
    test_a_full_disk_is_a_gap_that_ends_when_there_is_room(tmp_path)
    with FootageReader(tmp_path / "f") as reader:
        files = reader.files("c01", MAIN, 0, 1 << 62)
    assert len(files) == 2
    assert all(one.end_at_us <= other.start_at_us for one, other in pairwise(files))
    assert all(file.fragments[0].is_key for file in files)


def test_a_mistake_of_ours_while_writing_is_a_gap_and_no_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes, write = iter(range(1 << 30)), FaultyDisk.write

    def failing(disk: FaultyDisk, fd: int, pieces: list[bytes]) -> None:
        if next(writes) == 4:
            write(disk, fd, [b"half of a"])
            raise LookupError("a mistake of ours")
        write(disk, fd, pieces)

    monkeypatch.setattr(FaultyDisk, "write", failing)

    async def session() -> None:
        footage = opened(tmp_path / "f", disk=FaultyDisk)
        await footage.start()
        recorder = footage.recorder("c01", MAIN)
        recorder.close_run(GapCause.CLOSED, feed(recorder, clip(), times=5))
        await footage.close()

    asyncio.run(session())
    frames, gaps = told(tmp_path / "f")
    assert 150 <= frames < 200
    assert [gap.cause for gap in gaps] == [GapCause.DISK_STALLED, GapCause.CLOSED]
