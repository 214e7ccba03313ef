"""What a camera's stored footage really holds: asked by web at an acceptance, told by itself every few hours."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from beffroi.core.errors import BeffroiError, NotFound
from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import FactKind, StreamName
from beffroi.engine.decode.measure import StoredStream, measure
from beffroi.engine.gateway.door import Visit
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.pieces import (
    LOOK_BACK_US,
    Piece,
    first_shown,
    in_thread,
    indexed,
    merged,
    pending_of,
    samples_of,
)
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

SPAN_US = 6 * US_PER_S
"""Some hundred pictures: decoding them takes less than a second."""
FRESH_US = 60 * US_PER_S


class Stored(TypedDict):
    """What the last seconds of a camera's footage hold; rates in thousandths of a picture a second."""

    at_us: int
    width_px: int
    height_px: int
    frames: int
    repeated: int
    fps_thousandths: int
    true_fps_thousandths: int


async def stored(gate: Gate, visit: Visit) -> Response:
    """`GET /stored/{camera}`: what the last seconds of its footage hold; no picture."""
    return JSONResponse(await stored_now(gate, visit.camera))


async def stored_now(gate: Gate, camera: str) -> Stored:
    """Reads the footage of the main stream back, and decodes its last seconds.

    Errors: NotFound when the last minute has none.
    """
    now_us = gate.clock.now_us()
    pending = await pending_of(gate, camera, StreamName.MAIN)
    chosen = await in_thread(partial(_last_run, gate, camera, now_us, pending=pending))
    found = await gate.decode(partial(_measured, gate.reader, chosen))
    if found is None:
        raise _nothing()
    return {
        "at_us": chosen[-1].end_at_us,
        "width_px": found.width_px,
        "height_px": found.height_px,
        "frames": found.frames,
        "repeated": found.repeated,
        "fps_thousandths": round(found.fps * 1000),
        "true_fps_thousandths": round(found.true_fps * 1000),
    }


def _last_run(gate: Gate, camera: str, now_us: int, *, pending: list[Piece]) -> list[Piece]:
    """The fragments of the last run from a key frame before its last seconds."""
    known = list(indexed(gate.reader, (camera, StreamName.MAIN), (now_us - LOOK_BACK_US, now_us)))
    pieces = merged(known, pending)
    if not pieces or pieces[-1].end_at_us < now_us - FRESH_US:
        raise _nothing()
    pieces = [piece for piece in pieces if piece.run == pieces[-1].run]
    start = first_shown(pieces, pieces[-1].end_at_us - SPAN_US)
    if start is None:
        raise _nothing()
    return pieces[start:]


def _measured(reader: FootageReader, pieces: list[Piece]) -> StoredStream | None:
    config, samples = samples_of(reader, pieces)
    return measure(config, samples, pieces[-1].end_at_us - SPAN_US)


def _nothing() -> NotFound:
    return NotFound(
        "Nothing of this camera was recorded in the last minute; see that it records, then measure again.",
        message_fr="Rien de cette caméra n'a été enregistré dans la dernière minute ; voyez qu'elle enregistre, puis "
        "mesurez de nouveau.",
    )


class StreamMeter:
    """Measures each camera's footage every few hours, one after the other, and tells it."""

    def __init__(self, gate: Gate, every_s: float) -> None:
        self._gate = gate
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = vital(self._measure_for_ever(), name="measures")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _measure_for_ever(self) -> None:
        while True:
            desired = self._gate.uplink.desired
            cameras = desired.cameras if desired is not None else ()
            for camera in cameras:
                await asyncio.sleep(self._every_s / len(cameras))
                await self._measure(camera.id)
            if not cameras:
                await asyncio.sleep(min(self._every_s, 60.0))

    async def _measure(self, camera: str) -> None:
        try:
            found = await stored_now(self._gate, camera)
            detail: dict[str, str | int | bool] = {
                "stream": StreamName.MAIN.value,
                "width_px": found["width_px"],
                "height_px": found["height_px"],
                "frames": found["frames"],
                "repeated": found["repeated"],
                "fps_thousandths": found["fps_thousandths"],
                "true_fps_thousandths": found["true_fps_thousandths"],
            }
            await self._gate.uplink.report(
                FactKind.STREAM_MEASURED, at_us=found["at_us"], camera=camera, detail=detail, ends_at_us=0
            )
            self._gate.counters["measures"] += 1
        except BeffroiError as error:
            self._gate.counters["measures_failed"] += 1
            log.info("measure.failed camera=%s %s", camera, error.message)
