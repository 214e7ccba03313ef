"""What masks cost: the useful ground behind them, of one camera, and of all cameras together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beffroi.plan.calc.coverage import Coverage
from beffroi.plan.calc.ground import Grid
from beffroi.plan.calc.masks import MaskPlan
from beffroi.plan.calc.town import Town

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Useful ground that masks cost: of the cells a camera sees in a zone, the share behind a mask in every view."""

    zone_id: str
    seen_m2: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetLost:
    """Share of a zone's street that no camera sees any longer with a class or finer, once all are masked."""

    zone_id: str
    class_id: str
    share: float


def left(masked: MaskPlan, points: Floats, *, levels: Levels) -> Levels:
    """(n,) classes that the best view still shows of each place, from (views, n) `Sight.levels_by_view`.

    A place is hidden in a view when a target 1.5 m above it is behind one of its masks.
    """
    shown = [np.where(view.hides(points), 0, one) for one, view in zip(levels, masked.views, strict=True)]
    return np.asarray(np.max(shown, axis=0), dtype=np.int8)


def lost(masked: MaskPlan, town: Town, on_grid: Grid, *, levels: Levels) -> tuple[Lost, ...]:
    """By zone; `levels`: (views, cells). Zones the camera does not see are left out."""
    before, after = np.any(levels > 0, axis=0), left(masked, on_grid.points, levels=levels) > 0
    found = []
    for zone, inside in zip(town.zones, on_grid.zones, strict=True):
        if count := int(before[inside].sum()):
            share = 1.0 - int(after[inside].sum()) / count
            found.append(Lost(zone_id=zone.id, seen_m2=count * on_grid.cell_m2, share=share))
    return tuple(found)


def street_lost(seen: Coverage, masked: Sequence[MaskPlan], town: Town) -> tuple[StreetLost, ...]:
    """By zone and class; `masked`: one a sight. What another camera still sees is not lost."""
    after = seen.levels.copy()
    for number, (one, masks) in enumerate(zip(seen.sights, masked, strict=True)):
        cells = np.flatnonzero(seen.levels[:, number])
        points = seen.grid.points[cells]
        after[cells, number] = left(masks, points, levels=one.levels_by_view(points))
    classes = seen.sights[0].scale.classes if seen.sights else ()
    return tuple(
        StreetLost(
            zone_id=zone.id,
            class_id=one.id,
            share=float(((seen.levels[inside] >= level).any(axis=1) & ~(after[inside] >= level).any(axis=1)).mean()),
        )
        for zone, inside in zip(town.zones, seen.grid.zones, strict=True)
        if len(inside)
        for level, one in enumerate(classes, 1)
    )
