"""The packet path: bytes of an RTSP connection to coded pictures, in one pass.

A chunk holds interleaved frames (`$`, channel, length, RTP or RTCP packet; RFC 2326 §10.12) and RTSP texts.
Datagrams come here with the same four bytes put before them, so TCP and UDP share this code.

Cost is the point of this module. Two packets of three lie inside a fragmented NAL unit and differ from the
one before only in sequence number and payload: `feed()` predicts that header, reads it and its payload with
one call, and makes nothing but the payload's bytes. Everything else takes the slow way through `_packet()`.
"""

from __future__ import annotations

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
_PLAIN: Final = 0x80
"""First byte of an RTP packet without padding, extension or CSRC."""
_VERSION_2: Final = _PLAIN << 24
_MARKER: Final = 0x80 << 16
_NO_MARKER: Final = 0xFFFFFFFF ^ _MARKER
_NO_TIMELINE: Final = -1
_NEVER: Final = b""
TEXT_STARTS: Final = frozenset(
    (b"RTSP", b"OPTI", b"ANNO", b"GET_", b"SET_", b"TEAR", b"REDI", b"PLAY", b"PAUS", b"DESC", b"SETU", b"RECO")
)
"""How an answer or a request of the server begins. Source: RFC 2326 §6.1, §7."""
_LONGEST_MARK: Final = 8
_RTP = Struct(">BBHQB")  # flags, marker and type, sequence, timestamp and SSRC (RFC 3550 §5.1), first payload byte


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


