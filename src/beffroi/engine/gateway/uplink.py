"""The gateway's end of the link: streams to watch, questions to the recorder, the desired state."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

from beffroi.core.errors import InvalidInput, Unavailable
from beffroi.engine.contract import FactKind, GapCause, StreamName
from beffroi.engine.hub import Hub, HubReader
from beffroi.engine.link_records import (
    FLAG_KEY,
    FRAME,
    HEAD,
    KIND_FRAME,
    Answer,
    Ask,
    Closed,
    LinkDesired,
    LinkState,
    Message,
    Opened,
    Records,
    Report,
    Skipped,
    Unwatch,
    Watch,
    config_of,
    pack,
    unpack,
)
from beffroi.engine.stream import AccessUnit, CodecConfig

StreamKey = tuple[str, StreamName]
ANSWER_DEADLINE_S = 5.0
QUESTIONS_MAX = 256
_BODY_HEAD = FRAME.size - HEAD.size


class Arrived(AccessUnit):
    """An access unit that came over the link; `sent_at_us`: when its last byte was at the recorder."""

    __slots__ = ("sent_at_us",)

    def __init__(self, body: bytes) -> None:
        flags, ticks90k, at_us, sent_at_us = _head(body)
        sample = body[_BODY_HEAD:]
        super().__init__([sample], len(sample), ticks90k, at_us=at_us, is_key=bool(flags & FLAG_KEY))
        self.sent_at_us = sent_at_us

    @classmethod
    def of(cls, unit: AccessUnit, sent_at_us: int) -> Self:
        """A unit made here from one that arrived."""
        made = cls.__new__(cls)
        AccessUnit.__init__(made, unit.parts, unit.size_bytes, unit.ticks90k, at_us=unit.at_us, is_key=unit.is_key)
        made.sent_at_us = sent_at_us
        return made


def _head(body: bytes) -> tuple[int, int, int, int]:
    flags = body[0]
    ticks90k, at_us, sent_at_us = (int.from_bytes(body[at : at + 8], "big", signed=True) for at in (3, 11, 19))
    return flags, ticks90k, at_us, sent_at_us


@dataclass(slots=True)
class Peeked:
    """The last group of pictures of a stream; `config` is None when nothing is being received."""

    config: CodecConfig | None = None
    units: list[AccessUnit] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self.config, self.units = config, []

    def frame(self, unit: AccessUnit) -> None:
        self.units.append(unit)

    def close_run(self, cause: GapCause | None, at_us: int) -> None:
        self.done.set()


class _Feed:
    """A watched stream: its channel and the hub that fans it out to windows."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.hub = Hub(None)


