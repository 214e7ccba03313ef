"""The link under a gateway that does not read."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.clock import SystemClock
from beffroi.core.errors import InvalidInput
from beffroi.engine.contract import StreamName
from beffroi.engine.gateway.uplink import Uplink
from beffroi.engine.hub import Hub
from beffroi.engine.link import FRAMES_MAX_BYTES, RecorderLink
from beffroi.engine.link_records import Ask, LinkDesired, LinkState, Report, Watch, pack, unpack
from beffroi.engine.stream import AccessUnit, CodecConfig

CONFIG = CodecConfig(
    codec="h264", width_px=320, height_px=240, parameter_sets=(b"sps",), decoder_record=b"r", mime_codec="avc1.42c00d"
)
FRAME_BYTES = 1 << 20


class Backend:
    """One stream, no questions."""

    def __init__(self) -> None:
        self.only = Hub(None)

    def hub(self, camera: str, stream: StreamName) -> Hub | None:
        return self.only if camera == "c01" else None

    def desired(self) -> LinkDesired:
        return LinkDesired(node="node-1")

    def states(self) -> list[LinkState]:
        return []

    async def answer(self, question: Ask) -> Any:
        return question.what

    async def report(self, fact: Report) -> None:
        return None


class Reader:
    def __init__(self) -> None:
        self.ticks: list[int] = []
        self.skipped = 0

    def has_room(self) -> bool:
        return True

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        assert config == CONFIG

    def missed(self, frames: int) -> None:
        self.skipped += frames

    def frame(self, unit: AccessUnit) -> None:
        assert unit.sample() == bytes([unit.ticks90k % 251]) * unit.size_bytes
        self.ticks.append(unit.ticks90k)

    def close_run(self, cause: object, at_us: int) -> None:
        pass


async def until(what: Callable[[], bool]) -> None:
    for _ in range(500):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


def unit(number: int, size: int = FRAME_BYTES) -> AccessUnit:
    half = size // 2
    parts = [bytes([number % 251]) * half, bytes([number % 251]) * (size - half)]
    return AccessUnit(parts, size, number, at_us=number, is_key=number % 10 == 0)


def test_a_gateway_that_does_not_read_costs_frames_to_itself_alone_and_bounded_memory(tmp_path: Path) -> None:
    async def scene() -> None:
        backend = Backend()
        link = RecorderLink(tmp_path / "link.sock", backend, clock=SystemClock())
        await link.start()
        uplink = await Uplink.connect(tmp_path / "link.sock")
        reader = Reader()
        backend.only.open_run(CONFIG, 0)
        uplink.watch(("c01", StreamName.MAIN), reader)
        await until(lambda: backend.only.viewers > 0)
        assert uplink.transport is not None
        uplink.transport.pause_reading()
        for number in range(60):
            backend.only.frame(unit(number))
            await asyncio.sleep(0)
        assert link.waiting_bytes < FRAMES_MAX_BYTES + 2 * FRAME_BYTES
        uplink.transport.resume_reading()
        await until(lambda: link.waiting_bytes == 0)
        for number in range(60, 75):
            backend.only.frame(unit(number, 1000))
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        assert reader.skipped > 0 and reader.skipped + len(reader.ticks) == 75
        assert reader.ticks[-15:] == list(range(60, 75))
        assert link.skipped_frames == reader.skipped
        uplink.abort()
        await link.close()

    asyncio.run(scene())


def test_the_socket_is_for_its_owner_and_a_new_gateway_replaces_the_old(tmp_path: Path) -> None:
    async def scene() -> None:
        link = RecorderLink(tmp_path / "link.sock", Backend(), clock=SystemClock())
        await link.start()
        assert stat.S_IMODE((tmp_path / "link.sock").stat().st_mode) == 0o600
        old = await Uplink.connect(tmp_path / "link.sock")
        new = await Uplink.connect(tmp_path / "link.sock")
        async with asyncio.timeout(2):
            await old.gone.wait()
        assert await new.ask("anything") == "anything"
        peeked = await new.peek(("c99", StreamName.MAIN))
        assert peeked.config is None
        new.abort()
        await link.close()

    asyncio.run(scene())


def test_garbage_on_the_socket_ends_that_connection_only(tmp_path: Path) -> None:
    async def scene() -> None:
        link = RecorderLink(tmp_path / "link.sock", Backend(), clock=SystemClock())
        await link.start()
        for garbage in (b"\xff" * 64, b"\0\0\0\x03\0{}", pack(LinkDesired(node="x"))):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "link.sock"))
            writer.write(garbage)
            async with asyncio.timeout(2):
                try:
                    while await reader.read(65536):
                        pass
                except ConnectionError:
                    pass
            writer.close()
        uplink = await Uplink.connect(tmp_path / "link.sock")
        assert await uplink.ask("still here") == "still here"
        uplink.abort()
        await link.close()

    asyncio.run(scene())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"Nothing":{}}', b'{"Watch":{"channel":"x"}}', b'{"Watch":{}}'])
def test_a_message_that_is_none_of_ours_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        unpack(body)


def test_a_message_comes_back_as_it_was(tmp_path: Path) -> None:
    message = Watch(channel=3, camera="c01", stream=StreamName.SUB, peek=True)
    assert unpack(pack(message)[5:]) == message
