"""A drawing of what a picture would show: façades, ground, people; and a person at so many pixels a metre.

For documents and the editor: it shows geometry, not light. SVG text and numpy pictures, nothing read, nothing written.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
from shapely import LineString, Polygon

from beffroi.plan.calc import optics
from beffroi.plan.calc.occlusion import Skyline, polygons, surface
from beffroi.plan.calc.projection import Pinhole, Wall, walls

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.floating[Any]]
GRID_M = 5.0
_FAR_M = 150.0
_SKY, _GROUND, _LINE, _ROOF = "#dfe8ee", "#b9bcb6", "#8f948f", "#8a6a5c"
_FACADES = {True: ("#e6d8bd", "#cdbd9e"), False: ("#c9ced6", "#adb4bf")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What to draw beside the buildings: people (distances on the axis, metres), masks (pixels), a line of text."""

    people_m: tuple[float, ...] = ()
    masks: tuple[Polygon, ...] = ()
    caption: str = ""


def scene_svg(pinhole: Pinhole, skyline: Skyline, shown: Shown | None = None) -> str:
    """The picture as SVG, in pixels of the camera: sky, ground with a grid of 5 m, prisms, people, masks in black."""
    shown = shown or Shown()
    width, height = pinhole.lens.width_px, pinhole.lens.height_px
    horizon = height / 2 - optics.focal_px(pinhole.lens) * math.tan(math.radians(pinhole.pose.tilt_deg))
    ground = min(max(horizon, 0.0), float(height))
    people = [(one, _person(pinhole, one)) for one in shown.people_m]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(shown.caption)}</title>" if shown.caption else "",
        f'<rect width="{width}" height="{height}" fill="{_SKY}"/>',
        f'<rect y="{ground:.1f}" width="{width}" height="{height - ground:.1f}" fill="{_GROUND}"/>',
        *_grid(pinhole),
        *(drawing for _, drawing in sorted([*_prisms(pinhole, skyline), *people], key=lambda pair: -pair[0])),
        *(_path(mask, fill="#000", css="mask") for mask in shown.masks),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _grid(pinhole: Pinhole) -> list[str]:
    """Lines of the ground every 5 m, along and across the axis, from its foot."""
    east, north = pinhole.pose.axis
    steps = np.arange(-_FAR_M, _FAR_M + GRID_M, GRID_M)
    found = []
    for step in steps:
        for along in (True, False):
            ends = [(-_FAR_M, step), (_FAR_M, step)] if along else [(step, -_FAR_M), (step, _FAR_M)]
            points = np.array([(a * east + c * north, a * north - c * east, 0.0) for a, c in ends])
            points[:, :2] += (pinhole.pose.east_m, pinhole.pose.north_m)
            line = _line(pinhole, points)
            if line is not None:
                (x1, y1), (x2, y2) = line
                found.append(
                    f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{_LINE}" stroke-width="1"/>'
                )
    return found


def _line(pinhole: Pinhole, ends: Floats) -> list[tuple[float, float]] | None:
    """A segment in the picture; None when it shows nothing of it."""
    start, stop = pinhole.from_lens(ends)
    if max(start[2], stop[2]) < 1.0:
        return None
    for near, far in ((start, stop), (stop, start)):
        if near[2] < 1.0:
            near += (1.0 - near[2]) / (far[2] - near[2]) * (far - near)
    focal = optics.focal_px(pinhole.lens)
    middle = (pinhole.lens.width_px / 2, pinhole.lens.height_px / 2)
    drawn = LineString([(middle[0] + focal * p[0] / p[2], middle[1] - focal * p[1] / p[2]) for p in (start, stop)])
    cut = drawn.intersection(pinhole.picture)
    return [(float(x), float(y)) for x, y in cut.coords] if isinstance(cut, LineString) and not cut.is_empty else None


def _prisms(pinhole: Pinhole, skyline: Skyline) -> list[tuple[float, str]]:
    """(distance, drawing) of each façade that faces the camera and each roof below it: the farthest is drawn first."""
    at = (pinhole.pose.east_m, pinhole.pose.north_m)
    near = skyline.near(at, _FAR_M).tolist()
    found = []
    for wall in walls(skyline.buildings, near, at):
        if wall.faces_camera and (drawing := _facade(pinhole, skyline, wall)):
            found.append((_middle_m(wall, at), drawing))
    for index in near:
        if skyline.roofs_m[index] < pinhole.pose.height_m:
            for part in polygons(skyline.footprints[index]):
                ring = np.asarray(part.exterior.coords)[:-1, :2]
                roof = np.column_stack([ring, np.full(len(ring), skyline.roofs_m[index])])
                found.append((math.dist(at, part.centroid.coords[0]), _drawn(pinhole, roof, _ROOF)))
    return found


def _facade(pinhole: Pinhole, skyline: Skyline, wall: Wall) -> str:
    x1, y1, x2, y2 = wall.edge
    tones = _FACADES[skyline.buildings[wall.building].is_dwelling]
    return _drawn(pinhole, wall.corners, tones[int(abs(x2 - x1) < abs(y2 - y1))])


