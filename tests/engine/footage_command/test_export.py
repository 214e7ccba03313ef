"""What leaves the folder is what was recorded."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.errors import InvalidInput, NotFound
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.export import Export, ExportManifest, export_span, iter_export, manifest_of
from beffroi.engine.fmp4.reader import fragments, read_init
from beffroi.engine.index.reader import FootageReader
from tests.engine.fmp4.clips import START_AT_US, Clip, clip
from tests.engine.record.driving import US, record, runs, two_configs

MAIN = StreamName.MAIN


def exported(folder: Path, out: Path, from_s: float, to_s: float) -> ExportManifest:
    with FootageReader(folder) as reader:
        return export_span(
            reader,
            "c01",
            MAIN,
            from_at_us=START_AT_US + round(from_s * US),
            to_at_us=START_AT_US + round(to_s * US),
            out=out,
        )


def samples(path: Path) -> list[bytes]:
    content = path.read_bytes()
    with path.open("rb") as stream:
        init = read_init(stream.fileno())
        return [
            content[sample.offset : sample.offset + sample.size]
            for fragment in fragments(stream.fileno(), init.size_bytes, len(content))
            for sample in fragment.samples
        ]


def judged(path: Path) -> list[dict[str, Any]]:
    done = subprocess.run(["ffmpeg", "-v", "warning", "-i", path, "-map", "0", "-f", "null", "-"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stderr == ""
    probe = subprocess.run(
        ["ffprobe", "-v", "warning", "-show_entries", "packet=pts_time,flags,stream_index", "-of", "json", path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    packets: list[dict[str, Any]] = json.loads(probe.stdout)["packets"]
    return packets


def between(source: Clip, times: int, first: int, stop: int) -> list[bytes]:
    return [sample for sample, _, _ in source.frames * times][first:stop]


@pytest.mark.parametrize("span", [(2, 9), (5, 12), (11, 20)])
def test_gaps_at_the_ends_of_the_span_asked_are_listed(span: tuple[float, float], tmp_path: Path) -> None:
    runs(tmp_path / "f", clip(), [START_AT_US, START_AT_US + 10 * US])
    (gap,) = exported(tmp_path / "f", tmp_path / "out.mp4", *span).gaps
    found = gap.from_at_us - START_AT_US, gap.to_at_us and gap.to_at_us - START_AT_US
    assert found == ((14 * US, None) if span[1] == 20 else (4 * US, 10 * US))


OF_FORMAT_2 = """
    DROP TABLE proof; DROP TABLE leaf; DROP TABLE tile; DROP TABLE frontier;
    ALTER TABLE file RENAME COLUMN wrapped_key TO key_id; PRAGMA user_version = 2