@lru_cache(maxsize=256)
def _predicted(frame_bytes: int, head_bytes: int) -> Struct:
    """Layout of a frame of this length: `$`+channel+length, marker/type+sequence, timeline, fragment head, payload."""
    return Struct(f">IIQ{head_bytes}s{frame_bytes - 16 - head_bytes}s")


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
        self._payload_type = channels.payload_type
        self._pictures = pictures
        self._on_text = on_text
        self._on_rtcp = on_rtcp
        self._counters = counters
        self._head_bytes = self._format.header_bytes + 1
        self._starts: dict[bytes, tuple[bytes, bytes, bytes, int]] = {}
        self._body_at = 16 + self._head_bytes
        self._last = _NEVER
        # the prediction
        self._packet_bytes = 0
        self._predict(12 + self._head_bytes)
        self._want = -1  # flags, type and sequence of the next packet as one number
        self._timeline = _NO_TIMELINE  # timestamp and SSRC as one number
        self._middle = _NEVER
        # the picture being put together
        self._parts: list[bytes] = []
        self._slot = -1
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
        at = 0
        layout, frame, want, timeline, middle = self._layout, self._frame, self._want, self._timeline, self._middle
        unpack, stride, append = layout.unpack_from, layout.size, self._parts.append
        while True:
            if middle and end - at >= stride:
                frame_is, want_is, timeline_is, head, piece = unpack(chunk, at)
                if want_is == want and head == middle and frame_is == frame and timeline_is == timeline:
                    append(piece)
                    want += 1
                    at += stride
                    continue
                # the last fragment: another length, and the marker when it ends the picture
                if head == self._last and want_is & _NO_MARKER == want and timeline_is == timeline:
                    stop = at + 4 + (frame_is & 0xFFFF)
                    if stop <= end and frame_is >> 16 == frame >> 16:
                        append(chunk[at + self._body_at : stop])
                        want += 1
                        at = stop
                        self._fragment_end()
                        if want_is & _MARKER:
                            self._end_by_marker()
                        middle, append = _NEVER, self._parts.append
                        continue
            if end - at < 4:
                break
            self._want = want
            if chunk[at] != _DOLLAR:
                used = self._text(chunk, at)
                if not used:
                    break
                at += used
                continue
            stop = at + 4 + (chunk[at + 2] << 8 | chunk[at + 3])
            if stop > end:
                break
            self._packet(chunk, at, stop)
            at = stop
            layout, frame, want, timeline, middle = self._layout, self._frame, self._want, self._timeline, self._middle
            unpack, stride, append = layout.unpack_from, layout.size, self._parts.append
        self._want = want
        self._open_bytes += at
        if self._open_bytes > MAX_UNIT_BYTES:
            self._too_big()
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
        marks = (bytes((_DOLLAR, self._rtp_channel)), bytes((_DOLLAR, self._rtcp_channel)), b"RTSP/1.0")
        found = [place for mark in marks if (place := chunk.find(mark, at + 1)) >= 0]
        # without a mark, the last bytes stay: a mark may begin in them
        used = (min(found) if found else len(chunk) - _LONGEST_MARK) - at
        self._counters.malformed += used > 0
        return max(0, used)

    def _packet(self, chunk: bytes, at: int, stop: int) -> None:
        """Any frame that was not predicted."""
        begin = at + 16
        if chunk[at + 1] != self._rtp_channel or begin >= stop:
            self._not_media(chunk, at, stop)
            return
        flags, marker_type, sequence, timeline, first = _RTP.unpack_from(chunk, at + 4)
        if marker_type & 0x7F != self._payload_type or flags & 0xC0 != _PLAIN:
            self._counters.malformed += 1
            return
        if sequence != self._want & 0xFFFF and not self._in_sequence(sequence, timeline):
            return
        self._want = _VERSION_2 | self._payload_type << 16 | (sequence + 1 & 0xFFFF)
        if timeline != self._timeline:
            self._next_timestamp(timeline)
        if flags != _PLAIN:
            begin, stop = _payload(chunk, at, stop)
            first = chunk[begin] if begin < stop else 0
        kind = self._kinds[first]
        if stop - begin < self._head_bytes:
            pass  # nothing, or a unit without content
        elif kind == FRAGMENT:
            self._fragment(chunk, begin, stop)
        elif kind <= KEY_SLICE and self._slot < 0:
            self._whole_nal(chunk, begin, stop, kind=kind)
        else:
            self._rare(chunk, begin, stop, kind=kind)
        if marker_type & 0x80:
            self._end_by_marker()

    def _not_media(self, chunk: bytes, at: int, stop: int) -> None:
        """A report, a channel we never set up, or a packet without payload."""
        if chunk[at + 1] == self._rtcp_channel:
            self._on_rtcp(chunk[at + 4 : stop])
        else:
            self._counters.malformed += 1

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

    def _rare(self, chunk: bytes, at: int, stop: int, *, kind: int) -> None:
        """Units that are not slices or SEI, and any unit that comes where a fragment was due."""
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
            if size < self._head_bytes or at + size > stop:
                self._damaged = True
                return
            kind = self._kinds[chunk[at]]
            self._whole_nal(chunk, at, at + size, kind=UNUSABLE if kind in (AGGREGATE, FRAGMENT) else kind)
            at += size

    def _fragment(self, chunk: bytes, at: int, stop: int) -> None:
        """The first or the last piece of an FU-A (RFC 6184 §5.8) or FU (RFC 7798 §4.4.3), or one not predicted."""
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
        if fu & 0x40 and self._slot >= 0:
            self._fragment_end()

    def _fragment_start(self, chunk: bytes, at: int, stop: int) -> None:
        body = at + self._head_bytes
        head = chunk[at:body]
        if self._slot >= 0 or body == stop:
            self._damaged = True
            return
        header, self._middle, self._last, kind = self._starts.get(head) or self._learn(head)
        if kind in (SLICE, KEY_SLICE):
            self._slice(kind, chunk[body])
        elif kind > PARAMETER_SET:
            self._damaged = True
        self._slot = len(self._parts)
        self._parts += (header, chunk[body:stop])
        if stop - at + 12 != self._packet_bytes:
            self._predict(stop - at + 12)

    def _learn(self, head: bytes) -> tuple[bytes, bytes, bytes, int]:
        """The NAL header a first fragment's head stands for, the heads in the middle and at the end, what it is."""
        if len(self._starts) > _MAX_STARTS:
            self._starts.clear()
        first, fu = head[0], head[-1]
        if self._head_bytes == 2:
            header = bytes((first & 0xE0 | fu & 0x1F,))
        else:
            header = bytes((first & 0x81 | (fu & 0x3F) << 1, head[1]))
        middle, last = (head[:-1] + bytes((fu & 0x3F | end,)) for end in (0, 0x40))
        learnt = (header, middle, last, self._kinds[header[0]])
        self._starts[head] = learnt
        return learnt

    def _predict(self, packet_bytes: int) -> None:
        """The fragments in the middle have the length of the first one."""
        self._packet_bytes = packet_bytes
        self._frame = _DOLLAR << 24 | self._rtp_channel << 16 | packet_bytes
        self._layout = _predicted(packet_bytes + 4, self._head_bytes)

    def _fragment_end(self) -> None:
        slot, parts = self._slot, self._parts
        self._slot = -1
        self._middle = _NEVER
        pieces = parts[slot:]
        size = sum(map(len, pieces))
        if size > MAX_NAL_BYTES:
            self._damaged = True
        elif self._kinds[pieces[0][0]] == PARAMETER_SET:
            self._parameter_set(b"".join(pieces))
            del parts[slot:]
        else:
            parts[slot] = size.to_bytes(4, "big") + pieces[0]
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
