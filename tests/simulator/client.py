"""A bare RTSP client for the tests: says what it is told to say, counts what it gets."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from dataclasses import dataclass, field

DEADLINE_S = 10.0


@dataclass
class Answer:
    """A response."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Client:
    """One connection; interleaved packets are kept by channel."""

    url: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    cseq: int = 0
    session: str = ""
    packets: dict[int, list[bytes]] = field(default_factory=dict)

    @classmethod
    async def open(cls, url: str) -> Client:
        host, port = re.match(r"rtsp://([^:/]+):(\d+)", url).groups()  # type: ignore[union-attr]  # our own URLs
        reader, writer = await asyncio.open_connection(host, int(port))
        return cls(url, reader, writer)

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def ask(self, method: str, url: str = "", **headers: str) -> Answer:
        """Sends a request and waits for its answer."""
        self.cseq += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self.cseq}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.session:
            lines.append(f"Session: {self.session}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        async with asyncio.timeout(DEADLINE_S):
            while True:
                answer = await self._next()
                if answer is not None:
                    return answer

    async def _next(self) -> Answer | None:
        mark = await self.reader.readexactly(1)
        if mark == b"$":
            head = await self.reader.readexactly(3)
            packet = await self.reader.readexactly(int.from_bytes(head[1:], "big"))
            self.packets.setdefault(head[0], []).append(packet)
            return None
        head_text = (mark + await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head_text.strip().split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in rest)]
        answer = Answer(int(first.split()[1]), headers, "")
        size = int(answer.header("Content-Length") or 0)
        answer.body = (await self.reader.readexactly(size)).decode()
        return answer

    async def play(self) -> None:
        """SETUP of the video track, interleaved, and PLAY."""
        answer = await self.ask("SETUP", f"{self.url}/video", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        assert answer.status == 200, answer
        self.session = answer.header("Session").partition(";")[0]
        assert (await self.ask("PLAY")).status == 200

    async def listen(self, seconds: float) -> None:
        """Takes packets for that long, or until the peer closes."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self._next()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return

    async def wait_packets(self, channel: int, count: int) -> list[bytes]:
        """At least `count` packets of a channel."""
        async with asyncio.timeout(DEADLINE_S):
            while len(self.packets.get(channel, [])) < count:
                await self._next()
        return self.packets[channel]


def authorization(challenge: str, method: str, url: str, *, credentials: tuple[str, str]) -> str:
    """The answer to a Digest challenge."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    algorithm = {"SHA-256": "sha256"}.get(said.get("algorithm", ""), "md5")

    def digest(text: str) -> str:
        return hashlib.new(algorithm, text.encode()).hexdigest()

    secret = digest(f"{credentials[0]}:{said['realm']}:{credentials[1]}")
    request = digest(f"{method}:{url}")
    head = f'Digest username="{credentials[0]}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{url}"'
    if "qop" in said:
        response = digest(f"{secret}:{said['nonce']}:00000001:abc:auth:{request}")
        return f'{head}, algorithm={said["algorithm"]}, qop=auth, nc=00000001, cnonce="abc", response="{response}"'
    response = digest(f"{secret}:{said['nonce']}:{request}")
    return f'{head}, response="{response}"'
