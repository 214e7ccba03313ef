"""The fragment table of a file as a compact blob: about ten bytes a fragment.

Layout: byte 1 (version), varint offset of the first fragment, then for each fragment the varints size,
frames, duration in ticks, and `2 × zigzag(start − expected start) + is_key`. Fragments lie end to end, so
offsets follow from sizes; a start is expected where the fragment before ends. Varints are LEB128.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from beffroi.core.instants import ticks90k_to_us

VERSION = 1


@dataclass(frozen=True, slots=True)
class Fragment:
    """Where a fragment lies in its file and what it covers."""

    offset: int
    size: int
    start_at_us: int
    duration_ticks90k: int
    frames: int
    is_key: bool

    @property
    def end_at_us(self) -> int:
        return self.start_at_us + ticks90k_to_us(self.duration_ticks90k)


class MalformedTable(ValueError):
    """A blob that is not a fragment table."""


class FragmentTable:
    """A table that grows. `blob` is ready to store at any moment."""

    __slots__ = ("_expected_at_us", "blob")

    def __init__(self, first_offset: int, start_at_us: int) -> None:
        self.blob = bytearray((VERSION,))
        _put(self.blob, first_offset)
        self._expected_at_us = start_at_us

    @classmethod
    def resumed(cls, blob: bytes, start_at_us: int) -> Self:
        """The table of a stored blob, ready to grow on.

        Errors: MalformedTable.
        """
        fragments = decode_table(blob, start_at_us)
        table = cls(0, start_at_us)
        table.blob = bytearray(blob)
        if fragments:
            table._expected_at_us = fragments[-1].end_at_us
        return table

    def append(self, fragment: Fragment) -> None:
        """Add the fragment that lies right behind the last one."""
        late = fragment.start_at_us - self._expected_at_us
        zigzag = 2 * late if late >= 0 else -2 * late - 1
        for number in (
            fragment.size,
            fragment.frames,
            fragment.duration_ticks90k,
            2 * zigzag + fragment.is_key,
        ):
            _put(self.blob, number)
        self._expected_at_us = fragment.end_at_us


def encode_table(fragments: Sequence[Fragment], start_at_us: int) -> bytes:
    """The blob of a whole table; `fragments` lie end to end."""
    table = FragmentTable(fragments[0].offset if fragments else 0, start_at_us)
    for fragment in fragments:
        table.append(fragment)
    return bytes(table.blob)


def decode_table(blob: bytes, start_at_us: int) -> tuple[Fragment, ...]:
    """The fragments of a blob.

    Errors: MalformedTable.
    """
    numbers = _numbers(blob)
    if len(numbers) % 4 != 2 or numbers[0] != VERSION:
        raise MalformedTable("not a fragment table")
    offset, expected_at_us = numbers[1], start_at_us
    fragments = []
    for at in range(2, len(numbers), 4):
        size, frames, duration, mixed = numbers[at : at + 4]
        zigzag = mixed >> 1
        late = zigzag >> 1 if not zigzag & 1 else -((zigzag + 1) >> 1)
        fragment = Fragment(offset, size, expected_at_us + late, duration, frames, bool(mixed & 1))
        fragments.append(fragment)
        offset += size
        expected_at_us = fragment.end_at_us
    return tuple(fragments)


def _put(blob: bytearray, number: int) -> None:
    if number < 0:
        raise ValueError("a fragment table holds no negative number")
    while number > 0x7F:
        blob.append(number & 0x7F | 0x80)
        number >>= 7
    blob.append(number)


def _numbers(blob: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in blob:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            if shift > 70:
                raise MalformedTable("a number is too long")
        else:
            numbers.append(number)
            number = shift = 0
    if shift:
        raise MalformedTable("the table is cut")
    return numbers
