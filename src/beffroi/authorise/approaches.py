"""Where people on foot or in a vehicle enter what the cameras see, and whether a sign tells them. Pure; metres.

The area is that of the views without façades: it is wider than what is seen, so that no approach is forgotten.
Source: CSI R. 253-6 I; instruction of 20 March 2024 (number and place of signs suited to the site).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shapely import LineString, MultiLineString, MultiPoint, Point
from shapely.geometry.base import BaseGeometry

SIGN_WITHIN_M = 60.0
"""Between an entry and the sign that tells of it, along the street. Ours: no text gives a distance."""
BESIDE_M = 20.0
"""A sign so near an axis stands on that street: half a wide avenue."""
SAME_ENTRY_M = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The line of a street."""

    id: str
    name: str
    line: BaseGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """A street that enters the area at a point; `sign_m`: how far the nearest sign is, None without any."""

    street: str
    name: str
    east_m: float
    north_m: float
    sign_m: float | None

    @property
    def is_signed(self) -> bool:
        """A sign stands near enough to be read before the camera is passed."""
        return self.sign_m is not None and self.sign_m <= SIGN_WITHIN_M


def approaches(area: BaseGeometry, streets: Iterable[Axis], signs: Sequence[tuple[float, float]]) -> list[Approach]:
    """Every entry of the area, street by street, those without a sign first."""
    places = [Point(sign) for sign in signs]
    found = [
        Approach(street=axis.id, name=axis.name, east_m=at.x, north_m=at.y, sign_m=_nearest_m(line, at, places))
        for axis in streets
        for line in _lines(axis.line)
        for at in _entries(area, line)
    ]
    return sorted(found, key=lambda one: (one.is_signed, one.name, one.street, one.east_m))


def _lines(shape: BaseGeometry) -> Iterator[LineString]:
    if isinstance(shape, LineString):
        yield shape
    elif isinstance(shape, MultiLineString):
        yield from shape.geoms


def _entries(area: BaseGeometry, line: LineString) -> list[Point]:
    """Where the line crosses the area's edge, once a place."""
    crossing = line.intersection(area.boundary)
    points = [crossing] if isinstance(crossing, Point) else []
    if isinstance(crossing, MultiPoint):
        points = list(crossing.geoms)
    kept: list[Point] = []
    for point in sorted(points, key=line.project):
        if not kept or line.project(point) - line.project(kept[-1]) > SAME_ENTRY_M:
            kept.append(point)
    return kept


def _nearest_m(line: LineString, at: Point, signs: Sequence[Point]) -> float | None:
    """Along the street to a sign that stands on it, straight to any other."""
    distances = (
        abs(line.project(sign) - line.project(at)) if line.distance(sign) <= BESIDE_M else sign.distance(at)
        for sign in signs
    )
    return min(distances, default=None)
