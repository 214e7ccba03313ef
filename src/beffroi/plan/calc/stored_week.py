"""A camera's week read from what its recorder stored: its rate, and how much of the week the figures stand for. Pure.

Each lot is what one file (a minute, as a rule) held: its span and its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beffroi.plan.calc.bandwidth import Measured, measured

Floats = npt.NDArray[np.float64]
LEAST_SHARE = 0.9
"""Of the week: below, what was not recorded could be what counts. Our setting."""
FINE_S = 900.0
"""A lot over a quarter of an hour says nothing of its busiest minutes."""
MOST_COARSE = 0.1
"""Of what was recorded, in such lots: above, no percentile is told. Our setting."""
_BIN_S = 60.0
_LEAST_BIN_S = 15.0
"""Of a minute: a shorter piece of it is no sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Footage told together. Seconds from the week's start; `size_bytes` as stored."""

    from_s: float
    to_s: float
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWeek:
    """What a week of lots says.

    Attributes:
        recorded_share: of the week, lots without their gaps; 0 to 1.
        coarse_share: of the lots' time, in lots too long for a percentile.
        rate: over the time recorded; None when nothing was.
    """

    recorded_share: float
    coarse_share: float
    rate: Measured | None

    @property
    def is_whole(self) -> bool:
        """Enough of the week was recorded for it to be called one."""
        return self.recorded_share >= LEAST_SHARE

    @property
    def is_fine(self) -> bool:
        """Its percentile is one of minutes."""
        return self.coarse_share <= MOST_COARSE


def stored_week(lots: Sequence[Lot], gaps: Sequence[tuple[float, float]], *, week_s: float) -> StoredWeek:
    """The mean and the 95th percentile of the minutes of a week.

    `gaps`: spans without footage inside lots, seconds from the week's start. Lots that reach over the week's ends count
    by their part inside; two recorders of the same minute are not added up.
    """
    spans = np.array([(lot.from_s, lot.to_s) for lot in lots if lot.to_s > lot.from_s], dtype=np.float64).reshape(-1, 2)
    bits = np.array([8.0 * lot.size_bytes for lot in lots if lot.to_s > lot.from_s], dtype=np.float64)
    lengths_s = spans[:, 1] - spans[:, 0]
    inside = np.clip(spans, 0.0, week_s)
    kept_s = inside[:, 1] - inside[:, 0]
    if not kept_s.sum() > 0:
        return StoredWeek(recorded_share=0.0, coarse_share=0.0, rate=None)
    rates = _by_minute(inside, bits / lengths_s, week_s)
    mean = float((bits * kept_s / lengths_s).sum() / kept_s.sum())
    sampled = measured(rates if rates.size else [mean])
    without = _length_s(_clipped(gaps, inside))
    return StoredWeek(
        recorded_share=max(0.0, _length_s(inside) - without) / week_s,
        coarse_share=float(kept_s[lengths_s > FINE_S].sum() / kept_s.sum()),
        rate=Measured(mean_bit_s=mean, p95_bit_s=max(mean, sampled.p95_bit_s), samples=sampled.samples),
    )


def _by_minute(spans: Floats, bit_s: Floats, week_s: float) -> Floats:
    """Rates of the minutes that were recorded for a quarter at least."""
    count = int(np.ceil(week_s / _BIN_S))
    carried, recorded_s = np.zeros(count), np.zeros(count)
    for (start, end), rate in zip(spans, bit_s, strict=True):
        first, last = int(start // _BIN_S), min(int(np.ceil(end / _BIN_S)), count)
        edges = np.arange(first, last + 1) * _BIN_S
        parts = np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0.0, None)
        carried[first:last] += parts * rate
        recorded_s[first:last] += parts
    is_sample = recorded_s >= _LEAST_BIN_S
    return np.asarray(carried[is_sample] / recorded_s[is_sample], dtype=np.float64)


def _clipped(gaps: Sequence[tuple[float, float]], spans: Floats) -> Floats:
    """The parts of gaps that lie inside spans."""
    cut = [
        (max(start, from_s), min(end, to_s))
        for start, end in gaps
        for from_s, to_s in spans[(spans[:, 0] < end) & (spans[:, 1] > start)]
    ]
    return np.array(cut, dtype=np.float64).reshape(-1, 2)


def _length_s(spans: Floats) -> float:
    """Of their union."""
    if not len(spans):
        return 0.0
    ordered = spans[np.argsort(spans[:, 0])]
    reached = np.concatenate([[-np.inf], np.maximum.accumulate(ordered[:-1, 1])])
    return float(np.clip(ordered[:, 1] - np.maximum(ordered[:, 0], reached), 0.0, None).sum())
