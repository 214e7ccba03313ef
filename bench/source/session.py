"""One RTSP connection of the load generator: requests in, answers and media out."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from bench.source.packets import PAYLOAD_TYPE, PlayedFrame, Sequence, sender_report

Mode = Literal["frame", "packet"]
BACKLOG_FRAMES = 50
"""A recorder two seconds behind loses frames at the source, as a camera would do; they are counted."""
_NTP_1970_S = 2_208_988_800
_REPORT_EVERY = 125


class Session:
    """A client of one camera.

    Attributes:
        first, last: numbers of the frames sent.
        dropped: what was given up because the client reads too slowly: number of the first frame, how many. After
            a loss the frames up to the next key frame are of no use and go too.
    """

    def __init__(self, wire: socket.socket, sequence: Sequence, mode: Mode) -> None:
        self.wire, self.sequence, self.mode = wire, sequence, mode
        self.camera = -1
        self.playing = False
        self.first, self.last, self.sent = -1, -1, 0
        self.dropped: list[tuple[int, int]] = []
        self._needs_key = False
        self._udp: tuple[socket.socket, socket.socket] | None = None
        self._backlog: deque[bytes | memoryview] = deque()
        self._backlog_writes = BACKLOG_FRAMES * (sequence.packets_a_frame if mode == "packet" else 1)
        self._loop = asyncio.get_running_loop()

    def play(self, number: int) -> None:
        """Send frame `number`, or count it as dropped; the first one is a key frame."""
        if self.first < 0:
            if number % self.sequence.gop:
                return
            self.first = number
        if len(self._backlog) > self._backlog_writes or (self._needs_key and number % self.sequence.gop):
            self._drop(number)
            return
        self._needs_key = False
        played = self.sequence.frame(number)
        self.last = number
        self.sent += 1
        try:
            if self.sent % _REPORT_EVERY == 1:
                self._report(number)
            self._send(played)
        except OSError:  # the client has gone; its reading side ends the session
            self.playing = False

    def _drop(self, number: int) -> None:
        if self._needs_key:
            first, frames = self.dropped.pop()
            self.dropped.append((first, frames + 1))
        else:
            self.dropped.append((number, 1))
        self._needs_key = True

    def _send(self, played: PlayedFrame) -> None:
        if self._udp:
            for packet in played.packets:
                self._datagram(self._udp[0], packet[4:])
        elif self.mode == "packet":
            for packet in played.packets:
                self.write(packet)
        else:
            self.write(played.interleaved)

    def _report(self, number: int) -> None:
        report = sender_report(time.time() + _NTP_1970_S, self.sequence.ticks90k(number), self.sent * 16)
        if self._udp:
            self._datagram(self._udp[1], memoryview(report)[4:])
        else:
            self.write(report)

    def _datagram(self, wire: socket.socket, packet: memoryview) -> None:
        try:
            wire.send(packet)
        except BlockingIOError:
            return  # a datagram that is lost, as in any network

    def write(self, piece: bytes | memoryview) -> None:
        """One write to the connection; what does not fit waits behind what waits already."""
        if self._backlog:
            self._backlog.append(piece)
            return
        try:
            sent = self.wire.send(piece)
        except BlockingIOError:
            sent = 0
        if sent < len(piece):
            self._backlog.append(memoryview(piece)[sent:])
            self._loop.add_writer(self.wire.fileno(), self.flush)

    def flush(self) -> None:
        """Send what waits, as far as the client takes it."""
        try:
            while self._backlog:
                piece = self._backlog[0]
                sent = self.wire.send(piece)
                if sent < len(piece):
                    self._backlog[0] = memoryview(piece)[sent:]
                    return
                self._backlog.popleft()
        except BlockingIOError:
            return
        except OSError:
            self.playing = False
            self._backlog.clear()
        self._loop.remove_writer(self.wire.fileno())

    async def serve(self, attach: Callable[[Session], None]) -> None:
        """Answer requests until the client leaves; `attach` is called once the camera is known."""
        received = b""
        while chunk := await self._receive():
            received += chunk
            received = _without_interleaved(received)
            while (end := received.find(b"\r\n\r\n")) >= 0:
                request, received = received[:end].decode("latin-1"), received[end + 4 :]
                self._answer(request, attach)
                received = _without_interleaved(received)

    async def _receive(self) -> bytes:
        try:
            return await self._loop.sock_recv(self.wire, 65536)
        except OSError:
            return b""

    def _answer(self, request: str, attach: Callable[[Session], None]) -> None:
        method, url, _ = request.split("\r\n", 1)[0].split(" ")
        fields = {name.strip().lower(): text.strip() for name, _, text in _pairs(request)}
        lines, body = ["Session: 1;timeout=60"], ""
        if method == "OPTIONS":
            lines = ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"]
        elif method == "DESCRIBE":
            body = _description(self.sequence)
            lines = [f"Content-Base: {url}/", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            self.camera = int(match[1]) if (match := re.search(r"/cam(\d+)", url)) else 0
            lines.append("Transport: " + self._transport(fields.get("transport", "")))
        elif method == "PLAY":
            lines.append("Range: npt=now-")
        head = "\r\n".join(["RTSP/1.0 200 OK", f"CSeq: {fields.get('cseq', '0')}", *lines])
        self.write(f"{head}\r\n\r\n{body}".encode())
        if method == "PLAY":
            self.playing = True
            attach(self)
        elif method == "TEARDOWN":
            self.playing = False

    def _transport(self, asked: str) -> str:
        ports = re.search(r"client_port=(\d+)-(\d+)", asked)
        if "TCP" in asked or not ports:
            return "RTP/AVP/TCP;unicast;interleaved=0-1"
        host = self.wire.getpeername()[0]
        self._udp = (_datagrams(host, int(ports[1])), _datagrams(host, int(ports[2])))
        mine = "-".join(str(wire.getsockname()[1]) for wire in self._udp)
        return f"RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};server_port={mine}"

    def close(self) -> None:
        """Close every socket of this session."""
        self._loop.remove_writer(self.wire.fileno())
        for wire in (self.wire, *(self._udp or ())):
            wire.close()

    def report(self) -> dict[str, Any]:
        """Counts for the benchmark."""
        return {
            "camera": self.camera,
            "first": self.first,
            "last": self.last,
            "sent": self.sent,
            "dropped": self.dropped,
            "waiting": len(self._backlog),
        }


def _datagrams(host: str, port: int) -> socket.socket:
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.setblocking(False)
    wire.connect((host, port))
    return wire


def _without_interleaved(received: bytes) -> bytes:
    """Leave out whole interleaved packets (the client's RTCP) at the front."""
    while received[:1] == b"$" and len(received) >= 4:
        end = 4 + int.from_bytes(received[2:4], "big")
        if len(received) < end:
            break
        received = received[end:]
    return received


def _pairs(request: str) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in request.split("\r\n")[1:]]


def _description(sequence: Sequence) -> str:
    clip = sequence.clip
    sets = ",".join(base64.b64encode(nal).decode() for nal in clip.parameter_sets)
    return "\r\n".join(
        (
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=bench",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"a=rtpmap:{PAYLOAD_TYPE} H264/90000",
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={clip.parameter_sets[0][1:4].hex()}"
            f";sprop-parameter-sets={sets}",
            f"a=framerate:{clip.format.fps}",
            "a=control:trackID=0",
            "",
        )
    )
