"""The picture loop every benchmark plays: H.264 encoded once, cached, each access unit numbered.

A played frame carries a SEI message "user data unregistered" with the number of the frame since the source
started, so that every recorded access unit can be matched with what was sent.
Source: Rec. ITU-T H.264 §D.1.6.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

MARK = b"beffroi-bench-au"
"""Stands where a UUID stands in the SEI message: 16 bytes, none of them zero."""
DIGITS = 12
_SETS = {"h264": (7, 8), "h265": (32, 33, 34)}
_ENCODERS = {"h264": "libx264", "h265": "libx265"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFormat:
    """What a simulated camera sends."""

    width_px: int = 1920
    height_px: int = 1080
    fps: int = 25
    bit_s: int = 4_200_000
    gop: int = 50
    frames: int = 250
    codec: str = "h264"

    @property
    def name(self) -> str:
        """File name in the cache; another format, another file."""
        return f"{self.width_px}x{self.height_px}p{self.fps}-{self.bit_s}-{self.gop}-{self.frames}.{self.codec}"


@dataclass(frozen=True, slots=True)
class Clip:
    """A loop: one slice NAL unit a frame, frame 0 and every `format.gop`-th one an IDR picture."""

    format: ClipFormat
    parameter_sets: tuple[bytes, ...]
    slices: tuple[bytes, ...]

    @property
    def bit_s(self) -> float:
        """What the encoder reached; it aims at `format.bit_s`."""
        return sum(map(len, self.slices)) * 8 * self.format.fps / len(self.slices)


def mark(number: int, codec: str = "h264") -> bytes:
    """The SEI NAL unit of frame `number`: no emulation prevention needed, it holds no zero byte."""
    head = b"\x06" if codec == "h264" else b"\x4e\x01"
    return head + bytes((5, len(MARK) + DIGITS)) + MARK + b"%0*d" % (DIGITS, number) + b"\x80"


def annex_b(clip: Clip) -> list[bytes]:
    """The loop as numbered access units in byte-stream form, parameter sets before each key frame."""
    codec, gop = clip.format.codec, clip.format.gop
    units = []
    for number, picture in enumerate(clip.slices):
        nals = [*(clip.parameter_sets if number % gop == 0 else ()), mark(number, codec), picture]
        units.append(b"".join(b"\0\0\0\1" + nal for nal in nals))
    return units


def load(wanted: ClipFormat | None = None, *, cache: Path | None = None) -> Clip:
    """The loop of a format; encoded at the first call (about 10 s at 1080p), read from the cache afterwards."""
    wanted = wanted or ClipFormat()
    path = (cache or _cache()) / wanted.name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(_encode(wanted))
        partial.rename(path)
    return _parse(wanted, path.read_bytes())


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "beffroi" / "bench"


def _parse(wanted: ClipFormat, stream: bytes) -> Clip:
    nals = [nal.rstrip(b"\0") for nal in stream.split(b"\0\0\1") if nal.rstrip(b"\0")]
    kinds = dict.fromkeys(_SETS[wanted.codec], b"")
    slices = []
    for nal in nals:
        kind = nal[0] & 31 if wanted.codec == "h264" else nal[0] >> 1
        if kind in (1, 5) if wanted.codec == "h264" else kind < 32:
            slices.append(nal)
        elif kind in kinds:
            kinds[kind] = nal
    if len(slices) != wanted.frames:
        raise ValueError(f"{wanted.name}: {len(slices)} slices for {wanted.frames} frames")
    return Clip(wanted, tuple(kinds.values()), tuple(slices))


def _encode(wanted: ClipFormat) -> bytes:
    encoder = av.CodecContext.create(_ENCODERS[wanted.codec], "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = wanted.width_px, wanted.height_px, "yuv420p"
    encoder.framerate = Fraction(wanted.fps)
    encoder.bit_rate = wanted.bit_s
    kbit_s = wanted.bit_s // 1000
    common = f"keyint={wanted.gop}:min-keyint={wanted.gop}:scenecut=0:bframes=0"
    bounds = f":vbv-maxrate={kbit_s * 3 // 2}:vbv-bufsize={kbit_s // 2}"
    encoder.options = {"preset": "veryfast", "profile": "high", "x264-params": f"{common}:sliced-threads=0{bounds}"}
    if wanted.codec == "h265":
        encoder.options = {"preset": "ultrafast", "x265-params": f"{common}:open-gop=0:info=0:log-level=1{bounds}"}
    packets = []
    texture = _texture(wanted)
    for number in range(wanted.frames):
        packets += [bytes(packet) for packet in encoder.encode(_draw(wanted, texture, number))]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    return b"".join(packets)


def _texture(wanted: ClipFormat) -> npt.NDArray[np.float32]:
    """A coarse and a fine layer of fixed noise, larger than the picture so that it can pan."""
    rng = np.random.default_rng(12)
    height, width = wanted.height_px + 256, wanted.width_px + 512
    layers = np.zeros((height, width), np.float32)
    for step, weight in ((64, 60), (16, 30), (4, 14)):
        coarse = rng.standard_normal((height // step + 1, width // step + 1)).astype(np.float32)
        layers += weight * np.kron(coarse, np.ones((step, step), np.float32))[:height, :width]
    return layers


def _draw(wanted: ClipFormat, texture: npt.NDArray[np.float32], number: int) -> av.VideoFrame:
    """A panning view with sensor grain: as hard to encode as a street in wind."""
    turn = 2 * np.pi * number / wanted.frames
    x, y = int(200 + 190 * np.cos(turn)), int(100 + 90 * np.sin(turn))
    rng = np.random.default_rng(number)
    luma = texture[y : y + wanted.height_px, x : x + wanted.width_px] * 0.5 + 120
    luma = luma + rng.standard_normal(luma.shape, dtype=np.float32) * 3
    planes = np.full((wanted.height_px * 3 // 2, wanted.width_px), 128, np.uint8)
    planes[: wanted.height_px] = np.clip(luma, 16, 235)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts = number
    return frame
