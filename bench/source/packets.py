"""RTP packets of a clip, built once a frame for all cameras.

All cameras play one numbered sequence, each from its own place in it: the bytes of frame 1,234 are the same
for every camera, so they are made once and kept as long as some camera may still send them.
Source: RFC 3550 §5.1, RFC 6184 §5.6 and §5.8 (single NAL units, FU-A), RFC 2326 §10.12 (interleaving).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bench.clip import Clip, mark

PAYLOAD_BYTES = 1400
PAYLOAD_TYPE = 96
SSRC = 0x42454646
TICKS_S = 90_000
_HEADER_BYTES = 12
_FU_A = 28


@dataclass(frozen=True, slots=True)
class PlayedFrame:
    """One access unit ready to send: `interleaved` whole, `packets` as views of it with their 4-byte prefix."""

    interleaved: bytes
    packets: tuple[memoryview, ...]


class Sequence:
    """The endless numbered sequence of a clip; `frame(number)` is made at its first use."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.gop = clip.format.gop
        self.ticks_a_frame = TICKS_S // clip.format.fps
        self._payloads = [_payloads(clip, index) for index in range(len(clip.slices))]
        self._first_seq = [0]
        for payloads in self._payloads:
            self._first_seq.append(self._first_seq[-1] + len(payloads))
        self.packets_a_frame = self._first_seq[-1] / len(self._payloads)
        self._made: dict[int, PlayedFrame] = {}

    def frame(self, number: int) -> PlayedFrame:
        """Frame `number`; the last three groups of pictures stay made."""
        made = self._made.get(number)
        if made is None:
            made = self._made[number] = self._make(number)
            while len(self._made) > 3 * self.gop:
                del self._made[next(iter(self._made))]
        return made

    def ticks90k(self, number: int) -> int:
        """RTP timestamp of frame `number`."""
        return number * self.ticks_a_frame & 0xFFFFFFFF

    def first_seq(self, number: int) -> int:
        """RTP sequence number of the first packet of frame `number`."""
        loops, index = divmod(number, len(self._payloads))
        return loops * self._first_seq[-1] + self._first_seq[index] & 0xFFFF

    def _make(self, number: int) -> PlayedFrame:
        payloads = self._payloads[number % len(self._payloads)]
        seq, ticks = self.first_seq(number), self.ticks90k(number)
        pieces: list[bytes] = []
        ends: list[int] = []
        size_bytes = 0
        for at, payload in enumerate(payloads):
            body = payload or mark(number)
            last = 0x80 if at == len(payloads) - 1 else 0
            prefix = struct.pack("!BBH", 0x24, 0, _HEADER_BYTES + len(body))
            pieces += (prefix, struct.pack("!BBHII", 0x80, last | PAYLOAD_TYPE, seq + at & 0xFFFF, ticks, SSRC), body)
            size_bytes += 4 + _HEADER_BYTES + len(body)
            ends.append(size_bytes)
        whole = b"".join(pieces)
        view = memoryview(whole)
        starts = [0, *ends[:-1]]
        return PlayedFrame(whole, tuple(view[start:end] for start, end in zip(starts, ends, strict=True)))


def _payloads(clip: Clip, index: int) -> list[bytes]:
    """RTP payloads of one frame of the loop; the empty one is where the numbered SEI goes."""
    key = [*clip.parameter_sets] if index % clip.format.gop == 0 else []
    return [*key, b"", *_fragments(clip.slices[index])]


def _fragments(nal: bytes) -> list[bytes]:
    if len(nal) <= PAYLOAD_BYTES:
        return [nal]
    indicator, kind = nal[0] & 0xE0 | _FU_A, nal[0] & 31
    step = PAYLOAD_BYTES - 2
    body = [nal[at : at + step] for at in range(1, len(nal), step)]
    heads = [kind] * len(body)
    heads[0] |= 0x80
    heads[-1] |= 0x40
    return [bytes((indicator, head)) + piece for head, piece in zip(heads, body, strict=True)]


def sender_report(ntp_s: float, ticks90k: int, packets: int) -> bytes:
    """An RTCP sender report, interleaved on channel 1. Source: RFC 3550 §6.4.1."""
    seconds = int(ntp_s)
    fraction = int((ntp_s - seconds) * 2**32)
    body = struct.pack(
        "!BBHIIIIII", 0x80, 200, 6, SSRC, seconds & 0xFFFFFFFF, fraction, ticks90k, packets & 0xFFFFFFFF, 0
    )
    return struct.pack("!BBH", 0x24, 1, len(body)) + body
