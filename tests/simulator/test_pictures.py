"""Every decoder takes what the simulator writes, and reads the right time in it."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from beffroi.core.instants import from_us
from beffroi.simulator.burnt_clock import read_clock, read_text
from beffroi.simulator.preparation import FPS, SUB_EACH
from beffroi.simulator.reel import Projector

OfStream = Callable[[int, str], Projector]
BEFORE_MINUTE_US = 1_794_000_000_000_000 // 60_000_000 * 60_000_000 - 4_000_000
pytestmark = pytest.mark.slow


def stream(projector: Projector, seconds: float, start_us: int = BEFORE_MINUTE_US) -> tuple[bytes, list[int]]:
    """Annex B bytes from a key frame on, and the instants of the frames."""
    first = start_us * FPS // 1_000_000
    first += -first % projector.reel.gop
    out = bytearray()
    instants = []
    for number in range(first, first + int(seconds * FPS)):
        at_us = number * 1_000_000 // FPS
        for nal in projector.frame(number % (60 * FPS), at_us):
            out += b"\0\0\0\1" + nal
        instants.append(at_us)
    return bytes(out), instants


def decoded(raw: bytes, codec: str) -> list[np.ndarray]:
    with av.open(io.BytesIO(raw), format="hevc" if codec == "h265" else "h264", mode="r") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize(("camera", "name"), [(0, "main"), (0, "sub"), (1, "main"), (2, "main")])
def test_ffmpeg_decodes_two_minutes_and_their_three_seams_without_a_word(
    projector: OfStream, tmp_path: Path, camera: int, *, name: str
) -> None:
    one = projector(camera, name)
    raw, instants = stream(one, 126)  # from four seconds before a minute
    path = tmp_path / f"clip.{'hevc' if one.reel.codec == 'h265' else 'h264'}"
    path.write_bytes(raw)
    told = subprocess.run(
        ["ffmpeg", "-v", "warning", "-xerror", "-i", path, "-f", "framehash", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert sum(not line.startswith("#") for line in told.stdout.splitlines()) == len(instants)


@pytest.mark.parametrize("name", ["main", "sub"])
def test_the_burnt_clock_tells_each_frame_its_hundredth(projector: OfStream, name: str) -> None:
    raw, instants = stream(projector(0, name), 8)
    pictures = decoded(raw, "h264")
    assert len(pictures) == len(instants)
    for picture, at_us in zip(pictures, instants, strict=True):
        assert read_clock(picture, day=from_us(at_us)) == from_us(at_us // 10_000 * 10_000)


def test_an_h265_camera_burns_its_place_in_the_minute(projector: OfStream) -> None:
    raw, instants = stream(projector(2, "main"), 8)
    for picture, at_us in zip(decoded(raw, "h265"), instants, strict=True):
        read_s = float(read_text(picture).removeprefix("--:--:"))
        assert 0 <= at_us % 60_000_000 / 1e6 - read_s < 4 / FPS


@pytest.mark.parametrize(("camera", "name"), [(0, "main"), (0, "sub"), (2, "main")])
def test_nothing_of_one_frame_stays_behind_in_the_next(projector: OfStream, camera: int, name: str) -> None:
    """A key frame shows the truth; the frame before it, predicted over seconds, must be nearly the same."""
    one = projector(camera, name)
    raw, instants = stream(one, 24)
    pictures = decoded(raw, one.reel.codec)
    moves_each = SUB_EACH if name == "sub" else 1
    keys = [k for k, at_us in enumerate(instants) if one.is_key(round(at_us * FPS / 1e6) % 720) and k]
    assert keys
    for key in keys:
        apart = np.abs(pictures[key][40:].astype(int) - pictures[key - 1][40:]).max(2)
        assert np.mean(apart > 40) < 0.01 * moves_each  # what moved in a twelfth of a second, no more


def test_a_small_picture_has_the_name_of_its_camera_clear_of_the_clock(projector: OfStream) -> None:
    raw, _ = stream(projector(0, "sub"), 1)
    band = decoded(raw, "h264")[0][:32]
    gap = band[:, 640 - 12 * 16 - 14 : 640 - 12 * 16 - 2].astype(int).mean(2)
    assert gap.max() < 235
