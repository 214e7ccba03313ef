"""Where facts gather: kernel density judged on another year, and cells hotter than chance. Metres (Lambert-93).

A density map always shows hills. It is worth what it foretells: the share of the next year's facts in the cells it
calls hot, over the share of ground they are (PAI). Beside it, the plain count of the first year, which does as well.
Source: Chainey, Tompson & Uhlig, Security Journal 21 (2008), PAI; Getis & Ord, Geographical Analysis 24 (1992), Gi*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.counts import false_discoveries

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_AT_ONCE = 10_000
"""Facts whose distances to the cells are held in memory together: some 30 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Square cells of `cell_m`; `centres` shape (n, 2), east and north, of the cells that count (in the town)."""

    centres: Floats
    cell_m: float

    def counts(self, facts: Floats) -> npt.NDArray[np.int64]:
        """Facts in each cell, shape (n,); those outside every cell are left out."""
        at = self.cell_of(facts)
        return np.bincount(at[at >= 0], minlength=len(self.centres))

    def cell_of(self, facts: Floats) -> npt.NDArray[np.int64]:
        """The cell that each fact lies in, shape (m,); -1 for none."""
        number = {cell: at for at, cell in enumerate(map(tuple, self._cells(self.centres).tolist()))}
        return np.array([number.get(tuple(cell), -1) for cell in self._cells(facts).tolist()], dtype=np.int64)

    def _cells(self, places: Floats) -> npt.NDArray[np.int64]:
        corner = self.centres[0] - self.cell_m / 2
        cells: npt.NDArray[np.int64] = np.floor((places - corner) / self.cell_m + 1e-9).astype(np.int64)
        return cells


def grid_over(low: tuple[float, float], high: tuple[float, float], cell_m: float) -> Grid:
    """Cells over a rectangle given by its south-west and north-east corners."""
    east = np.arange(low[0] + cell_m / 2, high[0], cell_m)
    north = np.arange(low[1] + cell_m / 2, high[1], cell_m)
    return Grid(centres=np.array([(e, n) for n in north for e in east]), cell_m=cell_m)


def density(facts: Floats, grid: Grid, bandwidth_m: float) -> Floats:
    """Quartic kernel density at each cell's centre, facts per km², shape (n,). facts: shape (m, 2).

    Errors: InvalidInput when the bandwidth is not above 0.
    """
    if not bandwidth_m > 0:
        raise InvalidInput(
            "The bandwidth is above 0 m; try 100 to 300.",
            message_fr="La largeur de bande est supérieure à 0 m ; essayez 100 à 300.",
            field="bandwidth_m",
        )
    if not len(facts):
        return np.zeros(len(grid.centres))
    cells, summed = cKDTree(grid.centres), np.zeros(len(grid.centres))
    for start in range(0, len(facts), _AT_ONCE):
        some = cKDTree(facts[start : start + _AT_ONCE])
        near = cells.sparse_distance_matrix(some, bandwidth_m, output_type="coo_matrix")
        weight = (1 - (near.data / bandwidth_m) ** 2) ** 2
        summed += np.bincount(near.row, weights=weight, minlength=len(grid.centres))
    return np.asarray(summed * 3 / (math.pi * bandwidth_m**2) * 1e6, dtype=np.float64)


def hottest(values: Floats, share: float) -> Bools:
    """The hottest cells up to this share of the ground, shape (n,); cells of no value are never hot."""
    wanted = int(share * len(values) + 1e-9)
    hot = np.zeros(len(values), dtype=bool)
    hot[np.argsort(-values, kind="stable")[:wanted]] = True
    return hot & (values > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What a hot map was worth on a year it had not seen: share of facts in its cells over share of ground."""

    facts_share: float
    ground_share: float

    @property
    def pai(self) -> float:
        """1: no better than spreading evenly."""
        return self.facts_share / self.ground_share if self.ground_share else 0.0


