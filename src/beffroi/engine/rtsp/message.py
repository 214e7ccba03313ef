"""RTSP messages. Source: RFC 2326 §4–§7. Bounded: a head and its body fit in 64 kB each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtp.walk import TEXT_STARTS

MAX_HEAD_BYTES: Final = 16 << 10
MAX_BODY_BYTES: Final = 64 << 10
_MAX_HEADERS: Final = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Headers:
    """Header fields in order; names are compared without case."""

    def __init__(self, lines: list[tuple[str, str]]) -> None:
        self._lines = lines

    def get(self, name: str, default: str = "") -> str:
        """First value of a field."""
        return next(iter(self.all(name)), default)

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for key, value in self._lines if key == name.lower()]


@dataclass(frozen=True, slots=True)
class Response:
    """A server's answer."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    @property
    def sequence(self) -> int:
        """CSeq, -1 when absent."""
        text = self.headers.get("cseq")
        return int(text) if text.isdecimal() and len(text) < 10 else -1


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """A request that the server sends us."""

    method: str
    headers: Headers


def parse_message(raw: bytes) -> Response | ServerRequest:
    """One whole message. Errors: Malformed."""
    head, _, body = raw.partition(b"\r\n\r\n")
    if len(head) > MAX_HEAD_BYTES:
        raise Malformed("RTSP head too long")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = _headers(rest)
    words = first.split(" ", 2)
    if len(words) >= 2 and words[0].startswith("RTSP/") and words[1].isdecimal() and len(words[1]) == 3:
        return Response(int(words[1]), words[2] if len(words) > 2 else "", headers, body)
    if len(words) == 3 and words[2].startswith("RTSP/"):
        return ServerRequest(words[0], headers)
    raise Malformed("not an RTSP message")


def _headers(lines: list[str]) -> Headers:
    if len(lines) > _MAX_HEADERS:
        raise Malformed("too many RTSP headers")
    fields: list[tuple[str, str]] = []
    for line in lines:
        # what a camera tells us goes into our own requests: no line of theirs begins there
        name, colon, value = _CONTROL.sub(" ", line).partition(":")
        if colon:
            fields.append((name.strip().lower(), value.strip()))
        elif fields and line[:1] in (" ", "\t"):  # a folded line
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
    return Headers(fields)


def render_request(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    """Bytes of a request without body."""
    lines = [f"{method} {url} RTSP/1.0", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def render_reply(status: str, sequence: str) -> bytes:
    """Our answer to a server's request."""
    return f"RTSP/1.0 {status}\r\nCSeq: {sequence[:20]}\r\n\r\n".encode("latin-1", "replace")


class MessageReader:
    """Cuts messages out of the bytes received before media flows; interleaved frames are passed over.

    Attributes:
        rest: bytes not yet used.
    """

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, received: bytes) -> list[bytes]:
        """Whole messages so far. Errors: Malformed when it is not RTSP or passes the bounds."""
        received = self.rest + received
        messages = []
        at = 0  # the rest is cut once: a camera may send half a megabyte of empty lines
        while at < len(received):
            used, message = _next_message(received, at)
            if not used:
                break
            if message:
                messages.append(message)
            at += used
        self.rest = received[at:]
        return messages


def _next_message(received: bytes, at: int) -> tuple[int, bytes]:
    """Bytes used from `at` on (0: more are needed) and the message in them, empty when it was something else."""
    waiting = len(received) - at
    if received[at] == 0x24:
        size = 4 + int.from_bytes(received[at + 2 : at + 4], "big")
        return (size, b"") if waiting >= max(4, size) else (0, b"")
    if received[at] in b"\r\n":
        return 1, b""
    if waiting < 4:
        return 0, b""
    if received[at : at + 4] not in TEXT_STARTS:
        raise Malformed("not RTSP")
    head_end = received.find(b"\r\n\r\n", at, at + MAX_HEAD_BYTES + 4)
    if head_end < 0:
        if waiting > MAX_HEAD_BYTES:
            raise Malformed("not an RTSP head")
        return 0, b""
    stop = head_end + 4 + content_length(received[at:head_end])
    return (stop - at, received[at:stop]) if len(received) >= stop else (0, b"")


def content_length(head: bytes) -> int:
    """Content-Length of a head, 0 when absent. Errors: Malformed past the bound."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        digits = value.strip()
        if name.strip().lower() == b"content-length" and digits.isdigit():
            length = int(digits[:9])
            if length > MAX_BODY_BYTES:
                raise Malformed("RTSP body too long")
            return length
    return 0
