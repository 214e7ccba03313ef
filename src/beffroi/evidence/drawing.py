"""The little map of a requisition as SVG shapes: the point, its radius, façades, cones, numbered cameras. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beffroi.evidence.sight import Position, Viewer, plane

WIDTH, HEIGHT = 302.0, 196.0
RADIUS = 61.0
"""What the asked radius measures on the drawing, whatever its metres."""
CONE = 72.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A camera on the map: its number in the list, whether it is kept, its cone."""

    number: int
    is_kept: bool
    x: float
    y: float
    cone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMap:
    """What the template draws. `bar_m`: length of the scale bar in metres, `bar` on the drawing."""

    buildings: tuple[str, ...]
    marks: tuple[Mark, ...]
    radius_m: int
    bar_m: int
    bar: float


def site_map(
    spot: Position, radius_m: int, *, rings: Iterable[Sequence[Position]], cameras: Sequence[tuple[Viewer, bool]]
) -> SiteMap:
    """The map around a point; cameras beyond its edge are told by the list only."""
    scale = RADIUS / max(radius_m, 1)
    marks = [_mark(number, viewer, is_kept, spot=spot, scale=scale) for number, (viewer, is_kept) in _numbered(cameras)]
    bar_m = next(length for length in (5, 10, 20, 50, 100, 200, 500) if length * scale >= 14 or length == 500)
    return SiteMap(
        buildings=tuple(path for ring in rings if (path := _ring(ring, spot, scale))),
        marks=tuple(mark for mark in marks if 0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT),
        radius_m=radius_m,
        bar_m=bar_m,
        bar=round(bar_m * scale, 1),
    )


def _numbered(cameras: Sequence[tuple[Viewer, bool]]) -> Iterable[tuple[int, tuple[Viewer, bool]]]:
    return enumerate(cameras, 1)


def _at(position: Position, spot: Position, scale: float) -> tuple[float, float]:
    east, north = plane(spot, position)
    return round(WIDTH / 2 + east * scale, 1), round(HEIGHT / 2 - north * scale, 1)


def _ring(ring: Sequence[Position], spot: Position, scale: float) -> str:
    points = [_at(corner, spot, scale) for corner in ring]
    if not any(-20 <= x <= WIDTH + 20 and -20 <= y <= HEIGHT + 20 for x, y in points):
        return ""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"


def _mark(number: int, viewer: Viewer, is_kept: bool, *, spot: Position, scale: float) -> Mark:
    x, y = _at(viewer.at, spot, scale)
    ends = [math.radians(viewer.bearing_deg + turn) for turn in (-viewer.hfov_deg / 2, viewer.hfov_deg / 2)]
    (ax, ay), (bx, by) = ((x + CONE * math.sin(a), y - CONE * math.cos(a)) for a in ends)
    large = int(viewer.hfov_deg > 180)
    cone = f"M{x:g} {y:g}L{ax:.1f} {ay:.1f}A{CONE:g} {CONE:g} 0 {large} 1 {bx:.1f} {by:.1f}Z"
    return Mark(number=number, is_kept=is_kept, x=x, y=y, cone=cone)
