"""The edge: what a town writes about its ground, checked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from beffroi.core.reading import (
    FolderReader,
    Latitude,
    Longitude,
    Name,
    Read,
    Slug,
    TextRow,
    TownDate,
    check_near,
    refusal,
    unique,
)
from beffroi.core.shapes import Footprint, Line, Surface
from beffroi.territory.calc import facades
from beffroi.territory.models import Confidence, HeightSource, Purpose


def _zone_name(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refusal(
            f"{name!r} is not a time zone; write Europe/Paris", f"{name!r} n'est pas un fuseau ; écrivez Europe/Paris"
        ) from None
    return name


class TownRow(TextRow):
    insee_code: Annotated[str, Field(pattern=r"^\d[0-9AB]\d{3}$")]
    name: Name
    time_zone: Annotated[str, AfterValidator(_zone_name)] = "Europe/Paris"
    lat: Latitude
    lon: Longitude
    is_fictional: bool = False
    authority: Annotated[str, Field(max_length=120)] = ""


class ZoneRow(TextRow):
    id: Slug
    number: Annotated[int, Field(ge=1, le=999)]
    name: Name
    proposer: Annotated[str, Field(min_length=1, max_length=200)]
    police_opinion: str = ""
    adviser_opinion: str = ""
    adviser_opinion_on: TownDate | None = None
    expected_effect: str = ""
    purpose: Purpose
    geometry: Surface


class StreetRow(TextRow):
    id: Slug
    name: Name
    half_width_m: Annotated[float, Field(gt=0, le=50)] = 3.0
    pavement_m: Annotated[float, Field(ge=0, le=50)] = 1.5
    geometry: Line


class DuctRow(TextRow):
    id: Slug
    name: Name
    owner: Annotated[str, Field(max_length=120)] = ""
    geometry: Line


class WaterRow(TextRow):
    id: Slug
    name: Name
    geometry: Surface


class BuildingRow(TextRow):
    id: Slug
    height_m: Annotated[float, Field(gt=0, le=400)]
    height_source: HeightSource = HeightSource.MEASURED
    floors: Annotated[int, Field(ge=0, le=120)] = 1
    is_dwelling: bool = True
    ground_m: Annotated[float, Field(ge=-100, le=5000)] | None = None
    footprint: Footprint


class PublicBuildingRow(TextRow):
    id: Slug
    name: Name
    use: Annotated[str, Field(min_length=1, max_length=60)]
    is_centre: bool = False
    lat: Latitude
    lon: Longitude
    confidence: Confidence = Confidence.APPROXIMATE


class BoundaryRow(TextRow):
    code: Annotated[str, Field(max_length=5)] = ""
    geometry: Surface


class PlaceRow(TextRow):
    id: Slug
    name: Name
    lat: Latitude
    lon: Longitude
    confidence: Confidence = Confidence.APPROXIMATE


class AccessRow(TextRow):
    id: Slug
    lat: Latitude
    lon: Longitude


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A town's ground as written. `town` is None when it cannot be read: a problem says why."""

    town: TownRow | None
    zones: dict[str, ZoneRow]
    streets: dict[str, StreetRow]
    waters: dict[str, WaterRow]
    buildings: dict[str, BuildingRow]
    public_buildings: dict[str, PublicBuildingRow]
    places: dict[str, PlaceRow]
    accesses: dict[str, AccessRow]
    boundary: dict[str, Any] | None

    @property
    def centre(self) -> tuple[float, float] | None:
        """Longitude and latitude."""
        return (self.town.lon, self.town.lat) if self.town else None

    @property
    def authority(self) -> str:
        """The public authority that films the road here. Source: CSI L. 251-2."""
        return (self.town.authority or self.town.name) if self.town else ""


def read(reader: FolderReader) -> Ground:
    """Reads the ground; problems are noted in `reader`."""
    zones = reader.geojson("zones.geojson", ZoneRow)
    unique(reader, zones, "number")
    public_buildings = reader.csv("public_buildings.csv", PublicBuildingRow, is_needed=False)
    places = reader.csv("places.csv", PlaceRow, is_needed=False)
    buildings = unique(reader, reader.csv("buildings.csv", BuildingRow, is_needed=False))
    accesses = reader.csv("accesses.csv", AccessRow, is_needed=False)
    ground = Ground(
        town=_town(reader),
        zones=unique(reader, zones),
        streets=unique(reader, reader.geojson("streets.geojson", StreetRow)),
        waters=unique(reader, reader.geojson("water.geojson", WaterRow, is_needed=False)),
        buildings=buildings,
        public_buildings=unique(reader, public_buildings),
        places=unique(reader, places),
        accesses=unique(reader, accesses),
        boundary=_boundary(reader),
    )
    check_near(reader, ground.centre, public_buildings)
    check_near(reader, ground.centre, places)
    check_near(reader, ground.centre, accesses)
    if buildings:  # else they came, or will come, as a layer
        check_on_facades(reader, accesses, (row.footprint for row in buildings.values()))
    return ground


def check_on_facades(
    reader: FolderReader, accesses: Iterable[Read[AccessRow]], footprints: Iterable[dict[str, Any]]
) -> None:
    """Notes accesses that lie on no building's façade."""
    found = list(accesses)
    away = facades.distances_m([(one.row.lon, one.row.lat) for one in found], footprints)
    for one, metres in zip(found, away, strict=True):
        if metres > facades.REACH_M:
            reader.refuse_row(one, off_facade(metres), field="lat")


def off_facade(metres: float) -> tuple[str, str]:
    """What is wrong with an access that no façade bears, and the mend: English, then French."""
    if math.isinf(metres):
        return "needs buildings; import them first", "demande des bâtiments ; importez-les d'abord"
    return (
        f"is {metres:.0f} m from the nearest façade; point it on the façade ({facades.REACH_M:.0f} m at most)",
        f"est à {metres:.0f} m de la façade la plus proche ; pointez-le dessus ({facades.REACH_M:.0f} m au plus)",
    )


def _boundary(reader: FolderReader) -> dict[str, Any] | None:
    found = reader.geojson("boundary.geojson", BoundaryRow, is_needed=False)
    if len(found) > 1:
        reader.refuse_row(found[1], ("is a second boundary; keep one", "est une seconde limite ; gardez-en une"))
    return found[0].row.geometry if found else None


def _town(reader: FolderReader) -> TownRow | None:
    before = len(reader.problems)
    towns = reader.toml("town.toml", "town", TownRow)
    if len(towns) == 1:
        return towns[0].row
    if len(reader.problems) == before:
        reader.refuse("town.toml", ("needs one [town]", "demande une table [town], et une seule"))
    return None
