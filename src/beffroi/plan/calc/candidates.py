"""Every camera that could be put up at the sites given, and the cells each would see at a class or finer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from beffroi.plan.calc.coverage import Sight
from beffroi.plan.calc.footprint import View
from beffroi.plan.calc.ground import Grid
from beffroi.plan.calc.occlusion import Skyline, outlook
from beffroi.plan.calc.placement import Candidate, Choices, Floats, Hung
from beffroi.plan.calc.town import Lens, Pose, Town


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place where a mast or a bracket could be, and what its site costs to open."""

    id: str
    east_m: float
    north_m: float
    height_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Ways to hang a camera at any spot: lenses by name, evenly spread bearings, tilts; each lens its cost."""

    lenses: Mapping[str, Lens]
    headings: int = 24
    tilts_deg: tuple[float, ...] = (12.0,)
    target_m: float = 1.5
    costs: Mapping[str, float] | None = None

    def poses(self, spot: Spot, at: tuple[float, float]) -> list[tuple[str, Pose]]:
        """(lens, pose) of each camera that could hang there."""
        bearings = np.arange(self.headings) * (360.0 / self.headings)
        return [
            (name, Pose(east_m=at[0], north_m=at[1], height_m=spot.height_m, bearing_deg=float(bearing),
                        tilt_deg=tilt))
            for name in self.lenses for bearing in bearings for tilt in self.tilts_deg
        ]  # fmt: skip


def cell_weights(town: Town, grid: Grid) -> Floats:
    """(n,) what each cell is worth: its area × the weight of the heaviest zone that holds it."""
    weights = np.zeros(len(grid.points))
    for zone, inside in zip(town.zones, grid.zones, strict=True):
        weights[inside] = np.maximum(weights[inside], zone.weight)
    return weights * grid.cell_m2


def candidates(
    spots: Sequence[Spot], aim: Aim, on: tuple[Skyline, Grid, Floats], *, least_px_m: float,
    progress: Callable[[], object] = lambda: None,
) -> Choices:  # fmt: skip
    """All cameras of the aim at all spots; ids are `spot/lens/bearing/tilt`. One sweep a spot serves all its cameras.

    `on`: buildings, cells and their weights. `progress` is called after each spot.
    Errors: InvalidInput when a spot is deep inside a building or below the target.
    """
    skyline, grid, weights = on
    made: list[Candidate] = []
    rows: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    for spot in spots:
        at, _ = skyline.standing((spot.east_m, spot.north_m), spot.height_m)
        views = [
            (name, View(pose=pose, lens=aim.lenses[name], target_m=aim.target_m)) for name, pose in aim.poses(spot, at)
        ]
        radius_m = max(view.radius_m(least_px_m) for _, view in views) + 1e-6
        free = outlook(skyline, at, height_m=spot.height_m, target_m=aim.target_m, radius_m=radius_m)
        near = np.flatnonzero(np.hypot(grid.points[:, 0] - at[0], grid.points[:, 1] - at[1]) <= radius_m)
        near = near[free.sees(grid.points[near])]
        points = grid.points[near]
        for name, view in views:
            cost = (aim.costs or {}).get(name, 0.0)
            made.append(_candidate(spot, name, view.pose, cost=cost))
            rows.append(near[view.densities_px_m(points) >= least_px_m])
        progress()
    return Choices(candidates=tuple(made), sees=_matrix(rows, len(weights)), weights=weights)


def _candidate(spot: Spot, lens: str, pose: Pose, *, cost: float) -> Candidate:
    hung = Hung(lens=lens, bearing_deg=pose.bearing_deg, tilt_deg=pose.tilt_deg)
    name = f"{spot.id}/{lens}/{pose.bearing_deg:g}/{pose.tilt_deg:g}"
    return Candidate(id=name, site=spot.id, cost=cost, hung=hung)


def with_plan(choices: Choices, sights: Sequence[Sight], grid: Grid, *, level: int) -> tuple[Choices, range]:
    """The candidates and, after them, the cameras of a plan as they are; and where those stand in the list."""
    own = [Candidate(id=one.camera.id, site=one.camera.site or one.camera.id) for one in sights]
    rows = [np.flatnonzero(one.levels(grid.points) >= level) for one in sights]
    sees = sparse.vstack([choices.sees, _matrix(rows, len(choices.weights))], format="csr")
    first = len(choices.candidates)
    whole = Choices(candidates=(*choices.candidates, *own), sees=sparse.csr_array(sees), weights=choices.weights)
    return whole, range(first, first + len(own))


def _matrix(rows: Sequence[np.ndarray[tuple[int], np.dtype[np.int64]]], cells: int) -> sparse.csr_array:
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    indices = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    return sparse.csr_array((np.ones(len(indices)), indices, ends), shape=(len(rows), cells))
