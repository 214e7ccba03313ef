"""Rectangles drawn by a hand cover what is under them, and nothing else, from the first picture to the last."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from beffroi.engine.decode.covered_copy import Mark, box_at, cover

START_US = 1_800_000_000_000_000


def mark(at_us: int, left: float, top: float = 0.25) -> Mark:
    return Mark(at_us=at_us, left=left, top=top, width=0.25, height=0.5)


def test_a_rectangle_goes_in_a_straight_line_between_its_marks() -> None:
    track = (mark(0, 0.0), mark(1_000_000, 0.5), mark(2_000_000, 0.5))
    assert box_at(track, 500_000) == (0.25, 0.25, 0.5, 0.75)
    assert box_at(track, 1_500_000) == (0.5, 0.25, 0.75, 0.75)
    assert box_at(track, 2_500_000) is None
    assert box_at(track[:1], 10**12) == (0.0, 0.25, 0.25, 0.75)


@given(st.integers(-(10**6), 3 * 10**6))
def test_it_never_leaves_the_span_of_its_marks(at_us: int) -> None:
    box = box_at((mark(0, 0.1), mark(2_000_000, 0.6)), at_us)
    assert (box is None) == (not -120_000 <= at_us <= 2_120_000)
    assert box is None or (0.1 <= box[0] <= 0.6 and box[2] - box[0] == pytest.approx(0.25))


def test_no_light_and_no_colour_of_what_is_covered_remains() -> None:
    rng = np.random.default_rng(1)
    picture = VideoFrame.from_ndarray(rng.integers(0, 255, (96, 128, 3), dtype=np.uint8), format="rgb24")
    made = cover(picture, [(0.25, 0.25, 0.5, 0.75)], 128, height_px=96).to_ndarray()
    assert set(np.unique(made[24:72, 32:64])) == {16}
    chroma = made[96:].reshape(2, 48, 64)
    assert set(np.unique(chroma[:, 12:36, 16:32])) == {128}
    before = picture.reformat(format="yuv420p").to_ndarray()
    assert (made[:24] == before[:24]).all() and (made[24:72, 64:] == before[24:72, 64:]).all()


def white_clip(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as out:
        stream: Any = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.time_base = Fraction(1, 10)
        for number in range(20):
            frame = VideoFrame.from_ndarray(np.full((96, 160, 3), 255, dtype=np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def test_the_program_covers_every_picture_while_the_track_lasts(tmp_path: Path) -> None:
    source, target = tmp_path / "white.mp4", tmp_path / "covered.mp4"
    white_clip(source)
    track = [
        {"at_us": START_US, "left": 0.0, "top": 0.25, "width": 0.25, "height": 0.5},
        {"at_us": START_US + 1_000_000, "left": 0.5, "top": 0.25, "width": 0.25, "height": 0.5},
    ]
    order = {"source": str(source), "target": str(target), "start_at_us": START_US, "tracks": [track]}
    command = [sys.executable, "-m", "beffroi.engine.decode.covered_copy"]
    ran = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    with av.open(str(target)) as made:
        pictures = [(frame.time or 0.0, frame.to_ndarray(format="gray")) for frame in made.decode(video=0)]
    assert len(pictures) == 20
    for at_s, grey in pictures:
        if at_s <= 1.0:
            middle = round((0.5 * at_s + 0.125) * 160)
            assert grey[48, middle - 12 : middle + 12].max() < 40, at_s
            assert grey[8].min() > 215
        elif at_s > 1.2:
            assert grey.min() > 215, at_s
