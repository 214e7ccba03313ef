"""RTSP 1.0, server side: one connection. Source: RFC 2326."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast
from urllib.parse import urlsplit

from beffroi.core.errors import InvalidInput
from beffroi.simulator.digest import Digest
from beffroi.simulator.faults import Faults
from beffroi.simulator.stream import CameraStream, Viewer

MAX_REQUEST_BYTES = 16_384
MAX_BUFFERED_BYTES = 4_000_000
"""A client that reads slower than this much behind loses frames up to a key frame."""
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
_REASONS = {
    200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
    405: "Method Not Allowed", 451: "Parameter Not Understood", 454: "Session Not Found",
    455: "Method Not Valid in This State", 461: "Unsupported Transport",
}  # fmt: skip


_HTTP_REASONS = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 500: "Internal Server Error"}


class Place(Protocol):
    """A stream as a connection sees it."""

    audio: bool

    @property
    def stream(self) -> CameraStream: ...

    @property
    def faults(self) -> Faults: ...

    def is_drawn(self) -> bool: ...

    def position(self) -> str: ...

    def move(self, text: str) -> str: ...

    def sdp(self) -> str: ...

    def key_ticks90k(self) -> int: ...

    def closed_for_now(self) -> bool: ...


class Town(Protocol):
    """What a connection asks of the simulator."""

    digest: Digest
    session_timeout_s: int
    connections: set[Connection]

    def find(self, path: str) -> Place | None: ...

    def ask(self, path: str, body: bytes, authorization: str) -> tuple[int, bytes] | None: ...

    def udp_ports(self) -> tuple[int, int]: ...

    def send_udp(self, packet: bytes, to: tuple[str, int], *, control: bool) -> None: ...


@dataclass(slots=True)
class _Request:
    method: str
    uri: str
    headers: dict[str, str]
    body: str

    @property
    def path(self) -> str:
        return urlsplit(self.uri).path


@dataclass(slots=True)
class _Track:
    """Where one track goes: interleaved channels, or UDP addresses."""

    channels: tuple[int, int] | None = None
    addresses: tuple[tuple[str, int], tuple[str, int]] | None = None


@dataclass(slots=True)
class _Session:
    place: Place
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    video: _Track | None = None
    audio: _Track | None = None
    viewer: Viewer | None = None


class Connection(asyncio.Protocol):
    """One RTSP connection, with at most one session on it."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._session: _Session | None = None
        self._heard_at_s = 0.0
        self._drip = bytearray()
        self._place: Place | None = None
        self._held: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so
        self._transport.set_write_buffer_limits(high=MAX_BUFFERED_BYTES)
        self._heard_at_s = asyncio.get_running_loop().time()
        self._town.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self._town.connections.discard(self)
        self._transport = None

    def close(self) -> None:
        """Cuts the connection at once."""
        self._stop()
        if self._transport is not None:
            self._transport.abort()

    def belongs_to(self, place: Place) -> bool:
        """Whether this connection asked for `place`."""
        return self._place is place

    def second(self, now_s: float) -> None:
        """Called each second: ends sessions not heard of for their time, and what the camera itself cuts."""
        if now_s - self._heard_at_s > self._town.session_timeout_s + 5 or (
            self._place is not None and self._place.closed_for_now()
        ):
            self.close()

    def tick(self) -> None:
        """Called at each frame time: answers for a camera drawn at last, lets a slow one's next bytes out."""
        if self._held and self._place is not None and self._place.is_drawn():
            held, self._held = self._held, []
            for message in held:
                self._answer(message)
        if self._drip and self._transport is not None and self._place is not None:
            size = max(1, (self._place.faults.drip or len(self._drip) * 12) // 12)
            self._transport.write(bytes(self._drip[:size]))
            del self._drip[:size]

    def data_received(self, data: bytes) -> None:
        self._heard_at_s = asyncio.get_running_loop().time()
        self._received += data
        while self._received:
            size = self._next_size()
            if size == 0:
                break
            message = bytes(self._received[:size])
            del self._received[:size]
            if message[:1] != b"$":
                self._answer(message)
        if len(self._received) > MAX_REQUEST_BYTES:
            self.close()

    def _next_size(self) -> int:
        """Bytes of the first whole message received: a request or an interleaved packet; 0 when not whole yet."""
        received = self._received
        if received[:1] == b"$":
            size = 4 + int.from_bytes(received[2:4], "big") if len(received) >= 4 else 0
            return size if len(received) >= size else 0
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return 0
        head = bytes(received[:end]).lower()
        at = head.find(b"content-length:")
        length_text = head[at + 15 :].split(b"\r\n", 1)[0].strip() if at >= 0 else b"0"
        size = end + 4 + (int(length_text) if length_text.isdigit() else 0)
        return size if len(received) >= size else 0

    def _answer(self, message: bytes) -> None:
        if message.startswith(b"POST /"):
            self._answer_onvif(message)
            return
        request = _parse(message)
        if request is None:
            self._reply("0", 400)
            return
        cseq = request.headers.get("cseq", "0")
        place = self._place = self._town.find(request.path) or self._place
        if place is not None and not place.is_drawn():
            self._held.append(message)
        elif place is not None and (place.closed_for_now() or place.faults.dead):
            self.close()
        elif place is not None and place.faults.mute:
            return
        elif request.method == "OPTIONS":
            self._reply(cseq, 200, {"Public": METHODS})
        elif not self._town.digest.accepts(request.method, request.headers.get("authorization", "")):
            self._reply(cseq, 401, {"WWW-Authenticate": self._town.digest.challenges()})
        else:
            self._dispatch(request, cseq)

    def _answer_onvif(self, message: bytes) -> None:
        """ONVIF is SOAP over HTTP; our cameras speak it on the port of their pictures."""
        head, _, body = message.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = self._town.ask(first.split(" ")[1], body, headers.get("authorization", ""))
        status, content = answer if answer is not None else (401, b"")
        told = [f"HTTP/1.1 {status} {_HTTP_REASONS.get(status, 'OK')}", f"Content-Length: {len(content)}"]
        told += ["Content-Type: application/soap+xml; charset=utf-8"]
        told += [f"WWW-Authenticate: {one}" for one in self._town.digest.challenges()] if answer is None else []
        if self._transport is not None:
            self._transport.write("\r\n".join((*told, "", "")).encode() + content)

    def _dispatch(self, request: _Request, cseq: str) -> None:
        place = self._town.find(request.path)
        answers: dict[str, Callable[[_Request, str], None]] = {
            "SETUP": self._setup, "PLAY": self._play, "PAUSE": self._pause, "TEARDOWN": self._teardown,
            "GET_PARAMETER": self._keep_alive, "SET_PARAMETER": self._keep_alive,
        }  # fmt: skip
        if request.method == "DESCRIBE":
            self._describe(request, cseq, place)
        elif request.method not in answers:
            self._reply(cseq, 405, {"Allow": METHODS})
        elif request.method != "SETUP" and not self._is_current(request):
            self._reply(cseq, 454)
        else:
            answers[request.method](request, cseq)

    def _is_current(self, request: _Request) -> bool:
        named = request.headers.get("session", "").partition(";")[0].strip()
        if request.method.endswith("_PARAMETER") and not named:
            return True
        return self._session is not None and named == self._session.id

    def _describe(self, request: _Request, cseq: str, place: Place | None) -> None:
        if place is None:
            self._reply(cseq, 404)
        elif place.faults.redirect:
            self._reply(cseq, 302, {"Location": place.faults.redirect})
        else:
            base = request.uri.rstrip("/") + "/"
            self._reply(cseq, 200, {"Content-Base": base, "Content-Type": "application/sdp"}, body=place.sdp())

    def _setup(self, request: _Request, cseq: str) -> None:
        place = self._town.find(request.path)
        is_audio = request.path.endswith("/audio")
        if place is None or (is_audio and not place.audio):
            self._reply(cseq, 404)
            return
        if self._session is None or self._session.place is not place:
            self._stop()
            self._session = _Session(place)
        track, transport = self._transport_for(request.headers.get("transport", ""))
        if track is None:
            self._reply(cseq, 461)
        elif is_audio:
            self._session.audio = track
            self._reply_in_session(cseq, {"Transport": transport})
        else:
            self._session.video = track
            self._reply_in_session(cseq, {"Transport": transport})

    def _transport_for(self, wanted: str) -> tuple[_Track | None, str]:
        """The first transport of the list that we can serve, and how we say so."""
        for spec in wanted.split(","):
            words = [word.strip() for word in spec.split(";")]
            named = dict(word.split("=", 1) for word in words if "=" in word)
            if words[0].upper() == "RTP/AVP/TCP":
                free = 2 if self._session is not None and (self._session.video or self._session.audio) else 0
                pair = _pair(named.get("interleaved", f"{free}-{free + 1}"))
                if pair is not None and max(pair) < 256:
                    return _Track(channels=pair), f"RTP/AVP/TCP;unicast;interleaved={pair[0]}-{pair[1]}"
            elif words[0].upper() in ("RTP/AVP", "RTP/AVP/UDP") and "multicast" not in words:
                pair = _pair(named.get("client_port", ""))
                if pair is not None and self._transport is not None:
                    host = self._transport.get_extra_info("peername")[0]
                    server = self._town.udp_ports()
                    return (
                        _Track(addresses=((host, pair[0]), (host, pair[1]))),
                        f"RTP/AVP;unicast;client_port={pair[0]}-{pair[1]};server_port={server[0]}-{server[1]}",
                    )
        return None, ""

    def _play(self, request: _Request, cseq: str) -> None:
        session = self._session
        if session is None or session.video is None:
            self._reply(cseq, 455)
            return
        if session.viewer is None:
            session.viewer = Viewer(self, with_audio=session.audio is not None)
            session.place.stream.viewers.append(session.viewer)
        ticks90k = session.place.key_ticks90k() & 0xFFFFFFFF
        url = request.uri.rstrip("/") + "/video"
        info = f"url={url};seq={session.viewer.seq};rtptime={ticks90k}"
        self._reply_in_session(cseq, {"Range": "npt=now-", "RTP-Info": info})

    def _pause(self, _request: _Request, cseq: str) -> None:
        self._leave()
        self._reply_in_session(cseq, {})

    def _keep_alive(self, request: _Request, cseq: str) -> None:
        """Without a body it keeps the session; with one it asks a camera that turns where it looks, or moves it."""
        place = self._town.find(request.path)
        if not request.body.strip() or place is None:
            self._reply_in_session(cseq, {})
            return
        try:
            position = place.move(request.body) if request.method == "SET_PARAMETER" else place.position()
        except InvalidInput:
            self._reply(cseq, 451)
        else:
            self._reply(cseq, 200, {"Content-Type": "text/parameters"}, body=position)

    def _teardown(self, _request: _Request, cseq: str) -> None:
        self._reply_in_session(cseq, {})
        self._stop()

    def _leave(self) -> None:
        if self._session is not None and self._session.viewer is not None:
            viewers = self._session.place.stream.viewers
            if self._session.viewer in viewers:
                viewers.remove(self._session.viewer)
            self._session.viewer = None

    def _stop(self) -> None:
        self._leave()
        self._session = None
        self._drip.clear()

    def _reply_in_session(self, cseq: str, headers: dict[str, str | list[str]]) -> None:
        if self._session is not None:
            headers = {"Session": f"{self._session.id};timeout={self._town.session_timeout_s}", **headers}
        self._reply(cseq, 200, headers)

    def _reply(
        self, cseq: str, status: int, headers: dict[str, str | list[str]] | None = None, *, body: str = ""
    ) -> None:
        lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {cseq}", "Server: Beffroi simulator"]
        for name, value in (headers or {}).items():
            lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value)]
        if body:
            lines.append(f"Content-Length: {len(body.encode())}")
        self._write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _write(self, message: bytes) -> bool:
        if self._transport is None or self._transport.get_write_buffer_size() > MAX_BUFFERED_BYTES:
            return False
        if self._drip or (self._place is not None and self._place.faults.drip):
            if len(self._drip) > MAX_BUFFERED_BYTES:
                return False
            self._drip += message
        else:
            self._transport.write(message)
        return True

    def video(self, headers: list[bytes], payloads: list[bytes]) -> bool:
        """The packets of a frame, in one write when interleaved."""
        track = self._session.video if self._session is not None else None
        if track is None:
            return False
        if track.channels is not None:
            mark = bytes([0x24, track.channels[0]])
            pieces: list[bytes] = []
            for header, payload in zip(headers, payloads, strict=True):
                pieces += (mark, (12 + len(payload)).to_bytes(2, "big"), header, payload)
            return self._write(b"".join(pieces))
        assert track.addresses is not None
        for header, payload in zip(headers, payloads, strict=True):
            self._town.send_udp(header + payload, track.addresses[0], control=False)
        return True

    def report(self, packet: bytes) -> None:
        """An RTCP packet of the video track."""
        self._send_on(self._session.video if self._session else None, packet, control=True)

    def audio(self, packet: bytes) -> None:
        """A packet of the audio track."""
        self._send_on(self._session.audio if self._session else None, packet, control=False)

    def _send_on(self, track: _Track | None, packet: bytes, *, control: bool) -> None:
        if track is None:
            return
        if track.channels is not None:
            self._write(bytes([0x24, track.channels[control]]) + len(packet).to_bytes(2, "big") + packet)
        elif track.addresses is not None:
            self._town.send_udp(packet, track.addresses[control], control=control)

    def heard_by_udp(self, address: tuple[str, int]) -> None:
        """A receiver report came: the session lives."""
        track = self._session.video if self._session is not None else None
        if track is not None and track.addresses is not None and track.addresses[1] == address:
            self._heard_at_s = asyncio.get_running_loop().time()


def _pair(text: str) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    if not first.isdigit():
        return None
    return int(first), int(second) if second.isdigit() else int(first) + 1


def _parse(message: bytes) -> _Request | None:
    head, _, body = message.decode("utf-8", "replace").partition("\r\n\r\n")
    lines = head.split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("RTSP/1."):
        return None
    pairs = (line.partition(":") for line in lines[1:])
    return _Request(words[0], words[1], {name.strip().lower(): value.strip() for name, _, value in pairs}, body)