class Uplink(Records):
    """The connection to the recorder.

    Attributes:
        desired: the newest desired state; None until the recorder sent it.
        states: state of each stream.
        gone: set when the recorder closed the connection; the gateway then ends.
        on_desired, on_state: called after each change.
    """

    def __init__(self) -> None:
        super().__init__()
        self.desired: LinkDesired | None = None
        self.states: dict[StreamKey, LinkState] = {}
        self.ready = asyncio.Event()
        self.gone = asyncio.Event()
        self.on_desired: list[Callable[[LinkDesired], None]] = []
        self.on_state: list[Callable[[LinkState], None]] = []
        self._feeds: dict[StreamKey, _Feed] = {}
        self._channels: dict[int, _Feed | Peeked] = {}
        self._questions: dict[int, asyncio.Future[Answer]] = {}
        self._ids = itertools.count(1)

    @classmethod
    async def connect(cls, path: Path) -> Uplink:
        """Connect and wait for the desired state.

        Errors: Unavailable when the recorder is not there.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                _, uplink = await loop.create_unix_connection(cls, str(path))
                await uplink.ready.wait()
        except (OSError, TimeoutError):
            raise Unavailable(
                "The recorder does not answer on its socket.", message_fr="L'enregistreur ne répond pas sur sa prise."
            ) from None
        return uplink

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.gone.set()
        for question in self._questions.values():
            question.cancel()

    def watch(self, key: StreamKey, reader: HubReader) -> None:
        """Attach `reader` to a stream; the first reader asks the recorder for it."""
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = _Feed(self._free_channel())
            self._channels[feed.number] = feed
            feed.hub.attach(reader)
            self._send(Watch(channel=feed.number, camera=key[0], stream=key[1]))
        else:
            feed.hub.attach(reader)

    def unwatch(self, key: StreamKey, reader: HubReader) -> None:
        """Detach `reader`; the last one tells the recorder."""
        feed = self._feeds.get(key)
        if feed is None:
            return
        feed.hub.detach(reader)
        if not feed.hub.viewers:
            del self._feeds[key]
            del self._channels[feed.number]
            if self.transport is not None:
                self._send(Unwatch(channel=feed.number))

    async def peek(self, key: StreamKey, *, most_frames: int = 0) -> Peeked:
        """The stream's last group of pictures, or its first frames; how the stream is read does not change."""
        number = self._free_channel()
        peeked = self._channels[number] = Peeked()
        try:
            self._send(Watch(channel=number, camera=key[0], stream=key[1], peek=True, most_frames=most_frames))
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                await peeked.done.wait()
        except TimeoutError:
            raise _unavailable() from None
        finally:
            del self._channels[number]
        return peeked

    async def ask(self, what: str, *, camera: str = "", stream: str = "") -> Any:
        """The recorder's answer to a question.

        Errors: Unavailable when it refuses or does not answer in time.
        """
        return await self._question(lambda number: Ask(id=number, what=what, camera=camera, stream=stream))

    async def report(
        self, kind: FactKind, *, at_us: int, camera: str, detail: dict[str, str | int | bool], ends_at_us: int
    ) -> None:
        """Hand a fact over; returns when it is on the recorder's disk.

        Errors: Unavailable when that cannot be said within the deadline.
        """
        fact = partial(Report, kind=kind, at_us=at_us, camera=camera, detail=detail, ends_at_us=ends_at_us)
        await self._question(lambda number: fact(id=number))

    def on_record(self, kind: int, body: bytes) -> None:
        if kind == KIND_FRAME:
            taker = self._channels.get(body[1] << 8 | body[2])
            if taker is not None:
                unit = Arrived(body)
                (taker.hub if isinstance(taker, _Feed) else taker).frame(unit)
            return
        self._take(unpack(body))

    def _take(self, message: Message) -> None:
        match message:
            case LinkDesired():
                self.desired = message
                self.ready.set()
                for on_desired in self.on_desired:
                    on_desired(message)
            case LinkState():
                self.states[(message.camera, message.stream)] = message
                for on_state in self.on_state:
                    on_state(message)
            case Answer():
                question = self._questions.pop(message.id, None)
                if question is not None and not question.done():
                    question.set_result(message)
            case Opened() | Closed() | Skipped():
                self._take_channel(message)
            case _:
                raise InvalidInput(
                    "This message is not for the gateway.", message_fr="Ce message n'est pas pour la passerelle."
                )

    def _take_channel(self, message: Opened | Closed | Skipped) -> None:
        taker = self._channels.get(message.channel)
        if taker is None:
            return
        sink = taker.hub if isinstance(taker, _Feed) else taker
        if isinstance(message, Opened):
            sink.open_run(config_of(message), message.at_us)
        elif isinstance(message, Closed):
            sink.close_run(message.cause or GapCause.CLOSED, message.at_us)
        elif isinstance(sink, Hub):
            sink.skipped(message.frames)

    async def _question(self, make: Callable[[int], Ask | Report]) -> Any:
        if len(self._questions) >= QUESTIONS_MAX:
            raise _unavailable()
        number = next(self._ids)
        future = asyncio.get_running_loop().create_future()
        self._questions[number] = future
        try:
            self._send(make(number))
            async with asyncio.timeout(ANSWER_DEADLINE_S):
                answer: Answer = await future
        except TimeoutError:
            raise _unavailable() from None
        except asyncio.CancelledError:
            if self.gone.is_set():
                raise _unavailable() from None
            raise
        finally:
            self._questions.pop(number, None)
        if answer.refusal:
            raise Unavailable(answer.refusal, message_fr=answer.refusal_fr)
        return answer.body

    def _free_channel(self) -> int:
        number = next(self._ids) & 0xFFFF
        while number in self._channels:
            number = next(self._ids) & 0xFFFF
        return number

    def _send(self, message: Message) -> None:
        if self.transport is None:
            raise _unavailable()
        self.transport.write(pack(message))


def _unavailable() -> Unavailable:
    return Unavailable(
        "The recorder does not answer; try again in a few seconds.",
        message_fr="L'enregistreur ne répond pas ; réessayez dans quelques secondes.",
    )
