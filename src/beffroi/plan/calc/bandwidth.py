"""Rates of streams and load of links. Bit rates in bit/s (decimal), times in seconds.

Typical rates are data (`plan.tables`), spread by a factor of two to four between sources: a range is carried all the
way, and a week measured on the town's own cameras replaces it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.ranges import Floats, Range

if TYPE_CHECKING:
    from beffroi.plan.calc.network import Arm

DAY_S = 86_400
OVERHEAD = 0.05
"""RTP, UDP, IP and Ethernet around the video. 3 to 5 %."""
PEAK = 2.0
"""Worst second of a variable rate beside its mean. Installers plan 1.5 to 2."""
FILL = 0.7
"""A link is planned to this share of its rate; a choice of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypicalRate:
    """A row of the table: a codec at a picture size up to `megapixels`, and who says so."""

    codec: str
    megapixels: float
    bit_s: Range
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A measured week: its mean, and the 95th percentile of its samples, on which disks are sized."""

    mean_bit_s: float
    p95_bit_s: float
    samples: int = 0
    """0: only the two figures are known."""

    @property
    def bit_s(self) -> Range:
        """For sizing: the mean at the least, the 95th percentile likely and at most."""
        return Range(low=min(self.mean_bit_s, self.p95_bit_s), likely=self.p95_bit_s, high=self.p95_bit_s)


def typical_rate(table: Iterable[TypicalRate], codec: str, megapixels: float) -> TypicalRate:
    """The row of the smallest picture size that holds `megapixels`.

    Errors: InvalidInput when the table has no such row.
    """
    rows = [row for row in table if row.codec == codec and row.megapixels >= megapixels - 1e-9]
    if not rows:
        raise InvalidInput(
            f"No typical rate for {codec} at {megapixels:g} megapixels; measure the camera and give its rate.",
            message_fr=f"Pas de débit type pour {codec} à {megapixels:g} mégapixels ; mesurez la caméra et donnez son "
            "débit.",
            field="codec",
        )
    return min(rows, key=lambda row: row.megapixels)


def measured(samples_bit_s: Sequence[float] | Floats) -> Measured:
    """From rates sampled evenly over a week (each minute: 10,080). Percentile by linear interpolation.

    Errors: InvalidInput when there is none, or one is negative.
    """
    values = np.asarray(samples_bit_s, dtype=np.float64)
    if not values.size or not np.isfinite(values).all() or values.min() < 0:
        raise InvalidInput(
            "A measured week needs rates ≥ 0; export them again from the recorder.",
            message_fr="Une semaine mesurée demande des débits ≥ 0 ; exportez-les de nouveau de l'enregistreur.",
            field="measured_bit_s",
        )
    return Measured(mean_bit_s=float(values.mean()), p95_bit_s=float(np.percentile(values, 95)), samples=values.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLoad:
    """What a stretch carries: its cameras, their video together, and what the link must take at its worst second."""

    stretch: str
    cameras: tuple[str, ...]
    video_bit_s: Range
    needed_bit_s: float
    capacity_bit_s: float

    @property
    def share(self) -> float:
        """Of the link's rate, at the worst second."""
        return self.needed_bit_s / self.capacity_bit_s

    @property
    def holds(self) -> bool:
        return self.share <= FILL


def worst_second_bit_s(rate: Range, *, peak: float = PEAK, overhead: float = OVERHEAD) -> float:
    """What one link needs for video of this mean rate: its highest value, at its peak, with the packets around it."""
    return rate.high * peak * (1 + overhead)


def link_loads(
    arms: Iterable[Arm], cameras: Mapping[str, Mapping[str, Range]], *, capacity_bit_s: float = 1e9
) -> tuple[LinkLoad, ...]:
    """The load of every stretch, the fullest first.

    `cameras`: by point of the network (mast, building), each camera's rate; `capacity_bit_s`: of each link.
    """
    if not capacity_bit_s > 0:
        raise InvalidInput(
            "A link's rate is above 0 bit/s; mend it.",
            message_fr="Le débit d'une liaison est supérieur à 0 bit/s ; corrigez-le.",
            field="capacity_bit_s",
        )
    carried: dict[str, dict[str, Range]] = {}
    for arm in arms:
        for stretch in arm.stretches:
            carried.setdefault(stretch, {}).update(cameras.get(arm.point, {}))
    loads = [_load(stretch, rates, capacity_bit_s) for stretch, rates in carried.items()]
    return tuple(sorted(loads, key=lambda load: (-load.needed_bit_s, load.stretch)))


def _load(stretch: str, rates: Mapping[str, Range], capacity_bit_s: float) -> LinkLoad:
    video = sum_bit_s(rates.values())
    return LinkLoad(
        stretch=stretch,
        cameras=tuple(sorted(rates)),
        video_bit_s=video,
        needed_bit_s=worst_second_bit_s(video),
        capacity_bit_s=capacity_bit_s,
    )


def sum_bit_s(rates: Iterable[Range]) -> Range:
    """Rates together, at their outer limits."""
    listed = list(rates)
    return Range(
        low=math.fsum(one.low for one in listed),
        likely=math.fsum(one.likely for one in listed),
        high=math.fsum(one.high for one in listed),
    )
