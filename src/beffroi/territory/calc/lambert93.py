"""WGS84 degrees to and from Lambert-93 (EPSG:2154, metres, east-north), and shapes measured in it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import Transformer
from shapely import transform
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

EN = tuple[float, float]
"""Easting and northing, metres."""
_M_PER_DEG = 111_195.0
"""On the sphere of mean radius 6,371 km."""


@cache
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def to_en(lon: float, lat: float) -> EN:
    """Lambert-93 of a position."""
    east, north = _transformer("EPSG:4326", "EPSG:2154").transform(lon, lat)
    return float(east), float(north)


def to_lon_lat(east_m: float, north_m: float) -> tuple[float, float]:
    """Longitude and latitude of a Lambert-93 position."""
    lon, lat = _transformer("EPSG:2154", "EPSG:4326").transform(east_m, north_m)
    return float(lon), float(lat)


def projected(geometry: dict[str, Any]) -> BaseGeometry:
    """A GeoJSON geometry in Lambert-93.

    Errors: ValueError (shapely's included) when it is not a geometry.
    """
    return transform(shape(geometry), to_en_all)


def projected_all(geometries: Iterable[dict[str, Any]]) -> npt.NDArray[np.object_]:
    """GeoJSON geometries in Lambert-93, all at once.

    Errors: ValueError (shapely's included) when one is not a geometry.
    """
    drawn = np.array([shape(one) for one in geometries], dtype=object)
    return np.asarray(transform(drawn, to_en_all), dtype=object)


def to_en_all(lon_lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n, 2) degrees, longitude first, to (n, 2) metres, east first."""
    return np.column_stack(_transformer("EPSG:4326", "EPSG:2154").transform(lon_lat[:, 0], lon_lat[:, 1]))


def length_m(geometry: dict[str, Any]) -> float:
    """Length of a line, or perimeter of a polygon."""
    return float(projected(geometry).length)


def area_m2(geometry: dict[str, Any]) -> float:
    """Area of a polygon."""
    return float(projected(geometry).area)


def contains(polygon: dict[str, Any], lon: float, lat: float) -> bool:
    """True when the position is in the polygon or on its edge."""
    return bool(projected(polygon).covers(Point(to_en(lon, lat))))


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance between two positions (longitude, latitude)."""
    return math.dist(to_en(*one), to_en(*other))


def near_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance between two positions (longitude, latitude) of one town, without projection: within 1 %."""
    east = (other[0] - one[0]) * math.cos(math.radians(one[1]))
    return math.hypot(east, other[1] - one[1]) * _M_PER_DEG


def bearing_deg(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Bearing of `other` seen from `one` (longitude, latitude), clockwise from true north, 0 ≤ b < 360."""
    mean_lat = math.radians((one[1] + other[1]) / 2)
    east, north = (other[0] - one[0]) * math.cos(mean_lat), other[1] - one[1]
    return math.degrees(math.atan2(east, north)) % 360.0
