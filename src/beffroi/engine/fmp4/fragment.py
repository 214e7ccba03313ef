"""One fragment: `prft`, `moof`, `mdat`, from access units in decoding order.

The header is one `struct.pack`; payload bytes are never copied. Per-sample fields are duration, size and,
only when presentation order differs from decoding order, a signed composition offset (`trun` version 1).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from operator import sub
from typing import NamedTuple

from beffroi.engine.fmp4.init import NON_SYNC_SAMPLE, SYNC_SAMPLE, TRACK_ID
from beffroi.engine.stream import AccessUnit

NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900-01-01 to 1970-01-01. Source: RFC 5905 §6."""
DEFAULT_DURATION_TICKS90K = 3_600
"""Of a lone frame: 25 frames a second."""
MAX_DURATION_TICKS90K = 0x7FFFFFFF
"""What every reader takes: six hours. A frame lasts longer only when a camera's clock is broken."""
PRFT_BYTES = 32
FIXED_BYTES = 124  # prft 32, moof 8, mfhd 16, traf 8, tfhd 16, tfdt 20, trun 24
_DEFAULT_BASE_IS_MOOF = 0x020000
_TRUN_FLAGS = 0x000305  # data offset, first sample flags, duration, size
_TRUN_OFFSETS = 0x01000800  # version 1 and composition offsets
_U32 = 0xFFFFFFFF


@lru_cache(maxsize=1024)
def _header(fields: int) -> struct.Struct:
    return struct.Struct(f">I4sIIQQ I4s I4sII I4s I4sII I4sIQ I4sIIII {fields}I I4s")


class Clocks(NamedTuple):
    """The times of a fragment: instant and presentation time of its first sample, decode time of that sample."""

    ntp: int
    presentation_ticks90k: int
    decode_ticks90k: int


def pack_header(
    clocks: Clocks,
    fields: Sequence[int],
    *,
    sequence: int,
    version_flags: int,
    frames: int,
    first_flags: int,
    payload_bytes: int,
) -> bytes:
    """A fragment's bytes before its first sample. Our layout never varies, so offsets in it are constants."""
    samples = 4 * len(fields)
    moof = FIXED_BYTES - PRFT_BYTES + samples
    return _header(len(fields)).pack(
        *(PRFT_BYTES, b"prft", 0x01000000, TRACK_ID, clocks.ntp, clocks.presentation_ticks90k),
        *(moof, b"moof"),
        *(16, b"mfhd", 0, sequence),
        *(moof - 24, b"traf"),
        *(16, b"tfhd", _DEFAULT_BASE_IS_MOOF, TRACK_ID),
        *(20, b"tfdt", 0x01000000, clocks.decode_ticks90k),
        *(24 + samples, b"trun", version_flags, frames, moof + 8, first_flags),
        *fields,
        *(8 + payload_bytes, b"mdat"),
    )


def move(header: bytearray | memoryview, at: int, *, track: int, sequence: int, shift_ticks90k: int) -> None:
    """Rewrite in place the fragment that begins at `header[at]`: other track and number, later or earlier in time."""
    struct.pack_into(">I", header, at + 12, track)
    struct.pack_into(">I", header, at + 52, sequence)
    struct.pack_into(">I", header, at + 76, track)
    for offset in (24, 92):
        (ticks,) = struct.unpack_from(">Q", header, at + offset)
        struct.pack_into(">Q", header, at + offset, max(ticks + shift_ticks90k, 0))


def ntp64(at_us: int) -> int:
    """An instant as 64-bit NTP time. Source: RFC 5905 §6."""
    return ((at_us + NTP_EPOCH_S * 1_000_000) << 32) // 1_000_000


def from_ntp64(ntp: int) -> int:
    """The instant of a 64-bit NTP time, rounded to the nearest microsecond."""
    return ((ntp * 1_000_000 + (1 << 31)) >> 32) - NTP_EPOCH_S * 1_000_000


def nominal_duration_ticks90k(ordered: Sequence[int]) -> int:
    """How long the last of `ordered` presentation times probably lasts: as long as the one before."""
    last = ordered[-1] - ordered[-2] if len(ordered) > 1 else 0
    return last if 0 < last <= 10 * 90_000 else DEFAULT_DURATION_TICKS90K


class FragmentBuilder:
    """Headers of one file's fragments, in order. Decode times count from the file's first sample.

    Decode times are the fragment's presentation times, sorted: with B-frames a frame's composition offset
    is then signed, and presentation times are exact whatever the camera's reordering.
    """

    __slots__ = ("_floor", "_sequence", "_start_ticks90k")

    def __init__(self, start_ticks90k: int) -> None:
        self._start_ticks90k = start_ticks90k
        self._sequence = 0
        self._floor = 0  # decode times never go back, also over fragments

    def header(self, units: Sequence[AccessUnit], end_ticks90k: int) -> bytes:
        """All bytes of the fragment that precede its first sample.

        `end_ticks90k`: presentation time of the frame that follows `units`.
        """
        times = [unit.ticks90k for unit in units]
        fields, decode_ticks = self._sample_fields(times, [unit.size_bytes for unit in units], end_ticks90k)
        version_flags = _TRUN_FLAGS | (_TRUN_OFFSETS if len(fields) == 3 * len(units) else 0)
        self._sequence += 1
        first = units[0]
        return pack_header(
            Clocks(ntp64(first.at_us), max(times[0] - self._start_ticks90k, 0), decode_ticks),
            fields,
            sequence=self._sequence,
            version_flags=version_flags,
            frames=len(units),
            first_flags=SYNC_SAMPLE if first.is_key else NON_SYNC_SAMPLE,
            payload_bytes=sum(unit.size_bytes for unit in units),
        )

    def _sample_fields(self, times: list[int], sizes: list[int], end_ticks90k: int) -> tuple[list[int], int]:
        """Interleaved per-sample fields, and the first sample's decode time."""
        ordered = [*times, end_ticks90k]
        durations = list(map(sub, ordered[1:], times))
        first = times[0] - self._start_ticks90k
        if not 0 < min(durations) <= max(durations) <= MAX_DURATION_TICKS90K or first < self._floor:
            return self._reordered_fields(times, sizes, end_ticks90k)
        self._floor = times[-1] - self._start_ticks90k + 1
        fields = [0] * (2 * len(times))
        fields[::2] = durations
        fields[1::2] = sizes
        return fields, first

    def _reordered_fields(self, times: list[int], sizes: list[int], end_ticks90k: int) -> tuple[list[int], int]:
        start = self._start_ticks90k
        ordered = sorted(times)
        decode = []
        for ticks in ordered:
            self._floor = max(ticks - start, self._floor)
            decode.append(self._floor)
            self._floor += 1
        end = end_ticks90k - start
        if end <= decode[-1]:
            end = decode[-1] + nominal_duration_ticks90k(ordered)
        durations = (min(ticks, MAX_DURATION_TICKS90K) for ticks in map(sub, [*decode[1:], end], decode))
        offsets = ((ticks - start - at) & _U32 for ticks, at in zip(times, decode, strict=True))
        return [field for row in zip(durations, sizes, offsets, strict=True) for field in row], decode[0]
