"""A hostile camera at the other end of a real connection: the node gives it up, and reads nobody else in its place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from beffroi.core.errors import BeffroiError
from beffroi.engine.rtp.udp import UdpReceiver
from beffroi.engine.rtsp import refusals
from beffroi.engine.source import Limits, probe, stream_source
from tests.engine.rtsp.camera import Camera, Request, running

SHORT = Limits(connect_s=1.0, response_s=0.6, silent_s=0.6, teardown_s=0.2)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.mark.anyio
@pytest.mark.parametrize("endless", [b"R", b"\r\n", b"$\0\0\0", b"X: y\r\n", b"\0"])
async def test_a_camera_that_never_ends_its_answer_is_given_up(endless: bytes) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"RTSP/1.0 200 OK\r\n" if endless.startswith(b"X") else b"")
            while True:
                writer.write(endless)
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    with pytest.raises(BeffroiError) as refused:
        async with asyncio.timeout(5):
            await probe(stream_source(url), 4.0, limits=SHORT)
    assert isinstance(refused.value, refusals.StreamEnd)
    server.close()


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
@pytest.mark.parametrize(
    "answer",
    [
        b"RTSP/1.0 200 OK\r\nCSeq: 99999999999999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nSession: a\nX-Injected: b;timeout=0\r\nTransport: RTP/AVP/TCP;interleaved=99999-1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Base: rtsp://127.0.0.1:9/\r\nContent-Length: 3\r\n\r\nv=0",
        b'RTSP/1.0 401 No\r\nWWW-Authenticate: Digest realm="a\nX: y", nonce="n"\r\n\r\n',
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"$" * 70_000,
    ],
)
async def test_a_wrong_answer_at_any_step_is_a_refusal_of_its_own_kind(method: str, answer: bytes) -> None:
    def wrong(request: Request) -> bytes:
        return answer.replace(b"OK\r\n", f"OK\r\nCSeq: {request.headers['cseq']}\r\n".encode(), 1)

    camera = Camera(answers={method: wrong})
    async with running(camera):
        try:
            async with asyncio.timeout(8):
                await probe(stream_source(f"rtsp://u:p@{camera.where}/s"), 4.0, limits=SHORT)
        except BeffroiError as refused:
            assert isinstance(refused, refusals.StreamEnd)
    assert all("\n" not in value for request in camera.requests for value in request.headers.values())


@pytest.fixture
async def line() -> AsyncIterator[UdpReceiver]:
    receiver = UdpReceiver(socket.AF_INET, "127.0.0.1")
    yield receiver
    receiver.close()


def packet(sequence: int) -> bytes:
    return b"\x80\x60" + sequence.to_bytes(2, "big") + bytes(8) + b"picture"


@pytest.mark.anyio
async def test_pictures_of_a_stranger_are_not_taken_for_the_camera_s(line: UdpReceiver) -> None:
    """A camera that does not say from which port it sends is known by its host, then by its first packet."""
    line.connect("127.0.0.2", (0, 0))
    with _sender("127.0.0.1") as stranger, _sender("127.0.0.2") as camera, _sender("127.0.0.2") as other_port:
        stranger.sendto(packet(1), ("127.0.0.1", line.port))
        await asyncio.sleep(0.05)
        assert line.read(0.0)[0] == b""
        camera.sendto(packet(7), ("127.0.0.1", line.port))
        await asyncio.sleep(0.05)
        assert line.read(0.1)[0] == b"$\0\0\x13" + packet(7)
        for intruder in (stranger, other_port):
            intruder.sendto(packet(8), ("127.0.0.1", line.port))
        camera.sendto(packet(8), ("127.0.0.1", line.port))
        await asyncio.sleep(0.05)
        assert line.read(0.2)[0] == b"$\0\0\x13" + packet(8)


@pytest.mark.anyio
async def test_a_flood_of_packets_that_are_thrown_away_does_not_hold_the_reader(
    line: UdpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless:
        taken = 0

        def recv_into(self, buffer: memoryview) -> int:
            self.taken += 1
            assert self.taken < 100_000
            return 3

    flood = Endless()
    monkeypatch.setattr(line, "rtp", flood)
    chunk, more = line.read(0.0)
    assert (chunk, more) == (b"", True)
    monkeypatch.undo()


def _sender(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    return made
