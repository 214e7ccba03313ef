"""The public ground: streets and open spaces without their buildings; the grid that shares are counted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.occlusion import Skyline, surface
from beffroi.plan.calc.town import Area, Town

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
MAX_CELLS = 4_000_000
_ROW_ZERO = 1 << 31


def public_strips(town: Town) -> list[Area]:
    """Each street with its pavements, each open space; buildings not taken out."""
    strips: list[Area] = [street.axis.buffer(street.half_width_m + street.pavement_m) for street in town.streets]
    return [*strips, *town.open_spaces]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Square cells of the zones' public ground, by their centres.

    Attributes:
        points: (n, 2) centres, Lambert-93 metres, on multiples of the step.
        zones: for each zone of the town its cells' indices; zones may share cells.
        is_thinned: (n,) True for the cells that a step twice as wide would keep.
        zones_without_street: ids of zones with no public ground: all their ground out of buildings is taken.
    """

    points: Floats
    zones: tuple[Indices, ...]
    is_thinned: npt.NDArray[np.bool_]
    step_m: float
    zones_without_street: tuple[str, ...] = ()

    @property
    def cell_m2(self) -> float:
        """Ground that a cell stands for."""
        return self.step_m**2


def grid(town: Town, skyline: Skyline, *, step_m: float = 2.0) -> Grid:
    """The cells of the zones' public ground.

    Errors: InvalidInput when the step would make more than 4 million cells.
    """
    public = surface(shapely.union_all(public_strips(town)))
    found: list[npt.NDArray[np.int64]] = []
    without: list[str] = []
    for zone in town.zones:
        street = surface(zone.shape.intersection(public))
        if street.is_empty:
            without.append(zone.id)
            street = zone.shape
        found.append(_cells(street, step_m))
    if not found:
        empty = np.empty(0)
        return Grid(points=np.empty((0, 2)), zones=(), is_thinned=empty.astype(bool), step_m=step_m)
    keys, places = np.unique(np.concatenate(found), return_inverse=True)
    cells = np.column_stack([keys >> 32, (keys & 0xFFFFFFFF) - _ROW_ZERO])
    built = _is_built(skyline, cells * step_m)
    renumbered = np.cumsum(~built) - 1
    owners = np.split(places.ravel(), np.cumsum([len(one) for one in found])[:-1])
    return Grid(
        points=cells[~built] * step_m,
        zones=tuple(renumbered[owner[~built[owner]]] for owner in owners),
        is_thinned=(cells[~built] % 2 == 0).all(axis=1),
        step_m=step_m,
        zones_without_street=tuple(without),
    )


def _cells(area: Area, step_m: float) -> npt.NDArray[np.int64]:
    """Keys of the whole multiples of the step whose place is in the area: column in the upper half, row below."""
    west, south, east, north = (np.array(area.bounds) / step_m).tolist()
    columns = np.arange(int(np.ceil(west)), int(np.floor(east)) + 1)
    rows = np.arange(int(np.ceil(south)), int(np.floor(north)) + 1)
    if len(columns) * len(rows) > MAX_CELLS:
        raise InvalidInput(
            f"A step of {step_m:g} m makes over {MAX_CELLS} cells in one zone; take a wider one.",
            message_fr=f"Un pas de {step_m:g} m fait plus de {MAX_CELLS} mailles dans une zone ; prenez-le plus large.",
            field="grid_step_m",
        )
    cells = np.stack(np.meshgrid(columns, rows, indexing="ij"), axis=-1).reshape(-1, 2)
    shapely.prepare(area)
    kept = cells[shapely.contains_xy(area, cells[:, 0] * step_m, cells[:, 1] * step_m)]
    return (kept[:, 0] << 32) + kept[:, 1] + _ROW_ZERO


def _is_built(skyline: Skyline, points: Floats) -> npt.NDArray[np.bool_]:
    built = np.zeros(len(points), dtype=bool)
    if skyline.buildings and len(points):
        built[skyline.tree.query(shapely.points(points), predicate="within")[0]] = True
    return built
