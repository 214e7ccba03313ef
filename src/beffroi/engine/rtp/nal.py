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
        shift, mask: NAL type = first byte >> shift & mask.
        header_bytes: length of the NAL header, which is also the offset of the FU header in a fragment.
        kinds: what each NAL type is, one byte a type.
    """

    codec: Codec
    shift: int
    mask: int
    header_bytes: int
    kinds: bytes

    def kind(self, first_byte: int) -> int:
        """What a NAL unit with this first byte is."""
        return self.kinds[first_byte >> self.shift & self.mask]


def _kinds(count: int, *groups: tuple[range, int]) -> bytes:
    table = bytearray(count)
    for types, kind in groups:
        for nal_type in types:
            table[nal_type] = kind
    return bytes(table)


_H264 = NalFormat(
    codec="h264",
    shift=0,
    mask=31,
    header_bytes=1,
    kinds=_kinds(
        32,
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
    shift=1,
    mask=63,
    header_bytes=2,
    kinds=_kinds(
        64,
        (range(10), SLICE),
        (range(16, 22), KEY_SLICE),
        (range(32, 35), PARAMETER_SET),
        (range(48, 49), AGGREGATE),
        (range(49, 50), FRAGMENT),
        (range(50, 64), UNUSABLE),
    ),
)
FORMATS: Final[dict[Codec, NalFormat]] = {"h264": _H264, "h265": _H265}
