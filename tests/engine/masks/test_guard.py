"""A masked camera is opened proved, burnt, or not at all: every way it can go, on an injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from beffroi.engine.contract import (
    CameraMasks,
    CameraState,
    FactKind,
    GapCause,
    MaskDriver,
    MaskPolygon,
    MaskState,
    MaskVerdict,
    StreamHealth,
    StreamName,
    StreamSource,
)
from beffroi.engine.lanes import LaneKey, WantedStream
from beffroi.engine.masks import guard as guard_module
from beffroi.engine.masks import looking
from beffroi.engine.masks.guard import MaskSeat
from beffroi.engine.masks.guards import MaskGuards
from beffroi.engine.masks.lane import WAITING_MAX_BYTES, MaskedLane
from beffroi.engine.masks.looking import NOTHING_SEEN, Looked, Picture
from beffroi.engine.masks.rules import BROKEN_S, PROVE_S
from beffroi.engine.masks.slots import MaskSlots
from beffroi.engine.outbox import Detail
from beffroi.engine.stream import AccessUnit, CodecConfig, FrameSink

MASKS = CameraMasks(version=3, driver=MaskDriver.CAMERA, polygons=(MaskPolygon(points=((0, 0), (5000, 0), (0, 5000))),))
PROVED, FAILED = Looked(verdict=MaskVerdict.PROVED), Looked(verdict=MaskVerdict.FAILED, cause="shows", levels=200)
UNPROVED = Looked(verdict=MaskVerdict.UNPROVED, cause="one-colour")


def config(width_px: int = 320) -> CodecConfig:
    return CodecConfig(
        codec="h264", width_px=width_px, height_px=240, parameter_sets=(b"s",), decoder_record=b"r", mime_codec="avc1"
    )


@dataclass
class Clock:
    """Stands still unless told."""

    now_s: float = 1000.0

    def now_us(self) -> int:
        return round(self.now_s * 1e6)

    def monotonic_s(self) -> float:
        return self.now_s


class FakeInput:
    """Sends one key frame when started; says who opened it."""

    def __init__(self, town: Town, key: LaneKey, sink: FrameSink, *, how: str) -> None:
        self.town, self.key, self.sink, self.how = town, key, sink, how
        self.is_open = False

    async def start(self) -> None:
        self.is_open = True
        self.town.opened.append((self.how, self.key[1].value))
        if not self.town.is_away:
            self.send()

    def send(self) -> None:
        self.sink.open_run(self.town.config, self.town.clock.now_us())
        self.picture()

    def picture(self, size_bytes: int = 1, *, is_key: bool = True) -> None:
        self.sink.frame(AccessUnit([b"x"], size_bytes, 0, at_us=self.town.clock.now_us(), is_key=is_key))

    def breaks(self, cause: GapCause = GapCause.CONNECT) -> None:
        self.sink.close_run(cause, self.town.clock.now_us())

    async def close(self) -> None:
        self.is_open = False
        self.sink.close_run(GapCause.CLOSED, self.town.clock.now_us())

    def set_live(self, live: bool) -> None:
        pass

    def check(self) -> None:
        pass

    @property
    def health(self) -> StreamHealth:
        return StreamHealth(stream=self.key[1], state=CameraState.RECORDING, since_at_us=0)


class Recorded:
    """What the recorder and the viewers get."""

    def __init__(self) -> None:
        self.frames = 0
        self.causes: list[GapCause] = []

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self.causes.clear()

    def frame(self, unit: AccessUnit) -> None:
        self.frames += 1

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self.causes.append(cause)


@dataclass
class Town:
    """A node around guards, with a say in what its children see."""

    slots: int = 1
    masks: CameraMasks = MASKS
    clock: Clock = field(default_factory=Clock)
    is_away: bool = False
    config: CodecConfig = field(default_factory=config)
    in_memory: list[Looked] = field(default_factory=lambda: [PROVED])
    recorded_look: Looked = PROVED
    refused: str = ""
    pushes: int = 0
    opened: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[FactKind, Detail]] = field(default_factory=list)
    inputs: list[FakeInput] = field(default_factory=list)
    may_judge: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_judge.set()
        self.guards = MaskGuards(
            MaskSeat(
                clock=self.clock,
                slots=MaskSlots(self.slots),
                open_input=lambda key, wanted, sink: self.made(FakeInput(self, key, sink, how="plain")),
                open_burner=lambda wanted, sink: self.made(
                    FakeInput(self, ("c01", wanted.source.stream), sink, how="burner")
                ),
                look=self.look,
                push=self.push,
                tell=lambda kind, camera, detail, at_us: self.facts.append((kind, detail)),
                keep=lambda camera, at_us, jpeg: None,
            )
        )

    def made(self, one: FakeInput) -> FakeInput:
        self.inputs.append(one)
        return one

    @property
    def is_recorded(self) -> bool:
        """Whether an input whose sink is a lane is open: what comes is recorded and shown."""
        return any(one.is_open and isinstance(one.sink, MaskedLane) for one in self.inputs)

    async def look(self, picture: Picture, masks: CameraMasks) -> Looked:
        if self.is_recorded:
            await self.may_judge.wait()
            return self.recorded_look
        return self.in_memory.pop(0) if len(self.in_memory) > 1 else self.in_memory[0]

    async def push(self, masks: CameraMasks, wanted: WantedStream) -> str:
        self.pushes += 1
        return self.refused

    def lane(self, stream: StreamName = StreamName.MAIN) -> tuple[MaskedLane, Recorded]:
        source = StreamSource(stream=stream, url=f"rtsp://127.0.0.1/{stream.value}")
        sink = Recorded()
        lane = self.guards.open_input(("c01", stream), WantedStream(source, self.masks), sink)
        assert isinstance(lane, MaskedLane)
        return lane, sink

    def how(self) -> list[str]:
        """What is open and recorded now."""
        return [one.how for one in self.inputs if one.is_open and isinstance(one.sink, MaskedLane)]

    def told(self, kind: FactKind) -> list[Detail]:
        return [detail for known, detail in self.facts if known is kind]


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "GATHER_S", 0.0)
    monkeypatch.setattr(guard_module, "STEP_S", 0.005)
    monkeypatch.setattr(looking, "FIRST_S", 0.05)
    monkeypatch.setattr(looking, "_CHECK_S", 0.01)


def lived(town: Town, work: Callable[[MaskedLane, Recorded], Awaitable[None]]) -> None:
    async def run() -> None:
        lane, sink = town.lane()
        await lane.start()
        try:
            await work(lane, sink)
        finally:
            await lane.close()
        assert not any(one.is_open for one in town.inputs)
        assert town.guards.seat.slots.free == town.slots
        assert town.guards.state("c01") is None

    asyncio.run(run())


async def until(met: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110 - many states, no event of their own
            await asyncio.sleep(0.005)


def test_the_first_look_is_at_a_picture_that_nobody_records() -> None:
    town = Town(in_memory=[FAILED, PROVED])

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        assert lane.health.state is CameraState.BARRED and sink.causes == [GapCause.MASK]
        await until(lambda: town.how() == ["plain"])
        assert [one.sink for one in town.inputs[:2]] != [lane, lane]
        await until(lambda: sink.frames)
        assert town.pushes == 1 and sink.frames == 1

    lived(town, work)
    assert [fact["verdict"] for fact in town.told(FactKind.MASK_PROOF)] == ["proved", "proved"]
    assert town.told(FactKind.MASK_STATE)[0]["state"] == "proved"


def test_a_camera_whose_masks_fail_is_burnt_at_once() -> None:
    town = Town(in_memory=[FAILED])

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.how() == ["burner"])
        assert town.guards.state("c01") is MaskState.BURNT
        assert not any(one.how == "plain" and one.sink is lane for one in town.inputs)

    lived(town, work)


def test_without_a_free_place_it_is_neither_shown_nor_recorded_and_the_gap_says_why() -> None:
    town = Town(in_memory=[FAILED], slots=0)

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.guards.state("c01") is MaskState.WITHHELD and "node.mask_slots" in lane.health.message)
        await asyncio.sleep(0.05)
        assert town.how() == [] and sink.frames == 0 and set(sink.causes) == {GapCause.MASK}
        assert lane.health.state is CameraState.BARRED

    lived(town, work)
    assert town.told(FactKind.MASK_STATE)[-1]["state"] == "withheld"


def test_a_withheld_camera_is_burnt_when_a_place_is_given_back() -> None:
    town = Town(in_memory=[FAILED], slots=1)
    assert town.guards.seat.slots.take("another")

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.guards.state("c01") is MaskState.WITHHELD)
        town.guards.seat.slots.give_back("another")
        town.clock.now_s += 6
        await until(lambda: town.how() == ["burner"])

    lived(town, work)


def test_a_withheld_camera_is_asked_each_minute_and_told_of_once() -> None:
    town = Town(in_memory=[FAILED], slots=0)

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.guards.state("c01") is MaskState.WITHHELD)
        for pushes in (2, 3):
            town.clock.now_s += 61
            await until(lambda: town.pushes == pushes)  # noqa: B023

    lived(town, work)
    assert len(town.told(FactKind.MASK_PROOF)) == 1


def test_a_withheld_camera_whose_masks_were_repaired_opens() -> None:
    town = Town(in_memory=[FAILED], slots=0)

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.guards.state("c01") is MaskState.WITHHELD)
        town.in_memory = [PROVED]
        town.clock.now_s += 61
        await until(lambda: town.how() == ["plain"])

    lived(town, work)


def test_a_camera_that_restarts_its_encoder_for_its_masks_is_asked_again_after_ten_seconds() -> None:
    town = Town(in_memory=[FAILED, NOTHING_SEEN, PROVED])

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.told(FactKind.MASK_PROOF))
        assert town.how() == [] and town.guards.state("c01") is MaskState.PENDING
        town.clock.now_s += 11
        await until(lambda: town.how() == ["plain"])

    lived(town, work)


def test_masks_to_burn_never_open_the_camera_bare() -> None:
    town = Town(masks=replace(MASKS, driver=MaskDriver.NODE))

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.how() == ["burner"] and town.told(FactKind.MASK_PROOF))

    lived(town, work)
    assert {how for how, _ in town.opened} == {"burner"} and not town.pushes
    assert town.told(FactKind.MASK_PROOF)[0]["driver"] == "node"


def test_a_daily_proof_that_fails_shuts_the_stream_and_burns() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames)
        town.recorded_look, town.in_memory = FAILED, [FAILED]
        town.clock.now_s += PROVE_S + 1
        await until(lambda: town.how() == ["burner"])

    lived(town, work)
    assert [fact["verdict"] for fact in town.told(FactKind.MASK_PROOF)][:3] == ["proved", "proved", "failed"]


def test_unproved_for_a_day_is_burnt_and_not_before() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames)
        lane._guard._look_due_s = 0.0  # type: ignore[attr-defined]
        town.recorded_look = UNPROVED
        await until(lambda: len(town.told(FactKind.MASK_PROOF)) == 3)
        assert town.how() == ["plain"]
        town.clock.now_s += PROVE_S + 1
        await until(lambda: town.how() == ["burner"])

    lived(town, work)


def test_a_stream_that_comes_back_with_other_parameters_passes_nothing_before_its_proof() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames)
        frames, town.in_memory = sink.frames, [FAILED]
        town.config = config(640)
        town.inputs[-1].send()
        assert sink.frames == frames and sink.causes[-1] is GapCause.MASK
        await until(lambda: town.how() == ["burner"])

    lived(town, work)


def test_a_session_waits_for_the_judgement_of_its_first_picture_then_passes_whole() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames == 1)
        town.may_judge.clear()
        town.inputs[-1].breaks()
        town.inputs[-1].send()
        town.inputs[-1].picture(is_key=False)
        await asyncio.sleep(0.05)
        assert sink.frames == 1 and sink.causes == [GapCause.CONNECT]
        assert lane.health.state is CameraState.BARRED
        town.may_judge.set()
        await until(lambda: sink.frames == 3)
        town.inputs[-1].picture(is_key=False)
        assert sink.frames == 4 and not lane.health.message

    lived(town, work)


@dataclass
class ForgetfulTown(Town):
    """Its camera masks nothing after a restart, until it is told its masks again."""

    async def push(self, masks: CameraMasks, wanted: WantedStream) -> str:
        self.recorded_look = PROVED
        return await super().push(masks, wanted)


def test_a_camera_that_forgot_its_masks_in_a_restart_shows_nothing_until_they_are_set_anew() -> None:
    town = ForgetfulTown()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames == 1)
        town.recorded_look, town.in_memory = FAILED, [FAILED, PROVED]
        town.inputs[-1].breaks()
        town.inputs[-1].send()
        await until(lambda: sink.frames > 1)
        assert (sink.frames, town.pushes, town.how()) == (2, 2, ["plain"])  # the first, and one of the masked session

    lived(town, work)
    assert "failed" in [fact["verdict"] for fact in town.told(FactKind.MASK_PROOF)]


def test_a_camera_that_loses_its_masks_at_each_connection_is_burnt() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames == 1)
        town.recorded_look = FAILED
        town.inputs[-1].breaks()
        town.inputs[-1].send()
        await until(lambda: ("burner", "main") in town.opened)

    lived(town, work)
    assert {fact["state"] for fact in town.told(FactKind.MASK_STATE)} >= {"proved", "burnt"}


def test_a_session_that_ends_before_its_judgement_passes_nothing() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames == 1)
        town.may_judge.clear()
        for _ in range(2):
            town.inputs[-1].breaks()
            town.inputs[-1].send()
            await asyncio.sleep(0.02)
        town.may_judge.set()
        await until(lambda: sink.frames == 2)  # of the last session alone

    lived(town, work)


def test_what_waits_is_bounded_and_what_was_too_much_is_a_gap() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames == 1)
        town.may_judge.clear()
        town.inputs[-1].breaks()
        town.inputs[-1].send()
        town.inputs[-1].picture(WAITING_MAX_BYTES, is_key=False)
        assert sink.causes == [GapCause.CONNECT, GapCause.MASK]
        town.inputs[-1].picture(is_key=False)
        await asyncio.sleep(0.02)
        town.may_judge.set()
        await until(lambda: not sink.causes)
        assert sink.frames == 1  # nothing can be decoded before the next key frame
        town.inputs[-1].picture(is_key=False)
        town.inputs[-1].picture()
        assert sink.frames == 2

    lived(town, work)


def test_a_first_picture_that_proves_nothing_gives_way_to_the_next_three_times_at_most() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames == 1)
        town.recorded_look, town.in_memory = UNPROVED, [UNPROVED]
        town.inputs[-1].breaks()
        town.inputs[-1].send()
        await until(lambda: len(town.told(FactKind.MASK_PROOF)) == 3)
        town.inputs[-1].picture()
        await until(lambda: len(town.told(FactKind.MASK_PROOF)) == 4)
        assert town.how() == ["plain"] and sink.frames == 1
        town.inputs[-1].picture()
        await until(lambda: town.how() == ["burner"])

    lived(town, work)


def test_a_loss_of_packets_is_no_new_session_and_is_looked_at_within_a_minute() -> None:
    town = Town()

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: sink.frames == 1)
        town.may_judge.clear()
        town.inputs[-1].breaks(GapCause.LOSS)
        town.inputs[-1].send()
        assert sink.frames == 2
        town.recorded_look, town.in_memory = FAILED, [FAILED]
        town.may_judge.set()
        town.clock.now_s += BROKEN_S + 1
        await until(lambda: town.how() == ["burner"])

    lived(town, work)


def test_a_camera_that_is_away_is_a_gap_of_its_own_cause_and_opens_when_it_is_back() -> None:
    town = Town(is_away=True)

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: lane.health.state is CameraState.SILENT)
        assert town.guards.state("c01") is MaskState.PENDING and not town.pushes
        town.is_away = False
        town.clock.now_s += 11
        await until(lambda: town.how() == ["plain"])

    lived(town, work)


def test_a_burnt_picture_that_fails_its_own_proof_is_withheld() -> None:
    town = Town(masks=replace(MASKS, driver=MaskDriver.NODE), recorded_look=FAILED)

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.guards.state("c01") is MaskState.WITHHELD and not town.how())

    lived(town, work)


def test_both_streams_are_looked_at_and_share_one_place() -> None:
    town = Town(masks=replace(MASKS, driver=MaskDriver.NODE))

    async def run() -> None:
        lanes = [town.lane(stream)[0] for stream in (StreamName.MAIN, StreamName.SUB)]
        for lane in lanes:
            await lane.start()
        await until(lambda: town.how() == ["burner", "burner"])
        assert town.guards.seat.slots.free == 0
        await until(lambda: {fact["stream"] for fact in town.told(FactKind.MASK_PROOF)} == {"main", "sub"})
        for lane in lanes:
            await lane.close()
        assert town.guards.seat.slots.free == 1

    asyncio.run(run())


def test_a_camera_that_cannot_be_set_but_shows_its_masks_is_proved_and_says_what_failed() -> None:
    town = Town(refused="no-media2")

    async def work(lane: MaskedLane, sink: Recorded) -> None:
        await until(lambda: town.how() == ["plain"])

    lived(town, work)
    assert town.told(FactKind.MASK_PROOF)[0]["cause"] == "no-media2"


@dataclass
class ReplacedTown(Town):
    """Its main stream gets another address, with the same parameters, in the middle of its last look in memory."""

    looks: int = 0
    first: MaskedLane | None = None
    second: tuple[MaskedLane, Recorded] | None = None

    async def look(self, picture: Picture, masks: CameraMasks) -> Looked:
        self.looks += not self.is_recorded
        if self.looks == 3 and self.first is not None:
            first, self.first = self.first, None
            await first.close()
            self.second = self.lane()
            await self.second[0].start()
        return PROVED


def test_a_stream_replaced_while_it_was_looked_at_is_looked_at_itself() -> None:
    async def run() -> None:
        town = ReplacedTown()
        sub, _ = town.lane(StreamName.SUB)
        town.first, _ = town.lane()
        await town.first.start()
        await sub.start()
        await until(lambda: town.second is not None and town.second[1].frames)
        assert town.second is not None and town.looks > 4  # two streams, before and after their masks were set
        await town.second[0].close()
        await sub.close()

    asyncio.run(run())
