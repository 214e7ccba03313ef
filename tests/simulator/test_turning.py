"""A camera that turns: where it looks, and what it sends while it does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from beffroi.core.errors import InvalidInput
from beffroi.simulator.burnt_clock import read_clock
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.head import PAN_DEG_S, Motion, Pose, parse_move
from beffroi.simulator.mount import Mount
from beffroi.simulator.preparation import FPS
from beffroi.simulator.server import PHASES, Settings, SimulatedCamera, Simulator
from beffroi.simulator.sky import Sky
from tests.simulator.client import Client
from tests.simulator.test_faults import pictures

DEADLINE_S = 120.0
HOME = Pose(pan_deg=350, tilt_deg=11, hfov_deg=68)


def test_a_head_turns_the_short_way_at_the_speed_of_its_motors() -> None:
    motion = Motion(start=HOME, end=replace(HOME, pan_deg=20), began_at_us=0)
    assert motion.lasts_s == pytest.approx(30 / PAN_DEG_S)
    pans = [motion.pose(round(share * motion.lasts_s * 1e5)).pan_deg for share in range(11)]
    assert all((b - a) % 360 <= 2 * PAN_DEG_S * motion.lasts_s / 10 for a, b in pairwise(pans))
    assert motion.pose(10**9) == motion.end


def test_a_preset_is_a_place_the_camera_knows() -> None:
    assert parse_move("preset: home", HOME) == HOME
    assert parse_move("preset: right", HOME).pan_deg == 50


@pytest.mark.parametrize(
    "text", ["", "preset: moon", "position: 10 20", "position: a b c", "position: 0 80 60", "position: nan 10 60"]
)
def test_a_move_nobody_understands_or_no_motor_reaches_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_move(text, HOME)


async def move(client: Client, text: str) -> int:
    """Sends a move and answers its status."""
    client.cseq += 1
    body = f"{text}\r\n"
    head = f"SET_PARAMETER {client.url} RTSP/1.0\r\nCSeq: {client.cseq}\r\nContent-Length: {len(body)}\r\n\r\n"
    client.writer.write((head + body).encode())
    while (answer := await client._next()) is None:
        pass
    return answer.status


async def turned(client: Client, mount: Mount, where: str) -> None:
    """Moves the camera and listens until it shows loops again."""
    assert await move(client, f"preset: {where}") == 200
    async with asyncio.timeout(DEADLINE_S):
        while mount.picture is None:
            await client.listen(0.2)
        while mount.picture is not None:
            await client.listen(0.2)


async def turning(spec: CameraSpec, stream: str) -> tuple[list[np.ndarray], list[int]]:
    """Pictures of a camera told to turn while it streams, and their RTP times."""
    simulator = Simulator([replace(spec, turns=True)], Settings(sky=Sky.DAY))
    simulator.prepare()
    await simulator.start()
    try:
        client = await Client.open(simulator.url(spec.id, stream))
        mount = simulator.cameras[spec.id].mount
        assert mount is not None
        await client.play()
        await client.listen(2)
        for where in ("right", "home"):
            await turned(client, mount, where)
        await client.listen(1)
        await client.close()
    finally:
        await simulator.close()
    packets = client.packets[0]
    return pictures(packets), sorted({int.from_bytes(packet[4:8], "big") for packet in packets})


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["main", "sub"])
def test_a_turning_camera_sends_every_frame_with_its_own_instant(cameras: Sequence[CameraSpec], stream: str) -> None:
    shown, frames = asyncio.run(turning(cameras[1], stream))
    assert len(shown) == len(frames)
    clocks = [read_clock(picture) for picture in shown]
    for (a, b), (c, d) in zip(pairwise(clocks), pairwise(frames), strict=True):
        assert (b - a).total_seconds() == pytest.approx((d - c) / 90_000, abs=0.011)
    apart = [float(np.abs(b[40:].astype(int) - a[40:]).mean()) for a, b in pairwise(shown)]
    assert sum(one > 4 for one in apart) >= FPS  # two turns of a second


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["main", "sub"])
def test_a_simulator_that_falls_behind_sends_nothing_that_cannot_be_decoded(
    cameras: Sequence[CameraSpec], stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = Simulator._tick

    def limping(self: Simulator, of: Sequence[SimulatedCamera], number: int) -> None:
        if number // PHASES % 11 != 5:
            tick(self, of, number)

    monkeypatch.setattr(Simulator, "_tick", limping)
    shown, frames = asyncio.run(turning(cameras[1], stream))
    assert frames and len(shown) == len(frames)


@pytest.mark.slow
def test_a_camera_that_does_not_turn_says_so(cameras: Sequence[CameraSpec]) -> None:
    async def scenario() -> None:
        simulator = Simulator([cameras[1]], Settings(sky=Sky.DAY))
        simulator.prepare()
        await simulator.start()
        try:
            client = await Client.open(simulator.url(cameras[1].id, "main"))
            assert await move(client, "preset: right") == 451
            await client.close()
        finally:
            await simulator.close()

    asyncio.run(scenario())