def foretold(hot: Bools, grid: Grid, later: Floats) -> Foretold:
    """PAI of a map on held-out facts, shape (m, 2).

    Errors: InvalidInput when there are none in the grid.
    """
    counts = grid.counts(later)
    if not counts.sum():
        raise InvalidInput(
            "No fact of the held-out year lies in the town; choose another year.",
            message_fr="Aucun fait de l'année témoin n'est dans la commune ; choisissez une autre année.",
            field="year",
        )
    return Foretold(facts_share=float(counts[hot].sum() / counts.sum()), ground_share=float(hot.mean()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A way to make the hot map, and what it foretold. `hot`: the cells it shows, shape (n,).

    `bandwidth_m` None: the plain count.
    """

    method: str
    bandwidth_m: float | None
    foretold: Foretold
    hot: Bools = field(compare=False, repr=False)


def trials(
    facts: Floats,
    later: Floats,
    grid: Grid,
    *,
    bandwidths_m: tuple[float, ...] = (100.0, 200.0, 300.0),
    share: float = 0.05,
) -> tuple[Trial, ...]:
    """Several bandwidths and the plain count, side by side on the held-out year; the best first."""
    maps: dict[float | None, Floats] = {one: density(facts, grid, one) for one in bandwidths_m}
    maps[None] = grid.counts(facts).astype(np.float64)
    found = []
    for bandwidth, values in maps.items():
        hot = hottest(values, share)
        name = f"density, {bandwidth:g} m" if bandwidth else "plain count"
        found.append(Trial(method=name, bandwidth_m=bandwidth, foretold=foretold(hot, grid, later), hot=hot))
    return tuple(sorted(found, key=lambda trial: -trial.foretold.pai))


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneHeat:
    """What of the town's hot spots lies in a zone.

    `facts`, `later`: of the years that made the maps, and of the held-out one, and how many of each the density calls
    hot; `dense_m2`: ground of the zone in the density's hot cells; `hot_cells`: Gi* cells whose centre is in the zone.
    """

    area_m2: float
    dense_m2: float
    hot_cells: int
    facts: int
    dense_facts: int
    later: int
    dense_later: int

    @property
    def area_ha(self) -> float:
        return self.area_m2 / 10_000

    @property
    def dense_ha(self) -> float:
        return self.dense_m2 / 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Facts with a position: `places` shape (m, 2); `zone_at` shape (m,), the number of each one's zone, -1: none."""

    places: Floats
    zone_at: npt.NDArray[np.int64]


def heat_by_zone(
    zones: Sequence[BaseGeometry], grid: Grid, *, dense: Bools, hot: Bools, facts: Placed, later: Placed
) -> tuple[ZoneHeat, ...]:
    """Hot ground, hot cells and facts of each zone, in their order.

    Shapes: `dense` (a density's hot cells) and `hot` (Gi*) (n,), as the grid's cells; zones in its projection.
    """
    half = grid.cell_m / 2
    low, high = grid.centres[dense] - half, grid.centres[dense] + half
    squares = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    centres = grid.centres[hot]
    counted = [_zone_counts(one, grid, dense, zones=len(zones)) for one in (facts, later)]
    return tuple(
        ZoneHeat(
            area_m2=float(zone.area),
            dense_m2=float(shapely.area(shapely.intersection(squares, zone)).sum()),
            hot_cells=int(shapely.contains_xy(zone, centres).sum()),
            facts=int(counted[0][0][at]),
            dense_facts=int(counted[0][1][at]),
            later=int(counted[1][0][at]),
            dense_later=int(counted[1][1][at]),
        )
        for at, zone in enumerate(zones)
    )


def _zone_counts(
    facts: Placed, grid: Grid, dense: Bools, *, zones: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Facts of each zone, and those of them in dense cells, shape (zones,) each."""
    cell = grid.cell_of(facts.places)
    is_dense = (cell >= 0) & dense[cell]
    is_zoned = facts.zone_at >= 0
    every, some = facts.zone_at[is_zoned], facts.zone_at[is_zoned & is_dense]
    return np.bincount(every, minlength=zones), np.bincount(some, minlength=zones)


@dataclass(frozen=True, slots=True, kw_only=True)
class HotCells:
    """Gi* of each cell (shape (n,)), its two-sided p adjusted for false discoveries, and which cells are hot at 5 %."""

    z: Floats
    p: Floats

    @property
    def hot(self) -> Bools:
        return (self.p <= 0.05) & (self.z > 0)


def hot_cells(values: Floats, centres: Floats, radius_m: float) -> HotCells:
    """Getis–Ord Gi* with the cells within a radius, itself included, weighted alike; p adjusted (Benjamini–Hochberg).

    Shapes: values (n,), centres (n, 2). Values all alike are nowhere hot.
    Source: Getis & Ord 1992.
    """
    count = len(values)
    spread = float(values.std())
    if count < 2 or spread == 0:
        return HotCells(z=np.zeros(count), p=np.ones(count))
    tree = cKDTree(centres)
    near = tree.query_ball_point(centres, radius_m)
    size = np.array([len(ids) for ids in near], dtype=np.float64)
    local = np.array([values[ids].sum() for ids in near])
    room = (count * size - size**2) / (count - 1)
    z = np.divide(local - values.mean() * size, spread * np.sqrt(room), out=np.zeros(count), where=room > 0)
    return HotCells(z=z, p=false_discoveries(2 * scipy.stats.norm.sf(np.abs(z))))
