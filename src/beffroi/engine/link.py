"""The recorder's end of the Unix socket to the gateway.

Bounded: above `FRAMES_MAX_BYTES` waiting in the socket, or when it has not drained for `FRAMES_LATE_S`, frames are
skipped to the next key frame and counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from beffroi.core.clock import Clock
from beffroi.core.errors import BeffroiError, InvalidInput
from beffroi.engine.contract import (
    GapCause,
    StreamName,
)
from beffroi.engine.hub import Hub
from beffroi.engine.link_records import (
    FLAG_KEY,
    FRAME,
    KIND_FRAME,
    Answer,
    Ask,
    Closed,
    LinkDesired,
    LinkState,
    Message,
    Records,
    Report,
    Skipped,
    Unwatch,
    Watch,
    opened,
    pack,
    unpack,
)
from beffroi.engine.stream import AccessUnit, CodecConfig

log = logging.getLogger(__name__)
FRAMES_MAX_BYTES = 16 << 20
"""Frames waiting for the gateway; 16 MB is 1.4 s of 24 cameras at 4 Mbit/s."""
FRAMES_LATE_S = 1.0
DRAINED_BYTES = 256 << 10
"""A gateway that reads brings the socket below this within `FRAMES_LATE_S`; what waits longer is the past."""
LINK_MAX_BYTES = 64 << 20
"""A gateway that leaves this much unread is taken for dead."""
PENDING_FIELDS = (
    "file", "run", "path", "init_bytes", "offset", "size", "start_at_us", "end_at_us", "duration_ticks90k", "frames",
    "is_key",
)  # fmt: skip
"""What an answer to `fragments` tells of each fragment not yet indexed."""


class LinkBackend(Protocol):
    """What the recorder's end of the link asks of the node."""

    def hub(self, camera: str, stream: StreamName) -> Hub | None: ...

    def desired(self) -> LinkDesired: ...

    def states(self) -> list[LinkState]: ...

    async def answer(self, question: Ask) -> Any: ...

    async def report(self, fact: Report) -> None: ...


class _Channel:
    """One watched stream: a hub reader that writes into the socket."""

    __slots__ = ("_end", "_number", "hub")

    def __init__(self, end: _GatewayEnd, number: int, hub: Hub) -> None:
        self._end = end
        self._number = number
        self.hub = hub

    def has_room(self) -> bool:
        return self._end.is_read()

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self._end.send(opened(self._number, config, at_us))

    def missed(self, frames: int) -> None:
        self._end.skipped_frames += frames
        self._end.send(Skipped(channel=self._number, frames=frames))

    def frame(self, unit: AccessUnit) -> None:
        self._end.send_frame(self._number, unit)

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self._end.send(Closed(channel=self._number, cause=cause, at_us=at_us))


