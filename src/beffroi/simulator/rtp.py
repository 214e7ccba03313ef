"""RTP packets and RTCP reports of the simulated cameras. Source: RFC 3550, RFC 6184, RFC 7798, RFC 2435."""

from __future__ import annotations

import struct
from collections.abc import Sequence

MAX_PAYLOAD_BYTES = 1400
VIDEO_TYPE, AUDIO_TYPE, JPEG_TYPE = 96, 0, 26
_START_OF_FRAME, _START_OF_SCAN = 0xC0, 0xDA
_NTP_EPOCH_S = 2_208_988_800
_HEADER = struct.Struct(">BBHII")


def payloads(nals: Sequence[bytes], codec: str) -> list[bytes]:
    """One access unit cut into RTP payloads: small NAL units joined, large ones fragmented."""
    out: list[bytes] = []
    small: list[bytes] = []
    room = MAX_PAYLOAD_BYTES
    for nal in nals:
        if len(nal) + 2 > room or len(nal) > MAX_PAYLOAD_BYTES // 2:
            _flush(out, small, codec)
            room = MAX_PAYLOAD_BYTES - 2
        if len(nal) > MAX_PAYLOAD_BYTES:
            out.extend(_fragments(nal, codec))
        else:
            small.append(nal)
            room -= len(nal) + 2
    _flush(out, small, codec)
    return out


def _flush(out: list[bytes], small: list[bytes], codec: str) -> None:
    if len(small) == 1:
        out.append(small[0])
    elif small:
        head = bytes([0x78]) if codec == "h264" else b"\x60\x01"  # STAP-A, AP
        out.append(head + b"".join(len(nal).to_bytes(2, "big") + nal for nal in small))
    small.clear()


def _fragments(nal: bytes, codec: str) -> list[bytes]:
    if codec == "h264":
        indicator, kind, body = bytes([nal[0] & 0xE0 | 28]), nal[0] & 0x1F, 1
    else:
        indicator, kind, body = bytes([nal[0] & 0x81 | 49 << 1, nal[1]]), nal[0] >> 1 & 0x3F, 2
    step = MAX_PAYLOAD_BYTES - 3
    first, middle, last = (indicator + bytes([flag | kind]) for flag in (0x80, 0, 0x40))
    pieces = [middle + nal[at : at + step] for at in range(body, len(nal), step)]
    pieces[0] = first + pieces[0][len(first) :]
    pieces[-1] = last + pieces[-1][len(last) :]
    return pieces


def jpeg_payloads(jpeg: bytes, quality: int) -> list[bytes]:
    """A baseline 4:2:0 JPEG with standard tables, cut. Source: RFC 2435 §3.1, §4.1; ITU-T T.81 §B.2."""
    at = 2
    height_px = width_px = 0
    while jpeg[at + 1] != _START_OF_SCAN:
        if jpeg[at + 1] == _START_OF_FRAME:
            height_px, width_px = struct.unpack(">HH", jpeg[at + 5 : at + 9])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    scan = jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") : -2]
    shape = bytes([1, quality, -(-width_px // 8), -(-height_px // 8)])
    step = MAX_PAYLOAD_BYTES - 8
    return [b"\0" + at.to_bytes(3, "big") + shape + scan[at : at + step] for at in range(0, len(scan), step)]


def headers(count: int, seq: int, ticks90k: int, *, ssrc: int, kind: int = VIDEO_TYPE) -> list[bytes]:
    """RTP headers of the `count` packets of one access unit; the last one carries the marker."""
    ts = ticks90k & 0xFFFFFFFF
    pack = _HEADER.pack
    out = [pack(0x80, kind, (seq + index) & 0xFFFF, ts, ssrc) for index in range(count - 1)]
    out.append(pack(0x80, 0x80 | kind, (seq + count - 1) & 0xFFFF, ts, ssrc))
    return out


def audio_packet(seq: int, timestamp: int, ssrc: int, *, samples: int) -> bytes:
    """PCMU silence."""
    return _HEADER.pack(0x80, AUDIO_TYPE, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + b"\xff" * samples


def ntp(at_us: int) -> int:
    """NTP timestamp, 32.32 bits."""
    at_s, rest_us = divmod(at_us, 1_000_000)
    return (at_s + _NTP_EPOCH_S) << 32 | (rest_us << 32) // 1_000_000


def sender_report(ssrc: int, at_us: int, timestamp: int, *, sent: tuple[int, int]) -> bytes:
    """SR and SDES. `sent`: packets and payload bytes so far. Source: RFC 3550 §6.4.1, §6.5."""
    report = struct.pack(
        ">BBHIQIII", 0x80, 200, 6, ssrc, ntp(at_us), timestamp & 0xFFFFFFFF, sent[0] & 0xFFFFFFFF, sent[1] & 0xFFFFFFFF
    )
    name = b"\x01\x09simulator\x00"  # CNAME, then the end of the list
    return report + struct.pack(">BBHI", 0x81, 202, 1 + len(name) // 4, ssrc) + name


def goodbye(ssrc: int) -> bytes:
    """BYE. Source: RFC 3550 §6.6."""
    return struct.pack(">BBHI", 0x81, 203, 1, ssrc)


def ticks_at(at_us: int) -> int:
    """RTP time of an instant: 90 kHz since the epoch, so that equal instants have equal timestamps."""
    return (at_us * 9 + 50) // 100
