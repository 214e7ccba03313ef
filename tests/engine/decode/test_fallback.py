"""A stream by way of a child: whatever ends it is a gap with its cause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest

from beffroi.core.clock import FakeClock, SystemClock
from beffroi.engine import inputs
from beffroi.engine.contract import CameraState, GapCause, StreamName, StreamSource
from beffroi.engine.decode import fallback
from beffroi.engine.decode.fallback import ChildSource, FallbackSlots, FallbackSource, Program, Trouble
from beffroi.engine.decode.fallback_child import WallClock
from beffroi.engine.inputs import CameraInput
from beffroi.engine.source import Source
from beffroi.engine.vital import EXIT_SILENT
from tests.engine.rtsp.camera import Camera, Request, running
from tests.engine.source.collecting import Collector

pytestmark = pytest.mark.anyio
PICTURES = "open 160, key, frame, frame"
GONE = Trouble(message="gone", message_fr="partie")
JPEG = b"v=0\r\nm=video 0 RTP/AVP 26\r\n"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def collector() -> Collector:
    return Collector()


def program(words: str, *, is_fallback: bool = False) -> Program:
    return Program(
        module="tests.engine.decode.relaying", request=words.encode() + b"\n", silence=GONE, is_fallback=is_fallback
    )


@asynccontextmanager
async def relayed(words: str, collector: Collector) -> AsyncIterator[ChildSource]:
    source = StreamSource(stream=StreamName.MAIN, url="rtsp://127.0.0.1/x")
    child = ChildSource(source, collector, clock=SystemClock(), program=program(words))
    await child.start()
    try:
        yield child
    finally:
        await child.close()


async def test_a_child_that_ends_is_started_again_and_the_gap_says_connect(collector: Collector) -> None:
    async with relayed(f"{PICTURES}, end 1", collector) as child:
        await collector.until(lambda: len(collector.configs) == 2)
        assert child.health.reconnections == 1 and child.health.state is CameraState.RECORDING
    assert collector.events[:6] == ["open", "key", "frame", "frame", "connect", "open"]


async def test_a_camera_that_fell_silent_is_told_from_one_that_left(collector: Collector) -> None:
    async with relayed(f"{PICTURES}, end {EXIT_SILENT}", collector):
        await collector.until(lambda: bool(collector.causes))
    assert collector.causes[0] is GapCause.SILENT


async def test_a_child_that_says_nothing_for_too_long_is_ended(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fallback, "SILENT_S", 1.5)
    async with relayed(f"{PICTURES}, pause 60", collector):
        await collector.until(lambda: bool(collector.causes))
    assert collector.causes[0] is GapCause.SILENT


async def test_a_camera_dead_from_the_start_is_a_gap_told_once(collector: Collector) -> None:
    async with relayed("end 1", collector) as child:
        await collector.until(lambda: bool(collector.causes))
        await asyncio.sleep(1.5)
        assert child.health.message == "gone"
    assert collector.events == ["connect", "closed"]


async def test_another_size_goes_on_without_a_gap_and_a_set_clock_is_one(collector: Collector) -> None:
    async with relayed("open 160, key, open 320, key, open 320, key, pause 60", collector):
        await collector.until(lambda: len(collector.units) == 3)
    assert collector.events == ["open", "key", "open", "key", "clock", "open", "key", "closed"]


def test_the_child_notices_that_the_clock_was_set_and_not_that_time_passed() -> None:
    clock = FakeClock()
    wall = WallClock(clock)
    wall.now_us()
    clock.advance(30.0)
    assert not wall.now_us()[1]
    clock.jump(-5.0)
    assert wall.now_us()[1]
    assert not wall.now_us()[1]


class Relayed(FallbackSource):
    """The fallback, with a child that does what its turn says."""

    turns = count()
    words: tuple[str, ...] = ()

    def __init__(self, source: StreamSource, sink: Collector, *, clock: SystemClock, slots: FallbackSlots) -> None:
        super().__init__(source, sink, clock=clock, slots=slots)
        self._program = program(self.words[min(next(self.turns), len(self.words) - 1)], is_fallback=True)


@asynccontextmanager
async def opened(camera: Camera, collector: Collector, slots: FallbackSlots) -> AsyncIterator[CameraInput]:
    async with running(camera):
        source = StreamSource(stream=StreamName.MAIN, url=camera.url)
        one = CameraInput(source, collector, clock=SystemClock(), slots=slots)
        await one.start()

        async def check_for_ever() -> None:
            while True:
                one.check()
                await asyncio.sleep(0.02)

        checking = asyncio.ensure_future(check_for_ever())
        try:
            yield one
        finally:
            checking.cancel()
            await one.close()


def speaks_jpeg(request: Request) -> bytes:
    return request.answer(body=JPEG)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> type[Relayed]:
    monkeypatch.setattr(inputs, "FallbackSource", Relayed)
    monkeypatch.setattr(Relayed, "turns", count())
    return Relayed


async def test_a_camera_that_changed_its_codec_to_ours_is_ours_again(
    collector: Collector, children: type[Relayed]
) -> None:
    children.words = (f"{PICTURES}, end 1",)
    camera, slots = Camera(answers={"DESCRIBE": speaks_jpeg}), FallbackSlots(1)
    async with opened(camera, collector, slots) as one:
        await collector.until(lambda: len(collector.units) == 3)
        assert one.health.fallback
        del camera.answers["DESCRIBE"]
        await collector.until(lambda: len(collector.units) == 27)
        assert not one.health.fallback and one.health.state is CameraState.RECORDING
        assert slots.take()
    assert collector.events[:3] == ["refused", "closed", "connect"]  # then by the child
    assert collector.causes[3:] == [GapCause.CONNECT, GapCause.CLOSED]


async def test_when_the_fallbacks_camera_left_our_own_client_says_why(
    collector: Collector, children: type[Relayed]
) -> None:
    children.words = (f"{PICTURES}, end 1",)
    camera, slots = Camera(answers={"DESCRIBE": speaks_jpeg}), FallbackSlots(1)
    async with opened(camera, collector, slots) as one:
        await collector.until(lambda: len(collector.units) == 3)
        camera.answers["DESCRIBE"] = lambda request: request.answer("404 Not Found")
        await collector.until(lambda: one.health.state is CameraState.REFUSED)
        assert "path" in one.health.message
    assert isinstance(one._input, Source)


async def test_a_fallback_that_never_shows_anything_is_not_tried_all_the_time(
    collector: Collector, children: type[Relayed]
) -> None:
    children.words = ("end 1",)
    camera, slots = Camera(answers={"DESCRIBE": speaks_jpeg}), FallbackSlots(1)
    async with opened(camera, collector, slots):
        await asyncio.sleep(4.0)
    assert 2 <= camera.methods().count("DESCRIBE") <= 4
    assert slots.take()
