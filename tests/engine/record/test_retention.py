"""What must go goes, what must stay stays, and a wrong clock destroys nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beffroi.core.clock import FakeClock
from beffroi.engine.contract import Erasure, FactKind, Hold, StreamName
from beffroi.engine.index.doom import Doom
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow, FileState
from beffroi.engine.index.writer import IndexWriter
from beffroi.engine.record.check import check
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.keeper import Keeper
from beffroi.engine.record.retention import ClockWatch, RetentionPolicy, is_held
from beffroi.engine.record.settings import FootageSettings
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, eventually, record
from tests.engine.record.faulty import FaultyDisk, faultless

MAIN = StreamName.MAIN
Facts = list[tuple[FactKind, dict[str, Any]]]


class Kept:
    """Four files of a minute, one of 40 s, and a keeper whose clock the test moves."""

    def __init__(self, folder: Path, **limits: int) -> None:
        faultless()
        self.folder = folder
        record(folder, clip(), times=70)
        self.facts: Facts = []
        self.clock = FakeClock(START_AT_US + 280 * US)
        self.index = IndexWriter(folder)
        self.disk = FaultyDisk(folder)
        settings = FootageSettings(on_fact=lambda kind, _, detail: self.facts.append((kind, detail)), **limits)
        newest = START_AT_US + 280 * US
        self.newest_at_us = newest
        self.settings = settings
        self.keeper = Keeper(self.disk, self.index.doom, self.clock, settings=settings, newest_at_us=newest)

    def maintain(self, after_s: float = 20) -> list[FileRow]:
        """Files left once `after_s` have passed."""
        self.clock.advance(after_s)
        self.keeper.maintain()
        assert check(self.folder, now_us=START_AT_US).findings == ()
        with FootageReader(self.folder) as reader:
            rows = reader.files("c01", MAIN, 0, 1 << 62)
        assert {path.name for path in self.folder.rglob("*.mp4")} == {Path(row.path).name for row in rows}
        return rows

    def close(self) -> None:
        self.index.close()
        self.disk.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "f")
    yield made
    made.close()


def starts(rows: list[FileRow]) -> list[int]:
    return [(row.start_at_us - START_AT_US) // US for row in rows]


def test_a_file_goes_when_its_first_frame_reaches_the_limit(kept: Kept) -> None:
    kept.keeper.apply("c01", RetentionPolicy(retention_s=300))
    assert starts(kept.maintain(20)) == [0, 60, 120, 180, 240]
    assert starts(kept.maintain(10)) == [60, 120, 180, 240]
    assert starts(kept.maintain(60)) == [120, 180, 240]
    kinds = [kind for kind, _ in kept.facts]
    assert kinds == [FactKind.FOOTAGE_DESTROYED] * 2
    assert kept.facts[0][1]["reason"] == "retention"
    assert kept.facts[0][1]["files"] == 1


def test_a_hold_keeps_only_the_files_it_touches_and_only_until_its_date(kept: Kept) -> None:
    hold = Hold(
        id="h1",
        from_at_us=START_AT_US + 70 * US,
        to_at_us=START_AT_US + 80 * US,
        until_at_us=START_AT_US + 2000 * US,
    )
    kept.keeper.apply("c01", RetentionPolicy(retention_s=300, holds=(hold,)))
    rows = kept.maintain(1000)
    assert starts(rows) == [60]
    assert rows[0].state is FileState.HELD
    assert starts(kept.maintain(1000)) == []


def test_a_lock_on_a_camera_that_streams_no_more_keeps_its_footage(kept: Kept) -> None:
    kept.keeper.apply("c01", RetentionPolicy(retention_s=300))
    hold = Hold(id="h", from_at_us=START_AT_US, to_at_us=START_AT_US + 1, until_at_us=START_AT_US + 10_000 * US)
    kept.keeper.keep("c01", (hold,))
    kept.keeper.keep("c99", (hold,))  # no footage of it here
    assert starts(kept.maintain(1000)) == [0]
    kept.keeper.keep("c01", ())
    assert starts(kept.maintain(1000)) == []


def test_footage_of_a_test_that_is_over_goes_whatever_its_retention_its_minimum_and_its_holds(kept: Kept) -> None:
    hold = Hold(id="h", from_at_us=START_AT_US, to_at_us=START_AT_US + 300 * US, until_at_us=START_AT_US + 9_000 * US)
    policy = RetentionPolicy(retention_s=86_400, minimum_retention_s=86_400, holds=(hold,))
    kept.keeper.apply("c01", policy)
    assert [row.state for row in kept.maintain(1)] == [FileState.HELD] * 5
    test = Erasure(camera="c01", from_at_us=START_AT_US + 60 * US, before_at_us=START_AT_US + 181 * US)
    kept.keeper.erase((test,))
    assert starts(kept.maintain()) == [0, 240]  # what was there before the test, and after it, stays
    assert {detail["reason"] for _, detail in kept.facts} == {"test"}
    assert sum(detail["files"] for _, detail in kept.facts) == 3


def test_footage_of_a_test_goes_though_its_camera_is_barred_and_has_no_policy(kept: Kept) -> None:
    kept.keeper.erase((Erasure(camera="c01", from_at_us=0, before_at_us=1 << 60),))
    assert kept.maintain() == []
    assert kept.facts[0][0] is FactKind.FOOTAGE_DESTROYED


def test_a_test_is_not_erased_by_a_clock_that_was_set(kept: Kept) -> None:
    kept.keeper.erase((Erasure(camera="c01", from_at_us=0, before_at_us=1 << 60),))
    kept.clock.jump(400_000_000)
    assert len(kept.maintain(60)) == 5


def test_footage_of_a_camera_without_policy_stays_whatever_the_age_and_the_room(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "f", min_free_bytes=1000)
    FaultyDisk.free = 0
    assert len(kept.maintain(1_000_000)) == 5
    kept.close()


def test_a_policy_outlives_a_restart_and_the_cameras_place_in_the_desired_state(kept: Kept) -> None:
    hold = Hold(id="h", from_at_us=START_AT_US, to_at_us=START_AT_US + 1, until_at_us=START_AT_US + 10_000 * US)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=300, holds=(hold,)))
    assert len(kept.maintain(1)) == 5
    kept.keeper = Keeper(kept.disk, kept.index.doom, kept.clock, settings=kept.settings, newest_at_us=kept.newest_at_us)
    assert starts(kept.maintain(1000)) == [0]


@pytest.mark.parametrize("jump_s", [400_000_000, -400_000])
def test_a_clock_that_was_set_destroys_nothing_and_says_so(kept: Kept, jump_s: int) -> None:
    kept.keeper.apply("c01", RetentionPolicy(retention_s=300))
    kept.clock.jump(jump_s)
    assert len(kept.maintain(60)) == 5
    assert [kind for kind, _ in kept.facts] == [FactKind.CLOCK_JUMP]
    assert kept.facts[0][1]["destruction_suspended"] is True
    kept.clock.jump(-jump_s)
    assert len(kept.maintain(60)) < 5


def test_a_clock_behind_the_newest_footage_destroys_nothing(tmp_path: Path) -> None:
    watch = ClockWatch(1000, 5.0, START_AT_US)
    assert watch.is_suspect(1000, 5.0)


def test_disk_pressure_takes_the_oldest_first_and_stops_when_there_is_room(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "f", min_free_bytes=1000)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=100_000))
    FaultyDisk.free = 999
    assert starts(kept.maintain()) == [60, 120, 180, 240]
    FaultyDisk.free = 1000
    assert starts(kept.maintain()) == [60, 120, 180, 240]
    assert [kind for kind, _ in kept.facts] == [FactKind.DISK_PRESSURE, FactKind.FOOTAGE_DESTROYED]
    assert kept.facts[1][1]["reason"] == Doom.PRESSURE
    kept.close()


def test_the_minimum_is_not_touched_without_an_alarm(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "f", min_free_bytes=1000)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=100_000, minimum_retention_s=280))
    FaultyDisk.free = 0
    assert starts(kept.maintain()) == [60, 120, 180, 240]
    assert starts(kept.maintain(20)) == [120, 180, 240]
    pressures = [detail["below_minimum"] for kind, detail in kept.facts if kind is FactKind.DISK_PRESSURE]
    assert pressures == [False, True]
    kept.close()


def test_held_files_are_excluded_from_pressure(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "f", min_free_bytes=1000)
    hold = Hold(id="h", from_at_us=START_AT_US, to_at_us=START_AT_US + 1, until_at_us=START_AT_US + 10_000 * US)
    kept.keeper.apply("c01", RetentionPolicy(retention_s=100_000, holds=(hold,)))
    FaultyDisk.free = 0
    assert starts(kept.maintain()) == [0, 120, 180, 240]
    kept.close()


def test_a_cap_holds_the_total_down(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "f")
    kept.keeper.apply("c01", RetentionPolicy(retention_s=100_000))
    rows = kept.maintain()
    kept.keeper.set_cap(sum(row.bytes for row in rows) - 1)
    assert starts(kept.maintain()) == [60, 120, 180, 240]
    kept.close()


@pytest.mark.parametrize("step", ["unlink", "sync folder", "tell", "forget"])
def test_a_destruction_cut_short_is_finished_at_the_next_start(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path / "f")
    kept.keeper.apply("c01", RetentionPolicy(retention_s=350))

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if step == "tell":
        object.__setattr__(kept.keeper._settings, "on_fact", cut)
    elif step == "forget":
        monkeypatch.setattr(kept.index.doom, "forget", cut)
    else:
        monkeypatch.setattr(kept.disk, step.replace(" ", "_"), cut)
    with pytest.raises(KeyboardInterrupt):
        kept.maintain(100)
    monkeypatch.undo()
    kept.close()
    told: list[dict[str, Any]] = []

    async def session() -> None:
        settings = FootageSettings(tick_s=0.05, on_fact=lambda kind, camera, detail: told.append(detail))
        footage = Footage.open(tmp_path / "f", clock=kept.clock, node="n1", create=False, settings=settings)
        assert check(tmp_path / "f", now_us=START_AT_US).findings == ()
        await footage.start()
        await eventually(lambda: bool(told))
        await footage.close()

    asyncio.run(session())
    with FootageReader(tmp_path / "f") as reader:
        assert starts(reader.files("c01", MAIN, 0, 1 << 62)) == [60, 120, 180, 240]
        assert reader.file(1) is None
    assert [detail["files"] for detail in told] == [1]


spans = st.tuples(st.integers(0, 100), st.integers(0, 100)).filter(lambda span: span[0] < span[1])


@settings(deadline=None)
@given(spans, st.lists(spans, max_size=5))
def test_a_file_is_held_exactly_when_a_held_instant_lies_in_it(
    file: tuple[int, int], held: list[tuple[int, int]]
) -> None:
    holds = [Hold(id="h", from_at_us=start, to_at_us=end, until_at_us=1) for start, end in held]
    instants = {at for start, end in held for at in range(start, end)}
    assert is_held(*file, holds) == bool(instants & set(range(*file)))


@settings(deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**17))
def test_no_frame_outlives_its_retention_and_none_under_it_goes(retention_s: int, age_s: int, start_us: int) -> None:
    policy = RetentionPolicy(retention_s=retention_s)
    expired = start_us < policy.expired_before_us(start_us + age_s * US)
    assert expired == (age_s > retention_s)


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6), st.floats(0, 10**7))
def test_small_drift_is_discipline_and_large_jumps_are_suspect(drift_us: int, elapsed_s: float) -> None:
    watch = ClockWatch(START_AT_US, 0.0, 0)
    wall = START_AT_US + round(elapsed_s * US)
    assert not watch.is_suspect(wall + drift_us, elapsed_s)
    assert watch.is_suspect(wall + 61 * US, elapsed_s)
    assert watch.jump_us(wall + 3600 * US, elapsed_s) == pytest.approx(3600 * US, abs=2)
    assert watch.jump_us(wall + 3600 * US, elapsed_s) == 0
