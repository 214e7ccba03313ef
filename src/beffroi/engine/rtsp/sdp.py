"""The part of a session description that we use.

Source: RFC 8866; RFC 2326 appendix C; RFC 6184 §8.2.1; RFC 7798 §7.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtsp.refusals import printable
from beffroi.engine.stream import Codec

MAX_SDP_BYTES: Final = 64 << 10
_MAX_TRACKS: Final = 32
_CODECS: Final[dict[str, Codec]] = {"H264": "h264", "H265": "h265", "HEVC": "h265"}
_STATIC_TYPES: Final = {"26": "JPEG", "31": "H261", "32": "MPV", "33": "MP2T", "34": "H263"}  # Source: RFC 3551 table 5


@dataclass(slots=True, kw_only=True)
class Track:
    """One `m=` section."""

    media: str
    payload_type: int
    encoding: str = ""
    clock_hz: int = 0
    control: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def codec(self) -> Codec | None:
        """The codec when it is one we record."""
        if self.media != "video" or self.clock_hz != 90_000:
            return None
        interleaved = self.parameters.get("packetization-mode") == "2"
        interleaved = interleaved or self.parameters.get("sprop-max-don-diff", "0") not in ("0", "")
        return None if interleaved else _CODECS.get(self.encoding)

    @property
    def label(self) -> str:
        """For people: `audio PCMU`, `video JPEG`."""
        return f"{self.media} {self.encoding}".strip()

    def parameter_sets(self) -> tuple[bytes, ...]:
        """Sets announced in `fmtp`; those that are not base64 are left out."""
        names = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
        texts = [text for name in names for text in self.parameters.get(name, "").split(",") if text]
        return tuple(nal for text in texts if (nal := _decoded(text)))


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """The session's control attribute and its tracks, in order."""

    control: str
    tracks: tuple[Track, ...]


def parse_sdp(body: bytes) -> SessionDescription:
    """Errors: Malformed when it is too long, has too many tracks or no `m=` at all and no `v=`."""
    if len(body) > MAX_SDP_BYTES:
        raise Malformed("session description too long")
    text = body.decode("utf-8", "replace")
    if not text.lstrip().startswith(("v=", "m=", "o=", "s=")):
        raise Malformed("not a session description")
    control = ""
    tracks: list[Track] = []
    for line in text.splitlines():
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            tracks.append(_track(value))
        elif kind == "a" and tracks:
            _attribute(tracks[-1], value)
        elif kind == "a" and value.startswith("control:"):
            control = value[8:].strip()
    if len(tracks) > _MAX_TRACKS:
        raise Malformed("too many tracks")
    return SessionDescription(control, tuple(tracks))


def _track(value: str) -> Track:
    words = value.split()
    if len(words) < 4:
        raise Malformed("media line too short")
    payload_type = int(words[3]) if words[3].isdecimal() and len(words[3]) < 4 else -1
    encoding = _STATIC_TYPES.get(words[3], "")
    media = printable(words[0].lower(), 20)
    return Track(media=media, payload_type=payload_type, encoding=encoding, clock_hz=90_000 if encoding else 0)


def _attribute(track: Track, value: str) -> None:
    name, _, rest = value.partition(":")
    if name == "control":
        track.control = rest.strip()
        return
    number, _, what = rest.strip().partition(" ")
    if name not in ("rtpmap", "fmtp") or number != str(track.payload_type):
        return
    if name == "rtpmap":
        encoding, _, clock = what.strip().partition("/")
        track.encoding = "".join(letter for letter in encoding.upper()[:32] if letter.isalnum() or letter in "-._")
        clock = clock.partition("/")[0]
        track.clock_hz = int(clock) if clock.isdecimal() and len(clock) < 10 else 0
    else:
        for pair in what.split(";"):
            key, _, setting = pair.strip().partition("=")
            track.parameters[key.lower()] = setting.strip()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
