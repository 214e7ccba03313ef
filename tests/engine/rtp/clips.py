"""Real H.264 and H.265, encoded here, and a packetiser that can be told to misbehave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from struct import pack

import av
import numpy as np

from beffroi.engine.stream import Codec

Nals = tuple[bytes, ...]
SSRC = 0x1234
PAYLOAD_TYPE = 96


@dataclass(frozen=True, slots=True)
class Clip:
    """An encoded clip: one tuple of NAL units a picture, parameter sets apart."""

    codec: Codec
    sets: Nals
    pictures: tuple[Nals, ...]


@lru_cache
def clip(codec: Codec, *, width: int = 160, height: int = 90, frames: int = 24, gop: int = 8, slices: int = 1) -> Clip:
    """Moving noise, so that pictures need several packets."""
    encoder = av.CodecContext.create("libx264" if codec == "h264" else "libx265", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 25)
    if codec == "h264":
        extra = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:slices={slices}"
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": extra, "crf": "18"}
    else:
        extra = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:log-level=none:slices={slices}:info=0"
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x265-params": extra, "crf": "18"}
    noise = np.random.default_rng(7)
    packets = []
    for number in range(frames):
        picture = noise.integers(0, 255, (height, width, 3), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    units = [split(bytes(packet)) for packet in packets]
    sets = tuple(nal for nal in units[0] if _is_set(codec, nal))
    return Clip(codec, sets, tuple(tuple(nal for nal in unit if not _is_set(codec, nal)) for unit in units))


def _is_set(codec: Codec, nal: bytes) -> bool:
    return nal[0] & 31 in (7, 8) if codec == "h264" else nal[0] >> 1 in (32, 33, 34)


def split(annex_b: bytes) -> list[bytes]:
    """NAL units of a byte stream."""
    return [part.rstrip(b"\0") for part in annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if part]


def sample(nals: Iterable[bytes]) -> bytes:
    """The sample we expect for a picture."""
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


class Packetiser:
    """RTP packets of pictures, sequence numbers going on from one call to the next."""

    def __init__(self, codec: Codec, *, mtu: int = 400, sequence: int = 65_500) -> None:
        self.codec = codec
        self.mtu = mtu
        self.sequence = sequence

    def picture(self, nals: Sequence[bytes], timestamp: int, *, markers: str = "last") -> list[bytes]:
        """Packets of one picture; `markers`: `last`, `never` or `each` NAL unit."""
        packets = []
        for number, nal in enumerate(nals):
            payloads = list(self.payloads(nal))
            for index, payload in enumerate(payloads):
                at_end = index == len(payloads) - 1
                marker = at_end and (markers == "each" or (markers == "last" and number == len(nals) - 1))
                packets.append(self.packet(payload, timestamp, marker=marker))
        return packets

    def packet(self, payload: bytes, timestamp: int, *, marker: bool = False, flags: int = 0x80) -> bytes:
        """One RTP packet."""
        head = pack(">BBHII", flags, marker << 7 | PAYLOAD_TYPE, self.sequence & 0xFFFF, timestamp & 0xFFFFFFFF, SSRC)
        self.sequence += 1
        return head + payload

    def payloads(self, nal: bytes) -> Iterator[bytes]:
        """The NAL unit whole, or in fragments."""
        if len(nal) <= self.mtu:
            yield nal
            return
        if self.codec == "h264":
            head, kind, body = bytes((nal[0] & 0xE0 | 28,)), nal[0] & 31, nal[1:]
        else:
            head, kind, body = bytes((nal[0] & 0x81 | 49 << 1, nal[1])), nal[0] >> 1 & 63, nal[2:]
        for at in range(0, len(body), self.mtu):
            first, last = at == 0, at + self.mtu >= len(body)
            yield head + bytes((first << 7 | last << 6 | kind,)) + body[at : at + self.mtu]

    def aggregate(self, nals: Sequence[bytes]) -> bytes:
        """STAP-A or AP payload."""
        head = b"\x18" if self.codec == "h264" else b"\x60\x01"
        return head + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def framed(packets: Iterable[bytes], channel: int = 0) -> bytes:
    """Packets as interleaved frames."""
    return b"".join(b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet for packet in packets)


def stream(clip_: Clip, packetiser: Packetiser, *, markers: str = "last", step: int = 3600) -> bytes:
    """The whole clip as interleaved frames."""
    return b"".join(
        framed(packetiser.picture(nals, number * step, markers=markers)) for number, nals in enumerate(clip_.pictures)
    )
