"""The edge: a layer of a map (GeoPackage, GeoJSON, BD TOPO, OpenStreetMap), in any declared projection, as rows.

GDAL reads the file, by pyogrio. Shapes become WGS84, the projection being the file's own or the one declared.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderReader, TextRow, unique
from beffroi.core.shapes import CROSSED
from beffroi.territory.calc.lambert93 import near_m
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
WGS84 = "EPSG:4326"
FLOOR_M = 3.0
ASSUMED_M = 6.0
"""Height of a building of which nothing is known: two floors. It is flagged, and said beside what rests on it."""
FAR_M = 50_000.0
MAX_BYTES = 1_000_000_000
MAX_OBJECTS = 1_000_000
"""A file of a table without end is stopped here."""
_HEAD_BYTES = 4096
_FORMATS = re.compile(
    rb"SQLite format 3\0|(\xef\xbb\xbf)?\s*\{|\0\0..\n.OSMHeader|\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<osm\b", re.DOTALL
)
_DECIMALS = 7
"""A centimetre: vertices that streets share stay equal."""
_NUMBER = re.compile(r"\s*(-?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s*(?:m\b|;|$)")
_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')


class Target(StrEnum):
    """What a layer becomes."""

    BUILDINGS = "buildings"
    STREETS = "streets"
    DUCTS = "ducts"
    WATER = "water"
    ZONES = "zones"
    PUBLIC_BUILDINGS = "public-buildings"
    PLACES = "places"
    ACCESSES = "accesses"
    BOUNDARY = "boundary"


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
class LayerFile:
    """A file as given. `profile`: whose names its columns have; `crs`: declared, when the file does not say it."""

    path: Path
    target: Target
    profile: str = "own"
    crs: str = ""
    layer: str = ""


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
    attributes, shapes = _features(file, profile, centre)
    objects = [
        (line, cells, shape)
        for line, (cells, shape) in enumerate(zip(attributes, shapes, strict=True), 1)
        if _is_kept(cells, profile)
    ]
    rows = _rows(file, reader, objects, centre=centre)
    return Layer(rows=rows, passed_over=len(shapes) - len(objects), of=_cut_from(file.path))


Placed = tuple[int, dict[str, object], BaseGeometry]
"""An object: its rank in the file, its attributes, its shape."""


def _rows(
    file: LayerFile, reader: FolderReader, objects: Iterable[Placed], *, centre: tuple[float, float]
) -> list[TextRow]:
    profile = _profile(file)
    reads = []
    for line, cells, geometry in objects:
        if _is_far(geometry, centre):
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


def _features(
    file: LayerFile, profile: Mapping[str, Any], centre: tuple[float, float]
) -> tuple[list[dict[str, object]], Sequence[BaseGeometry]]:
    import pyogrio  # loads pandas: half a second that no command waits for but those that read layers

    _check_format(file)
    options = {"layer": file.layer or profile.get("layer"), "where": profile.get("where")}
    if options["layer"] is None:
        options["layer"] = _only_layer(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL mends by itself is checked row by row
            meta, _, wkb, columns = pyogrio.raw.read(
                file.path, max_features=MAX_OBJECTS + 1, **{k: v for k, v in options.items() if v}
            )
        drawn = shapely.force_2d(shapely.from_wkb([] if wkb is None else wkb))
    except pyogrio.errors.DataLayerError:
        raise _no_layer(file, str(options["layer"])) from None
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{file.path.name} is not UTF-8; save the layer in UTF-8.",
            message_fr=f"{file.path.name} n'est pas en UTF-8 ; enregistrez la couche en UTF-8.",
            field="file",
        ) from None
    except (pyogrio.errors.DataSourceError, ValueError, shapely.GEOSException) as error:
        raise _unreadable(file, str(error)) from None
    names = [str(name) for name in meta["fields"]]
    if len(drawn):
        _check_class(file, profile, names)
    if len(drawn) > MAX_OBJECTS:
        raise _too_large(file, f"{MAX_OBJECTS} objects", f"{MAX_OBJECTS} objets")
    shapes = _in_wgs84(file, drawn, declared=file.crs or meta["crs"])
    _check_place(file, shapes, centre)
    rows = zip(*columns, strict=True) if names else [()] * len(shapes)
    return [_tagged(dict(zip(names, cells, strict=True)), profile) for cells in rows], shapes


def _check_format(file: LayerFile) -> None:
    """Nothing, when the first bytes are of a format we know: GDAL has some that name other files and addresses."""
    try:
        if file.path.stat().st_size > MAX_BYTES:
            raise _too_large(file, "1 GB", "1 Go")
        with file.path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise InvalidInput(
            f"There is no file {file.path}; check its name.",
            message_fr=f"Il n'y a pas de fichier {file.path} ; vérifiez son nom.",
            field="file",
        ) from None
    except OSError as error:
        raise _unreadable(file, error.strerror or "") from None
    if not head:
        raise InvalidInput(
            f"{file.path.name} is empty; export the layer again.",
            message_fr=f"{file.path.name} est vide ; exportez de nouveau la couche.",
            field="file",
        )
    if not _FORMATS.match(head):
        raise InvalidInput(
            f"{file.path.name} is neither GeoPackage, GeoJSON nor OpenStreetMap; export the layer as one of these (a "
            "zip: unpack it first).",
            message_fr=f"{file.path.name} n'est ni GeoPackage, ni GeoJSON, ni OpenStreetMap ; exportez la couche dans "
            "l'un de ces formats (un zip : décompressez-le d'abord).",
            field="file",
        )


def _check_class(file: LayerFile, profile: Mapping[str, Any], columns: Sequence[str]) -> None:
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


_MATCHED, _RETURNED = (re.compile(rb'"' + name + rb'"\s*:\s*(\d+)') for name in (b"numberMatched", b"numberReturned"))


def _cut_from(path: Path) -> int | None:
    """How many objects a service had, when the answer saved says that it gave only a part (WFS 2.0, 7.7.4.2)."""
    with path.open("rb") as opened:
        ends = opened.read(_HEAD_BYTES)
        opened.seek(max(0, path.stat().st_size - _HEAD_BYTES))
        ends += opened.read()
    matched, returned = _MATCHED.search(ends), _RETURNED.search(ends)
    if not matched or not returned or int(returned[1]) >= int(matched[1]):
        return None
    return int(matched[1])


def _too_large(file: LayerFile, limit: str, limit_fr: str) -> InvalidInput:
    return InvalidInput(
        f"{file.path.name} is over {limit}; cut the layer around the town.",
        message_fr=f"{file.path.name} dépasse {limit_fr} ; découpez la couche autour de la ville.",
        field="file",
    )


def _layers(file: LayerFile) -> list[str]:
    import pyogrio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [str(name) for name in pyogrio.list_layers(file.path)[:, 0]]
    except pyogrio.errors.DataSourceError as error:
        raise _unreadable(file, str(error)) from None


def _no_layer(file: LayerFile, name: str) -> InvalidInput:
    known = ", ".join(_layers(file)) or "–"
    return InvalidInput(
        f"{file.path.name} has no layer {name!r}; its layers: {known} (--layer), and --from says whose file it is.",
        message_fr=f"{file.path.name} n'a pas de couche {name!r} ; ses couches : {known} (--layer), et --from dit de "
        "qui est le fichier.",
        field="layer",
    )


def _only_layer(file: LayerFile) -> str:
    layers = _layers(file)
    if len(layers) == 1:
        return layers[0]
    raise InvalidInput(
        f"{file.path.name} has several layers; choose one with --layer: {', '.join(layers)}.",
        message_fr=f"{file.path.name} a plusieurs couches ; choisissez-en une par --layer : {', '.join(layers)}.",
        field="layer",
    )


def _unreadable(file: LayerFile, why: str) -> InvalidInput:
    why = " ".join(why.split())[:160]
    return InvalidInput(
        f"{file.path.name} cannot be read as a map layer ({why}); export it again.",
        message_fr=f"{file.path.name} ne se lit pas comme une couche de carte ({why}) ; exportez-la de nouveau.",
        field="file",
    )


def _in_wgs84(file: LayerFile, shapes: Any, *, declared: str | None) -> Any:
    if not declared:
        raise InvalidInput(
            f"{file.path.name} does not say its projection; declare it, for instance --crs EPSG:2154.",
            message_fr=f"{file.path.name} ne dit pas sa projection ; déclarez-la, par exemple --crs EPSG:2154.",
            field="crs",
        )
    try:
        crs = CRS.from_user_input(declared)
    except CRSError:
        raise InvalidInput(
            f"{declared[:40]!r} is not a projection; write EPSG:2154 or EPSG:4326.",
            message_fr=f"{declared[:40]!r} n'est pas une projection ; écrivez EPSG:2154 ou EPSG:4326.",
            field="crs",
        ) from None
    move = Transformer.from_crs(crs, WGS84, always_xy=True)

    def moved(at: Any) -> Any:
        return np.round(np.column_stack(move.transform(at[:, 0], at[:, 1])), _DECIMALS)

    return shapely.transform(shapes, moved)


def _check_place(file: LayerFile, shapes: Any, centre: tuple[float, float]) -> None:
    """Refuses a layer that lies elsewhere: a wrong projection, or latitude and longitude in each other's place."""
    bounds = shapely.bounds(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    whole = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return
    x, y = (np.median(whole[:, [0, 1]] + whole[:, [2, 3]], axis=0) / 2) if len(whole) else (math.inf, math.inf)
    if math.isfinite(x) and near_m((float(x), float(y)), centre) <= FAR_M:
        return
    if math.isfinite(x) and near_m((float(y), float(x)), centre) <= FAR_M:
        raise InvalidInput(
            f"{file.path.name} has latitude and longitude in each other's place; exchange them (GeoJSON: longitude "
            "first).",
            message_fr=f"{file.path.name} a latitude et longitude échangées ; remettez-les en ordre (GeoJSON : "
            "longitude d'abord).",
            field="crs",
        )
    raise InvalidInput(
        f"{file.path.name} lies far from the town in this projection; declare the true one with --crs.",
        message_fr=f"{file.path.name} tombe loin de la ville dans cette projection ; déclarez la bonne par --crs.",
        field="crs",
    )


def _is_far(geometry: BaseGeometry | None, centre: tuple[float, float]) -> bool:
    if geometry is None or geometry.is_empty:
        return False
    west, south, east, north = geometry.bounds
    return not near_m(((west + east) / 2, (south + north) / 2), centre) <= FAR_M


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
