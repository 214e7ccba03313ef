"""The ground of a scenario: perimeter, zones, streets, open spaces, buildings; any declared projection."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import shapely
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely import transform
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from beffroi.core.shapes import Line, Surface
from beffroi.plan.calc import town
from beffroi.plan.scenario.problems import Problem

STRICT = ConfigDict(extra="forbid", frozen=True)
LAMBERT_93 = "EPSG:2154"
_WEST_M, _EAST_M, _SOUTH_M, _NORTH_M = 0.0, 1_300_000.0, 6_000_000.0, 7_200_000.0
"""Metropolitan France in Lambert-93, with a margin."""


class _GeoJson:
    """Tells the schema what the checked geometries are: an object with `type` and `coordinates`."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "object",
            "description": "GeoJSON geometry, coordinates east (or longitude) first, in the scenario's crs",
            "required": ["type", "coordinates"],
            "properties": {"type": {"type": "string"}, "coordinates": {"type": "array"}},
        }


SurfaceShape = Annotated[Surface, _GeoJson]
LineShape = Annotated[Line, _GeoJson]
Id = Annotated[str, Field(min_length=1, max_length=63)]
Word = Annotated[str, Field(max_length=63)]
"""An id of something else, or empty."""


class ZoneRow(BaseModel):
    """A place to watch."""

    model_config = STRICT

    id: Id
    shape: SurfaceShape
    name: str = ""
    weight: Annotated[float, Field(gt=0, le=1e6)] = 1.0


class StreetRow(BaseModel):
    """A street's axis and widths."""

    model_config = STRICT

    id: Id
    shape: LineShape
    half_width_m: Annotated[float, Field(gt=0, le=50)] = 3.0
    pavement_m: Annotated[float, Field(ge=0, le=50)] = 1.5


class BuildingRow(BaseModel):
    """A prism. Without `height_m`: floors × 3 m; without both: 6 m, and it is said."""

    model_config = STRICT

    id: Id
    shape: SurfaceShape
    height_m: Annotated[float, Field(gt=0, le=400)] | None = None
    floors: Annotated[int, Field(ge=1, le=130)] | None = None
    is_dwelling: bool = False
    ground_m: Annotated[float, Field(ge=-100, le=5000)] | None = None
    """Altitude of the ground at its foot: a camera over a slope is told."""


class OpenSpaceRow(BaseModel):
    """Communal ground that is no street: a square, a car park."""

    model_config = STRICT

    id: Id
    shape: SurfaceShape


class Projection:
    """From the scenario's coordinates to Lambert-93, and what is wrong with them."""

    def __init__(self, crs: str) -> None:
        self.crs = crs
        self._forth = Transformer.from_crs(crs, LAMBERT_93, always_xy=True)

    def coordinates(self, given: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n, 2) of the scenario to (n, 2) metres; infinite where there is no such place."""
        if self.crs == LAMBERT_93:
            return given
        return np.column_stack(self._forth.transform(given[:, 0], given[:, 1]))

    def back(self, found: Any) -> Any:
        """A shape in Lambert-93 in the scenario's coordinates, to the millimetre or 1e-8 degree."""
        if self.crs == LAMBERT_93:
            return shapely.set_precision(found, 0.001)
        return transform(found, self._back_coordinates)

    def _back_coordinates(self, given: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        east, north = self._forth.transform(given[:, 0], given[:, 1], direction="INVERSE")
        return np.column_stack([east, north]).round(8)

    def geometry(self, given: dict[str, Any]) -> Any:
        """A checked GeoJSON geometry in Lambert-93."""
        return transform(shape(given), self.coordinates)

    def problem(self, field: str, found: BaseGeometry) -> Problem | None:
        """None when the shape lies in metropolitan France; else why not, as far as can be told."""
        if _is_in_france(found.bounds):
            return None
        return Problem(field=field, message=_why(self.crs)[0], message_fr=_why(self.crs)[1])


def _is_in_france(bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    return _WEST_M <= west <= east <= _EAST_M and _SOUTH_M <= south <= north <= _NORTH_M


def _why(crs: str) -> tuple[str, str]:
    if crs == "EPSG:4326":
        return (
            "does not lie in France; are latitude and longitude swapped? GeoJSON wants longitude first",
            "n'est pas en France ; latitude et longitude sont-elles échangées ? GeoJSON veut la longitude d'abord",
        )
    return (
        f"does not lie in France read as {crs}; is it degrees (EPSG:4326), or another projection? Mend `crs`",
        f"n'est pas en France lu en {crs} ; sont-ce des degrés (EPSG:4326), une autre projection ? Corrigez `crs`",
    )


def projection(crs: str) -> Projection | Problem:
    """The projection declared, or why it cannot be used."""
    try:
        CRS.from_user_input(crs)
        return Projection(crs)
    except CRSError:
        return Problem(
            field="crs",
            message=f"{crs[:60]!r} is not a projection; write EPSG:2154 (Lambert-93) or EPSG:4326 (degrees)",
            message_fr=f"{crs[:60]!r} n'est pas une projection ; écrivez EPSG:2154 (Lambert-93) ou EPSG:4326 (degrés)",
        )


def zone(row: ZoneRow, to: Projection) -> town.Zone:
    return town.Zone(id=row.id, name=row.name, weight=row.weight, shape=to.geometry(row.shape))


def street(row: StreetRow, to: Projection) -> town.Street:
    return town.Street(id=row.id, axis=to.geometry(row.shape), half_width_m=row.half_width_m, pavement_m=row.pavement_m)


def building(row: BuildingRow, to: Projection) -> town.Building:
    return town.Building(
        id=row.id,
        footprint=to.geometry(row.shape),
        height_m=row.height_m,
        floors=row.floors,
        is_dwelling=row.is_dwelling,
        ground_m=row.ground_m,
    )
