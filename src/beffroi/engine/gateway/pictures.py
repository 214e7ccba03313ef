"""Single pictures: snapshots of any instant, the newest one, thumbnails. Source: ref/wire.md §5."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path

from starlette.responses import Response

from beffroi.core.errors import BeffroiError, NotFound
from beffroi.core.instants import US_PER_S, us_to_ticks90k
from beffroi.engine.contract import StreamName
from beffroi.engine.decode import pictures, thumbs
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
from beffroi.engine.gateway.replies import nothing_there
from beffroi.engine.gateway.uplink import Peeked, StreamKey
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.masks.proofs import FOLDER as PROOFS
from beffroi.engine.vault.wrapping import FootageSealed
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

SNAPSHOT_WITHIN_US = 10 * US_PER_S
THUMBNAIL_WITHIN_US = 15 * US_PER_S
THUMBNAIL_S = 10.0


async def snapshot(gate: Gate, visit: Visit) -> Response:
    """`GET /snapshot/{camera}`: the last main-stream picture at or before an instant, or the newest one."""
    if visit.at_us is None:
        peeked = await gate.uplink.peek((visit.camera, StreamName.MAIN))
        at_us, content = await gate.decode(partial(_newest, peeked))
    else:
        pending = await pending_of(gate, visit.camera, StreamName.MAIN)
        chosen = await in_thread(partial(_group_of_pictures, gate, visit, pending))
        at_us, content = await gate.decode(partial(_at, gate.reader, chosen, visit.at_us))
    visit.view.served(0, frames=1)
    return _jpeg_reply(at_us, content)


async def thumbnail(gate: Gate, visit: Visit) -> Response:
    """`GET /thumbnail/{camera}`: the nearest kept thumbnail."""
    assert visit.at_us is not None
    found = await in_thread(partial(_kept, gate, visit.camera, visit.at_us))
    if found is None:
        return nothing_there()
    visit.view.served(0, frames=1)
    return _jpeg_reply(found.at_us, found.jpeg)


def _kept(gate: Gate, camera: str, at_us: int) -> thumbs.Thumbnail | None:
    """A mask proof's picture of exactly this instant, or the nearest thumbnail."""
    folder, nearest = Path(gate.settings.footage), partial(thumbs.nearest, camera=camera, at_us=at_us, keys=gate.keys)
    return nearest(folder / PROOFS, within_us=0) or nearest(folder, within_us=THUMBNAIL_WITHIN_US)


def _jpeg_reply(at_us: int, content: bytes) -> Response:
    return Response(content, media_type="image/jpeg", headers={"X-Beffroi-At-Us": str(at_us)})


def _newest(peeked: Peeked) -> tuple[int, bytes]:
    if peeked.config is None or not peeked.units:
        raise _no_picture()
    samples = [(unit.ticks90k, unit.sample()) for unit in peeked.units]
    picture = pictures.last_picture(peeked.config, samples, max(ticks90k for ticks90k, _ in samples))
    if picture is None:
        raise _no_picture()
    at_us = next((unit.at_us for unit in peeked.units if unit.ticks90k == picture.pts), peeked.units[-1].at_us)
    return at_us, pictures.jpeg(picture)


def _group_of_pictures(gate: Gate, visit: Visit, pending: list[Piece]) -> list[Piece]:
    """The fragments from the key frame before an instant up to it."""
    at_us = visit.from_at_us
    known = list(indexed(gate.reader, (visit.camera, StreamName.MAIN), (at_us - LOOK_BACK_US, at_us + 1)))
    pieces = [piece for piece in merged(known, pending) if piece.start_at_us <= at_us]
    if not pieces or pieces[-1].end_at_us < at_us - SNAPSHOT_WITHIN_US:
        raise _no_picture()
    start = first_shown(pieces, pieces[-1].start_at_us)
    if start is None:
        raise _no_picture()
    return pieces[start:]


def _at(reader: FootageReader, pieces: list[Piece], at_us: int) -> tuple[int, bytes]:
    config, samples = samples_of(reader, pieces)
    # Files of one run count from their own first sample: instants order pictures over files.
    timed = [(us_to_ticks90k(sample_at_us), content) for sample_at_us, content in samples]
    picture = pictures.last_picture(config, timed, us_to_ticks90k(at_us))
    if picture is None or picture.pts is None:
        raise _no_picture()
    instants = {us_to_ticks90k(sample_at_us): sample_at_us for sample_at_us, _ in samples}
    return instants.get(picture.pts, at_us), pictures.jpeg(picture)


def _no_picture() -> NotFound:
    return NotFound(
        "There is no picture of this camera near this instant.",
        message_fr="Il n'y a pas d'image de cette caméra à cet instant.",
    )


class ThumbnailMaker:
    """One thumbnail per camera per ten seconds, from the last key frame of its sub-stream or main stream."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._last: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = vital(self._make_for_ever(), name="thumbnails")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _make_for_ever(self) -> None:
        while True:
            desired = self._gate.uplink.desired
            cameras = desired.cameras if desired is not None else ()
            for camera in cameras:
                stream = StreamName.SUB if StreamName.SUB in camera.streams else StreamName.MAIN
                await self._make((camera.id, stream))
                await asyncio.sleep(THUMBNAIL_S / len(cameras))
            if not cameras:
                await asyncio.sleep(THUMBNAIL_S)

    async def _make(self, key: StreamKey) -> None:
        try:
            peeked = await self._gate.uplink.peek(key, most_frames=1)
            if peeked.units and peeked.units[0].at_us != self._last.get(key[0]):
                self._last[key[0]] = peeked.units[0].at_us
                await self._gate.decode(partial(_keep, self._gate, key[0], peeked))
                self._gate.counters["thumbnails"] += 1
        except FootageSealed:
            self._last.pop(key[0], None)  # the recorder makes its hour's key in a moment
        except BeffroiError as error:
            self._gate.counters["thumbnails_failed"] += 1
            log.warning("thumbnail.failed camera=%s %s", key[0], error.message)


def _keep(gate: Gate, camera: str, peeked: Peeked) -> None:
    assert peeked.config is not None
    unit = peeked.units[0]
    picture = pictures.last_picture(peeked.config, [(unit.ticks90k, unit.sample())], unit.ticks90k)
    if picture is not None:
        content = pictures.jpeg(picture, width_px=pictures.THUMBNAIL_WIDTH_PX)
        folder, thumbnail = Path(gate.settings.footage), thumbs.Thumbnail(at_us=unit.at_us, jpeg=content)
        thumbs.append(folder, camera, thumbnail, key=thumbs.key_of(gate.keys, camera, unit.at_us))
