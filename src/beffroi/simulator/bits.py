"""Bits of an H.264 NAL unit: read, write, emulation prevention, shift."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NEEDS_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def escape(rbsp: bytes) -> bytes:
    """`rbsp` with emulation prevention bytes. Source: ITU-T H.264 §7.4.1."""
    return _NEEDS_ESCAPE.sub(b"\x00\x00\x03", rbsp)


def unescape(nal: bytes) -> bytes:
    """`nal` without its emulation prevention bytes."""
    return nal.replace(b"\x00\x00\x03", b"\x00\x00")


@dataclass(slots=True)
class BitWriter:
    """Bits appended most significant first."""

    bits: list[str] = field(default_factory=list)

    def u(self, value: int, width: int) -> BitWriter:
        """`width` bits of `value`."""
        self.bits.append(f"{value:0{width}b}")
        return self

    def ue(self, value: int) -> BitWriter:
        """Unsigned Exp-Golomb. Source: ITU-T H.264 §9.1."""
        digits = f"{value + 1:b}"
        self.bits.append("0" * (len(digits) - 1) + digits)
        return self

    def se(self, value: int) -> BitWriter:
        """Signed Exp-Golomb."""
        return self.ue(2 * value - 1 if value > 0 else -2 * value)

    def text(self) -> str:
        """The bits so far as '0' and '1'."""
        return "".join(self.bits)

    def to_rbsp(self) -> bytes:
        """The bytes, closed by the stop bit and alignment zeros."""
        return packed(self.text() + "1")


def packed(bits: str) -> bytes:
    """`bits` as bytes, filled with zeros to a whole byte."""
    width_bytes = (len(bits) + 7) // 8
    return int(bits.ljust(width_bytes * 8, "0"), 2).to_bytes(width_bytes, "big")


class BitReader:
    """Reads the bits of an RBSP."""

    def __init__(self, rbsp: bytes) -> None:
        self._value = int.from_bytes(rbsp, "big")
        self.size_bits = len(rbsp) * 8
        self.at_bit = 0

    def u(self, width: int) -> int:
        """The next `width` bits."""
        self.at_bit += width
        return (self._value >> (self.size_bits - self.at_bit)) & ((1 << width) - 1)

    def ue(self) -> int:
        """Unsigned Exp-Golomb."""
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Signed Exp-Golomb."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def respliced(rbsp: bytes, head_bits: str, skip_bits: int) -> bytes:
    """`rbsp` whose first `skip_bits` bits are replaced by `head_bits`; the stop bit stays the last one set.

    CAVLC payloads may be shifted freely: nothing in them is byte-aligned when they hold no I_PCM.
    """
    size_bits = len(rbsp) * 8 - skip_bits
    rest = int.from_bytes(rbsp, "big") & ((1 << size_bits) - 1)
    total_bits = len(head_bits) + size_bits
    pad_bits = -total_bits % 8
    value = ((int(head_bits, 2) << size_bits) | rest) << pad_bits
    return value.to_bytes((total_bits + pad_bits) // 8, "big").rstrip(b"\x00")
