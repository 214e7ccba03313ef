"""What stands between a camera and the ground, in 2.5 dimensions: buildings are prisms on flat ground.

A sightline from the camera (height H) to a target (height h) at distance D is at H + (h − H)·s a fraction s of the
way; a roof above it there hides the target. So a roof at H or above hides all behind it, and a lower one, of height
r > h, hides up to (H − h)/(H − r) times its distance. Source: closed form; `design/coverage.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.town import Area, Building

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
ON_FACADE_M = 2.0
"""A camera drawn inside a footprint by no more than this is meant to hang on its façade."""
BRACKET_M = 0.3
ARC_POINTS = 512
"""Points of the circle that bounds a view; its area is short of the disc's by 2.5e-5."""
_WIDER = 2.0
"""The outline is drawn to twice the radius, then cut by the circle's polygon: adding a wall adds no point to it."""
Geometry = TypeVar("Geometry", bound=BaseGeometry)


@dataclass(frozen=True, slots=True)
class Skyline:
    """Buildings ready to be asked what is near a point. Build it once a town: 20,000 take about 0.1 s."""

    buildings: tuple[Building, ...]
    tree: STRtree
    footprints: npt.NDArray[np.object_]
    roofs_m: Floats
    grounds_m: Floats
    """Altitude of the ground at each foot; NaN where it is not known."""

    @classmethod
    def of(cls, buildings: Sequence[Building]) -> Skyline:
        """From buildings in any order."""
        footprints = np.array([building.footprint for building in buildings], dtype=object)
        shapely.prepare(footprints)
        roofs_m = np.array([building.roof_m for building in buildings], dtype=np.float64)
        grounds_m = np.array([np.nan if one.ground_m is None else one.ground_m for one in buildings], dtype=np.float64)
        return cls(tuple(buildings), STRtree(footprints), footprints, roofs_m, grounds_m)

    def near(self, at: tuple[float, float], radius_m: float) -> npt.NDArray[np.int64]:
        """Indices of the buildings within a radius, rising."""
        if not self.buildings:
            return np.empty(0, dtype=np.int64)
        return np.sort(self.tree.query(Point(at), predicate="dwithin", distance=radius_m)).astype(np.int64)

    def standing(self, at: tuple[float, float], height_m: float) -> tuple[tuple[float, float], float]:
        """Where a camera drawn at `at` really stands, and how far it was moved.

        On a roof below it, or in the open: there. Up to 2 m inside a higher building: 0.3 m before its façade.
        Errors: InvalidInput deeper inside a building whose roof is above the camera.
        """
        point = Point(at)
        inside = [i for i in self.near(at, 0.0) if self.roofs_m[i] >= height_m]
        if not inside:
            return at, 0.0
        whole = shapely.union_all(self.footprints[self.near(at, 3 * ON_FACADE_M)])
        away = point.distance(whole.boundary)
        if away > ON_FACADE_M:
            building = self.buildings[inside[0]].id
            raise InvalidInput(
                f"stands {away:.1f} m inside building {building}, below its roof; move it to the façade",
                message_fr=f"est à {away:.1f} m dans le bâtiment {building}, sous son toit ; placez-la en façade",
                field="position",
            )
        outside = whole.buffer(BRACKET_M, join_style="mitre").boundary
        moved = shapely.get_coordinates(shapely.shortest_line(point, outside))[1]
        return (float(moved[0]), float(moved[1])), float(point.distance(Point(moved)))


