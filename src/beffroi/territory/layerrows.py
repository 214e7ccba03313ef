"""The edge: a layer of a map as rows of the ground; `layer_profiles.toml` says which column gives which field."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderReader, TextRow, unique
from beffroi.core.shapes import CROSSED
from beffroi.territory.layerfile import LayerFile, Target, cut_from, features, is_far
from beffroi.territory.models import Confidence, HeightSource
from beffroi.territory.townfile import (
    AccessRow,
    BoundaryRow,
    BuildingRow,
    DuctRow,
    PlaceRow,
    PublicBuildingRow,
    StreetRow,
    WaterRow,
    ZoneRow,
)

_PROFILES = Path(__file__).with_name("layer_profiles.toml")
FLOOR_M = 3.0
ASSUMED_M = 6.0
"""Height of a building of which nothing is known: two floors. It is flagged, and said beside what rests on it."""
_NUMBER = re.compile(r"\s*(-?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s*(?:m\b|;|$)")
_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')


_SPLIT = (Target.BUILDINGS, Target.STREETS, Target.DUCTS)
"""Their rows are of one part; a zone, a lake, a boundary may be of several."""
_SPOTS = (Target.PUBLIC_BUILDINGS, Target.PLACES, Target.ACCESSES)
"""Their rows are a point: of a surface, one that lies within."""
ROWS: Mapping[Target, type[TextRow]] = {
    Target.BUILDINGS: BuildingRow,
    Target.STREETS: StreetRow,
    Target.DUCTS: DuctRow,
    Target.WATER: WaterRow,
    Target.ZONES: ZoneRow,
    Target.PUBLIC_BUILDINGS: PublicBuildingRow,
    Target.PLACES: PlaceRow,
    Target.ACCESSES: AccessRow,
    Target.BOUNDARY: BoundaryRow,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What a file holds for a target. `passed_over`: its objects of another sort, where that can be counted;
    `of`: how many the service had, of which it gave a part."""

    rows: list[TextRow]
    passed_over: int = 0
    of: int | None = None


@cache
def profiles() -> dict[str, dict[str, dict[str, Any]]]:
    """Source, then target, then where each field comes from."""
    return tomllib.loads(_PROFILES.read_text(encoding="utf-8"))


def read(file: LayerFile, reader: FolderReader, *, centre: tuple[float, float]) -> Layer:
    """Every object of the layer as a row; problems are noted in `reader`. `centre`: longitude, latitude of the town.

    Errors: InvalidInput when the file, its layer or its projection cannot be used, or it holds another class.
    """
    profile = _profile(file)
    which = {name: profile[name] for name in ("layer", "where") if name in profile}
    attributes, shapes = features(file, centre=centre, **which)
    if attributes:
        _check_class(file, profile, attributes[0])
    objects = [
        (line, _tagged(cells, profile), shape)
        for line, (cells, shape) in enumerate(zip(attributes, shapes, strict=True), 1)
        if _is_kept(cells, profile)
    ]
    rows = _rows(file, reader, objects, centre=centre)
    return Layer(rows=rows, passed_over=len(shapes) - len(objects), of=cut_from(file.path))


Placed = tuple[int, dict[str, object], BaseGeometry]
"""An object: its rank in the file, its attributes, its shape."""


def _rows(
    file: LayerFile, reader: FolderReader, objects: Iterable[Placed], *, centre: tuple[float, float]
) -> list[TextRow]:
    profile = _profile(file)
    reads = []
    for line, cells, geometry in objects:
        if is_far(geometry, centre):
            messages = ("lies over 50 km from the town; take it out", "tombe à plus de 50 km de la ville ; retirez-le")
            reader.refuse(file.path.name, messages, line=line, field="geometry")
            continue
        for name, part in _parts(geometry, is_split=file.target in _SPLIT):
            if file.target is Target.BUILDINGS and not isinstance(part, Polygon):
                kind = part.geom_type if part is not None else "–"
                messages = (f"is no polygon ({kind}); keep only footprints in this layer", f"n'est pas un polygone "
                            f"({kind}) ; ne gardez que des emprises dans cette couche")  # fmt: skip
                reader.refuse(file.path.name, messages, line=line, field="geometry")
                continue
            if file.target in _SPOTS and part is not None and not part.is_valid:
                reader.refuse(file.path.name, CROSSED, line=line, field="geometry")
                continue
            row = {key: value for key, value in _cells(file.target, profile, cells).items() if value is not None}
            if name and "id" in row:
                row["id"] = f"{row['id']}-{name}"
            reads += reader.row((file.path.name, line), row | _placed(file.target, part), ROWS[file.target])
    if not reads and not reader.problems:
        messages = (
            "holds no such object; check the file, what it is brought as and from whom",
            "ne contient aucun objet de cette sorte ; vérifiez le fichier, ce qu'il doit devenir et d'où il vient",
        )
        reader.refuse(file.path.name, messages)
    if file.target is Target.BOUNDARY:
        return [read.row for read in reads]
    if file.target is Target.ZONES:
        unique(reader, reads, "number")
    return list(unique(reader, reads).values())


