"""From frames to files and rows."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from beffroi.core.errors import Conflict, DataLoss, InvalidInput
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.export import export_span
from beffroi.engine.fmp4.reader import fragments, read_init
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileState
from beffroi.engine.record.check import check
from beffroi.engine.stream import AccessUnit
from tests.engine.fmp4.clips import START_AT_US, Clip, clip
from tests.engine.record.driving import US, eventually, feed, opened, record, runs

ALL = (0, 1 << 62)


def test_every_frame_sent_is_in_a_file_ffmpeg_reads(tmp_path: Path) -> None:
    source = clip("h264", seconds=4)
    record(tmp_path / "f", source, times=40)
    with FootageReader(tmp_path / "f") as reader:
        files = reader.files("c01", StreamName.MAIN, *ALL)
        assert sum(file.frames for file in files) == 40 * len(source.frames)
        assert [file.end_at_us for file in files[:-1]] == [file.start_at_us for file in files[1:]]
        assert {file.state for file in files} == {FileState.SEALED}
        assert [round((file.end_at_us - file.start_at_us) / US) for file in files] == [60, 60, 40]
    for file in files:
        path = tmp_path / "f" / file.path
        assert path.stat().st_size == file.bytes
        done = subprocess.run(
            ["ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"], capture_output=True, text=True, check=True
        )
        assert done.stderr == ""


def test_the_fragment_table_is_what_the_boxes_say(tmp_path: Path) -> None:
    record(tmp_path / "f", clip("h264", b_frames=3, gop=50, seconds=10))
    with FootageReader(tmp_path / "f") as reader:
        (file,) = reader.files("c01", StreamName.MAIN, *ALL)
        config = reader.config(file.config_id)
    with (tmp_path / "f" / file.path).open("rb") as stream:
        init = read_init(stream.fileno())
        found = list(fragments(stream.fileno(), init.size_bytes, file.bytes))
    assert init.configs == (config,)
    assert init.identity is not None
    assert (init.identity.file, init.identity.start_at_us) == (file.id, file.start_at_us)
    assert [(f.offset, f.size, f.is_key, len(f.samples)) for f in found] == [
        (f.offset, f.size, f.is_key, f.frames) for f in file.fragments
    ]
    assert [f.start_at_us for f in found] == [f.start_at_us for f in file.fragments]
    assert len(file.fragments) > 2
    assert not all(f.is_key for f in file.fragments)


def test_gaps_join_the_runs_with_their_cause(tmp_path: Path) -> None:
    source = clip("h264", seconds=4)
    runs(tmp_path / "f", source, [START_AT_US, START_AT_US + 10 * US])
    with FootageReader(tmp_path / "f") as reader:
        first, last = reader.gaps("c01", StreamName.MAIN, *ALL)
    assert (first.from_at_us, first.to_at_us) == (START_AT_US + 4 * US, START_AT_US + 10 * US)
    assert first.cause is GapCause.SILENT
    assert (last.from_at_us, last.to_at_us) == (START_AT_US + 14 * US, None)


def test_an_unseen_moment_between_runs_is_no_gap(tmp_path: Path) -> None:
    runs(tmp_path / "f", clip("h264", seconds=4), [START_AT_US, START_AT_US + 4 * US + 9_000])
    with FootageReader(tmp_path / "f") as reader:
        (last,) = reader.gaps("c01", StreamName.MAIN, *ALL)
    assert last.to_at_us is None


def test_a_few_lost_frames_are_a_gap(tmp_path: Path) -> None:
    runs(tmp_path / "f", clip("h264", seconds=4), [START_AT_US, START_AT_US + 4 * US + 120_000], GapCause.LOSS)
    with FootageReader(tmp_path / "f") as reader:
        first, _ = reader.gaps("c01", StreamName.MAIN, *ALL)
    assert (first.cause, first.from_at_us, first.to_at_us) == (
        GapCause.LOSS,
        START_AT_US + 4 * US,
        START_AT_US + 4 * US + 120_000,
    )


def test_a_fragment_shows_as_pending_until_its_row_is_there(tmp_path: Path) -> None:
    async def session() -> None:
        footage = opened(tmp_path / "f", tick_s=30.0)
        await footage.start()
        recorder = footage.recorder("c01", StreamName.MAIN)
        feed(recorder, clip("h264", seconds=4))
        await eventually(lambda: recorder.frames == 30)
        pending = footage.pending_fragments("c01", StreamName.MAIN)
        assert [fragment.start_at_us for fragment in pending] == [START_AT_US + n * US for n in range(3)]
        assert pending[0].offset == pending[0].init_bytes
        await footage.close()
        assert footage.pending_fragments("c01", StreamName.MAIN) == []

    asyncio.run(session())


def test_a_second_node_on_the_folder_is_refused(tmp_path: Path) -> None:
    async def session() -> None:
        footage = opened(tmp_path / "f")
        await footage.start()
        with pytest.raises(Conflict, match="in use by another"):
            opened(tmp_path / "f")
        await footage.close()

    asyncio.run(session())


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(InvalidInput, match="not empty"):
        opened(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(InvalidInput, match="not a folder"):
        opened(tmp_path / "f")


@pytest.mark.parametrize("where", ["/proc/beffroi", "/dev/null/beffroi"])
def test_a_folder_that_cannot_be_made_is_refused(where: str) -> None:
    with pytest.raises(InvalidInput, match="is refused"):
        opened(Path(where))


def test_a_folder_made_by_a_start_that_was_cut_short_is_taken(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "beffroi.footage.new").write_text('{"for')
    opened(tmp_path / "f").abandon()


def test_a_damaged_index_is_said_in_one_line_and_gives_the_folder_back(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    index = tmp_path / "f" / "index.sqlite3"
    whole = index.read_bytes()
    index.write_bytes(b"not a database" * 1000)
    with pytest.raises(DataLoss, match="cannot be used"):
        opened(tmp_path / "f")
    index.write_bytes(whole)
    opened(tmp_path / "f").abandon()


def paused(folder: Path, source: Clip, *, at: int, pause_s: float) -> None:
    """One run of a camera that sends nothing for a while before picture `at`; its time goes on."""

    async def session() -> None:
        footage = opened(folder)
        await footage.start()
        recorder = footage.recorder("c01", StreamName.MAIN)
        recorder.open_run(source.config, START_AT_US)
        for number, unit in enumerate(source.units()):
            late = number >= at
            recorder.frame(
                AccessUnit(
                    unit.parts,
                    unit.size_bytes,
                    unit.ticks90k + late * round(pause_s * 90_000),
                    at_us=unit.at_us + late * round(pause_s * US),
                    is_key=unit.is_key,
                )
            )
        recorder.close_run(GapCause.CLOSED, START_AT_US + round((len(source.frames) / source.fps + pause_s) * US))
        await footage.close()

    asyncio.run(session())


@pytest.mark.parametrize("at", [17, 20])
def test_a_pause_within_a_run_is_a_gap_and_no_picture_is_lost(at: int, tmp_path: Path) -> None:
    source = clip("h264", seconds=6)
    paused(tmp_path / "f", source, at=at, pause_s=5.0)
    with FootageReader(tmp_path / "f") as reader:
        files = reader.files("c01", StreamName.MAIN, *ALL)
        gap, _ = reader.gaps("c01", StreamName.MAIN, *ALL)
        made = export_span(reader, "c01", StreamName.MAIN, from_at_us=0, to_at_us=1 << 62, out=tmp_path / "a.mp4")
    pause_us = START_AT_US + at * US // 10
    assert (gap.cause, gap.from_at_us, gap.to_at_us) == (GapCause.SILENT, pause_us, pause_us + 5 * US)
    assert [(file.run, file.frames) for file in files] == [(files[0].run, at), (files[0].run, 60 - at)]
    assert files[1].fragments[0].is_key == (at == 20)
    assert check(tmp_path / "f", now_us=START_AT_US).findings == ()
    assert made.frames == 60
    played = subprocess.run(
        ["ffmpeg", "-v", "warning", "-i", tmp_path / "a.mp4", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert played.stderr == ""


def test_a_slow_camera_makes_no_gap_of_each_picture(tmp_path: Path) -> None:
    async def session() -> None:
        footage = opened(tmp_path / "f")
        await footage.start()
        recorder = footage.recorder("c01", StreamName.MAIN)
        source = clip("h264", seconds=4)
        recorder.open_run(source.config, START_AT_US)
        sample = source.frames[0][0]
        for number in range(20):
            at_us = START_AT_US + number * 4 * US
            recorder.frame(AccessUnit([sample], len(sample), number * 360_000, at_us=at_us, is_key=True))
        recorder.close_run(GapCause.CLOSED, START_AT_US + 80 * US)
        await footage.close()

    asyncio.run(session())
    with FootageReader(tmp_path / "f") as reader:
        assert sum(file.frames for file in reader.files("c01", StreamName.MAIN, *ALL)) == 20
        (last,) = reader.gaps("c01", StreamName.MAIN, *ALL)
    assert last.to_at_us is None
