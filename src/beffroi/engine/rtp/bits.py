"""Reading of bits and Exp-Golomb codes from a NAL unit. Source: ITU-T H.264 §7.2, §9.1; H.265 §9.2."""

from __future__ import annotations


class Malformed(ValueError):
    """Bytes from a camera that cannot be what they claim to be."""


class BitReader:
    """Bits of a NAL unit, most significant first, emulation prevention bytes taken out.

    Errors: Malformed past the end, or for an Exp-Golomb code of more than 32 bits.
    """

    __slots__ = ("_at", "_bits", "_length")

    def __init__(self, nal: bytes) -> None:
        payload = nal.replace(b"\x00\x00\x03", b"\x00\x00")
        self._bits = int.from_bytes(payload, "big")
        self._length = len(payload) * 8
        self._at = 0

    def u(self, count: int) -> int:
        """Next `count` bits as an unsigned number."""
        self._at += count
        if self._at > self._length:
            raise Malformed("parameter set ends early")
        return (self._bits >> (self._length - self._at)) & ((1 << count) - 1)

    def flag(self) -> bool:
        """Next bit."""
        return self.u(1) == 1

    def skip(self, count: int) -> None:
        """Pass over `count` bits."""
        self.u(count)

    def ue(self) -> int:
        """Unsigned Exp-Golomb code."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise Malformed("Exp-Golomb code too long")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
