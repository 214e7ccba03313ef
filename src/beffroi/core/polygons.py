"""Polygons in picture coordinates: 0..10,000 of width and height, from the top left. Pure.

What a mask must cover it covers: a polygon is only ever simplified outward.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from beffroi.core.errors import InvalidInput

FULL: Final = 10_000
POINTS_MAX: Final = 64
POLYGONS_MAX: Final = 32
"""Of one camera: what may be drawn, planned and burnt."""
AREA_MIN: Final = 40_000
"""A 250th of each side: smaller, nothing is left to prove once its edge is taken off."""

Point = tuple[float, float]
Polygon = tuple[Point, ...]


class PolygonFault(StrEnum):
    """What is wrong with a polygon; the first one is told."""

    TOO_FEW = "too-few"
    TOO_MANY = "too-many"
    OUTSIDE = "outside"
    CROSSING = "crossing"
    FLAT = "flat"


def fault_of(points: Sequence[Point]) -> PolygonFault | None:
    """Why these corners are no polygon that can be filled; None when they are one."""
    if len(points) < 3:
        return PolygonFault.TOO_FEW
    if len(points) > POINTS_MAX:
        return PolygonFault.TOO_MANY
    if any(not (0 <= x <= FULL and 0 <= y <= FULL) for x, y in points):
        return PolygonFault.OUTSIDE
    if crosses_itself(points):
        return PolygonFault.CROSSING
    return PolygonFault.FLAT if abs(signed_area(points)) < AREA_MIN else None


def signed_area(points: Sequence[Point]) -> float:
    """Area in squared coordinates; its sign tells the turning sense."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in _edges(points)) / 2


def crosses_itself(points: Sequence[Point]) -> bool:
    """Two edges that are not neighbours meet, or two neighbours lie on each other."""
    edges = list(_edges(points))
    last = len(edges) - 1
    for i, (a, b) in enumerate(edges):
        if a == b:
            return True
        for j in range(i + 1, len(edges)):
            c, d = edges[j]
            if j == i + 1 or (i == 0 and j == last):
                shared, before, after = (b, a, d) if j == i + 1 else (a, b, c)
                if _turn(before, shared, after) == 0 and _is_same_way(shared, before, after):
                    return True
            elif _meet((a, b), (c, d)):
                return True
    return False


def hull(points: Sequence[Point]) -> Polygon:
    """The convex hull. Source: A. M. Andrew, monotone chain, 1979."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return tuple(ordered)

    def chain(along: Sequence[Point]) -> list[Point]:
        kept: list[Point] = []
        for point in along:
            while len(kept) >= 2 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return (*chain(ordered), *chain(ordered[::-1]))


def box(points: Sequence[Point]) -> Polygon:
    """The upright rectangle around them."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def outward(points: Sequence[Point], *, points_max: int, rectangles_only: bool = False) -> Polygon:
    """A polygon of at most `points_max` corners that covers `points`, the least larger this way finds.

    Errors: InvalidInput when a device takes no polygon that covers it.
    """
    if rectangles_only:
        if points_max < 4:
            raise _no_room(points_max)
        return box(points)
    if len(points) <= points_max:
        return tuple(points)
    around = hull(points)
    while len(around) > points_max:
        shorter = _one_corner_less(around)
        if shorter is None:
            break
        around = shorter
    if len(around) <= points_max:
        return around
    if points_max < 4:
        raise _no_room(points_max)
    return box(points)


def _one_corner_less(around: Polygon) -> Polygon | None:
    """The convex polygon without one edge: its neighbours are drawn out until they meet, inside the picture."""
    best: tuple[float, Polygon] | None = None
    count = len(around)
    for i in range(count):
        before, a, b, after = (around[(i + step) % count] for step in (-1, 0, 1, 2))
        apex = _ahead((before, a), (after, b))
        if apex is None or not (0 <= apex[0] <= FULL and 0 <= apex[1] <= FULL):
            continue
        added = abs(signed_area((a, apex, b)))
        if best is None or added < best[0]:
            corners = [apex if corner == a else corner for corner in around if corner != b]
            best = added, tuple(corners)
    return best[1] if best else None


def _ahead(first: tuple[Point, Point], second: tuple[Point, Point]) -> Point | None:
    """Where two edges drawn out beyond their second corners meet."""
    (p, a), (q, b) = first, second
    ux, uy, vx, vy = a[0] - p[0], a[1] - p[1], b[0] - q[0], b[1] - q[1]
    cross = ux * vy - uy * vx
    if cross == 0:
        return None
    wx, wy = q[0] - p[0], q[1] - p[1]
    along, other = (wx * vy - wy * vx) / cross, (wx * uy - wy * ux) / cross
    return (p[0] + along * ux, p[1] + along * uy) if along >= 1 and other >= 1 else None


def _edges(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    return zip(points, (*points[1:], points[0]), strict=True)


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_same_way(at: Point, a: Point, b: Point) -> bool:
    return (a[0] - at[0]) * (b[0] - at[0]) + (a[1] - at[1]) * (b[1] - at[1]) > 0


def _meet(first: tuple[Point, Point], second: tuple[Point, Point]) -> bool:
    (a, b), (c, d) = first, second
    sides = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    on_edge = ((c, a, b), (d, a, b), (a, c, d), (b, c, d))
    return any(side == 0 and _is_within(*one) for side, one in zip(sides, on_edge, strict=True))


def _is_within(point: Point, a: Point, b: Point) -> bool:
    return min(a[0], b[0]) <= point[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])


def _no_room(points_max: int) -> InvalidInput:
    return InvalidInput(
        f"This camera takes masks of {points_max} corners at most, which cannot cover this polygon; let the recorder "
        "burn it.",
        message_fr=f"Cette caméra n'accepte que des masques de {points_max} sommets au plus, qui ne peuvent couvrir ce "
        "polygone ; faites-le incruster par l'enregistreur.",
        field="points",
    )
