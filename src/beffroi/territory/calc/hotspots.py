"""Where facts gather: kernel density judged on another year, and cells hotter than chance. Metres (Lambert-93).

A density map always shows hills. It is worth what it foretells: the share of the next year's facts in the cells it
calls hot, over the share of ground they are (PAI). Beside it, the plain count of the first year, which does as well.
Source: Chainey, Tompson & Uhlig, Security Journal 21 (2008), PAI; Getis & Ord, Geographical Analysis 24 (1992), Gi*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
from scipy.spatial import cKDTree

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.counts import false_discoveries

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Square cells of `cell_m`; `centres` shape (n, 2), east and north, of the cells that count (in the town)."""

    centres: Floats
    cell_m: float

    def counts(self, facts: Floats) -> npt.NDArray[np.int64]:
        """Facts in each cell, shape (n,); those outside every cell are left out."""
        number = {cell: at for at, cell in enumerate(map(tuple, self._cells(self.centres).tolist()))}
        found = np.zeros(len(self.centres), dtype=np.int64)
        for cell in self._cells(facts).tolist():
            if (at := number.get(tuple(cell))) is not None:
                found[at] += 1
        return found

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
    near = cKDTree(grid.centres).sparse_distance_matrix(cKDTree(facts), bandwidth_m, output_type="coo_matrix")
    weight = (1 - (near.data / bandwidth_m) ** 2) ** 2
    summed = np.bincount(near.row, weights=weight, minlength=len(grid.centres))
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
    """A way to make the hot map, and what it foretold."""

    method: str
    foretold: Foretold


def trials(
    facts: Floats,
    later: Floats,
    grid: Grid,
    *,
    bandwidths_m: tuple[float, ...] = (100.0, 200.0, 300.0),
    share: float = 0.05,
) -> tuple[Trial, ...]:
    """Several bandwidths and the plain count, side by side on the held-out year; the best first."""
    maps = {f"density, {bandwidth:g} m": density(facts, grid, bandwidth) for bandwidth in bandwidths_m}
    maps["plain count"] = grid.counts(facts).astype(np.float64)
    found = [
        Trial(method=name, foretold=foretold(hottest(values, share), grid, later)) for name, values in maps.items()
    ]
    return tuple(sorted(found, key=lambda trial: -trial.foretold.pai))


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