@dataclass(frozen=True, slots=True)
class Outlook:
    """Free view all round a point, up to a radius.

    Attributes:
        at: the camera on the ground, metres.
        angles: (n,) rising, radians counter-clockwise from east, from −π to π: between two, the nearest wall is one.
        walls: (n − 1, 4) x1 y1 x2 y2 of that wall, from the camera; NaN where none stands within the radius.
        shadows: grounds hidden by roofs lower than the camera (their footprints included).
    """

    at: tuple[float, float]
    radius_m: float
    angles: Floats
    walls: Floats
    shadows: Area

    def free_m(self, angles: Floats) -> Floats:
        """Distance to the nearest high wall in each direction (radians), the radius where there is none."""
        index = np.clip(np.searchsorted(self.angles, angles, side="right") - 1, 0, len(self.walls) - 1)
        return np.fmin(_along(self.walls[index], angles), self.radius_m)

    def sees(self, points: Floats) -> Bools:
        """(n, 2) metres: True where nothing stands between."""
        east, north = points[:, 0] - self.at[0], points[:, 1] - self.at[1]
        seen = np.hypot(east, north) <= self.free_m(np.arctan2(north, east)) + 1e-9
        if not self.shadows.is_empty and seen.any():
            seen[seen] = ~shapely.contains_xy(self.shadows, points[seen, 0], points[seen, 1])
        return seen

    def polygon(self) -> Area:
        """The ground seen: walls exact, the bounding circle a polygon that never depends on the buildings."""
        wide = _WIDER * self.radius_m
        starts, ends = _along(self.walls, self.angles[:-1]), _along(self.walls, self.angles[1:])
        is_open = np.flatnonzero(~((starts <= wide) & (ends <= wide)))
        angles = np.column_stack([self.angles[:-1], self.angles[1:]]).ravel()
        corners = _at_angles(angles, np.column_stack([starts, ends]).ravel())
        pieces, done = [], 0
        for n in is_open.tolist():
            pieces += [corners[done : 2 * n], _open_piece(self.angles[n : n + 2], self.walls[n], wide)]
            done = 2 * n + 2
        pieces.append(corners[done:])
        outline = shapely.make_valid(Polygon(np.concatenate(pieces) + np.array(self.at)))
        disc = Point(self.at).buffer(self.radius_m, quad_segs=ARC_POINTS // 4)
        seen = shapely.intersection(outline, disc)
        return surface(seen if self.shadows.is_empty else seen.difference(self.shadows))


def _open_piece(between: Floats, wall: Floats, wide_m: float) -> Floats:
    """Outline of an interval that no wall closes within `wide_m`: steps of 30° at most stay clear of the radius."""
    first, last = between
    arc = np.linspace(first, last, int(np.ceil((last - first) / (np.pi / 6))) + 1)
    cuts = _circle_cuts(wall, wide_m)
    angles = np.unique(np.concatenate([arc, cuts[(cuts > first) & (cuts < last)]]))
    return _at_angles(angles, np.fmin(_along(np.broadcast_to(wall, (len(angles), 4)), angles), wide_m))


def outlook(skyline: Skyline, at: tuple[float, float], *, height_m: float, target_m: float, radius_m: float) -> Outlook:
    """Free view from `at` at `height_m` towards targets `target_m` above the ground, within a radius.

    Errors: InvalidInput when the target is not below the camera.
    """
    if target_m >= height_m:
        raise InvalidInput(
            f"The camera, {height_m:g} m up, must stand above its target, {target_m:g} m up.",
            message_fr=f"La caméra, à {height_m:g} m, doit dominer sa cible, à {target_m:g} m.",
            field="height_m",
        )
    near = skyline.near(at, radius_m)
    roofs = skyline.roofs_m[near]
    high = near[roofs >= height_m]
    low = [
        (skyline.footprints[index], (height_m - target_m) / (height_m - skyline.roofs_m[index]))
        for index in near[(roofs < height_m) & (roofs > target_m)]
    ]
    segments = _segments(surface(shapely.union_all(skyline.footprints[high])), at)
    angles, walls = sweep(segments, radius_m=radius_m)
    return Outlook(at, radius_m, angles, walls, _shadows(low, at))


def _segments(high: Area, at: tuple[float, float]) -> Floats:
    """(n, 4) edges of the union of high footprints, seen from the camera."""
    if high.is_empty:
        return np.empty((0, 4))
    rings = [ring for polygon in polygons(high) for ring in (polygon.exterior, *polygon.interiors)]
    edges = [np.hstack([xy[:-1], xy[1:]]) for xy in (np.asarray(ring.coords)[:, :2] for ring in rings)]
    found: Floats = np.concatenate(edges) - np.array([*at, *at])
    return found


def sweep(segments: Floats, *, radius_m: float) -> tuple[Floats, Floats]:
    """Nearest segment in each direction from the origin.

    Args:
        segments: (n, 4) x1 y1 x2 y2; they may touch but not cross.
    Returns: angles (m,) from −π to π and walls (m − 1, 4), NaN where no segment stands within the radius.
    """
    segments = _cut_at_branch(segments[_distances(segments) <= radius_m])
    first, last = _span(segments)
    turned = (last - first) > 1e-12  # a wall seen end on hides nothing
    segments, first, last = segments[turned], first[turned], last[turned]
    angles = np.unique(np.concatenate([[-np.pi, np.pi], first, last]))
    walls = np.full((len(angles) - 1, 4), np.nan)
    if not len(segments):
        return angles, walls
    starts, ends = np.searchsorted(angles, first), np.searchsorted(angles, last)
    lengths = ends - starts
    owner = np.repeat(np.arange(len(segments)), lengths)
    interval = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
    middle = (angles[:-1] + angles[1:]) / 2
    distance = _along(segments[owner], middle[interval])
    order = np.lexsort((distance, interval))
    kept, where = np.unique(interval[order], return_index=True)
    walls[kept] = segments[owner[order[where]]]
    return angles, walls


def _cut_at_branch(segments: Floats) -> Floats:
    """Segments that cross the ray towards the west are cut there, where angles jump from π to −π."""
    x1, y1, x2, y2 = segments.T
    crosses = (y1 < 0) != (y2 < 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = x1 + (x2 - x1) * (y1 / (y1 - y2))
    crosses &= np.where(np.isfinite(x), x, 0.0) < 0
    if not crosses.any():
        return segments
    cut, x = segments[crosses], x[crosses]
    upper = cut[:, 1] >= 0
    zero, minus = np.zeros(len(cut)), np.full(len(cut), -0.0)
    first = np.column_stack([cut[:, 0], cut[:, 1], x, np.where(upper, zero, minus)])
    second = np.column_stack([x, np.where(upper, minus, zero), cut[:, 2], cut[:, 3]])
    return np.concatenate([segments[~crosses], first, second])


def _span(segments: Floats) -> tuple[Floats, Floats]:
    """First and last direction of each segment; one on the west ray takes its other end's side."""
    x1, y1, x2, y2 = segments.T
    one, other = np.arctan2(y1, x1), np.arctan2(y2, x2)
    wraps = np.abs(one - other) > np.pi
    one = np.where(wraps & (np.abs(y1) == 0), -one, one)
    other = np.where(wraps & (np.abs(one - other) > np.pi), -other, other)
    return np.minimum(one, other), np.maximum(one, other)


def _along(segments: Floats, angles: Floats) -> Floats:
    """Distance at which rays meet the lines of segments; NaN segments give NaN."""
    x1, y1, x2, y2 = segments.T
    cross = x1 * y2 - y1 * x2
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = cross / (np.cos(angles) * (y2 - y1) - np.sin(angles) * (x2 - x1))
    return found


def _distances(segments: Floats) -> Floats:
    """From the origin to each segment."""
    start, step = segments[:, :2], segments[:, 2:] - segments[:, :2]
    squared = np.maximum((step**2).sum(axis=1), 1e-30)
    at = np.clip(-(start * step).sum(axis=1) / squared, 0.0, 1.0)
    found: Floats = np.hypot(*(start + at[:, None] * step).T)
    return found


def _circle_cuts(wall: Floats, radius_m: float) -> Floats:
    """Directions in which the line of a wall leaves the circle."""
    if np.isnan(wall[0]):
        return np.empty(0)
    start, step = wall[:2], wall[2:] - wall[:2]
    a, b, c = step @ step, 2 * start @ step, start @ start - radius_m**2
    inside = b * b - 4 * a * c
    if inside <= 0:
        return np.empty(0)
    at = (-b + np.array([-1.0, 1.0]) * np.sqrt(inside)) / (2 * a)
    points = start + at[:, None] * step
    found: Floats = np.arctan2(points[:, 1], points[:, 0])
    return found


def _at_angles(angles: Floats, distances: Floats) -> Floats:
    return np.column_stack([np.cos(angles) * distances, np.sin(angles) * distances])


def _shadows(low: list[tuple[Polygon, float]], at: tuple[float, float]) -> Area:
    """Ground hidden by each footprint swept away from the camera up to `factor` times its distance."""
    pieces: list[BaseGeometry] = []
    origin = np.array(at)
    for footprint, factor in low:
        pieces.append(footprint)
        edges = _segments(surface(footprint), at)
        near, far = edges.reshape(-1, 2, 2), edges.reshape(-1, 2, 2)[:, ::-1] * factor
        quads = shapely.polygons(np.concatenate([near, far], axis=1) + origin)
        pieces.extend(quads[shapely.area(quads) > 1e-9])
    return surface(shapely.union_all(shapely.make_valid(np.array(pieces, dtype=object)))) if pieces else MultiPolygon()


def polygons(area: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(area) if isinstance(part, Polygon)]


def surface(found: BaseGeometry) -> Area:
    """The surfaces of any geometry: lines and points left by a set operation are dropped."""
    parts = [part for one in shapely.get_parts(found) for part in shapely.get_parts(one) if isinstance(part, Polygon)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