def _middle_m(wall: Wall, at: tuple[float, float]) -> float:
    x1, y1, x2, y2 = wall.edge
    return math.dist(at, ((x1 + x2) / 2, (y1 + y2) / 2))


def _drawn(pinhole: Pinhole, corners: Floats, fill: str) -> str:
    outline = pinhole.outline(corners)
    valid = outline if outline.is_valid else outline.buffer(0)
    parts = polygons(surface(valid.intersection(pinhole.picture)))
    return "".join(_path(part, fill=fill, edge="#5d5a52") for part in parts)


def _path(polygon: Polygon, *, fill: str, edge: str = "none", css: str = "") -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in np.asarray(polygon.exterior.coords)[:-1])
    named = f' class="{css}"' if css else ""
    return f'<polygon points="{points}" fill="{fill}" stroke="{edge}"{named}/>'


def _person(pinhole: Pinhole, distance_m: float) -> str:
    """A standing person on the axis: legs, coat, head, upright."""
    east, north = pinhole.pose.axis
    foot = np.array([pinhole.pose.east_m + distance_m * east, pinhole.pose.north_m + distance_m * north, 0.0])
    across = np.array([north, -east, 0.0])
    drawn = []
    for (low, high, half), fill in zip(_BODY, ("#2f3b4a", "#9b3d32", "#d9b08c"), strict=True):
        places = ((-1, low), (1, low), (1, high), (-1, high))
        corners = [foot + across * side * half + np.array([0.0, 0.0, z]) for side, z in places]
        drawn.append(_drawn(pinhole, np.array(corners), fill))
    return "".join(drawn)


_BODY = ((0.0, 0.85, 0.16), (0.85, 1.45, 0.23), (1.46, 1.70, 0.08))
"""(from, to, half width) of legs, coat, head, metres."""


def person_px(density_px_m: float) -> npt.NDArray[np.uint8]:
    """(height, width, 3) a person of 1.7 m as a picture of this density would hold them, each pixel a mean.

    Errors: ValueError below 2 px/m or above 2,000.
    """
    if not 2 <= density_px_m <= 2000:
        raise ValueError("a density from 2 to 2,000 px/m")
    tall, wide = math.ceil(1.8 * density_px_m), math.ceil(0.7 * density_px_m)
    fine = max(1, math.ceil(400 / density_px_m))
    rows = (1.75 - (np.arange(tall * fine) + 0.5) / (density_px_m * fine))[:, None]
    columns = ((np.arange(wide * fine) + 0.5) / (density_px_m * fine) - 0.35)[None, :]
    picture = np.empty((tall * fine, wide * fine, 3))
    picture[:] = (150, 152, 148)
    for shape, colour in _figure(rows, columns):
        picture[shape] = colour
    means = picture.reshape(tall, fine, wide, fine, 3).mean(axis=(1, 3))
    return np.asarray(means.round(), dtype=np.uint8)


def _figure(
    z: npt.NDArray[np.floating[Any]], x: npt.NDArray[np.floating[Any]]
) -> Sequence[tuple[npt.NDArray[np.bool_], tuple[int, int, int]]]:
    """Shapes from back to front: z metres above the ground, x from the middle."""

    def oval(middle: tuple[float, float], half: tuple[float, float]) -> npt.NDArray[np.bool_]:
        return np.asarray(((x - middle[0]) / half[0]) ** 2 + ((z - middle[1]) / half[1]) ** 2 <= 1)

    leg = (z >= 0.0) & (z < 0.85) & (np.abs(np.abs(x) - 0.09) < 0.075)
    coat = (z >= 0.80) & (z < 1.44) & (np.abs(x) < 0.24 - 0.05 * np.abs(z - 1.2))
    return [
        (leg, (47, 59, 74)),
        (coat, (155, 61, 50)),
        ((z >= 1.20) & (z < 1.28) & (np.abs(x) < 0.22), (230, 226, 214)),
        (oval((0.0, 1.58), (0.080, 0.120)), (217, 176, 140)),
        (oval((0.0, 1.645), (0.082, 0.065)) & (z > 1.62), (62, 44, 34)),
        (oval((-0.031, 1.595), (0.012, 0.007)) | oval((0.031, 1.595), (0.012, 0.007)), (40, 36, 34)),
        (oval((0.0, 1.525), (0.026, 0.007)), (150, 72, 66)),
    ]


def pixels_svg(picture: npt.NDArray[np.uint8]) -> str:
    """A small picture as SVG, one square a pixel (runs of one colour together), so that its pixels can be counted."""
    height, width, _ = picture.shape
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" shape-rendering="crispEdges">']
    for row, line in enumerate(picture):
        edges = np.flatnonzero(np.r_[True, (line[1:] != line[:-1]).any(axis=1), True])
        for start, stop in itertools.pairwise(edges.tolist()):
            colour = line[start].tobytes().hex()
            parts.append(f'<rect x="{start}" y="{row}" width="{stop - start}" height="1" fill="#{colour}"/>')
    return "".join([*parts, "</svg>"])
