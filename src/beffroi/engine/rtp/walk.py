"""The packet path: bytes of an RTSP connection to coded pictures, in one pass.

A chunk holds interleaved frames (`$`, channel, length, RTP or RTCP packet; RFC 2326 §10.12) and RTSP texts.
Datagrams come here with the same four bytes put before them, so TCP and UDP share this code.

Cost is the point of this module. Most packets lie inside a fragmented NAL unit and differ from the one before
only in sequence number and payload: `_middles()` predicts their headers and reads all of a picture's with one
call. Everything else takes the slow way through `_packet()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Final, Protocol

from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtp.nal import AGGREGATE, FORMATS, FRAGMENT, KEY_SLICE, PARAMETER_SET, SLICE, UNUSABLE
from beffroi.engine.rtp.parameter_sets import ParameterSets

MAX_NAL_BYTES: Final = 4 << 20
MAX_UNIT_BYTES: Final = 8 << 20
MAX_TEXT_BYTES: Final = 64 << 10
_DOLLAR: Final = 0x24
_TRUST_AFTER: Final = 8
"""Pictures whose marker agreed with the timestamp before the marker alone ends a picture."""
_LATE_PACKETS: Final = 64
_MAX_STARTS: Final = 64
_MARKER: Final = 0x80
_NO_MARKER: Final = 0xFFFF ^ _MARKER
_VERSION_AND_TYPE: Final = 0xC07F
_PLAIN: Final = 0x80
"""First byte of an RTP packet without padding, extension or CSRC."""
_NO_TIMELINE: Final = -1
_NEVER: Final = b""
TEXT_STARTS: Final = frozenset(
    (b"RTSP", b"OPTI", b"ANNO", b"GET_", b"SET_", b"TEAR", b"REDI", b"PLAY", b"PAUS", b"DESC", b"SETU", b"RECO")
)
"""How an answer or a request of the server begins. Source: RFC 2326 §6.1, §7."""
_LONGEST_MARK: Final = 8
_MAX_RUBBISH: Final = 64
"""Places in one chunk where neither packet nor text begins; after so many its rest is passed over. Each costs a search,
and a camera could write nothing else."""
_TINY_PART_BYTES: Final = 64
_MANY_PARTS: Final = 1024
"""A picture in so many pieces, so small, is joined at once: kept as pieces it would weigh twenty times its bytes."""
_MAX_MIDDLES: Final = 31
"""Packets read with one call; a larger picture takes several."""
_PREFIX = Struct(">HHH")
_FRAME = Struct(">HHHHQB")
"""`$` and channel, length (RFC 2326 §10.12), flags, marker and type, sequence, timestamp and SSRC (RFC 3550 §5.1),
first payload byte."""


class PictureSink(Protocol):
    """Takes what the walk finds, in order. None of these may raise."""

    def picture(self, parts: list[bytes], size_bytes: int, timestamp: int, *, is_key: bool) -> None:
        """One whole access unit; `timestamp` is the 32-bit RTP one."""

    def lost(self, packets: int) -> None:
        """So many packets are missing before what comes next."""

    def malformed(self) -> None:
        """A picture was dropped because its packets cannot be used."""


@dataclass(slots=True)
class WalkCounters:
    """What was missed or could not be used since the stream began."""

    lost_packets: int = 0
    malformed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Interleaved channels of the one track we set up, and its payload type."""

    rtp: int
    rtcp: int
    payload_type: int


@lru_cache(maxsize=512)
def _layout(stride: int, head_bytes: int, packets: int) -> Struct:
    """So many frames of this length: `$` to marker and type, sequence, timestamp to fragment head, payload."""
    return Struct(">" + f"6sH{8 + head_bytes}s{stride - 16 - head_bytes}s" * packets)


