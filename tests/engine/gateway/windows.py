"""A window without a browser: one WebSocket, its messages sorted by tile."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.engine.node.town import ORIGIN, Town

HEAD = struct.Struct(">BBHIqqq")


@dataclass(frozen=True)
class Frame:
    flags: int
    tile: int
    ticks90k: int
    at_us: int
    sent_at_us: int
    payload: bytes
    arrived_at_us: int

    @property
    def is_key(self) -> bool:
        return bool(self.flags & 1)


@dataclass
class Window:
    socket: ClientConnection
    frames: list[Frame] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def subscribe(self, tile: int, camera: str, token: str, stream: str = "main", **more: Any) -> None:
        self.say(type="subscribe", tile=tile, camera=camera, stream=stream, grant=token, **{"format": "frames"} | more)

    def next(self, timeout: float = 5) -> Frame | dict[str, Any]:
        message = self.socket.recv(timeout)
        arrived_at_us = time.time_ns() // 1000
        if isinstance(message, str):
            text: dict[str, Any] = json.loads(message)
            self.texts.append(text)
            return text
        version, flags, tile, size, ticks90k, at_us, sent_at_us = HEAD.unpack_from(message)
        assert version == 1 and size == len(message) - 32
        frame = Frame(flags, tile, ticks90k, at_us, sent_at_us, message[32:], arrived_at_us)
        self.frames.append(frame)
        return frame

    def until(self, kind: str, *, seconds: float = 6) -> dict[str, Any]:
        """The next text of a kind."""
        stop = time.monotonic() + seconds
        while time.monotonic() < stop:
            message = self.next(max(stop - time.monotonic(), 0.01))
            if isinstance(message, dict) and message["type"] == kind:
                return message
        raise AssertionError(f"no {kind}")

    def take_frames(self, count: int) -> list[Frame]:
        taken: list[Frame] = []
        while len(taken) < count:
            message = self.next()
            if isinstance(message, Frame):
                taken.append(message)
        return taken

    def closes(self, seconds: float = 6) -> bool:
        """True when the node closes this window within the time."""
        try:
            stop = time.monotonic() + seconds
            while time.monotonic() < stop:
                self.next(stop - time.monotonic())
        except ConnectionClosed:
            return True
        return False


@contextmanager
def window(town: Town, *, origin: str | None = ORIGIN, subprotocol: str = "beffroi.live.1") -> Iterator[Window]:
    with connect(
        f"ws://127.0.0.1:{town.port}/live",
        origin=Origin(origin) if origin else None,
        subprotocols=[Subprotocol(subprotocol)],
        max_size=None,
        compression=None,
        close_timeout=0.5,  # frames that nobody reads any more are in the way of the farewell
    ) as socket:
        yield Window(socket)
