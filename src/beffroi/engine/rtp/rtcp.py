"""RTCP: sender reports measure the camera's clock, receiver reports tell it that we are still there.

Source: RFC 3550 §6.4.1, §6.4.2, §6.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from beffroi.core.instants import US_PER_S

_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _BYE = 200, 201, 202, 203
_NTP_EPOCH_S: Final = 2_208_988_800
"""Seconds from 1900 to 1970. Source: RFC 868, RFC 5905 figure 4."""
_SENDER = Struct(">IIII")
_RR = Struct(">BBHI")


@dataclass(frozen=True, slots=True)
class SenderReport:
    """The camera's own clock at an RTP timestamp."""

    ssrc: int
    at_us: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender says that the stream ends."""


def parse(packet: bytes) -> Iterator[SenderReport | Bye]:
    """What matters to us in a compound packet; anything else, and anything malformed, is passed over."""
    at = 0
    while at + 8 <= len(packet) and packet[at] >> 6 == 2:
        kind = packet[at + 1]
        stop = at + 4 + 4 * (packet[at + 2] << 8 | packet[at + 3])
        if stop > len(packet):
            return
        if kind == _SENDER_REPORT and stop - at >= 20:
            ssrc, seconds, fraction, timestamp = _SENDER.unpack_from(packet, at + 4)
            if seconds > _NTP_EPOCH_S:
                at_us = (seconds - _NTP_EPOCH_S) * US_PER_S + (fraction * US_PER_S >> 32)
                yield SenderReport(ssrc, at_us, timestamp)
        elif kind == _BYE:
            yield Bye()
        at = stop


def receiver_report(ssrc: int) -> bytes:
    """An empty receiver report and the source description that a compound packet needs."""
    name = b"beffroi"
    text = bytes((1, len(name))) + name
    text += b"\0" * (4 - len(text) % 4)
    report = _RR.pack(0x80, _RECEIVER_REPORT, 1, ssrc)
    return report + _RR.pack(0x81, _DESCRIPTION, 1 + len(text) // 4, ssrc) + text