class Walk:
    """State of one stream between chunks.

    Args:
        sets: told of parameter sets; they are left out of pictures.
        on_text: an RTSP message found between packets, head and body.
        on_rtcp: an RTCP packet.
    """

    def __init__(
        self,
        sets: ParameterSets,
        channels: Channels,
        *,
        pictures: PictureSink,
        on_text: Callable[[bytes], None],
        on_rtcp: Callable[[bytes], None],
        counters: WalkCounters,
    ) -> None:
        self._sets = sets
        self._format = FORMATS[sets.codec]
        self._kinds = self._format.kinds_by_byte
        self._rtp_channel, self._rtcp_channel = channels.rtp, channels.rtcp
        packets = b"\\$[" + re.escape(bytes((channels.rtp,))) + re.escape(bytes((channels.rtcp,))) + b"]"
        self._marks = re.compile(packets + rb"|RTSP/1\.0", re.DOTALL)
        self._rubbish = 0
        self._ours = _DOLLAR << 8 | channels.rtp
        self._plain = _PLAIN << 8 | channels.payload_type  # no padding, no extension, no CSRC, no marker
        self._pictures = pictures
        self._on_text = on_text
        self._on_rtcp = on_rtcp
        self._counters = counters
        self._head_bytes = self._format.header_bytes + 1
        self._starts: dict[bytes, tuple[bytes, bytes, int]] = {}
        self._want = -1  # sequence of the next packet
        self._timeline = _NO_TIMELINE  # timestamp and SSRC as one number
        # the fragment being put together, and how the packets in its middle look
        self._slot = -1  # its place in the parts
        self._header = _NEVER
        self._nal_bytes = 0
        self._stride = self._piece_bytes = 0
        self._prefix = _NEVER  # up to the sequence number
        self._middle = _NEVER  # from there to the payload
        self._head_at = 15 + self._head_bytes
        # the picture being put together
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._open_bytes = 0
        self._has_slice = False
        self._is_key = False
        self._starts_whole = False
        self._damaged = False
        self._after_loss = True  # the first packets may be the end of a picture
        self._marked = False
        # who ends a picture: its marker, or the next timestamp
        self._agreed = 0
        self._ended_timeline = _NO_TIMELINE

    def feed(self, chunk: bytes) -> int:
        """Walk `chunk`; returns how many bytes were used. The caller puts the rest before the next chunk."""
        end = len(chunk)
        at = self._rubbish = 0
        unpack, kinds, ours, plain = _FRAME.unpack_from, self._kinds, self._ours, self._plain
        shortest, last = 12 + self._head_bytes, end - _FRAME.size
        while at < last:
            if self._middle:
                at = self._middles(chunk, at, end)
                if at >= last:
                    break
            channel, length, flags, sequence, timeline, first = unpack(chunk, at)
            stop = at + 4 + length
            if (
                flags & _NO_MARKER == plain
                and sequence == self._want
                and channel == ours
                and length >= shortest
                and stop <= end
            ):
                self._want = sequence + 1 & 0xFFFF
                if timeline != self._timeline:
                    self._next_timestamp(timeline)
                kind = kinds[first]
                if kind == FRAGMENT:
                    self._fragment(chunk, at + 16, stop)
                else:
                    self._nal(chunk, at + 16, stop, kind=kind)
                if flags != plain:
                    self._end_by_marker()
                at = stop
            elif used := self._rare(chunk, at):
                at += used
            else:
                break
        while end - at >= 4 and (used := self._rare(chunk, at)):
            at += used
        self._open_bytes += at
        if self._open_bytes > MAX_UNIT_BYTES:
            self._too_big()
        return at

    def _middles(self, chunk: bytes, at: int, end: int) -> int:
        """Take the fragments that are as predicted; returns where they end."""
        stride, middle, want = self._stride, self._middle, self._want
        most = min((end - at) // stride, 0x10000 - want, _MAX_MIDDLES)
        heads = chunk[at + self._head_at : at + most * stride : stride]
        packets = len(heads) - len(heads.lstrip(middle[-1:]))  # the others are another picture's, or no heads at all
        if packets:
            read = _layout(stride, self._head_bytes, packets).unpack_from(chunk, at)
            if (
                read[::4].count(self._prefix) == packets
                and read[1::4] == tuple(range(want, want + packets))
                and read[2::4].count(middle) == packets
            ):
                self._parts += read[3::4]
                self._nal_bytes += packets * self._piece_bytes
                self._want = want + packets & 0xFFFF
                return at + packets * stride
        return at

    def flush(self) -> None:
        """The stream ended: give out the last picture when it is known to be whole."""
        if self._marked:
            self._end_picture()

    # -- framing -----------------------------------------------------------------------------------------

    def _text(self, chunk: bytes, at: int) -> int:
        """An RTSP message, or garbage to pass over; 0 when more bytes are needed."""
        if chunk[at : at + 4] not in TEXT_STARTS:
            return self._garbage(chunk, at)
        head_end = chunk.find(b"\r\n\r\n", at, at + MAX_TEXT_BYTES)
        if head_end < 0:
            return self._garbage(chunk, at) if len(chunk) - at >= MAX_TEXT_BYTES else 0
        stop = head_end + 4 + _body_bytes(chunk[at:head_end])
        if stop > len(chunk):
            return 0
        self._on_text(chunk[at:stop])
        return stop - at

    def _garbage(self, chunk: bytes, at: int) -> int:
        """Pass over bytes up to the next place that looks like a packet of ours or a reply."""
        self._rubbish += 1
        found = self._marks.search(chunk, at + 1) if self._rubbish < _MAX_RUBBISH else None
        # without a mark, the last bytes stay: a mark may begin in them
        used = (found.start() if found else len(chunk) - _LONGEST_MARK) - at
        self._counters.malformed += used > 0
        return max(0, used)

    def _rare(self, chunk: bytes, at: int) -> int:
        """Whatever is not the next plain packet of ours; returns its length, 0 when more bytes are needed."""
        if chunk[at] != _DOLLAR:
            return self._text(chunk, at)
        stop = at + 4 + (chunk[at + 2] << 8 | chunk[at + 3])
        if stop > len(chunk):
            return 0
        if chunk[at + 1] == self._rtp_channel and stop - at > 16:
            self._packet(chunk, at, stop)
        elif chunk[at + 1] == self._rtcp_channel:
            self._on_rtcp(chunk[at + 4 : stop])
        else:
            self._counters.malformed += 1  # a channel we never set up, or a packet without payload
        return stop - at

    def _packet(self, chunk: bytes, at: int, stop: int) -> None:
        """A packet with padding, an extension or CSRCs, out of sequence, of another type, or almost empty."""
        _, _, flags, sequence, timeline, _ = _FRAME.unpack_from(chunk, at)
        if (flags ^ self._plain) & _VERSION_AND_TYPE:
            self._counters.malformed += 1
            return
        if sequence != self._want and not self._in_sequence(sequence, timeline):
            return
        self._want = sequence + 1 & 0xFFFF
        if timeline != self._timeline:
            self._next_timestamp(timeline)
        begin, stop = _payload(chunk, at, stop)
        if stop - begin >= self._head_bytes:  # else nothing, or a unit without content
            kind = self._kinds[chunk[begin]]
            if kind == FRAGMENT:
                self._fragment(chunk, begin, stop)
            else:
                self._nal(chunk, begin, stop, kind=kind)
        if flags & _MARKER:
            self._end_by_marker()

    # -- order and boundaries ----------------------------------------------------------------------------

    def _in_sequence(self, sequence: int, timeline: int) -> bool:
        """Account for a jump of the sequence number; False when the packet is an old one."""
        if self._want < 0:
            return True
        ahead = sequence - self._want & 0xFFFF
        same_source = timeline & 0xFFFFFFFF == self._timeline & 0xFFFFFFFF
        if same_source and ahead >= 0x10000 - _LATE_PACKETS:
            self._counters.malformed += 1
            return False
        missing = ahead if same_source and ahead < 0x8000 else 1
        if self._marked and timeline != self._timeline:
            self._end_picture()
        self._clear()
        self._after_loss = True
        self._counters.lost_packets += missing
        self._pictures.lost(missing)
        return True

    def _next_timestamp(self, timeline: int) -> None:
        """A packet of another instant: the picture before it is over, with or without a marker."""
        if self._has_slice and self._agreed >= 0:
            self._agreed = self._agreed + 1 if self._marked else 0
        if self._has_slice or self._damaged:
            self._end_picture()
        elif self._parts:
            self._clear()  # SEI sent as an instant of its own
        self._timeline = timeline

    def _end_by_marker(self) -> None:
        """The sender says that the picture ends here."""
        if self._has_slice:
            self._marked = True
            if self._agreed >= _TRUST_AFTER:
                self._end_picture()

    def _end_picture(self) -> None:
        """Give the picture out when nothing of it is missing."""
        self._ended_timeline = self._timeline
        whole = self._has_slice and not self._damaged and self._slot < 0
        if not whole or self._size_bytes > MAX_UNIT_BYTES or (self._after_loss and not self._starts_whole):
            self._drop_picture(damaged=not whole)
            return
        parts, size, is_key = self._parts, self._size_bytes, self._is_key
        self._parts = []
        self._size_bytes = self._open_bytes = 0
        self._has_slice = self._is_key = self._marked = self._after_loss = False
        if len(parts) > _MANY_PARTS and size < len(parts) * _TINY_PART_BYTES:
            parts = [b"".join(parts)]
        self._pictures.picture(parts, size, self._timeline >> 32, is_key=is_key)

    def _drop_picture(self, *, damaged: bool) -> None:
        self._clear()
        if damaged:
            self._counters.malformed += 1
            self._pictures.malformed()

    def _clear(self) -> None:
        self._parts = []
        self._size_bytes = self._open_bytes = 0
        self._slot = -1
        self._middle = _NEVER
        self._has_slice = self._is_key = self._starts_whole = self._damaged = self._marked = False

    def _too_big(self) -> None:
        """An access unit that never ends: forget it and wait for the next timestamp."""
        self._clear()
        self._damaged = True

    # -- NAL units ---------------------------------------------------------------------------------------

    def _nal(self, chunk: bytes, at: int, stop: int, *, kind: int) -> None:
        """A packet that is not a fragment; where a fragment was due, the rest of that unit is missing."""
        if self._slot >= 0:
            self._damaged = True
            self._slot = -1
            self._middle = _NEVER
        if kind == AGGREGATE:
            self._aggregate(chunk, at + self._format.header_bytes, stop)
        else:
            self._whole_nal(chunk, at, stop, kind=kind)

    def _whole_nal(self, chunk: bytes, at: int, stop: int, *, kind: int) -> None:
        if kind:
            if kind == PARAMETER_SET:
                self._parameter_set(chunk[at:stop])
                return
            if kind == UNUSABLE:
                self._damaged = True
                return
            self._slice(kind, chunk[at + self._head_bytes - 1])
        size = stop - at
        self._parts.append(size.to_bytes(4, "big") + chunk[at:stop])
        self._size_bytes += size + 4

    def _slice(self, kind: int, first_payload_byte: int) -> None:
        """A slice starts. Its first bit says whether it is the first of its picture (H.264 ue(0), H.265 the flag)."""
        if self._marked:
            self._agreed = -1
        if not self._has_slice:
            if self._timeline == self._ended_timeline:
                self._marker_lied()
            self._has_slice = True
            self._starts_whole = first_payload_byte >= 0x80
        if kind == KEY_SLICE:
            self._is_key = True

    def _marker_lied(self) -> None:
        """More slices of a picture whose marker ended it: from now on only timestamps end pictures."""
        self._agreed = -1
        self._damaged = True

    def _parameter_set(self, nal: bytes) -> None:
        if nal in self._sets.known:
            return
        try:
            self._sets.offer(nal)
        except Malformed:
            self._counters.malformed += 1

    def _aggregate(self, chunk: bytes, at: int, stop: int) -> None:
        """STAP-A (RFC 6184 §5.7.1) or AP (RFC 7798 §4.4.2)."""
        while at + 2 < stop:
            size = chunk[at] << 8 | chunk[at + 1]
            at += 2
            if at + size > stop:
                self._damaged = True
                return
            if size >= self._head_bytes:  # else nothing, or a unit without content: the end of a sequence
                kind = self._kinds[chunk[at]]
                self._whole_nal(chunk, at, at + size, kind=UNUSABLE if kind in (AGGREGATE, FRAGMENT) else kind)
            at += size

    def _fragment(self, chunk: bytes, at: int, stop: int) -> None:
        """A piece of an FU-A (RFC 6184 §5.8) or FU (RFC 7798 §4.4.3)."""
        body = at + self._head_bytes
        fu = chunk[body - 1]
        if fu & 0x80:
            self._fragment_start(chunk, at, stop)
        elif self._slot < 0:
            if not self._after_loss or self._has_slice:
                self._damaged = True
            return
        else:
            self._parts.append(chunk[body:stop])
            self._nal_bytes += stop - body
        if fu & 0x40 and self._slot >= 0:
            self._fragment_end()

    def _fragment_start(self, chunk: bytes, at: int, stop: int) -> None:
        body = at + self._head_bytes
        head = chunk[at:body]
        if self._slot >= 0 or body == stop:
            self._damaged = True
            return
        self._header, middle, kind = self._starts.get(head) or self._learn(head)
        if SLICE <= kind <= KEY_SLICE:
            self._slice(kind, chunk[body])
        elif kind > PARAMETER_SET:
            self._damaged = True
        self._slot = len(self._parts)
        self._parts += (_NEVER, chunk[body:stop])
        self._nal_bytes = len(self._header) + stop - body
        self._middle = self._timeline.to_bytes(8, "big") + middle
        if stop - at + 16 != self._stride:
            self._predict(stop - at)

    def _predict(self, payload_bytes: int) -> None:
        """The fragments in the middle have the length of the first one."""
        self._stride = 16 + payload_bytes
        self._piece_bytes = payload_bytes - self._head_bytes
        self._prefix = _PREFIX.pack(self._ours, 12 + payload_bytes, self._plain)

    def _learn(self, head: bytes) -> tuple[bytes, bytes, int]:
        """The NAL header a first fragment's head stands for, the head of those in the middle, what it is."""
        if len(self._starts) > _MAX_STARTS:
            self._starts.clear()
        first, fu = head[0], head[-1]
        if self._head_bytes == 2:
            header = bytes((first & 0xE0 | fu & 0x1F,))
        else:
            header = bytes((first & 0x81 | (fu & 0x3F) << 1, head[1]))
        learnt = self._starts[head] = (header, head[:-1] + bytes((fu & 0x3F,)), self._kinds[header[0]])
        return learnt

    def _fragment_end(self) -> None:
        slot, parts, size = self._slot, self._parts, self._nal_bytes
        self._slot = -1
        self._middle = _NEVER
        if size > MAX_NAL_BYTES:
            self._damaged = True
        elif self._kinds[self._header[0]] == PARAMETER_SET:
            self._parameter_set(b"".join((self._header, *parts[slot:])))
            del parts[slot:]
        else:
            parts[slot] = size.to_bytes(4, "big") + self._header
            self._size_bytes += size + 4


def _payload(chunk: bytes, at: int, stop: int) -> tuple[int, int]:
    """Payload bounds of a packet with CSRCs, an extension or padding; empty when they do not fit."""
    flags = chunk[at + 4]
    first = at + 16 + 4 * (flags & 15)
    if flags & 0x10 and first + 4 <= stop:
        first += 4 + 4 * (chunk[first + 2] << 8 | chunk[first + 3])
    if flags & 0x20:
        stop -= chunk[stop - 1]
    return first, stop


def _body_bytes(head: bytes) -> int:
    """Content-Length of an RTSP message; 0 when absent, bounded when absurd."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        digits = value.strip()
        if name.strip().lower() == b"content-length" and digits.isdigit():
            return min(int(digits[:9]), MAX_TEXT_BYTES)
    return 0
