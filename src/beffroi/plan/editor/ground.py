"""The ground that scenarios are computed on: read once a process, again when a layer, the town or models changed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape

from beffroi.core.errors import Conflict
from beffroi.journal.models import Line
from beffroi.journal.services import Register
from beffroi.plan import catalogue
from beffroi.plan.calc import town as values
from beffroi.plan.calc.coverage import Sight, sight
from beffroi.plan.calc.ground import Grid, grid
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.camera_models.queries import CHANGES
from beffroi.plan.scenario import ground as rows
from beffroi.plan.scenario.ground import Projection, ZoneRow
from beffroi.territory.models import Building, Street, Zone
from beffroi.territory.queries import town

DEGREES = "EPSG:4326"
GRID_STEP_M = 2.0
TARGET_M = 1.5
_MOVES_GROUND = ("town.imported", "layer.imported", "zone.added", "zone.changed", "zone.removed", *CHANGES)


@lru_cache(maxsize=1)
def degrees() -> Projection:
    """From degrees to Lambert-93."""
    return Projection(DEGREES)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The town in Lambert-93, its buildings ready to be asked. `version` names what it was read from."""

    version: str
    town: values.Town
    skyline: Skyline
    is_assumed: npt.NDArray[np.bool_]
    """(buildings,) True where the height was not measured."""

    def with_zones(self, drawn: tuple[ZoneRow, ...]) -> values.Town:
        """The town with the zones drawn in a scenario behind its own."""
        return replace(self.town, zones=(*self.town.zones, *(rows.zone(row, degrees()) for row in drawn)))


_kept: list[Ground] = []
_reading = threading.Lock()


def version() -> str:
    """What the ground was last changed by, and how much of it there is: a change of either makes another."""
    line = Line.objects.filter(register=Register.CONFIGURATION.value, action__in=_MOVES_GROUND).order_by("-index")
    last = line.values_list("index", flat=True).first()
    counts = (model._default_manager.count() for model in (Building, Street, Zone))
    return "-".join(str(part) for part in (-1 if last is None else last, *counts))


def ground() -> Ground:
    """The ground of now; the first question after an import reads it anew (20,000 buildings: about a second).

    Errors: Conflict before a town is there.
    """
    now = version()
    with _reading:
        if not _kept or _kept[0].version != now:
            _kept[:] = [_read(now)]
        return _kept[0]


def _read(now: str) -> Ground:
    known = town()
    if known is None:
        raise Conflict(
            "There is no town yet; import its folder first.",
            message_fr="Il n'y a pas encore de ville ; importez d'abord son dossier.",
            field="town",
        )
    buildings, is_assumed = _buildings()
    whole = values.Town(
        buildings=buildings,
        zones=tuple(
            values.Zone(id=one.pk, name=one.name, shape=degrees().geometry(one.shape)) for one in Zone.objects.all()
        ),
        streets=tuple(
            values.Street(
                id=one.pk, axis=degrees().geometry(one.shape), half_width_m=one.half_width_m, pavement_m=one.pavement_m
            )
            for one in Street.objects.all()
        ),
        perimeter=degrees().geometry(known.boundary) if known.boundary else None,
    )
    return Ground(version=now, town=whole, skyline=Skyline.of(buildings), is_assumed=is_assumed)


def _buildings() -> tuple[tuple[values.Building, ...], npt.NDArray[np.bool_]]:
    columns = ("pk", "shape", "height_m", "height_source", "is_dwelling", "ground_m")
    found = list(Building.objects.order_by("pk").values_list(*columns))
    drawn = np.array([shape(geometry) for _, geometry, *_ in found], dtype=object)
    footprints = shapely.transform(drawn, degrees().coordinates)
    buildings = tuple(
        values.Building(
            id=pk, footprint=footprint, height_m=height_m or None, is_dwelling=is_dwelling, ground_m=ground_m
        )
        for (pk, _, height_m, _, is_dwelling, ground_m), footprint in zip(found, footprints, strict=True)
    )
    return buildings, np.array([row[3] != "measured" for row in found], dtype=bool)


@lru_cache(maxsize=8)
def _grid(on: Ground, drawn: tuple[str, ...]) -> Grid:
    zones = tuple(ZoneRow.model_validate_json(one) for one in drawn)
    return grid(on.with_zones(zones), on.skyline, step_m=GRID_STEP_M)


def cells(on: Ground, drawn: tuple[ZoneRow, ...]) -> Grid:
    """The cells that shares are counted on."""
    return _grid(on, tuple(row.model_dump_json() for row in drawn))


@lru_cache(maxsize=1024)
def sight_of(on: Ground, camera: values.Camera) -> Sight:
    """A camera's sight, kept: of a plan of 44 only the one that was turned is computed again.

    Errors: InvalidInput when it stands deep inside a building or below its target.
    """
    return sight(camera, on.skyline, catalogue.scale(), target_m=TARGET_M)


def layer(on: Ground) -> dict[str, Any]:
    """Buildings for drawing: simplified to half a metre, in degrees to the decimetre."""
    simple = shapely.simplify(on.skyline.footprints, 0.5)
    drawn = degrees().back(simple)
    return {"buildings": [_outline(number, one, on) for number, one in enumerate(drawn)]}


def _outline(number: int, one: Any, on: Ground) -> dict[str, Any]:
    rings = [
        np.asarray(ring.coords)[:, :2].round(6).tolist()
        for part in shapely.get_parts(one)
        for ring in (part.exterior, *part.interiors)
    ]
    return {
        "rings": rings,
        "height_m": round(float(on.skyline.roofs_m[number]), 1),
        "is_assumed": bool(on.is_assumed[number]),
    }
