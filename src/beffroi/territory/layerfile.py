"""The edge: a layer of a map (GeoPackage, GeoJSON, BD TOPO, OpenStreetMap), in any declared projection, as rows.

GDAL reads the file, by pyogrio. Shapes become WGS84, the projection being the file's own or the one declared.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.lambert93 import near_m

WGS84 = "EPSG:4326"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFile:
    """A file as given. `profile`: whose names its columns have; `crs`: declared, when the file does not say it."""

    path: Path
    target: Target
    profile: str = "own"
    crs: str = ""
    layer: str = ""


def features(
    file: LayerFile, *, centre: tuple[float, float], layer: str = "", where: str = ""
) -> tuple[list[dict[str, object]], Sequence[BaseGeometry]]:
    """Attributes and shapes (WGS84) of a layer's objects. `layer`, `where`: which, when the file does not tell.

    Errors: InvalidInput when the file, its layer or its projection cannot be used, or it lies far from `centre`.
    """
    import pyogrio  # loads pandas: half a second that no command waits for but those that read layers

    _check_format(file)
    layer = file.layer or layer or _only_layer(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL mends by itself is checked row by row
            meta, _, wkb, columns = pyogrio.raw.read(
                file.path, max_features=MAX_OBJECTS + 1, layer=layer, where=where or None
            )
        drawn = shapely.force_2d(shapely.from_wkb([] if wkb is None else wkb))
    except pyogrio.errors.DataLayerError:
        raise _no_layer(file, layer) from None
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{file.path.name} is not UTF-8; save the layer in UTF-8.",
            message_fr=f"{file.path.name} n'est pas en UTF-8 ; enregistrez la couche en UTF-8.",
            field="file",
        ) from None
    except (pyogrio.errors.DataSourceError, ValueError, shapely.GEOSException) as error:
        raise _unreadable(file, str(error)) from None
    names = [str(name) for name in meta["fields"]]
    if len(drawn) > MAX_OBJECTS:
        raise _too_large(file, f"{MAX_OBJECTS} objects", f"{MAX_OBJECTS} objets")
    shapes = _in_wgs84(file, drawn, declared=file.crs or meta["crs"])
    _check_place(file, shapes, centre)
    rows = zip(*columns, strict=True) if names else [()] * len(shapes)
    return [dict(zip(names, cells, strict=True)) for cells in rows], shapes


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


_MATCHED, _RETURNED = (re.compile(rb'"' + name + rb'"\s*:\s*(\d+)') for name in (b"numberMatched", b"numberReturned"))


def cut_from(path: Path) -> int | None:
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


def is_far(geometry: BaseGeometry | None, centre: tuple[float, float]) -> bool:
    if geometry is None or geometry.is_empty:
        return False
    west, south, east, north = geometry.bounds
    return not near_m(((west + east) / 2, (south + north) / 2), centre) <= FAR_M
