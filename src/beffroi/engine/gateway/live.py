"""Live: one WebSocket a window, all its tiles in turn. Source: ref/wire.md §4.

A frame goes source → hub → link → hub → tile queue → socket without a timer in between. A tile whose oldest
waiting frame is too old drops what waits and goes on at the next key frame, told as `skipped`; tiles are
served in turn, so one heavy camera does not starve the others of its window.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from pydantic import ConfigDict
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from beffroi.core.errors import BeffroiError, InvalidInput, NotFound, NotPermitted, Unavailable
from beffroi.engine.contract import CameraState, GrantKind, StreamName, decode
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.replies import error_fields, error_reply
from beffroi.engine.gateway.tile import Feed, FragmentPacker, Packer, SamplePacker, Tile
from beffroi.engine.gateway.transcoding import TranscodedFeed
from beffroi.engine.gateway.turns import Turns
from beffroi.engine.gateway.uplink import StreamKey
from beffroi.engine.gateway.views import View, Wanted
from beffroi.engine.link_records import LinkState

SUBPROTOCOL = "beffroi.live.1"
TILES_MAX = 64
WINDOWS_MAX = 64
MESSAGE_MAX_BYTES = 16 << 10
EMPTY_S = 30.0
"""A window that shows nothing for so long is closed, and was never anybody's without a grant. The console leaves by
itself before."""
MESSAGES_A_S, MESSAGES_AT_ONCE = 50.0, 200
"""What is read of a window: all its tiles at once, then some; whoever says more waits."""
SEND_TEXTS_MAX = 512
"""Answers waiting for a window that does not read; then it is closed."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """From the browser: start a tile."""

    __pydantic_config__ = _STRICT
    type: Literal["subscribe"]
    tile: int
    camera: str
    stream: StreamName
    grant: str
    format: Literal["frames", "fmp4"] = "frames"
    transcode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """From the browser: stop a tile."""

    __pydantic_config__ = _STRICT
    type: Literal["unsubscribe"]
    tile: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """From the browser: a fresh grant for a tile."""

    __pydantic_config__ = _STRICT
    type: Literal["renew"]
    tile: int
    grant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """From the browser: measure the clock offset."""

    __pydantic_config__ = _STRICT
    type: Literal["ping"]
    sent_ms: float


MESSAGES: dict[str, type[Any]] = {"subscribe": Subscribe, "unsubscribe": Unsubscribe, "renew": Renew, "ping": Ping}
"""What a browser may say: every message there is."""


class Window:
    """One browser window: its tiles, served in turn over one WebSocket."""

    def __init__(self, socket: WebSocket, gate: Gate) -> None:
        self.clock = gate.clock
        self.counters = gate.counters
        self._gate = gate
        self._socket = socket
        self._tiles: dict[int, Tile] = {}
        self._starting: dict[int, asyncio.Task[None]] = {}
        self._texts: deque[str] = deque()
        self._wake = asyncio.Event()
        self._agent = ""
        self._empty_since_s = self._clock_s()
        self._messages = float(MESSAGES_AT_ONCE)
        self._messages_at_s = self._empty_since_s
        self._turns = Turns(self._wake.set)
        self.has_waiting = self._turns.add

    @property
    def states(self) -> dict[StreamKey, LinkState]:
        """State of each stream, as the recorder last told."""
        return self._gate.uplink.states

    async def run(self) -> None:
        """Serve until the browser leaves or stops reading."""
        loop = asyncio.get_running_loop()
        lives = [loop.create_task(one) for one in (self._send_for_ever(), self._receive_for_ever(), self._until_left())]
        self._gate.uplink.on_state.append(self._state_changed)
        try:
            await asyncio.wait(lives, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._gate.uplink.on_state.remove(self._state_changed)
            for task in (*lives, *self._starting.values()):
                task.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            for number in list(self._tiles):
                self._drop(number)
            self._turns.close()
            self._gate.leave_window(self._agent)

    def _clock_s(self) -> float:
        return self.clock.monotonic_s()

    async def _until_left(self) -> None:
        """Returns when nothing was shown here for a while: whoever holds it open holds somebody else's place."""
        while True:
            await asyncio.sleep(EMPTY_S / 10)
            if self._tiles:
                self._empty_since_s = self._clock_s()
            elif self._clock_s() - self._empty_since_s > EMPTY_S:
                self.counters["windows_closed_empty"] += 1
                return

    async def _send_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._texts or self._turns:
                message = self._texts.popleft() if self._texts else self._turns.take()
                if isinstance(message, str):
                    await self._socket.send_text(message)
                elif message is not None:
                    await self._socket.send_bytes(message)

    async def _receive_for_ever(self) -> None:
        while True:
            try:
                self._take(_request(await self._socket.receive_text()))
                await self._breathe()
            except (WebSocketDisconnect, KeyError):
                return  # gone, or a binary message: nothing of ours
            except InvalidInput:
                self.counters["refused_messages"] += 1
                return

    async def _breathe(self) -> None:
        """Reads no more of a window that says too much until it said less."""
        now_s = self._clock_s()
        gained = (now_s - self._messages_at_s) * MESSAGES_A_S
        self._messages = min(self._messages + gained, MESSAGES_AT_ONCE) - 1
        self._messages_at_s = now_s
        if self._messages < 0:
            self.counters["windows_slowed"] += 1
            await asyncio.sleep(1 / MESSAGES_A_S)

    def _take(self, request: Any) -> None:
        match request:
            case Subscribe():
                self._stop(request.tile)
                if len(self._tiles) + len(self._starting) >= TILES_MAX:
                    self.counters["refused_tiles"] += 1
                    self._end(request.tile, _too_many("tiles in this window", "vignettes dans cette fenêtre"))
                    return
                self._start(request.tile, self._subscribe(request))
            case Renew():
                if request.tile in self._tiles:
                    self._start(request.tile, self._renew(request))
            case Unsubscribe():
                self._stop(request.tile)
                self._end(request.tile, None)
            case Ping():
                self._say({"type": "pong", "sent_ms": request.sent_ms, "at_us": self.clock.now_us()})

    def _start(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        before = self._starting.pop(number, None)
        if before is not None:
            before.cancel()
        task = asyncio.get_running_loop().create_task(self._guarded(number, work))
        self._starting[number] = task

    async def _guarded(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except BeffroiError as error:
            self.counters[f"refused_{error.kind}"] += 1
            self._end(number, error)
        finally:
            if self._starting.get(number) is asyncio.current_task():
                del self._starting[number]

    async def _subscribe(self, request: Subscribe) -> None:
        view = await self._gate.views.admit(
            request.grant, Wanted(camera=request.camera, kinds=frozenset({GrantKind.LIVE}))
        )
        self._belongs_to(view.grant.agent)
        if request.stream not in self._gate.streams(request.camera):
            raise NotFound("This camera has no such stream.", message_fr="Cette caméra n'a pas ce flux.")
        feed: Feed = TranscodedFeed(self._gate) if request.transcode else self._gate.feed()
        tile = Tile(self, request.tile, (request.camera, request.stream), packer=_packer(request), feed=feed)
        self._hold(tile, view)
        self._tiles[tile.number] = tile
        if self.states.get(tile.key) is not None and self.states[tile.key].state != CameraState.RECORDING:
            tile.tell_state()
        self._turns.expect(tile)
        try:
            feed.attach(tile.key, tile)
        except Unavailable:
            self._drop(tile.number)
            raise

    async def _renew(self, request: Renew) -> None:
        tile = self._tiles[request.tile]
        before = tile.view
        wanted = Wanted(camera=tile.key[0], kinds=frozenset({GrantKind.LIVE}))
        view = await self._gate.views.admit(request.grant, wanted)
        if before is None or self._tiles.get(request.tile) is not tile:
            return
        if view.grant.agent != before.grant.agent:
            raise NotPermitted(
                "A renewed grant must be for the same agent.",
                message_fr="Une autorisation renouvelée l'est pour le même agent.",
            )
        if view is not before:
            self._release(tile)
            self._hold(tile, view)

    def _belongs_to(self, agent: str) -> None:
        """The first grant says whose window it is. Errors: Unavailable when that agent has too many."""
        if self._agent:
            return
        if not self._gate.enter_window(agent):
            self.counters["refused_windows"] += 1
            raise _too_many("windows of one person", "fenêtres d'une même personne")
        self._agent = agent

    def _hold(self, tile: Tile, view: View) -> None:
        tile.view = view
        tile.cut = partial(self._cut, tile)
        view.hold(tile.cut)

    def _release(self, tile: Tile) -> None:
        if tile.view is not None and tile.cut is not None:
            tile.view.release(tile.cut)

    def _cut(self, tile: Tile, error: BeffroiError) -> None:
        self._stop(tile.number)
        self._end(tile.number, error)

    def _stop(self, number: int) -> None:
        starting = self._starting.pop(number, None)
        if starting is not None:
            starting.cancel()
        self._drop(number)

    def _drop(self, number: int) -> None:
        tile = self._tiles.pop(number, None)
        if tile is None:
            return
        tile.feed.detach(tile.key, tile)
        self._release(tile)
        self._turns.forget(tile)

    def _end(self, number: int, error: BeffroiError | None) -> None:
        self._drop(number)
        self._say({"type": "end", "tile": number, "error": error_fields(error) if error else None})

    def _say(self, message: dict[str, Any]) -> None:
        if len(self._texts) >= SEND_TEXTS_MAX:
            self.counters["windows_closed_unread"] += 1
            raise WebSocketDisconnect(1008)
        self._texts.append(json.dumps(message, ensure_ascii=False))
        self._wake.set()

    def _state_changed(self, state: LinkState) -> None:
        for tile in self._tiles.values():
            if tile.key == (state.camera, state.stream):
                tile.tell_state()


async def serve_window(socket: WebSocket, gate: Gate) -> None:
    """The `/live` door: Origin, sub-protocol and number of windows are checked before anything is said."""
    refusal = _refusal(socket, gate)
    if refusal is not None:
        gate.counters[f"refused_{refusal.kind}"] += 1
        await socket.send_denial_response(error_reply(refusal))
        return
    await socket.accept(subprotocol=SUBPROTOCOL)
    gate.windows += 1
    try:
        await Window(socket, gate).run()
    finally:
        gate.windows -= 1
    if socket.application_state == WebSocketState.CONNECTED and socket.client_state == WebSocketState.CONNECTED:
        await socket.close(1008)


def _refusal(socket: WebSocket, gate: Gate) -> BeffroiError | None:
    if not gate.is_origin(socket.headers.get("origin", "")):
        return NotPermitted("This page may not call this node.", message_fr="Cette page ne peut pas appeler ce nœud.")
    if SUBPROTOCOL not in socket.scope.get("subprotocols", ()):
        return InvalidInput(
            f"Ask for the sub-protocol {SUBPROTOCOL}.", message_fr=f"Demandez le sous-protocole {SUBPROTOCOL}."
        )
    if gate.windows >= WINDOWS_MAX:
        return _too_many("windows on this node", "fenêtres sur ce nœud")
    return None


def _request(text: str) -> Any:
    try:
        kind = MESSAGES[json.loads(text)["type"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInput(
            "This message has no type we know.", message_fr="Ce message n'a pas de type connu.", field="type"
        ) from None
    request = decode(kind, text)
    if not 0 <= getattr(request, "tile", 0) <= 0xFFFF:
        raise InvalidInput("tile: 0 to 65535.", message_fr="tile : de 0 à 65535.", field="tile")
    return request


def _packer(request: Subscribe) -> Packer:
    return FragmentPacker() if request.format == "fmp4" else SamplePacker()


def _too_many(what: str, what_fr: str) -> Unavailable:
    return Unavailable(f"Too many {what}; close one first.", message_fr=f"Trop de {what_fr} ; fermez-en une d'abord.")
