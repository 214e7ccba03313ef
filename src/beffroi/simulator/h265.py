"""The one H.265 syntax element the simulator rewrites: the picture's number. Source: ITU-T H.265 §7.3.6.1."""

from __future__ import annotations

from beffroi.simulator.bits import BitReader, escape, unescape

POC_BITS = 8
"""log2_max_pic_order_cnt_lsb of libx265."""


def kind(nal: bytes) -> int:
    """nal_unit_type."""
    return nal[0] >> 1 & 0x3F


def is_parameter_set(nal: bytes) -> bool:
    """VPS, SPS or PPS."""
    return 32 <= kind(nal) <= 34


def is_slice(nal: bytes) -> bool:
    """A coded slice segment."""
    return kind(nal) < 32


def renumber(nal: bytes, number: int) -> bytes:
    """A slice of a picture that is not an IRAP one, counted as `number` since the last key frame."""
    rbsp = unescape(nal[2:])
    reader = BitReader(rbsp)
    reader.u(1), reader.ue(), reader.ue()
    shift = len(rbsp) * 8 - reader.at_bit - POC_BITS
    mask = ((1 << POC_BITS) - 1) << shift
    value = int.from_bytes(rbsp, "big") & ~mask | (number % (1 << POC_BITS)) << shift
    return nal[:2] + escape(value.to_bytes(len(rbsp), "big"))
