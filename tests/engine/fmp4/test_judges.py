"""ffprobe, ffmpeg and GStreamer read what we write."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from beffroi.engine.fmp4.fragment import FragmentBuilder
from beffroi.engine.fmp4.init import Identity, init_segment
from beffroi.engine.stream import AccessUnit
from tests.engine.fmp4.clips import START_AT_US, Clip, clip

IDENTITY = Identity(camera="c01", stream="main", run=1, file=1, start_at_us=START_AT_US, start_ticks90k=0, node="n1")
CLIPS = {
    "h264": lambda: clip("h264"),
    "h264 with B-frames": lambda: clip("h264", b_frames=3, gop=20),
    "h265": lambda: clip("h265"),
    "h265 with B-frames": lambda: clip("h265", b_frames=3, gop=20),
    "h265 with open groups": lambda: clip("h265", b_frames=3, gop=20, open_gop=1),
}


def by_key(units: list[AccessUnit]) -> list[list[AccessUnit]]:
    groups: list[list[AccessUnit]] = []
    for unit in units:
        if unit.is_key:
            groups.append([])
        groups[-1].append(unit)
    return groups


def written(source: Clip, path: Path) -> Path:
    groups = by_key(source.units())
    ends = [group[0].ticks90k for group in groups[1:]] + [groups[-1][0].ticks90k + 90_000 * 2]
    builder = FragmentBuilder(0)
    with path.open("wb") as out:
        out.write(init_segment([source.config], IDENTITY))
        for group, end in zip(groups, ends, strict=True):
            out.write(builder.header(group, end))
            out.writelines(unit.sample() for unit in group)
    return path


def run(*command: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", CLIPS)
def test_ffmpeg_decodes_every_frame_without_a_warning(name: str, tmp_path: Path) -> None:
    source = CLIPS[name]()
    path = written(source, tmp_path / "a.mp4")
    done = run("ffmpeg", "-v", "warning", "-i", str(path), "-f", "null", "-")
    assert (done.returncode, done.stderr) == (0, "")
    count = run(
        "ffprobe", "-v", "warning", "-count_frames", "-show_entries", "stream=nb_read_frames,codec_type", "-of", "json",
        str(path),
    )  # fmt: skip
    assert count.stderr == ""
    assert json.loads(count.stdout)["streams"] == [{"codec_type": "video", "nb_read_frames": str(len(source.frames))}]


@pytest.mark.parametrize("name", CLIPS)
def test_presentation_times_survive_and_decode_times_never_go_back(name: str, tmp_path: Path) -> None:
    source = CLIPS[name]()
    path = written(source, tmp_path / "a.mp4")
    done = run("ffprobe", "-v", "error", "-show_entries", "packet=pts,dts", "-of", "json", str(path))
    packets = json.loads(done.stdout)["packets"]
    assert all(before["dts"] < after["dts"] for before, after in pairwise(packets))
    first = packets[0]["pts"]
    wanted = source.units()
    assert [packet["pts"] - first for packet in packets] == [unit.ticks90k for unit in wanted]


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.slow
def test_gstreamer_plays_every_frame(name: str, tmp_path: Path) -> None:
    path = written(CLIPS[name](), tmp_path / "a.mp4")
    done = run("gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "qtdemux", "!", "fakesink")
    assert (done.returncode, done.stderr) == (0, "")
