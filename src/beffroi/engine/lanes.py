"""The streams a node records: opened, replaced and closed by the difference with the desired state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from beffroi.core.clock import Clock
from beffroi.engine.contract import (
    CameraHealth,
    CameraMasks,
    CameraState,
    DesiredCamera,
    DesiredState,
    GapCause,
    StreamHealth,
    StreamName,
    StreamSource,
)
from beffroi.engine.hub import Hub
from beffroi.engine.link_records import LinkState
from beffroi.engine.stream import FrameSink

log = logging.getLogger(__name__)

LaneKey = tuple[str, StreamName]


@dataclass(frozen=True, slots=True)
class WantedStream:
    """A stream to open, and what may not show in it."""

    source: StreamSource
    masks: CameraMasks | None = None


class StreamInput(Protocol):
    """Where one stream comes from: our own RTSP client, the fallback, or a burner."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def set_live(self, live: bool) -> None: ...

    def check(self) -> None: ...

    @property
    def health(self) -> StreamHealth: ...


OpenInput = Callable[[LaneKey, WantedStream, FrameSink], StreamInput]
"""Makes the input of a stream; it is not started yet."""


@dataclass(slots=True)
class _Lane:
    wanted: WantedStream
    input: StreamInput


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A stream's state, and whether it is one that people and web are told of as the camera's."""

    state: LinkState
    message: str
    message_fr: str
    is_camera: bool


class Lanes:
    """All inputs of a node. `apply()` and `check_gates()` are safe to call at any time; they take turns."""

    def __init__(self, open_input: OpenInput, recorder: Callable[[LaneKey], FrameSink], *, clock: Clock) -> None:
        self._open_input = open_input
        self._recorder = recorder
        self._clock = clock
        self._desired: DesiredState | None = None
        self._lanes: dict[LaneKey, _Lane] = {}
        self._hubs: dict[LaneKey, Hub] = {}
        self._told: dict[LaneKey, LinkState] = {}
        self._turn = asyncio.Lock()

    async def apply(self, desired: DesiredState) -> None:
        """Open, replace and close what changed; nothing else is touched."""
        self._desired = desired
        await self._settle()

    async def check_gates(self) -> None:
        """Close cameras whose authorisation ended meanwhile; web is not needed for it."""
        if self._lanes.keys() - self._wanted().keys():
            await self._settle()

    async def close(self) -> None:
        """Close every input."""
        self._desired = None
        await self._settle()

    def open_cameras(self) -> list[DesiredCamera]:
        """Cameras whose gate is open at this instant."""
        if self._desired is None:
            return []
        now_us, barred = self._clock.now_us(), frozenset(self._desired.barred)
        return [camera for camera in self._desired.cameras if camera.id not in barred and now_us < camera.not_after_us]

    def hub(self, key: LaneKey) -> Hub | None:
        """The hub of a stream that is open."""
        return self._hubs[key] if key in self._lanes else None

    def health(self) -> tuple[CameraHealth, ...]:
        """Health of every camera of the desired state, the barred ones included."""
        if self._desired is None:
            return ()
        streams: dict[str, dict[StreamName, StreamHealth]] = {camera.id: {} for camera in self._desired.cameras}
        streams |= {camera: {} for camera in self._desired.barred}
        for key in self._lanes:
            streams.setdefault(key[0], {})[key[1]] = self._stream_health(key)
        return tuple(_camera_health(camera, found) for camera, found in streams.items())

    def states(self) -> list[LinkState]:
        """The state of every open stream."""
        return [self._state(key, lane.input.health) for key, lane in self._lanes.items()]

    def changes(self) -> list[StateChange]:
        """States that changed since the last call."""
        changed = []
        for key, lane in self._lanes.items():
            lane.input.check()
            health = lane.input.health
            state = self._state(key, health)
            before = self._told.get(key)
            if state == before:
                continue
            self._told[key] = state
            is_new = before is None or (before.state, before.cause) != (state.state, state.cause)
            is_camera = is_new and self._is_first_stream(key)
            changed.append(
                StateChange(state=state, message=health.message, message_fr=health.message_fr, is_camera=is_camera)
            )
        return changed

    async def _settle(self) -> None:
        async with self._turn:
            wanted = self._wanted()
            gone = [key for key, lane in self._lanes.items() if wanted.get(key) != lane.wanted]
            await self._stop(gone)
            for key, stream in wanted.items():
                if key not in self._lanes:
                    await self._start(key, stream)

    def _wanted(self) -> dict[LaneKey, WantedStream]:
        return {
            (camera.id, source.stream): WantedStream(source, camera.masks)
            for camera in self.open_cameras()
            for source in camera.sources
        }

    async def _start(self, key: LaneKey, wanted: WantedStream) -> None:
        hub = self._hubs.get(key)
        if hub is None:
            hub = self._hubs[key] = Hub(self._recorder(key), on_viewers=lambda live: self._set_live(key, live))
        lane = self._lanes[key] = _Lane(wanted, self._open_input(key, wanted, hub))
        await lane.input.start()
        if hub.viewers:
            lane.input.set_live(True)
        log.info("lane.opened camera=%s stream=%s", *key)

    async def _stop(self, keys: Iterable[LaneKey]) -> None:
        lanes = [self._lanes.pop(key) for key in keys]
        for key in keys:
            self._told.pop(key, None)
        await asyncio.gather(*(lane.input.close() for lane in lanes))

    def _set_live(self, key: LaneKey, live: bool) -> None:
        lane = self._lanes.get(key)
        if lane is not None:
            lane.input.set_live(live)

    def _state(self, key: LaneKey, health: StreamHealth) -> LinkState:
        is_recording = health.state is CameraState.RECORDING
        return LinkState(
            camera=key[0],
            stream=key[1],
            state=health.state,
            cause=None if is_recording else self._hubs[key].cause or _LIKELY_CAUSE.get(health.state),
            since_at_us=health.since_at_us,
            clock_offset_ms=health.clock_offset_ms,
        )

    def _is_first_stream(self, key: LaneKey) -> bool:
        return key[1] is StreamName.MAIN or (key[0], StreamName.MAIN) not in self._lanes

    def _stream_health(self, key: LaneKey) -> StreamHealth:
        return replace(self._lanes[key].input.health, viewers=self._hubs[key].viewers)


def _camera_health(camera: str, streams: dict[StreamName, StreamHealth]) -> CameraHealth:
    """The state of a camera is that of its main stream; without an open stream its gate is closed."""
    if not streams:
        return CameraHealth(id=camera, state=CameraState.BARRED, since_at_us=0, last_at_us=0)
    ordered = tuple(streams[stream] for stream in StreamName if stream in streams)
    first = ordered[0]
    return CameraHealth(
        id=camera, state=first.state, since_at_us=first.since_at_us, last_at_us=first.last_at_us, streams=ordered
    )


_LIKELY_CAUSE = {CameraState.SILENT: GapCause.CONNECT, CameraState.REFUSED: GapCause.REFUSED}
"""Until a run was ever open, the hub has no cause to tell."""
