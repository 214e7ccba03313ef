"""Recorded from servers others wrote: every frame kept, no error in the files, no audio track."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.clip import Clip
from tests.engine.foreign_servers.judging import FRAMES, Verdict, film, judge, record

pytestmark = pytest.mark.slow
Films = tuple[Path, dict[str, Clip]]
WHOLE_FILM_S = 7


def is_flawless(verdict: Verdict) -> None:
    assert (verdict.lost, verdict.damaged, verdict.complaints) == (0, 0, "")
    assert verdict.kinds == {"video"}
    assert verdict.read_frames >= verdict.frames


@pytest.mark.parametrize(
    ("scheme", "transport"), [("none", "tcp"), ("none", "udp"), ("basic", "udp"), ("digest", "tcp"), ("digest", "udp")]
)
def test_every_frame_of_gstreamers_server_is_kept(
    gstreamer: Callable[[str], str], films: Films, tmp_path: Path, scheme: str, transport: str
) -> None:
    base = gstreamer(scheme)
    names = ("h264", "h265", "audio-first-h264")
    _, report = record([f"{base}/{name}" for name in names], tmp_path / "f", seconds=WHOLE_FILM_S, transport=transport)
    for number, (name, camera) in enumerate(zip(names, report["cameras"], strict=True), 1):
        verdict = judge(films[1][name[-4:]], tmp_path / "f", number)
        is_flawless(verdict)
        assert (verdict.first, verdict.frames) == (0, FRAMES)
        assert camera["frames"] == verdict.read_frames
        assert (camera["codec"], camera["width"], camera["height"]) == (name[-4:], 320, 240)
        assert len(camera["refused_tracks"]) == 1
        assert "Beffroi-2026" not in camera["url"]


def test_every_frame_of_vlc_is_kept(vlc: str, films: Films, tmp_path: Path) -> None:
    record([vlc], tmp_path / "f", seconds=5, transport="udp")
    verdict = judge(film("h264", films[0] / "cache", frames=500), tmp_path / "f", 1)
    is_flawless(verdict)
    assert verdict.frames > 50


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_every_frame_packed_by_ffmpeg_and_relayed_by_perl_is_kept(
    relay: Callable[[str], str], films: Films, tmp_path: Path, codec: str
) -> None:
    record([relay(codec)], tmp_path / "f", seconds=5, transport="udp")
    verdict = judge(films[1][codec], tmp_path / "f", 1, loop=True)
    is_flawless(verdict)
    assert verdict.frames > 50
