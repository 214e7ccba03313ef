"""A camera that does as it is told: an RTSP server on loopback whose every answer can be replaced."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

from beffroi.engine.stream import Codec
from tests.engine.rtp.clips import Clip, Packetiser, clip, framed

Answer = Callable[["Request"], bytes]


@dataclass(slots=True)
class Request:
    """One request as received."""

    method: str
    url: str
    headers: dict[str, str]

    def answer(self, status: str = "200 OK", *lines: str, body: bytes = b"") -> bytes:
        """An RTSP answer to it."""
        head = [f"RTSP/1.0 {status}", f"CSeq: {self.headers.get('cseq', '')}", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*head, "", ""]).encode() + body


@dataclass(slots=True)
class Camera:
    """What the camera does.

    Attributes:
        auth: "", "basic", or a Digest algorithm; `qop`: whether it asks for qop=auth.
        answers: replaces the answer to a method.
        media: bytes sent after PLAY on each connection; by default the clip, at `fps`.
        stays: keep the connection open after the media.
    """

    codec: Codec = "h264"
    auth: str = ""
    qop: bool = True
    user: str = "operateur"
    password: str = "mot de passe"
    answers: dict[str, Answer] = field(default_factory=dict)
    media: list[bytes] | None = None
    fps: float = 200.0
    stays: bool = True
    audio: bool = False
    session: str = "12345678;timeout=60"
    content_base: str | None = None
    control: str = "trackID=0"
    tls: ssl.SSLContext | None = None
    drip: int = 0
    sets_in_sdp: bool = True
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    nonce: str = "abc"
    port: int = 0
    reports: list[bytes] = field(default_factory=list)
    udp_reorders: bool = False
    writer: asyncio.StreamWriter | None = None

    @property
    def source(self) -> Clip:
        return clip(self.codec)

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'rtsps' if self.tls else 'rtsp'}://{self.where}/stream"

    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def sdp(self) -> bytes:
        """Its description."""
        name = self.codec.upper()
        sets = [base64.b64encode(nal).decode() for nal in self.source.sets] if self.sets_in_sdp else []
        if not sets:
            parameters = "packetization-mode=1"
        elif self.codec == "h264":
            parameters = f"packetization-mode=1;sprop-parameter-sets={','.join(sets)}"
        else:
            parameters = f"sprop-vps={sets[0]};sprop-sps={sets[1]};sprop-pps={sets[2]}"
        lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=control:*"]
        if self.audio:
            lines += ["m=audio 0 RTP/AVP 8", "a=control:trackID=9"]
        lines += ["m=video 0 RTP/AVP 96", f"a=rtpmap:96 {name}/90000", f"a=fmtp:96 {parameters}"]
        lines.append(f"a=control:{self.control}")
        return "\r\n".join([*lines, ""]).encode()

    # -- serving ----------------------------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writer = writer
        playing: asyncio.Task[None] | None = None
        self._ports = (0, 0)
        try:
            while request := await _read_request(reader):
                self.requests.append(request)
                await self._send(writer, self._answer(request))
                if request.method == "PLAY" and "PLAY" not in self.answers:
                    playing = asyncio.ensure_future(self._play(writer))
                if request.method == "TEARDOWN":
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if playing is not None:
                playing.cancel()
                await asyncio.wait((playing,))
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _send(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        step = self.drip or len(answer) or 1
        for at in range(0, len(answer), step):
            writer.write(answer[at : at + step])
            await writer.drain()
            if self.drip:
                await asyncio.sleep(0.001)

    def _answer(self, request: Request) -> bytes:
        if request.method in self.answers:
            return self.answers[request.method](request)
        if self.auth and request.method != "OPTIONS" and not self._authorised(request):
            return request.answer("401 Unauthorized", *self.challenges())
        if request.method == "OPTIONS":
            return request.answer("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN")
        if request.method == "DESCRIBE":
            base = self.content_base if self.content_base is not None else f"Content-Base: {self.url}/"
            return request.answer("200 OK", *([base] if base else []), "Content-Type: application/sdp", body=self.sdp())
        if request.method == "SETUP":
            return self._setup(request)
        return request.answer("200 OK", f"Session: {self.session}")

    def _setup(self, request: Request) -> bytes:
        transport = request.headers["transport"]
        ports = re.search(r"client_port=(\d+)-(\d+)", transport)
        if ports:
            self._udp = [_udp_socket(), _udp_socket()]
            self._ports = (int(ports[1]), int(ports[2]))
            transport += f";server_port={self._udp[0].getsockname()[1]}-{self._udp[1].getsockname()[1]}"
        return request.answer("200 OK", f"Session: {self.session}", f"Transport: {transport}")

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        packetiser = Packetiser(self.codec)
        pictures = (
            packetiser.picture((*self.source.sets, *nals) if not self.sets_in_sdp else nals, number * 3600)
            for number, nals in enumerate(self.source.pictures)
        )
        pieces: Iterable[bytes | list[bytes]] = pictures if self.media is None else self.media
        for sent, piece in enumerate(pieces):
            await asyncio.sleep(1 / self.fps)
            if self._ports[0] and not isinstance(piece, bytes):
                self._send_datagrams(piece, swapped=self.udp_reorders and sent > 0)
            else:
                writer.write(piece if isinstance(piece, bytes) else framed(piece))
                await writer.drain()
        if not self.stays:
            writer.close()

    def _send_datagrams(self, packets: list[bytes], *, swapped: bool) -> None:
        if swapped:
            packets = packets[1::-1] + packets[2:]
        for packet in packets:
            self._udp[0].sendto(packet, ("127.0.0.1", self._ports[0]))
        with contextlib.suppress(BlockingIOError):
            self.reports.append(self._udp[1].recv(2048))

    # -- authentication ---------------------------------------------------------------------------------------

    def challenges(self) -> list[str]:
        if self.auth == "basic":
            return ['WWW-Authenticate: Basic realm="camera"']
        qop = ', qop="auth"' if self.qop else ""
        algorithm = f", algorithm={self.auth}" if self.auth != "legacy" else ""
        return [
            'WWW-Authenticate: Basic realm="camera"' if self.auth == "SHA-256" else "X-Nothing: here",
            f'WWW-Authenticate: Digest realm="camera", nonce="{self.nonce}"{algorithm}{qop}, opaque="o"',
        ]

    def _authorised(self, request: Request) -> bool:
        value = request.headers.get("authorization", "")
        if self.auth == "basic":
            expected = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return value == f"Basic {expected}"
        given = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', value)}
        if given.get("nonce") != self.nonce or given.get("uri") != request.url:
            return False
        name = "sha256" if self.auth == "SHA-256" else "md5"

        def digest(text: str) -> str:
            return hashlib.new(name, text.encode()).hexdigest()

        first = digest(f"{self.user}:camera:{self.password}")
        if self.auth == "MD5-sess":
            first = digest(f"{first}:{self.nonce}:{given['cnonce']}")
        middle = f"{self.nonce}:{given['nc']}:{given['cnonce']}:auth" if self.qop else self.nonce
        return bool(given["response"] == digest(f"{first}:{middle}:{digest(f'{request.method}:{request.url}')}"))

    def renew_nonce(self) -> None:
        """What was valid is stale from now on."""
        self.nonce = secrets.token_hex(4)

    _udp: list[socket.socket] = field(default_factory=list)
    _ports: tuple[int, int] = (0, 0)


def _udp_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode().strip().split("\r\n")
    words = first.split(" ")
    if len(words) != 3:  # an answer to a request of the camera's own
        return await _read_request(reader)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(words[0], words[1], headers)


@contextlib.asynccontextmanager
async def running(camera: Camera) -> AsyncIterator[Camera]:
    """Serve until the block ends."""
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0, ssl=camera.tls)
    camera.port = server.sockets[0].getsockname()[1]
    try:
        yield camera
    finally:
        server.close()
        if camera.writer is not None:
            camera.writer.close()
        for made in camera._udp:
            made.close()
        await asyncio.sleep(0)
