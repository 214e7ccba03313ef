"""For browsers without H.265: one replay or one live stream at a time, decoded and encoded here, labelled so."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import groupby

from starlette.responses import Response, StreamingResponse

from beffroi.core.errors import BeffroiError
from beffroi.engine.contract import GapCause
from beffroi.engine.decode.transcode import TimedUnit, Transcoder, fragments
from beffroi.engine.gateway.door import Visit
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.pieces import Piece, samples_of
from beffroi.engine.gateway.replay import asked_stretch, from_thread
from beffroi.engine.gateway.replies import nothing_there
from beffroi.engine.gateway.uplink import Arrived, StreamKey
from beffroi.engine.hub import HubReader
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.stream import AccessUnit, CodecConfig

WAITING_MAX = 100
"""Frames before the encoder; beyond it the stream goes on at the next key frame, as for a slow window."""


async def transcoded(gate: Gate, visit: Visit) -> Response:
    """`GET …/transcoded`: as `media`, in H.264."""
    stretch = await asked_stretch(gate, visit)
    if not stretch.pieces:
        return nothing_there(stretch.headers)
    chunks = _files(gate.reader, stretch.pieces)
    return StreamingResponse(from_thread(chunks), media_type="video/mp4", headers=stretch.headers)


def _files(reader: FootageReader, pieces: tuple[Piece, ...]) -> Iterator[bytes]:
    """One H.264 file for each run. Blocking."""
    for _, of_run in groupby(pieces, key=lambda piece: piece.run):
        run = list(of_run)
        config, _ = samples_of(reader, run[:1])
        yield from fragments(Transcoder(config), (_units(reader, piece) for piece in run))


def _units(reader: FootageReader, piece: Piece) -> list[TimedUnit]:
    _, samples = samples_of(reader, [piece])
    return [TimedUnit(at_us, content) for at_us, content in samples]


class TranscodedFeed:
    """A tile's feed that decodes and encodes in a thread; holds the node's one place while it is attached."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._relay: _Relay | None = None

    @property
    def transcoded(self) -> bool:
        """False when the stream turned out to be H.264 already."""
        return self._relay is not None and self._relay.is_needed

    def attach(self, key: StreamKey, reader: HubReader) -> None:
        """Errors: Unavailable when the place is taken."""
        place = self._gate.slot("transcode")
        place.__enter__()
        self._relay = _Relay(self._gate, reader)
        self._place = place
        self._gate.uplink.watch(key, self._relay)

    def detach(self, key: StreamKey, reader: HubReader) -> None:
        if self._relay is None:
            return
        self._gate.uplink.unwatch(key, self._relay)
        self._relay.close()
        self._relay = None
        self._place.__exit__(None, None, None)


class _Relay:
    """Hub reader in front of the encoder's thread; passes H.264 on to the tile, H.264 itself untouched."""

    def __init__(self, gate: Gate, tile: HubReader) -> None:
        self._gate = gate
        self._tile = tile
        self._waiting: deque[AccessUnit] = deque()
        self._transcoder: Transcoder | None = None
        self._told: CodecConfig | None = None
        self._work: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def is_needed(self) -> bool:
        """True when the stream is not H.264 itself."""
        return self._transcoder is not None

    def has_room(self) -> bool:
        return len(self._waiting) < WAITING_MAX

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self._waiting.clear()
        self._told = None
        self._transcoder = Transcoder(config) if config.codec == "h265" else None
        if self._transcoder is None:
            self._tile.open_run(config, at_us)

    def missed(self, frames: int) -> None:
        self._tile.missed(frames)

    def frame(self, unit: AccessUnit) -> None:
        if self._transcoder is None:
            self._tile.frame(unit)
            return
        self._waiting.append(unit)
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._encode())

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self._waiting.clear()
        self._tile.close_run(cause, at_us)

    def close(self) -> None:
        """Nothing more reaches the tile."""
        self._is_closed = True
        self._waiting.clear()

    async def _encode(self) -> None:
        try:
            while self._waiting and self._transcoder is not None:
                unit, transcoder = self._waiting.popleft(), self._transcoder
                feed = partial(transcoder.feed, [TimedUnit(unit.at_us, unit.sample())])
                units = await self._gate.transcode(lambda: list(feed()))  # noqa: B023 -- awaited in this turn
                if transcoder is self._transcoder and not self._is_closed:
                    self._pass_on(units, transcoder, getattr(unit, "sent_at_us", unit.at_us))
        except BeffroiError:
            self._gate.counters["transcode_failed"] += 1
            self._waiting.clear()
        finally:
            self._work = None

    def _pass_on(self, units: list[AccessUnit], transcoder: Transcoder, sent_at_us: int) -> None:
        for unit in units:
            if transcoder.config is not None and transcoder.config != self._told:
                self._told = transcoder.config
                self._tile.open_run(transcoder.config, unit.at_us)
            self._tile.frame(Arrived.of(unit, sent_at_us))
