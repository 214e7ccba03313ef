"""One coded minute of one stream, and its file in the cache."""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from beffroi.simulator import h264
from beffroi.simulator.band import Band
from beffroi.simulator.burnt_clock import clock_text, named

_MAGIC = b"beffroi reel 1\n"
Codec = Literal["h264", "h265"]
MINUTE_US = 60_000_000
DATED_FROM_PX = 1280
"""Narrower pictures burn the time without the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReelFrame:
    """The coded part of one frame, band apart. No NAL unit: nothing moved since the frame before."""

    is_key: bool
    nals: tuple[bytes, ...]


@dataclass(slots=True, kw_only=True)
class Reel:
    """A minute of pictures. H.264 reels lack their top band; `Projector` adds it with name and time."""

    codec: Codec
    size: h264.PictureSize
    fps: int
    gop: int
    parameter_sets: tuple[bytes, ...]
    syntax: h264.SliceSyntax | None
    moving_row: int
    still: tuple[bytes, bytes]
    band: NDArray[np.float32]
    frames: Sequence[ReelFrame]


def write_reel(reel: Reel, path: Path) -> None:
    """`reel` in a file, complete or absent."""
    blob = bytearray()

    def put(piece: bytes) -> tuple[int, int]:
        blob.extend(piece)
        return len(blob) - len(piece), len(piece)

    head = {
        "codec": reel.codec,
        "size": asdict(reel.size),
        "fps": reel.fps,
        "gop": reel.gop,
        "syntax": asdict(reel.syntax) if reel.syntax else None,
        "moving_row": reel.moving_row,
        "parameter_sets": [put(nal) for nal in reel.parameter_sets],
        "still": [put(nal) for nal in reel.still],
        "band": put(np.rint(reel.band).astype(np.uint8).tobytes()),
        "frames": [[int(frame.is_key), *(put(nal) for nal in frame.nals)] for frame in reel.frames],
    }
    index = json.dumps(head, separators=(",", ":")).encode()
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.write_bytes(_MAGIC + struct.pack(">I", len(index)) + index + blob)
    unfinished.replace(path)


def read_reel(path: Path) -> Reel:
    """The reel of a file. Frames stay in the file and are read as they are sent.

    Errors: ValueError when the file is not a reel of this version.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if content[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"{path.name} is not a reel of this version")
    start = len(_MAGIC) + 4
    index_bytes = struct.unpack(">I", content[len(_MAGIC) : start])[0]
    head = json.loads(content[start : start + index_bytes])
    base = start + index_bytes

    def get(at: Sequence[int]) -> bytes:
        return content[base + at[0] : base + at[0] + at[1]]

    size = h264.PictureSize(**head["size"])
    return Reel(
        codec=head["codec"],
        size=size,
        fps=head["fps"],
        gop=head["gop"],
        parameter_sets=tuple(get(at) for at in head["parameter_sets"]),
        syntax=h264.SliceSyntax(**head["syntax"]) if head["syntax"] else None,
        moving_row=head["moving_row"],
        still=(get(head["still"][0]), get(head["still"][1])),
        band=np.frombuffer(get(head["band"]), np.uint8).reshape(32, size.width_px, 3).astype(np.float32),
        frames=_FramesInFile(content, base, head["frames"]),
    )


class _FramesInFile(Sequence[ReelFrame]):
    """Frames of a mapped file: the kernel keeps what is being sent, not us."""

    def __init__(self, content: mmap.mmap, base: int, table: list[list[int | list[int]]]) -> None:
        self._content = content
        self._table = [
            (bool(row[0]), tuple((base + at[0], base + at[0] + at[1]) for at in row[1:] if isinstance(at, list)))
            for row in table
        ]

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, index: int) -> ReelFrame:  # type: ignore[override]  # whole minutes are never sliced
        is_key, spans = self._table[index]
        return ReelFrame(is_key=is_key, nals=tuple(self._content[start:end] for start, end in spans))


class Projector:
    """Runs a reel against the clock: gives the NAL units of the frame to send at each place in the minute."""

    def __init__(self, reel: Reel, name: str) -> None:
        self.reel = reel
        self._dated = reel.size.width_px >= DATED_FROM_PX
        self._shown = ""
        self._macroblocks = reel.size.columns * reel.size.rows
        text_length = 29 if self._dated else 11
        self._band = Band(named(reel.band, name), reel.syntax, text_length) if reel.syntax else None

    def is_key(self, index: int) -> bool:
        """Whether decoding can start at frame `index`."""
        return index % self.reel.gop == 0

    def frame(self, index: int, at_us: int) -> list[bytes]:
        """NAL units of frame `index` of the minute, burnt with the instant `at_us`."""
        frame = self.reel.frames[index]
        if self._band is None:
            return [*self.reel.parameter_sets, *frame.nals] if frame.is_key else list(frame.nals)
        text = clock_text(at_us, dated=self._dated)
        shown, self._shown = self._shown, text
        if frame.is_key:
            number = index // self.reel.gop % 2
            return [
                *self.reel.parameter_sets,
                self._band.key_slice(text, number),
                self.reel.still[number],
                *frame.nals,
            ]
        return [self._delta(shown or text, text, index, moving=bool(frame.nals)), *frame.nals]

    def still_frame(self, index: int) -> list[bytes]:
        """A frame that repeats the one before, clock included: the camera hangs."""
        if self._band is None:
            return []
        return [self._delta(self._shown, self._shown, index, moving=False)]

    def _delta(self, before: str, text: str, index: int, *, moving: bool) -> bytes:
        assert self._band is not None
        rows = self.reel.moving_row if moving else self.reel.size.rows
        return self._band.delta_slice(
            before, text, macroblocks=rows * self.reel.size.columns, frame_num=index % self.reel.gop
        )