"""


@pytest.mark.parametrize("downgrade", [OF_FORMAT_2, OF_FORMAT_2 + "; DROP INDEX file_extent; PRAGMA user_version = 1"])
def test_a_folder_of_an_older_format_is_exported(downgrade: str, tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    expected = exported(tmp_path / "f", tmp_path / "today.mp4", 0, 4)
    connection = sqlite3.connect(tmp_path / "f" / "index.sqlite3")
    connection.executescript(downgrade)
    connection.close()
    assert exported(tmp_path / "f", tmp_path / "out.mp4", 0, 4) == expected
    with FootageReader(tmp_path / "f") as reader:
        row = reader.file(1)
        assert row and reader.key_of(row) == b""
        assert (reader.proof(1), reader.log_head().size) == (None, 0)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_an_export_runs_from_the_key_frame_before_to_the_last_frame_before(codec: Any, tmp_path: Path) -> None:
    source = clip(codec, seconds=4)
    record(tmp_path / "f", source, times=35)
    manifest = exported(tmp_path / "f", tmp_path / "out.mp4", 57.5, 121.32)
    assert manifest.given_from_at_us == START_AT_US + 57 * US
    assert manifest.given_to_at_us == START_AT_US + 121_400_000
    assert samples(tmp_path / "out.mp4") == between(source, 35, 570, 1214)
    packets = judged(tmp_path / "out.mp4")
    assert [float(packet["pts_time"]) for packet in packets] == pytest.approx([n / 10 for n in range(644)], abs=1e-3)
    assert packets[0]["flags"].startswith("K")


def test_a_frame_at_the_end_of_the_span_is_outside(tmp_path: Path) -> None:
    record(tmp_path / "f", clip(), times=2)
    assert exported(tmp_path / "f", tmp_path / "out.mp4", 1, 2).frames == 10
    assert exported(tmp_path / "f", tmp_path / "out2.mp4", 1, 2.1).frames == 11


def test_b_frames_are_exported_whole(tmp_path: Path) -> None:
    source = clip("h264", b_frames=3, gop=20)
    record(tmp_path / "f", source, times=3)
    exported(tmp_path / "f", tmp_path / "out.mp4", 0, 12)
    assert samples(tmp_path / "out.mp4") == between(source, 3, 0, 120)
    judged(tmp_path / "out.mp4")


def test_a_gap_stays_a_jump_of_time_and_is_listed(tmp_path: Path) -> None:
    runs(tmp_path / "f", clip(), [START_AT_US, START_AT_US + 10 * US])
    manifest = exported(tmp_path / "f", tmp_path / "out.mp4", 2, 12)
    (gap,) = manifest.gaps
    assert (gap.from_at_us, gap.to_at_us, gap.cause) == (
        START_AT_US + 4 * US,
        START_AT_US + 10 * US,
        GapCause.SILENT,
    )
    assert [run.frames for run in manifest.runs] == [20, 20]
    times = [float(packet["pts_time"]) for packet in judged(tmp_path / "out.mp4")]
    assert times == pytest.approx([n / 10 for n in range(20)] + [8 + n / 10 for n in range(20)], abs=1e-3)


def test_a_span_that_begins_in_a_gap_starts_at_the_next_key_frame(tmp_path: Path) -> None:
    runs(tmp_path / "f", clip(), [START_AT_US, START_AT_US + 10 * US])
    assert exported(tmp_path / "f", tmp_path / "out.mp4", 6, 12).given_from_at_us == START_AT_US + 10 * US


def test_each_codec_configuration_has_its_track(tmp_path: Path) -> None:
    two_configs(tmp_path / "f", clip("h264"), clip("h265", width=320, height=192))
    manifest = exported(tmp_path / "f", tmp_path / "out.mp4", 0, 8)
    assert [config.codec for config in manifest.configs] == ["h264", "h265"]
    packets = judged(tmp_path / "out.mp4")
    assert [sum(packet["stream_index"] == track for packet in packets) for track in (0, 1)] == [40, 40]


def test_the_manifest_tells_the_digest_and_size_of_the_bytes(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    manifest = exported(tmp_path / "f", tmp_path / "out.mp4", 0.5, 3.33)
    content = (tmp_path / "out.mp4").read_bytes()
    assert (manifest.sha256, manifest.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert manifest.frames == len(samples(tmp_path / "out.mp4"))
    span = {"from_at_us": START_AT_US + US // 2, "to_at_us": START_AT_US + 3_330_000}
    with FootageReader(tmp_path / "f") as reader:
        assert b"".join(iter_export(reader, "c01", MAIN, **span)) == content
        assert manifest_of(reader, "c01", MAIN, **span) == manifest
        assert Export(reader, "c01", MAIN, **span).bytes == len(content)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    (tmp_path / "out.mp4").write_text("mine")
    with pytest.raises(InvalidInput, match="exists already"):
        exported(tmp_path / "f", tmp_path / "out.mp4", 0, 2)
    assert (tmp_path / "out.mp4").read_text() == "mine"


def test_a_span_without_footage_makes_no_file(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    with pytest.raises(NotFound):
        exported(tmp_path / "f", tmp_path / "out.mp4", 100, 102)
    assert not (tmp_path / "out.mp4").exists()