def _profile(file: LayerFile) -> dict[str, Any]:
    known = profiles()
    if file.profile not in known or file.target.value not in known[file.profile]:
        named = ", ".join(f"{source}: {' '.join(targets)}" for source, targets in known.items())
        raise InvalidInput(
            f"{file.profile!r} has no {file.target}; known: {named}.",
            message_fr=f"{file.profile!r} n'a pas de {file.target} ; connus : {named}.",
            field="from",
        )
    return known[file.profile][file.target.value]


def _check_class(file: LayerFile, profile: Mapping[str, Any], columns: Iterable[str]) -> None:
    """Refuses a layer that lacks columns of the class that the profile reads."""
    lacking = ", ".join(name for name in profile.get("needs", ()) if name not in columns)
    if lacking:
        raise InvalidInput(
            f"{file.path.name} is not the class {profile['class']} of {file.profile} with all its columns (without: "
            f"{lacking}); save that class.",
            message_fr=f"{file.path.name} n'est pas la classe {profile['class']} de {file.profile} avec toutes ses "
            f"colonnes (sans : {lacking}) ; enregistrez cette classe.",
            field="file",
        )


def _is_kept(cells: Mapping[str, object], profile: Mapping[str, Any]) -> bool:
    return all(
        _is_told(cells.get(column)) and (not values or cells[column] in values)
        for column, values in profile.get("keep", {}).items()
    )


def _tagged(cells: dict[str, object], profile: Mapping[str, Any]) -> dict[str, object]:
    """With the further tags of OpenStreetMap, which GDAL writes `"key"=>"value","key"=>"value"`."""
    column = profile.get("tags")
    more = dict(_TAG.findall(str(cells.get(column) or ""))) if column else {}
    return more | {name: value for name, value in cells.items() if value is not None}


def _parts(geometry: BaseGeometry | None, *, is_split: bool) -> Iterator[tuple[str, BaseGeometry | None]]:
    """A shape and, when it is of several that make a row each, each with its rank."""
    parts = list(getattr(geometry, "geoms", [])) if geometry is not None else []
    if len(parts) < 2 or not is_split:
        yield "", parts[0] if len(parts) == 1 else geometry
        return
    for rank, part in enumerate(parts, 1):
        yield str(rank), part


def _placed(target: Target, part: BaseGeometry | None) -> dict[str, object]:
    if target in _SPOTS:
        spot = part.representative_point() if part is not None and not part.is_empty else None
        return {"lon": spot.x, "lat": spot.y} if spot is not None else {}
    if target is Target.BUILDINGS:
        return {"footprint": "" if part is None else part.wkt}
    return {"geometry": None if part is None else json.loads(shapely.to_geojson(part))}


def _cells(target: Target, profile: Mapping[str, Any], cells: Mapping[str, object]) -> dict[str, object]:
    def first(name: str) -> object:
        return next((cells[column] for column in profile.get(name, ()) if _is_told(cells.get(column))), None)

    row: dict[str, object] = {}
    if _is_told(first("id")):
        row["id"] = f"{profile.get('prefix', '')}{first('id')}".lower()
    if target is Target.BUILDINGS:
        told = {"ground_m": _number(first("ground_m"))}
        return row | _height(first("height_m"), first("floors")) | _use(first("use"), profile) | told
    if target is Target.STREETS:
        width_m = _number(first("width_m"))
        row |= {"half_width_m": width_m / 2 if width_m else None, "name": first("name") or "(sans nom)"}
        return row
    if target is Target.WATER:
        return row | {"name": first("name") or "(sans nom)"}
    if target is Target.DUCTS:
        return row | {"name": first("name") or first("id"), "owner": first("owner")}
    plain = set(profile) - {"id", "prefix", "layer", "where", "tags", "class", "needs", "keep", "rough"}
    if str(cells.get(profile.get("rough", ""), "")).lower() in _TRUE:
        row["confidence"] = Confidence.ROUGH
    return row | {name: first(name) for name in plain}


_TRUE = frozenset({"1", "true", "vrai", "oui"})
"""As GeoPackage, GeoJSON and files made of shapefiles write it."""


def _is_told(value: object) -> bool:
    return (
        value is not None and value == value and str(value).strip() != ""
    )  # a number that is none differs from itself


def _number(value: object) -> float | None:
    """`9.5`, `9,5`, `9 m`, `1e3`; of `3;4` the first. None where no number stands."""
    found = _NUMBER.match(str(value)) if _is_told(value) else None
    return float(found.group(1).replace(",", ".")) if found else None


def _height(height: object, floors: object) -> dict[str, object]:
    """Measured, else floors of three metres, else assumed; which of them is kept. Below zero: the row refuses it."""
    height_m, levels = _number(height), _number(floors)
    count = max(1, int(levels)) if levels and levels > 0 else None
    told = {"floors": count}
    if height_m:
        return told | {"height_m": height_m, "height_source": HeightSource.MEASURED}
    if count:
        return told | {"height_m": count * FLOOR_M, "height_source": HeightSource.FLOORS}
    return told | {"height_m": ASSUMED_M, "height_source": HeightSource.ASSUMED}


def _use(use: object, profile: Mapping[str, Any]) -> dict[str, object]:
    """What nobody says is no dwelling counts as one: its windows are masked."""
    return {"is_dwelling": not _is_told(use) or str(use) in profile["dwelling_uses"]}
