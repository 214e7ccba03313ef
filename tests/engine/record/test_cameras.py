"""Cameras that do what no camera should."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.export import Export
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow
from beffroi.engine.record.check import check
from beffroi.engine.record.recorder import StreamRecorder
from beffroi.engine.stream import AccessUnit
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, opened

MAIN = StreamName.MAIN


def recorded(folder: Path, drive: Callable[[StreamRecorder], object]) -> list[FileRow]:
    """Files of a camera driven by `drive`; the folder must be consistent."""

    async def session() -> None:
        footage = opened(folder)
        await footage.start()
        drive(footage.recorder("c01", MAIN))
        await footage.close()

    asyncio.run(session())
    assert check(folder, now_us=START_AT_US).findings == ()
    with FootageReader(folder) as reader:
        return reader.files("c01", MAIN, 0, 1 << 62)


def fed(recorder: StreamRecorder, units: Iterable[AccessUnit]) -> None:
    recorder.open_run(clip().config, START_AT_US)
    for unit in units:
        recorder.frame(unit)


def picture(number: int, *, is_key: bool = False, late_us: int = 0, size: int = 40) -> AccessUnit:
    return AccessUnit([bytes(size)], size, number * 9000, at_us=START_AT_US + number * 100_000 + late_us, is_key=is_key)


def test_a_camera_that_never_sends_a_second_key_frame_still_gets_bounded_files(tmp_path: Path) -> None:
    files = recorded(tmp_path / "f", lambda recorder: fed(recorder, (picture(n, is_key=n == 0) for n in range(3000))))
    assert [(file.end_at_us - file.start_at_us) // US for file in files] == [120, 120, 60]
    assert sum(file.frames for file in files) == 3000
    assert [file.fragments[0].is_key for file in files] == [True, False, False]
    with FootageReader(tmp_path / "f") as reader:
        export = Export(reader, "c01", MAIN, from_at_us=START_AT_US + 130 * US, to_at_us=START_AT_US + 131 * US)
    assert export.given_from_at_us == START_AT_US


def test_frames_before_the_first_key_frame_are_left_out_and_counted(tmp_path: Path) -> None:
    dropped: list[int] = []

    def drive(recorder: StreamRecorder) -> None:
        fed(recorder, (picture(n, is_key=n == 7) for n in range(20)))
        dropped.append(recorder.dropped_frames)

    (file,) = recorded(tmp_path / "f", drive)
    assert (file.frames, dropped) == (13, [7])


def test_a_camera_with_huge_pictures_makes_more_fragments_not_larger_ones(tmp_path: Path) -> None:
    (file,) = recorded(
        tmp_path / "f", lambda recorder: fed(recorder, (picture(n, is_key=n == 0, size=9 << 20) for n in range(6)))
    )
    assert [fragment.frames for fragment in file.fragments] == [2, 2, 2]


def test_two_frames_with_one_time_are_both_kept(tmp_path: Path) -> None:
    (file,) = recorded(
        tmp_path / "f", lambda recorder: fed(recorder, [picture(0, is_key=True), picture(1), picture(1), picture(2)])
    )
    assert file.frames == 4


def test_a_clock_set_back_is_marked_and_the_folder_stays_consistent(tmp_path: Path) -> None:
    def drive(recorder: StreamRecorder) -> None:
        fed(recorder, (picture(n, is_key=n % 10 == 0) for n in range(100)))
        recorder.close_run(GapCause.CLOCK, START_AT_US + 10 * US)
        fed(recorder, (picture(n, is_key=n % 10 == 0, late_us=-3600 * US) for n in range(100)))

    files = recorded(tmp_path / "f", drive)
    assert sum(file.frames for file in files) == 200
    with FootageReader(tmp_path / "f") as reader:
        causes = {gap.cause for gap in reader.gaps("c01", MAIN, 0, 1 << 62)}
    assert GapCause.CLOCK in causes


def test_a_camera_whose_time_leaps_by_a_day_loses_nothing(tmp_path: Path) -> None:
    day = 24 * 3600 * 10
    files = recorded(
        tmp_path / "f",
        lambda recorder: fed(recorder, (picture(n if n < 25 else n + day, is_key=n % 10 == 0) for n in range(50))),
    )
    assert sum(file.frames for file in files) == 50


def test_times_no_file_can_hold_are_a_gap_of_that_camera_alone(tmp_path: Path) -> None:
    def drive(recorder: StreamRecorder) -> None:
        units = [picture(n, is_key=n % 10 == 0) for n in range(30)]
        for unit in units[10:20]:
            unit.ticks90k += 1 << 70
        fed(recorder, units)

    (file, other) = recorded(tmp_path / "f", drive)
    assert (file.frames, other.frames) == (10, 10)
    with FootageReader(tmp_path / "f") as reader:
        assert reader.gaps("c01", MAIN, 0, 1 << 62)[0].cause is GapCause.MALFORMED


def test_a_run_without_a_frame_leaves_no_file(tmp_path: Path) -> None:
    assert recorded(tmp_path / "f", lambda recorder: fed(recorder, [])) == []
    assert list((tmp_path / "f").rglob("*.mp4")) == []


def test_causes_follow_each_other_while_a_camera_is_away(tmp_path: Path) -> None:
    def drive(recorder: StreamRecorder) -> None:
        fed(recorder, (picture(n, is_key=n == 0) for n in range(20)))
        recorder.close_run(GapCause.SILENT, START_AT_US + 2 * US)
        recorder.close_run(GapCause.CONNECT, START_AT_US + 5 * US)
        recorder.close_run(GapCause.CONNECT, START_AT_US + 7 * US)

    recorded(tmp_path / "f", drive)
    with FootageReader(tmp_path / "f") as reader:
        gaps = reader.gaps("c01", MAIN, 0, 1 << 62)
    assert [(gap.cause, gap.from_at_us - START_AT_US) for gap in gaps] == [
        (GapCause.SILENT, 2 * US),
        (GapCause.CONNECT, 5 * US),
    ]
