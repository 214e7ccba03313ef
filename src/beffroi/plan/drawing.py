"""The programme's map as SVG shapes: metres on a flat sheet, x to the east, y to the south. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

M_PER_DEG = 111_195.0
OFF_SHEET_M = 1500.0
"""A site farther than this from the others' middle is told beside the map, not drawn."""
MARGIN_M = 90.0
CONE_M = 58.0
RATIO = 1.05
"""Width of the sheet over its height."""

Position = tuple[float, float]
"""Longitude and latitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A flat drawing of a part of the town."""

    middle: Position
    west_m: float
    north_m: float
    width_m: float
    height_m: float

    @property
    def view_box(self) -> str:
        return f"{self.west_m:.0f} {self.north_m:.0f} {self.width_m:.0f} {self.height_m:.0f}"

    @property
    def scale_bar(self) -> tuple[float, float]:
        """Where the 200 m bar begins: bottom right."""
        return self.west_m + self.width_m - 240, self.north_m + self.height_m - 36

    @property
    def north_arrow(self) -> tuple[float, float]:
        """Top right."""
        return self.west_m + self.width_m - 46, self.north_m + 54

    def at(self, position: Position) -> tuple[float, float]:
        """Metres on the sheet, to the decimetre."""
        x = (position[0] - self.middle[0]) * M_PER_DEG * math.cos(math.radians(self.middle[1]))
        y = (self.middle[1] - position[1]) * M_PER_DEG
        return round(x, 1), round(y, 1)

    def holds(self, position: Position) -> bool:
        x, y = self.at(position)
        return 0 <= x - self.west_m <= self.width_m and 0 <= y - self.north_m <= self.height_m

    def path(self, shape: dict[str, Any]) -> str:
        """The `d` of a line or of a polygon's rings."""
        closing = "" if shape["type"] == "LineString" else "Z"
        return "".join(
            "M" + "L".join("{:g} {:g}".format(*self.at((lon, lat))) for lon, lat, *_ in line) + closing
            for line in _lines(shape)
        )

    def cone(self, position: Position, bearing_deg: float, hfov_deg: float) -> str:
        """A camera's direction and field; what hides the view is not drawn."""
        x, y = self.at(position)
        ends = [math.radians(bearing_deg + turn) for turn in (-hfov_deg / 2, hfov_deg / 2)]
        (ax, ay), (bx, by) = ((x + CONE_M * math.sin(a), y - CONE_M * math.cos(a)) for a in ends)
        return f"M{x:g} {y:g}L{ax:.1f} {ay:.1f}A{CONE_M:g} {CONE_M:g} 0 0 1 {bx:.1f} {by:.1f}Z"


def sheet_of(positions: Iterable[Position]) -> Sheet | None:
    """The sheet that holds these positions, lone ones aside; None without a position."""
    given = list(positions)
    if not given:
        return None
    middle = (median(lon for lon, _ in given), median(lat for _, lat in given))
    bare = Sheet(middle=middle, west_m=0, north_m=0, width_m=0, height_m=0)
    spots = [spot for spot in map(bare.at, given) if math.hypot(*spot) <= OFF_SHEET_M] or [(0.0, 0.0)]
    west, east = min(x for x, _ in spots) - MARGIN_M, max(x for x, _ in spots) + MARGIN_M
    north, south = min(y for _, y in spots) - MARGIN_M, max(y for _, y in spots) + MARGIN_M
    wider = max(0.0, (south - north) * RATIO - (east - west)) / 2
    taller = max(0.0, (east - west) / RATIO - (south - north)) / 2
    return Sheet(
        middle=middle,
        west_m=west - wider,
        north_m=north - taller,
        width_m=east - west + 2 * wider,
        height_m=south - north + 2 * taller,
    )


def _lines(shape: dict[str, Any]) -> Iterator[list[list[float]]]:
    if shape["type"] == "LineString":
        yield shape["coordinates"]
    elif shape["type"] == "Polygon":
        yield from shape["coordinates"]
    else:
        for polygon in shape["coordinates"]:
            yield from polygon
