"""A camera that speaks Motion JPEG: FFmpeg reads it, and so does the node, by its fallback source."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field

import av
import numpy as np
import pytest

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import GapCause, StreamName, StreamSource
from beffroi.engine.decode.fallback import FallbackSlots, FallbackSource
from beffroi.engine.stream import AccessUnit, CodecConfig
from beffroi.simulator.burnt_clock import read_clock
from beffroi.simulator.faults import Faults
from tests.simulator.client import Client
from tests.simulator.conftest import Serve

pytestmark = pytest.mark.slow
FRAMES = 30
DEADLINE_S = 60.0


@dataclass
class Kept:
    """A sink that keeps what it gets."""

    config: CodecConfig | None = None
    units: list[AccessUnit] = field(default_factory=list)
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self.config = config

    def frame(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        if len(self.units) == FRAMES:
            self.enough.set()

    def close_run(self, cause: GapCause, at_us: int) -> None:
        """Nothing to do."""


def annex_b(kept: Kept) -> bytes:
    assert kept.config is not None
    out = bytearray()
    for nal in kept.config.parameter_sets:
        out += b"\0\0\0\1" + nal
    for unit in kept.units:
        sample = b"".join(unit.parts)
        while sample:
            size = int.from_bytes(sample[:4], "big")
            out += b"\0\0\0\1" + sample[4 : 4 + size]
            sample = sample[4 + size :]
    return bytes(out)


def test_the_fallback_source_records_a_motion_jpeg_camera_with_its_clock(serve: Serve) -> None:
    async def scenario() -> Kept:
        async with serve(faults={"c02": Faults(mjpeg=True)}, username="u", password="p") as simulator:
            kept = Kept()
            url = simulator.url("c02", "main")
            source = StreamSource(stream=StreamName.MAIN, url=url, username="u", password="p")
            slots = FallbackSlots()
            assert slots.take()
            fallback = FallbackSource(source, kept, clock=SystemClock(), slots=slots)
            await fallback.start()
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await kept.enough.wait()
                assert fallback.health.fallback
            finally:
                await fallback.close()
            return kept

    kept = asyncio.run(scenario())
    with av.open(io.BytesIO(annex_b(kept)), format="h264", mode="r") as container:
        clocks = [
            read_clock(frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False))
            for frame in container.decode(video=0)
        ]
    assert len(clocks) == FRAMES
    assert clocks == sorted(set(clocks))


def test_pictures_stand_alone_under_their_static_payload_type(serve: Serve) -> None:
    async def scenario() -> list[bytes]:
        async with serve(faults={"c02": Faults(mjpeg=True)}) as simulator:
            client = await Client.open(simulator.url("c02", "sub"))
            await client.play()
            packets = await client.wait_packets(0, 40)
            await client.close()
            return packets

    packets = asyncio.run(scenario())
    assert {packet[1] & 0x7F for packet in packets} == {26}
    first = packets[0][12:]
    assert first[1:4] == b"\0\0\0"  # the first fragment of a picture
    assert (first[6] * 8, first[7] * 8) == (640, 360)
