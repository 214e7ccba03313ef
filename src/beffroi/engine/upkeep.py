"""What a node does beside recording: thumbnails die with their hour, and the footage is measured."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from beffroi.core.clock import Clock
from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import DesiredState
from beffroi.engine.decode import thumbs
from beffroi.engine.index.doom import Doom
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.outbox import Detail
from beffroi.engine.record.retention import ClockWatch

log = logging.getLogger(__name__)

PRUNE_S = 60.0
MEASURE_S = 5.0

Destroyed = Callable[[str, Detail], None]
"""Told of what was destroyed: its camera, and the detail of the fact."""


class Upkeep:
    """Of one footage folder, and of the pictures of proofs under it.

    Attributes:
        footage_bytes, oldest_at_us: of all that is recorded, when it was last measured.
    """

    def __init__(self, footage: Path, proofs: Path, *, clock: Clock, destroyed: Destroyed) -> None:
        self._footage, self._proofs = footage, proofs
        self._clock = clock
        self._destroyed = destroyed
        self._clock_watch = ClockWatch(clock.now_us(), clock.monotonic_s(), 0)
        self._prune_at_s = self._measure_at_s = 0.0
        self.footage_bytes = self.oldest_at_us = 0

    async def turn(self, desired: DesiredState | None) -> None:
        """What is due."""
        now_us, monotonic_s = self._clock.now_us(), self._clock.monotonic_s()
        if monotonic_s >= self._prune_at_s and not self._clock_watch.is_suspect(now_us, monotonic_s):
            self._prune_at_s = monotonic_s + PRUNE_S
            await self._prune(desired, now_us)
        if monotonic_s >= self._measure_at_s:
            self._measure_at_s = monotonic_s + MEASURE_S
            await self._measure()

    async def _prune(self, desired: DesiredState | None, now_us: int) -> None:
        """Once a minute, destroy the thumbnails whose hour is over its retention; never by a doubtful clock."""
        cameras, erasures = (desired.cameras, desired.erasures) if desired is not None else ((), ())
        retentions_s = {camera.id: camera.retention_s for camera in cameras}
        erased: list[thumbs.PrunedHour] = []
        pruned: list[thumbs.PrunedHour] = []
        try:
            for folder in (self._footage, self._proofs):
                erased += await asyncio.to_thread(thumbs.erase, folder, erasures)
                pruned += await asyncio.to_thread(thumbs.prune, folder, retentions_s, now_us)
        except OSError as error:
            log.error("thumbnails.prune_failed error=%s", error)
            return
        for hours, doom in ((erased, Doom.TEST), (pruned, Doom.RETENTION)):
            for hour in hours:
                self._destroyed(hour.camera, _detail(hour, doom))

    async def _measure(self) -> None:
        """How much footage there is and since when: read in a thread, every few seconds."""
        try:
            self.footage_bytes, self.oldest_at_us = await asyncio.to_thread(_measured, self._footage)
        except (OSError, sqlite3.Error) as error:
            log.error("footage.measure_failed error=%s", error)


def _measured(folder: Path) -> tuple[int, int]:
    """Bytes and oldest instant of a footage folder. Blocking."""
    with FootageReader(folder) as reader:
        streams = reader.streams()
    oldest = min((stream.oldest_at_us for stream in streams if stream.oldest_at_us), default=0)
    return sum(stream.bytes for stream in streams), oldest


def _detail(hour: thumbs.PrunedHour, doom: Doom) -> Detail:
    return {
        "stream": "thumbnails",
        "from_at_us": hour.start_at_us,
        "to_at_us": hour.start_at_us + 3600 * US_PER_S,
        "files": 1,
        "bytes": hour.bytes,
        "reason": doom.value,
    }
