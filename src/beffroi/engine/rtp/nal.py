"""What the packet path needs to know of each codec: where the NAL type stands and what each type means.

Source: RFC 6184 §5.4 table 3 and ITU-T H.264 table 7-1; RFC 7798 §4.4 and ITU-T H.265 table 7-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from beffroi.engine.stream import Codec

OTHER: Final = 0
"""Kept in the sample, decides nothing: SEI, access unit delimiter, filler."""
SLICE: Final = 1
KEY_SLICE: Final = 2
PARAMETER_SET: Final = 3
AGGREGATE: Final = 4
FRAGMENT: Final = 5
UNUSABLE: Final = 6
"""Types we never negotiate (STAP-B, MTAP, FU-B, PACI) and types that do not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NalFormat:
    """How a codec's NAL units look.

    Attributes:
        header_bytes: length of the NAL header, which is also the offset of the FU header in a fragment.
        kinds_by_byte: what a NAL unit is, by its first byte.
    """

    codec: Codec
    header_bytes: int
    kinds_by_byte: bytes


def _by_byte(shift: int, mask: int, *groups: tuple[range, int]) -> bytes:
    """NAL type = first byte >> shift & mask; types in no group are OTHER."""
    kinds = {nal_type: kind for types, kind in groups for nal_type in types}
    return bytes(kinds.get(first >> shift & mask, OTHER) for first in range(256))


_H264 = NalFormat(
    codec="h264",
    header_bytes=1,
    kinds_by_byte=_by_byte(
        0,
        31,
        (range(1), UNUSABLE),
        (range(1, 5), SLICE),
        (range(5, 6), KEY_SLICE),
        (range(7, 9), PARAMETER_SET),
        (range(24, 25), AGGREGATE),
        (range(25, 32), UNUSABLE),
        (range(28, 29), FRAGMENT),
    ),
)
_H265 = NalFormat(
    codec="h265",
    header_bytes=2,
    kinds_by_byte=_by_byte(
        1,
        63,
        (range(10), SLICE),
        (range(16, 22), KEY_SLICE),
        (range(32, 35), PARAMETER_SET),
        (range(48, 49), AGGREGATE),
        (range(49, 50), FRAGMENT),
        (range(50, 64), UNUSABLE),
    ),
)
FORMATS: Final[dict[Codec, NalFormat]] = {"h264": _H264, "h265": _H265}