class _GatewayEnd(Records):
    """The recorder's end of one connection; the newest connection is the gateway."""

    def __init__(self, backend: LinkBackend, clock: Clock, on_end: Callable[[_GatewayEnd], None]) -> None:
        super().__init__()
        self._backend = backend
        self._clock = clock
        self._on_end = on_end
        self._channels: dict[int, _Channel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.skipped_frames = 0
        self._drained_at_s = clock.monotonic_s()

    def is_read(self) -> bool:
        """False when a frame written now would be old, or one too many, by the time it is read."""
        waiting_bytes, now_s = self.waiting_bytes, self._clock.monotonic_s()
        if waiting_bytes < DRAINED_BYTES:
            self._drained_at_s = now_s
        return waiting_bytes < FRAMES_MAX_BYTES and now_s - self._drained_at_s < FRAMES_LATE_S

    @property
    def waiting_bytes(self) -> int:
        """Bytes the gateway has not read yet."""
        return self.transport.get_write_buffer_size() if self.transport is not None else LINK_MAX_BYTES

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.send(self._backend.desired())
        for state in self._backend.states():
            self.send(state)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        for channel in self._channels.values():
            channel.hub.detach(channel)
        self._channels.clear()
        for task in self._tasks:
            task.cancel()
        self._on_end(self)

    def send(self, message: Message) -> None:
        """Write a message; a gateway that no longer reads is cut off."""
        if self.transport is None:
            return
        self.transport.write(pack(message))
        if self.waiting_bytes > LINK_MAX_BYTES:
            log.error("link.stalled waiting_bytes=%d", self.waiting_bytes)
            self.abort()

    def send_frame(self, channel: int, unit: AccessUnit) -> None:
        """Write one access unit, its pieces as they are."""
        if self.transport is None:
            return
        flags = FLAG_KEY if unit.is_key else 0
        head = FRAME.pack(
            FRAME.size - 4 + unit.size_bytes,
            KIND_FRAME,
            flags,
            channel,
            unit.ticks90k,
            unit.at_us,
            self._clock.now_us(),
        )
        self.transport.writelines([head, *unit.parts])

    def on_record(self, kind: int, body: bytes) -> None:
        try:
            self._take(unpack(body))
        except InvalidInput as error:
            log.error("link.refused %s", error.message)
            self.abort()

    def _take(self, message: Message) -> None:
        match message:
            case Watch():
                self._watch(message)
            case Unwatch():
                self._unwatch(message.channel)
            case Ask() | Report():
                task = asyncio.get_running_loop().create_task(self._answer(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case _:
                raise InvalidInput(
                    "This message is not for the recorder.", message_fr="Ce message n'est pas pour l'enregistreur."
                )

    def _watch(self, message: Watch) -> None:
        hub = self._backend.hub(message.camera, message.stream)
        number = message.channel
        if hub is None:
            self.send(Closed(channel=number, cause=None, at_us=self._clock.now_us()))
            return
        channel = _Channel(self, number, hub)
        if message.peek:
            if hub.config is not None:
                channel.open_run(hub.config, hub.last_at_us)
                for unit in hub.gop[: message.most_frames or None]:
                    channel.frame(unit)
            self.send(Closed(channel=number, cause=None, at_us=hub.last_at_us))
            return
        self._unwatch(number)
        self._channels[number] = channel
        hub.attach(channel)

    def _unwatch(self, number: int) -> None:
        channel = self._channels.pop(number, None)
        if channel is not None:
            channel.hub.detach(channel)

    async def _answer(self, question: Ask | Report) -> None:
        try:
            async with asyncio.timeout(5):
                if isinstance(question, Report):
                    await self._backend.report(question)
                    answer = Answer(id=question.id)
                else:
                    answer = Answer(id=question.id, body=await self._backend.answer(question))
        except BeffroiError as error:
            answer = Answer(id=question.id, refusal=error.message, refusal_fr=error.message_fr)
        except TimeoutError:
            answer = Answer(
                id=question.id,
                refusal="The recorder did not answer in time.",
                refusal_fr="L'enregistreur n'a pas répondu à temps.",
            )
        self.send(answer)


class RecorderLink:
    """Listens for the gateway on a Unix socket of mode 0600.

    Contract: at most one gateway is connected; a new connection ends the one before it.
    """

    backlog: ClassVar[int] = 4

    def __init__(self, path: Path, backend: LinkBackend, *, clock: Clock) -> None:
        self._path = path
        self._backend = backend
        self._clock = clock
        self._server: asyncio.AbstractServer | None = None
        self._end: _GatewayEnd | None = None
        self._skipped_before = 0

    @property
    def skipped_frames(self) -> int:
        """Frames left out because the gateway did not read, since the start."""
        return self._skipped_before + (self._end.skipped_frames if self._end else 0)

    @property
    def waiting_bytes(self) -> int:
        """Bytes the gateway has not read yet."""
        return self._end.waiting_bytes if self._end else 0

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        before = os.umask(0o177)
        try:
            self._server = await loop.create_unix_server(self._accept, str(self._path), backlog=self.backlog)
        finally:
            os.umask(before)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._end is not None:
            self._end.abort()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def push(self, message: LinkDesired | LinkState) -> None:
        """Tell the gateway, when there is one."""
        if self._end is not None:
            self._end.send(message)

    def _accept(self) -> _GatewayEnd:
        if self._end is not None:
            self._end.abort()
        self._end = _GatewayEnd(self._backend, self._clock, self._ended)
        return self._end

    def _ended(self, end: _GatewayEnd) -> None:
        self._skipped_before += end.skipped_frames
        if self._end is end:
            self._end = None
