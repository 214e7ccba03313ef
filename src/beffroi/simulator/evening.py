"""Footage of a past evening, made faster than it happened: for a demo that has something to replay.

The night's minutes are repeated with the right clock; where the bin fire of the Capelle can be seen, minutes
with a growing, then dying fire take their place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from beffroi.core.instants import US_PER_S
from beffroi.simulator import rtp
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.preparation import FPS, Job, job_for, prepare
from beffroi.simulator.reel import MINUTE_US, Projector, Reel, read_reel
from beffroi.simulator.sky import sky_at

FIRE_AT = (203.5, -45.3)
FIRE_SEEN_WITHIN_M = 110.0
_STRENGTHS = {40: 1, 41: 1, 42: 2, 43: 2, 44: 2, 45: 2, 46: 2, 47: 2, 48: 2, 49: 1, 50: 1, 51: 1, 52: 1}
"""Strength of the fire, in halves, by minute past 21 h; each strength is one more minute to draw a camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One coded picture of the past.

    Attributes:
        ticks90k: RTP time, counting on over the whole evening.
        nals: its NAL units without start codes, parameter sets left out.
        parameter_sets: those in force: VPS, SPS, PPS for H.265, SPS, PPS for H.264. They never change
            within an evening of one stream.
    """

    at_us: int
    ticks90k: int
    is_key: bool
    nals: tuple[bytes, ...]
    parameter_sets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """Some cameras from `from_at_us` to `to_at_us`; the fire burns from 21 h 40 to 21 h 53 of that day, town time."""

    from_at_us: int
    to_at_us: int
    fire_at_us: int
    """21 h 00 of that evening."""
    town: Path | None
    cache: Path

    def prepare(
        self, specs: Sequence[CameraSpec], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        """Draws and codes every minute these cameras need; blocks."""
        prepare([job for spec in specs for job in self.jobs(spec)], self.cache, progress=progress)

    def shots(self, spec: CameraSpec, stream: str) -> Iterator[Shot]:
        """Every picture of a stream ("main" or "sub"), in order, the first a key frame; `prepare()` must have run."""
        projectors: dict[str, Projector] = {}
        current: Projector | None = None
        number = -(-self.from_at_us * FPS // US_PER_S)
        while number * US_PER_S // FPS < self.to_at_us:
            at_us = number * US_PER_S // FPS
            index = number % (60 * FPS)
            if current is None or index == 0:
                current = self._projector(spec, stream, at_us, known=projectors)
                if index and not current.is_key(index):
                    number += current.reel.gop - index % current.reel.gop
                    continue
            yield _shot(current, index, at_us)
            number += 1

    def _projector(self, spec: CameraSpec, stream: str, at_us: int, *, known: dict[str, Projector]) -> Projector:
        job = self._job(spec, at_us)
        if job.key not in known:
            path = job.paths(self.cache)[0 if stream == "main" else 1]
            reel: Reel = read_reel(path)
            known[job.key] = Projector(reel, spec.short_name)
        return known[job.key]

    def jobs(self, spec: CameraSpec) -> list[Job]:
        """What has to be drawn for a camera, minute by minute."""
        starts = range(self.from_at_us // MINUTE_US * MINUTE_US, self.to_at_us, MINUTE_US)
        return [self._job(spec, start_us) for start_us in starts]

    def _job(self, spec: CameraSpec, at_us: int) -> Job:
        job = job_for(spec, sky_at(at_us), self.town)
        minute = (at_us - self.fire_at_us) // MINUTE_US
        strength = _STRENGTHS.get(minute, 0) if _sees_the_fire(spec) else 0
        return job.with_fire(strength / 2) if strength else job


def _sees_the_fire(spec: CameraSpec) -> bool:
    dx, dy = FIRE_AT[0] - spec.x_m, FIRE_AT[1] - spec.y_m
    off_deg = (math.degrees(math.atan2(dx, dy)) - spec.bearing_deg + 180) % 360 - 180
    return math.hypot(dx, dy) < FIRE_SEEN_WITHIN_M and abs(off_deg) < spec.hfov_deg / 2 + 15


def _shot(projector: Projector, index: int, at_us: int) -> Shot:
    nals = projector.frame(index, at_us)
    sets = projector.reel.parameter_sets
    is_key = projector.is_key(index)
    return Shot(
        at_us=at_us,
        ticks90k=rtp.ticks_at(at_us),
        is_key=is_key,
        nals=tuple(nals[len(sets) :] if is_key else nals),
        parameter_sets=sets,
    )
