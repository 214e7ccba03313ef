from __future__ import annotations

import asyncio
import socket
import struct
from itertools import pairwise

import pytest

from beffroi.core.errors import Conflict
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.server import Settings, Simulator
from tests.simulator.client import Client, authorization
from tests.simulator.conftest import Serve

pytestmark = pytest.mark.slow


def test_a_stream_starts_on_a_key_frame_with_its_parameter_sets(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as simulator:
            client = await Client.open(simulator.url("c02", "main"))
            assert "H264/90000" in (await client.ask("DESCRIBE")).body
            await client.play()
            first, *others = await client.wait_packets(0, 30)
            assert first[12] & 0x1F == 24 and first[15] & 0x1F == 7  # STAP-A, SPS
            numbers = [struct.unpack(">H", packet[2:4])[0] for packet in (first, *others)]
            assert all((b - a) & 0xFFFF == 1 for a, b in pairwise(numbers))
            await client.close()

    asyncio.run(scenario())


def test_sender_reports_tie_rtp_time_to_the_wall_clock(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as simulator:
            client = await Client.open(simulator.url("c02", "sub"))
            await client.play()
            report = (await client.wait_packets(1, 1))[0]
            assert report[1] == 200
            ntp_s, _, rtp = struct.unpack(">III", report[8:20])
            assert abs(((ntp_s - 2_208_988_800) * 90_000 & 0xFFFFFFFF) - rtp) < 90_000
            await client.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("scheme", [0, 1])
def test_either_digest_opens_and_a_wrong_password_does_not(serve: Serve, scheme: int) -> None:
    async def scenario() -> None:
        async with serve(username="beffroi", password="secret") as simulator:
            client = await Client.open(simulator.url("c01", "main"))
            refused = await client.ask("DESCRIBE")
            assert refused.status == 401
            challenge = refused.all("WWW-Authenticate")[scheme]
            wrong = authorization(challenge, "DESCRIBE", client.url, credentials=("beffroi", "wrong"))
            assert (await client.ask("DESCRIBE", Authorization=wrong)).status == 401
            right = authorization(challenge, "DESCRIBE", client.url, credentials=("beffroi", "secret"))
            assert (await client.ask("DESCRIBE", Authorization=right)).status == 200
            await client.close()

    asyncio.run(scenario())


def test_sound_is_offered_and_served_as_silence_when_set_up(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as simulator:
            client = await Client.open(simulator.url("c01", "main"))
            assert "m=audio" in (await client.ask("DESCRIBE")).body
            answer = await client.ask("SETUP", f"{client.url}/audio", Transport="RTP/AVP/TCP;interleaved=2-3")
            client.session = answer.header("Session").partition(";")[0]
            await client.play()
            packet = (await client.wait_packets(2, 3))[0]
            assert set(packet[12:]) == {0xFF}
            await client.close()

    asyncio.run(scenario())


def test_packets_come_by_udp_when_asked(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve() as simulator:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
                rtp.bind(("127.0.0.1", 0))
                rtp.setblocking(False)
                port = rtp.getsockname()[1]
                client = await Client.open(simulator.url("c02", "sub"))
                transport = f"RTP/AVP;unicast;client_port={port}-{port + 1}"
                answer = await client.ask("SETUP", f"{client.url}/video", Transport=transport)
                assert "server_port=" in answer.header("Transport")
                client.session = answer.header("Session").partition(";")[0]
                await client.ask("PLAY")
                async with asyncio.timeout(5):
                    packet = await asyncio.get_running_loop().sock_recv(rtp, 2000)
                assert packet[0] == 0x80
                await client.close()

    asyncio.run(scenario())


def test_a_session_nobody_keeps_alive_ends(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve(session_timeout_s=-4) as simulator:  # with the grace of 5 s: one second
            client = await Client.open(simulator.url("c02", "sub"))
            await client.play()
            async with asyncio.timeout(5):
                await client.listen(5)
            assert client.reader.at_eof() or client.writer.is_closing() or not simulator.connections
            await client.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DESCRIBE", "/c99/main", 404),
        ("RECORD", "/c01/main", 405),
        ("PLAY", "/c01/main", 454),
        ("SETUP", "/c01/main", 461),
    ],
)
def test_what_cannot_be_served_is_refused_by_its_number(serve: Serve, method: str, path: str, *, status: int) -> None:
    async def scenario() -> None:
        async with serve() as simulator:
            client = await Client.open(f"rtsp://127.0.0.1:{simulator.port}{path}")
            assert (await client.ask(method)).status == status
            await client.close()

    asyncio.run(scenario())


def test_a_taken_port_is_said_before_anything_is_drawn(cameras: list[CameraSpec]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Conflict, match="choose another"):
            Simulator(cameras, Settings(port=taken.getsockname()[1])).bind()
