"""One masked camera: sets its masks, looks at its pictures, and decides how its streams are opened.

It begins held. The first look is at a picture that nobody records: a camera is never opened unmasked, not even for
its proof. Source: design/masks.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from beffroi.core.clock import Clock
from beffroi.engine.contract import CameraMasks, FactKind, MaskDriver, MaskState, MaskVerdict
from beffroi.engine.lanes import LaneKey, OpenInput, StreamInput, WantedStream
from beffroi.engine.masks import words
from beffroi.engine.masks.lane import MaskedLane
from beffroi.engine.masks.looking import NOTHING_SEEN, Looked, Picture, first_picture
from beffroi.engine.masks.rules import (
    AWAY_S,
    BROKEN_S,
    CHANGES_MAX,
    LOOK_AGAIN_S,
    NO_PICTURE,
    PROVE_S,
    UNPROVED_MAX,
    Course,
    course,
    is_worse,
    state,
)
from beffroi.engine.masks.slots import MaskSlots
from beffroi.engine.outbox import Detail
from beffroi.engine.stream import CodecConfig, FrameSink
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

GATHER_S = 0.3
"""A camera's streams are opened one after the other; the first look waits for both."""
STEP_S = 1.0
PLACE_S = 5.0
"""Between tries for a place to burn."""
WITHHELD_S = 60.0
"""Between tries of a withheld camera: its own masks may have been repaired."""

Look = Callable[[Picture, CameraMasks], Awaitable[Looked]]
Push = Callable[[CameraMasks, WantedStream], Awaitable[str]]
"""Sets a camera's masks by ONVIF; returns why it could not, or nothing."""
OpenBurner = Callable[[WantedStream, FrameSink], StreamInput]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskSeat:
    """What guards need of their node. `tell`: keep a fact; `keep`: a proof's picture, of an instant."""

    clock: Clock
    slots: MaskSlots
    open_input: OpenInput
    open_burner: OpenBurner
    look: Look
    push: Push
    tell: Callable[[FactKind, str, Detail, int], None]
    keep: Callable[[str, int, bytes], None]


