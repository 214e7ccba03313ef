"""Footage is measured by decoding it: its size, its rate, and the pictures that a camera only repeats."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame

from beffroi.engine.decode.h264_encoder import H264Encoder
from beffroi.engine.decode.measure import StoredStream, measure

START_AT_US = 1_790_000_000_000_000


def stored(*, fps: int, each: int = 1, seconds: int = 4, is_still: bool = False) -> StoredStream:
    """A square that crosses a grey street, taken `fps / each` times a second and sent `each` times."""
    encoder = H264Encoder(320, 240, fps=fps, gop_s=1)
    samples = []
    for number in range(fps * seconds):
        image = np.full((240, 320, 3), 110, dtype=np.uint8)
        left = 0 if is_still else 4 * (number // each) % 280
        image[100:140, left : left + 40] = 230
        for unit in encoder.encode(
            VideoFrame.from_ndarray(image, format="rgb24"),
            ticks90k=number * 90_000 // fps,
            at_us=number * 1_000_000 // fps,
            is_key=number % fps == 0,
        ):
            samples.append((START_AT_US + unit.at_us, unit.sample()))
    assert encoder.config is not None
    found = measure(encoder.config, samples, START_AT_US)
    assert found is not None
    return found


def test_twelve_true_pictures_a_second_are_counted_as_such() -> None:
    found = stored(fps=12)
    assert (found.width_px, found.height_px, found.frames, found.repeated) == (320, 240, 48, 0)
    assert found.fps == pytest.approx(12, abs=0.1)
    assert found.true_fps == pytest.approx(12, abs=0.6)


def test_pictures_sent_twice_make_no_higher_rate() -> None:
    found = stored(fps=12, each=2)
    assert found.fps == pytest.approx(12, abs=0.1)
    assert found.true_fps == pytest.approx(6, abs=0.6)
    assert found.repeated == 24


def test_a_still_street_has_no_true_rate_to_tell() -> None:
    found = stored(fps=12, is_still=True)
    assert found.fps == pytest.approx(12, abs=0.1)
    assert found.true_fps <= 1
