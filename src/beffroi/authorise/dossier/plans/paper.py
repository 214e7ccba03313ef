"""A rectangle of ground on paper at a true scale: Lambert-93 metres to millimetres, y downwards. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]
WIDTH_MM, HEIGHT_MM = 195.0, 146.0
"""The map on an A4 sheet, landscape."""
SITE_SCALES = (500, 1000, 2000, 5000)
BLOCK_SCALES = (500, 1000, 1500, 2000, 5000)
TOWN_SCALES = (2000, 5000, 10_000, 15_000, 20_000, 25_000, 50_000, 100_000)
CROSS_M: Mapping[int, int] = MappingProxyType(
    {
        500: 20,
        1000: 50,
        1500: 50,
        2000: 100,
        5000: 200,
        10_000: 500,
        15_000: 500,
        20_000: 1000,
        25_000: 1000,
        50_000: 2000,
    }
)
"""Metres between crosses, by scale."""
BAR_M: Mapping[int, int] = MappingProxyType(
    {
        500: 20,
        1000: 40,
        1500: 60,
        2000: 100,
        5000: 200,
        10_000: 400,
        15_000: 600,
        20_000: 1000,
        25_000: 1000,
        50_000: 2000,
    }
)
"""Length of the scale bar, by scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The ground drawn on one sheet. `scale`: 500 is 1:500."""

    west_m: float
    north_m: float
    scale: int
    width_mm: float = WIDTH_MM
    height_mm: float = HEIGHT_MM

    @property
    def ground(self) -> Polygon:
        """What the sheet shows, in metres."""
        wide, tall = self.metres(self.width_mm), self.metres(self.height_mm)
        return box(self.west_m, self.north_m - tall, self.west_m + wide, self.north_m)

    @property
    def view_box(self) -> str:
        return f"0 0 {self.width_mm:g} {self.height_mm:g}"

    def metres(self, mm: float) -> float:
        """Ground under a length on paper."""
        return mm * self.scale / 1000

    def mm(self, metres: float) -> float:
        """Length on paper of a length on the ground."""
        return metres * 1000 / self.scale

    def at(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Place on paper of a position."""
        return self.mm(east_m - self.west_m), self.mm(self.north_m - north_m)

    def shown(self, geometry: BaseGeometry, *, beyond_mm: float = 3.0) -> BaseGeometry:
        """What of a geometry lies on the sheet or just beyond its edge, in millimetres of paper."""
        cut = geometry.intersection(self.ground.buffer(self.metres(beyond_mm), join_style="mitre"))
        return shapely.transform(cut, self._to_paper)

    def crosses(self) -> Iterator[tuple[int, int]]:
        """Round Lambert-93 positions on the sheet."""
        step = CROSS_M.get(self.scale, 5000)
        west, south, east, north = self.ground.bounds
        for east_m in range(int(-(-west // step)) * step, int(east) + 1, step):
            for north_m in range(int(-(-south // step)) * step, int(north) + 1, step):
                yield east_m, north_m

    def _to_paper(self, points: Floats) -> Floats:
        factor = 1000 / self.scale
        return (points - (self.west_m, self.north_m)) * (factor, -factor)


def paper_of(bounds: Bounds, scales: Sequence[int], *, margin_mm: float = 2.5) -> Paper:
    """The sheet of the largest scale that holds these bounds, in its middle; the smallest scale when none does."""
    west, south, east, north = bounds
    for scale in scales:
        fits = (east - west) * 1000 / scale <= WIDTH_MM - 2 * margin_mm
        if fits and (north - south) * 1000 / scale <= HEIGHT_MM - 2 * margin_mm:
            break
    half_wide, half_tall = WIDTH_MM * scale / 2000, HEIGHT_MM * scale / 2000
    return Paper(west_m=(west + east) / 2 - half_wide, north_m=(south + north) / 2 + half_tall, scale=scale)


def outline(geometry: BaseGeometry) -> str:
    """The `d` of lines and rings already on paper."""
    pieces = []
    for part in shapely.get_parts(geometry):
        if part.is_empty:
            continue
        if isinstance(part, Polygon):
            pieces += [_points(ring.coords[:-1]) + "Z" for ring in (part.exterior, *part.interiors)]
        elif isinstance(part, LineString):
            pieces.append(_points(part.coords))
        elif hasattr(part, "geoms"):
            pieces.append(outline(part))
    return "".join(pieces)


def _points(points: Iterable[Sequence[float]]) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y, *_ in points)
