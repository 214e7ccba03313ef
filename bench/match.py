"""Counts what a recorder kept: every access unit in its files is matched with the one that was sent."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av

from bench.clip import DIGITS, MARK, Clip

_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Frames of one camera found in its files.

    Attributes:
        lost: numbers missing between the first and the last one found.
        damaged: numbers found whose picture is not, byte for byte, the one sent.
        repeated: numbers found more than once.
    """

    frames: int
    first: int
    last: int
    lost: int
    damaged: int
    repeated: int


def match(clip: Clip, files: Iterable[Path], *, loop: bool = False) -> Matched:
    """Match the access units of MP4 files of one camera, in the order of the files.

    `loop`: the server played one numbered film again and again; frame 0 follows the last one.
    """
    numbers: list[int] = []
    damaged = turns = 0
    for path in files:
        for number, is_whole in _found(clip, path):
            number += turns * len(clip.slices)
            if loop and numbers and number < numbers[-1]:
                turns += 1
                number += len(clip.slices)
            numbers.append(number)
            damaged += not is_whole
    unique = set(numbers)
    if not unique:
        return Matched(frames=0, first=-1, last=-1, lost=0, damaged=0, repeated=0)
    first, last = min(unique), max(unique)
    return Matched(
        frames=len(unique),
        first=first,
        last=last,
        lost=last - first + 1 - len(unique),
        damaged=damaged,
        repeated=len(numbers) - len(unique),
    )


def _found(clip: Clip, path: Path) -> list[tuple[int, bool]]:
    """Number of each marked frame in a file, and whether the slice after it is whole."""
    if not path.stat().st_size:
        return []
    found = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(MARK)
        while at >= 0:
            digits = content[at + len(MARK) : at + len(MARK) + DIGITS]
            if digits.isdigit():
                number = int(digits)
                sent = clip.slices[number % len(clip.slices)]
                start = at + len(MARK) + DIGITS + 1 + _LENGTH_BYTES  # the SEI's trailing bits, the slice's length
                found.append((number, content[start : start + len(sent)] == sent))
            at = content.find(MARK, at + 1)
    return found


def demuxed(files: Iterable[Path]) -> int:
    """How many access units a demuxer of another hand reads in the files."""
    count = 0
    for path in files:
        with av.open(str(path)) as container:
            count += sum(1 for packet in container.demux(video=0) if packet.size)
    return count
