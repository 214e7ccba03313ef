from __future__ import annotations

import asyncio
import io
import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from beffroi.core.errors import InvalidInput
from beffroi.simulator.burnt_clock import read_clock
from beffroi.simulator.faults import Faults, parse
from tests.simulator.client import Client
from tests.simulator.conftest import Serve

pytestmark = pytest.mark.slow


def pictures(packets: list[bytes]) -> list[np.ndarray]:
    """What the packets of an H.264 stream show."""
    raw = bytearray()
    for packet in packets:
        payload, kind = packet[12:], packet[12] & 0x1F
        if kind == 24:
            while len(payload) > 3:
                size = int.from_bytes(payload[1:3], "big")
                raw += b"\0\0\0\1" + payload[3 : 3 + size]
                payload = payload[2 + size :]
        elif kind == 28:
            raw += b"\0\0\0\1" + bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) if payload[1] & 0x80 else b""
            raw += payload[2:]
        else:
            raw += b"\0\0\0\1" + payload
    with av.open(io.BytesIO(bytes(raw)), format="h264", mode="r") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


async def played(serve: Serve, faults: Faults, seconds: float, *, stream: str = "sub") -> Client:
    async with serve(faults={"c02": faults}) as simulator:
        client = await Client.open(simulator.url("c02", stream))
        await client.play()
        await client.listen(seconds)
        await client.close()
        return client


def test_a_silent_camera_plays_and_sends_nothing(serve: Serve) -> None:
    client = asyncio.run(played(serve, Faults(silent=True), 3))
    assert not client.packets


def test_a_frozen_camera_goes_on_sending_one_picture(serve: Serve) -> None:
    client = asyncio.run(played(serve, Faults(frozen=True), 5))
    shown = pictures(client.packets[0])
    assert len(shown) > 20
    assert all(np.array_equal(shown[0], picture) for picture in shown)


def test_lost_packets_leave_holes_in_the_numbering(serve: Serve) -> None:
    client = asyncio.run(played(serve, Faults(loss=0.3), 4, stream="main"))
    numbers = [int.from_bytes(packet[2:4], "big") for packet in client.packets[0]]
    assert any((b - a) & 0xFFFF > 1 for a, b in pairwise(numbers))


def test_a_drifting_clock_is_ahead_in_the_picture_and_in_the_reports(serve: Serve) -> None:
    client = asyncio.run(played(serve, Faults(drift=40), 3.5, stream="main"))
    packet = client.packets[1][0]
    ntp_s = int.from_bytes(packet[8:12], "big") - 2_208_988_800
    rtp = int.from_bytes(packet[16:20], "big")
    assert ((ntp_s * 90_000 - rtp) & 0xFFFFFFFF) / 90_000 == pytest.approx(40, abs=1)
    first = pictures(client.packets[0])[0]
    assert read_clock(first).timestamp() - ntp_s == pytest.approx(0, abs=4)


def test_a_size_change_goes_on_with_the_small_picture(serve: Serve) -> None:
    client = asyncio.run(played(serve, Faults(small=True), 3.5, stream="main"))
    assert pictures(client.packets[0])[0].shape == (360, 640, 3)


def test_a_garbage_unit_rides_along(serve: Serve) -> None:
    sound = asyncio.run(played(serve, Faults(), 3))
    broken = asyncio.run(played(serve, Faults(garbage=1.0), 3))
    assert len(max(broken.packets[0][1:], key=len)) > 0
    assert sum(map(len, broken.packets[0])) > sum(map(len, sound.packets[0])) * 0.5


@pytest.mark.parametrize("faults", [Faults(mute=True), Faults(dead=True)])
def test_a_camera_that_does_not_answer_does_not(serve: Serve, faults: Faults) -> None:
    async def scenario() -> None:
        async with serve() as simulator:
            simulator.cameras["c02"].suffer(faults, 0)
            client = await Client.open(f"rtsp://127.0.0.1:{simulator.port}/c02/main")
            with pytest.raises((TimeoutError, asyncio.IncompleteReadError, ConnectionError)):
                async with asyncio.timeout(1):
                    await client.ask("OPTIONS")
            await client.close()

    asyncio.run(scenario())


def test_nobody_listens_at_the_address_of_a_dead_camera(serve: Serve) -> None:
    async def scenario() -> None:
        async with serve(faults={"c02": Faults(dead=True)}) as simulator:
            with pytest.raises(ConnectionRefusedError):
                await Client.open(simulator.url("c02", "main"))

    asyncio.run(scenario())


def test_a_redirect_and_a_wrong_codec_are_told_in_the_description(serve: Serve) -> None:
    async def scenario() -> None:
        faults = {"c01": Faults(redirect="rtsp://192.0.2.1/x"), "c02": Faults(mjpeg=True)}
        async with serve(faults=faults) as simulator:
            client = await Client.open(simulator.url("c01", "main"))
            answer = await client.ask("DESCRIBE")
            assert (answer.status, answer.header("Location")) == (302, "rtsp://192.0.2.1/x")
            other = await client.ask("DESCRIBE", simulator.url("c02", "main"))
            assert "RTP/AVP 26" in other.body and "H264" not in other.body
            await client.close()

    asyncio.run(scenario())


def test_a_reboot_cuts_the_session_and_ends(serve: Serve, tmp_path: Path) -> None:
    async def scenario() -> None:
        file = tmp_path / "faults.json"
        file.write_text("{}")
        async with serve(fault_file=file) as simulator:
            client = await Client.open(simulator.url("c02", "sub"))
            await client.play()
            file.write_text(json.dumps({"c02": {"reboot": 2}}))
            await client.listen(6)
            assert client.reader.at_eof()
            await client.close()
            await asyncio.sleep(2)
            again = await Client.open(simulator.url("c02", "sub"))
            assert (await again.ask("DESCRIBE")).status == 200
            await again.close()

    asyncio.run(scenario())


def test_a_slow_camera_drips(serve: Serve) -> None:
    client = asyncio.run(played(serve, Faults(drip=3000), 3, stream="main"))
    assert sum(map(len, client.packets.get(0, []))) < 12_000


@pytest.mark.parametrize("document", [[], {"c01": 3}, {"c01": {"lazy": True}}, {"c01": {"loss": "much"}}])
def test_a_fault_nobody_knows_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput):
        parse(document)