class MaskGuard:
    """The guard of a camera from its first stream to its last."""

    def __init__(self, camera: str, masks: CameraMasks, seat: MaskSeat) -> None:
        self.camera, self.masks = camera, masks
        self.held = words.PENDING
        self.cause = ""
        self._seat = seat
        self._lanes: list[MaskedLane] = []
        self._course = Course.HOLD  # as the streams are opened now
        self._wanted = Course.BURN if masks.driver is MaskDriver.NODE else Course.HOLD
        self._proved: dict[LaneKey, CodecConfig] = {}
        self._proved_s: float | None = None
        self._look_due_s = self._camera_due_s = self._place_due_s = seat.clock.monotonic_s()
        self._changes = self._unproved = 0
        self._has_left = False
        self._withheld_for = ""
        self._told: MaskState | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> MaskState:
        """What is done about the masks now."""
        return state(self._wanted, is_burning=self._course is Course.BURN)

    @property
    def is_alive(self) -> bool:
        """Streams of the camera are wanted, or about to be."""
        return not self._has_left

    # -- what its streams ask -------------------------------------------------------------------------------

    def join(self, lane: MaskedLane) -> None:
        self._lanes.append(lane)
        if self._task is None:
            self._task = vital(self._live_for_ever(), name="mask-guard")
        elif self._course is not Course.HOLD:
            self.parameters_changed()  # a stream nobody has looked at

    async def leave(self, lane: MaskedLane) -> None:
        if lane in self._lanes:
            self._lanes.remove(lane)
        if not self._lanes and self._task is not None:
            self._has_left = True
            task, self._task = self._task, None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._seat.slots.give_back(self.camera)

    def open(self, lane: MaskedLane, how: Course) -> StreamInput | None:
        if how is Course.SHOW:
            return self._seat.open_input(lane.key, lane.wanted, lane)
        return self._seat.open_burner(lane.wanted, lane) if how is Course.BURN else None

    def is_proved(self, key: LaneKey, config: CodecConfig) -> bool:
        return self._proved.get(key) == config

    def parameters_changed(self) -> None:
        self._changes += 1
        self._proved.clear()
        self._wake.set()

    def session_began(self) -> None:
        self._wake.set()

    def stream_broke(self) -> None:
        self._look_due_s = min(self._look_due_s, self._seat.clock.monotonic_s() + BROKEN_S)

    # -- its life -------------------------------------------------------------------------------------------

    async def _live_for_ever(self) -> None:
        await asyncio.sleep(GATHER_S)
        while True:
            self._wake.clear()
            await self._judge_sessions()
            await self._step(self._seat.clock.monotonic_s())
            self._tell_state()
            try:
                async with asyncio.timeout(STEP_S):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _judge_sessions(self) -> None:
        """The first picture of each session, before any of it passes."""
        for lane in list(self._lanes):
            if (picture := lane.unjudged) is not None:
                await self._judge(lane, picture)

    async def _judge(self, lane: MaskedLane, picture: Picture) -> None:
        looked = await self._seat.look(picture, self.masks)
        if lane.unjudged != picture:
            return  # gone, or another session's turn
        self._say(looked, by=MaskDriver.CAMERA, stream=lane.key[1].value)
        if looked.verdict is MaskVerdict.PROVED:
            self._unproved = 0
            lane.admit()
            return
        self._unproved += 1
        if looked.verdict is MaskVerdict.UNPROVED and self._unproved < UNPROVED_MAX:
            lane.wait_on()
            return
        self.cause, self._unproved = looked.cause, 0
        self.parameters_changed()  # it forgot its masks: they are set anew

    async def _step(self, now_s: float) -> None:
        if self._wanted is Course.SHOW and len(self._proved) < len(self._lanes):
            await self._look_anew()
        elif self._course is not Course.SHOW and self._may_ask_camera(now_s):
            await self._try_camera()
        elif self._course is not Course.HOLD and now_s >= self._look_due_s:
            await self._look_at_recorded(now_s)
        if self._wanted is Course.BURN and self._course is not Course.BURN and now_s >= self._place_due_s:
            await self._burn(now_s)

    def _may_ask_camera(self, now_s: float) -> bool:
        return self.masks.driver is MaskDriver.CAMERA and now_s >= self._camera_due_s

    async def _look_anew(self) -> None:
        """A stream came back with other parameters, or without its masks: nothing passes until it was looked at."""
        self.held = words.PENDING
        await self._turn(Course.HOLD)
        if self._changes > CHANGES_MAX:
            self.cause = "unsteady"
            self._want_burning()
            return
        self._wanted, self._proved_s = Course.HOLD, None
        await self._try_camera()

    async def _try_camera(self) -> None:
        """Looks first: a camera keeps its masks when we start again. Then sets them, and looks again."""
        before = await self._look_in_memory()
        if before.cause == NO_PICTURE:
            self._camera_due_s = self._seat.clock.monotonic_s() + AWAY_S
            if self._wanted is Course.HOLD:
                self.held, self.cause = words.AWAY, NO_PICTURE
            return
        refused = await self._seat.push(self.masks, self._lanes[0].wanted) if self._lanes else ""
        after = await self._look_in_memory()
        if self.state is not MaskState.WITHHELD or after.cause != self._withheld_for:
            self._say(after, by=MaskDriver.CAMERA, before=before, pushed=refused)  # not the same each minute
        await self._conclude(after, refused)

    async def _conclude(self, looked: Looked, refused: str) -> None:
        now_s = self._seat.clock.monotonic_s()
        wanted = course(looked.verdict, looked.cause, proved_s=None)
        if wanted is Course.HOLD:
            self._camera_due_s = now_s + AWAY_S  # cameras restart their encoder when masks are set
            return
        self._camera_due_s = now_s + (PROVE_S if self._course is Course.BURN else WITHHELD_S)
        self.cause = refused or looked.cause
        self._withheld_for = looked.cause
        if wanted is Course.BURN:
            if self._wanted is not Course.BURN:
                self._want_burning()
            return
        self._wanted, self._proved_s, self._look_due_s = wanted, now_s, now_s + PROVE_S
        await self._turn(Course.SHOW)
        self._seat.slots.give_back(self.camera)

    def _want_burning(self) -> None:
        self._wanted, self._proved_s, self._place_due_s = Course.BURN, None, 0.0

    async def _burn(self, now_s: float) -> None:
        """Burns when a place is free; else the camera is neither shown nor recorded."""
        if self._seat.slots.take(self.camera):
            self._camera_due_s, self._look_due_s = now_s + PROVE_S, now_s
            await self._turn(Course.BURN)
            return
        self._place_due_s = now_s + PLACE_S
        if self.held is not words.WITHHELD:
            self.held = words.WITHHELD
            await self._turn(Course.HOLD)

    async def _turn(self, how: Course) -> None:
        self._course = how
        log.info("masks.turned camera=%s course=%s cause=%s", self.camera, how, self.cause)
        for lane in list(self._lanes):
            await lane.follow(how)

    # -- looking --------------------------------------------------------------------------------------------

    async def _look_in_memory(self) -> Looked:
        """At a picture of every stream that nobody records; the worst of them."""
        proved: dict[LaneKey, CodecConfig] = {}
        worst, looked_at = NOTHING_SEEN, list(self._lanes)
        for number, lane in enumerate(looked_at):
            picture = await first_picture(self._seat.open_input, lane.key, lane.wanted)
            looked = await self._seat.look(picture, self.masks) if picture is not None else NOTHING_SEEN
            if looked.verdict is MaskVerdict.PROVED and picture is not None:
                proved[lane.key] = picture.config
            if not number or is_worse(looked.verdict, worst.verdict):
                worst = looked
            if worst.verdict is not MaskVerdict.PROVED:
                break
        here = {lane.key for lane in looked_at if lane in self._lanes}  # another may have taken its place meanwhile
        is_proved = worst.verdict is MaskVerdict.PROVED
        self._proved = {key: config for key, config in proved.items() if is_proved and key in here}
        return worst

    async def _look_at_recorded(self, now_s: float) -> None:
        """At the last key frame of each stream, as it was recorded."""
        self._look_due_s = now_s + PROVE_S
        all_proved = True
        for lane in list(self._lanes):
            picture = lane.newest
            looked = await self._seat.look(picture, self.masks) if picture is not None else NOTHING_SEEN
            all_proved = all_proved and looked.verdict is MaskVerdict.PROVED
            if picture is None and self._proved_s is None:
                self._look_due_s = now_s + STEP_S  # opened a moment ago, nothing recorded yet: no news
                continue
            if looked.verdict is MaskVerdict.UNPROVED:
                self._look_due_s = min(self._look_due_s, now_s + LOOK_AGAIN_S)
            self._say(looked, by=self._driver, stream=lane.key[1].value)
            if not await self._is_still_good(looked):
                return
        if all_proved:
            self._proved_s, self._changes = now_s, 0

    @property
    def _driver(self) -> MaskDriver:
        return MaskDriver.NODE if self._course is Course.BURN else MaskDriver.CAMERA

    async def _is_still_good(self, looked: Looked) -> bool:
        """Whether the streams may go on as they are; they have changed when not."""
        now_s = self._seat.clock.monotonic_s()
        if self._course is Course.BURN:
            if looked.verdict is not MaskVerdict.FAILED:
                return True
            self.held, self.cause, self._place_due_s = words.SPOILT, looked.cause, now_s + LOOK_AGAIN_S
            await self._turn(Course.HOLD)
            self._seat.slots.give_back(self.camera)
            return False
        age_s = None if self._proved_s is None else now_s - self._proved_s
        if course(looked.verdict, looked.cause, proved_s=age_s) is Course.SHOW:
            return True
        self.cause, self.held = looked.cause, words.PENDING
        self._want_burning()
        await self._turn(Course.HOLD)  # before a place is sought: what shows inside a mask is shown no longer
        return False

    # -- telling --------------------------------------------------------------------------------------------

    def _say(
        self,
        looked: Looked,
        *,
        by: MaskDriver,
        stream: str = "main",
        before: Looked | None = None,
        pushed: str = "",
    ) -> None:
        detail: Detail = {
            "stream": stream,
            "version": self.masks.version,
            "driver": by.value,
            "verdict": looked.verdict.value,
            "cause": looked.cause or pushed,
            "levels": looked.levels,
            "sha256": looked.sha256,
        }
        at_us = looked.at_us or self._seat.clock.now_us()
        if looked.jpeg:
            self._seat.keep(self.camera, at_us, looked.jpeg)
        if before is not None and before.verdict is not MaskVerdict.PROVED and before.jpeg:
            self._seat.keep(self.camera, before.at_us, before.jpeg)
            detail |= {"before_sha256": before.sha256, "before_at_us": before.at_us}
        self._seat.tell(FactKind.MASK_PROOF, self.camera, detail, at_us)

    def _tell_state(self) -> None:
        if self.state is self._told:
            return
        self._told = self.state
        detail: Detail = {
            "state": self.state.value,
            "version": self.masks.version,
            "driver": self.masks.driver.value,
            "cause": self.cause,
        }
        self._seat.tell(FactKind.MASK_STATE, self.camera, detail, self._seat.clock.now_us())
