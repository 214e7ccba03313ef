"""Which cameras could see a point: distance, field, façades, pixels a metre. Pure; metres on a local plane.

It says *could*: what hides the view between façades (a tree, a lorry) is for the replay to tell. Source: EN 62676-4
(pixel density).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapely import STRtree
from shapely.geometry import LineString, Point, Polygon

from beffroi.evidence.rules import Aside

M_PER_DEG = 111_195.0
EDGE_DEG = 3.0
"""A pose is known to about this: what is so near the edge of the field is kept."""
OWN_WALL_M = 3.0
"""A camera hangs on a wall; that one hides nothing."""
DETECT_PX_M = 12.5
"""Under half of what *detect* asks for, nobody is told from a post."""

Position = tuple[float, float]
"""Longitude and latitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A camera as it stands. `turns`: it may have looked elsewhere."""

    id: str
    at: Position
    bearing_deg: float
    hfov_deg: float
    width_px: int
    turns: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a camera could see of a point and its surroundings. `aside`: why it could not."""

    camera: str
    distance_m: float
    px_per_m: float
    aside: Aside | None

    @property
    def could_see(self) -> bool:
        return self.aside is None


def plane(origin: Position, at: Position) -> tuple[float, float]:
    """Metres east and north of `origin`; within 1 % in one town."""
    east = (at[0] - origin[0]) * M_PER_DEG * math.cos(math.radians(origin[1]))
    return east, (at[1] - origin[1]) * M_PER_DEG


def sights(
    viewers: Iterable[Viewer], spot: Position, radius_m: float, *, walls: Sequence[Sequence[Position]] = ()
) -> list[Sight]:
    """What each camera could see of the circle, those that could first, the nearest first."""
    solid = [Polygon([plane(spot, corner) for corner in ring]) for ring in walls]
    tree = STRtree(solid)
    found = [_sight(viewer, spot, radius_m, hides=_Hiding(solid, tree)) for viewer in viewers]
    return sorted(found, key=lambda sight: (sight.aside is not None, sight.distance_m, sight.camera))


@dataclass(frozen=True, slots=True)
class _Hiding:
    walls: list[Polygon]
    tree: STRtree

    def between(self, camera: tuple[float, float]) -> bool:
        """A wall other than the camera's own, and than one around the point, stands before the point."""
        line, spot, post = LineString([camera, (0.0, 0.0)]), Point(0.0, 0.0), Point(camera)
        crossed = (self.walls[index] for index in self.tree.query(line, predicate="intersects"))
        return any(wall.distance(post) > OWN_WALL_M and wall.distance(spot) > OWN_WALL_M for wall in crossed)


def _sight(viewer: Viewer, spot: Position, radius_m: float, *, hides: _Hiding) -> Sight:
    camera = plane(spot, viewer.at)
    distance_m = math.hypot(*camera)
    px_per_m = _px_per_m(viewer, max(distance_m, 1.0))
    return Sight(
        camera=viewer.id,
        distance_m=round(distance_m, 1),
        px_per_m=round(px_per_m, 1),
        aside=_aside(viewer, camera, radius_m, px_per_m=px_per_m, hides=hides),
    )


def _aside(
    viewer: Viewer, camera: tuple[float, float], radius_m: float, *, px_per_m: float, hides: _Hiding
) -> Aside | None:
    distance_m = math.hypot(*camera)
    if distance_m <= radius_m and viewer.turns:
        return None
    if px_per_m < DETECT_PX_M:
        return Aside.TOO_FAR
    if distance_m > radius_m and not viewer.turns and not _in_field(viewer, camera, radius_m):
        return Aside.OUT_OF_FIELD
    if distance_m <= radius_m and not _looks_in(viewer, camera, radius_m):
        return Aside.OUT_OF_FIELD
    return Aside.BEHIND_FACADE if hides.between(camera) else None


def _in_field(viewer: Viewer, camera: tuple[float, float], radius_m: float) -> bool:
    """Some of the circle is within the field."""
    distance_m = math.hypot(*camera)
    to_spot = math.degrees(math.atan2(-camera[0], -camera[1])) % 360
    off_deg = abs((to_spot - viewer.bearing_deg + 180) % 360 - 180)
    return off_deg <= viewer.hfov_deg / 2 + EDGE_DEG + math.degrees(math.asin(min(1.0, radius_m / distance_m))) / 2


def _looks_in(viewer: Viewer, camera: tuple[float, float], radius_m: float) -> bool:
    """A camera inside the circle sees some of it, unless it stands at the edge with its back turned."""
    ahead = math.radians(viewer.bearing_deg)
    x, y = camera[0] + math.sin(ahead) * radius_m / 2, camera[1] + math.cos(ahead) * radius_m / 2
    return math.hypot(x, y) <= radius_m


def _px_per_m(viewer: Viewer, distance_m: float) -> float:
    return viewer.width_px / (2 * distance_m * math.tan(math.radians(min(viewer.hfov_deg, 170.0) / 2)))
