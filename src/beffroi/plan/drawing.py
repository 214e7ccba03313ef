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
MARK_M, LABEL_M = 23.0, 26.0
"""Half the width of a site's mark, and the height of a name: `programme.css` and `map.html` draw them so."""
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

    def label_spot(self, shape: dict[str, Any]) -> tuple[float, float]:
        """Where a shape's name is written: above its northern edge, in the middle."""
        spots = [self.at((lon, lat)) for line in _lines(shape) for lon, lat, *_ in line]
        west, east = min(x for x, _ in spots), max(x for x, _ in spots)
        return round((west + east) / 2, 1), round(min(y for _, y in spots) - 8, 1)

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


Label = tuple[float, float, str]
"""Where a name is written (its middle, on its base line), and the name."""
Box = tuple[float, float, float, float]


def free_labels(labels: Iterable[Label], marks: Iterable[tuple[float, float]], sheet: Sheet) -> tuple[Label, ...]:
    """The names that hide no mark, no other name, and stay on the sheet; the list beside the map tells the others."""
    taken: list[Box] = [(x - MARK_M, y - MARK_M, x + MARK_M, y + MARK_M) for x, y in marks]
    kept = []
    for label in labels:
        box = _box(label)
        if not any(_meet(box, other) for other in taken) and _is_inside(box, sheet):
            kept.append(label)
            taken.append(box)
    return tuple(kept)


def _box(label: Label) -> Box:
    x, y, name = label
    half = len(name) * LABEL_M * 0.29
    return x - half, y - LABEL_M * 0.8, x + half, y + LABEL_M * 0.25


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _is_inside(box: Box, sheet: Sheet) -> bool:
    east, south = sheet.west_m + sheet.width_m, sheet.north_m + sheet.height_m
    return sheet.west_m <= box[0] and box[2] <= east and sheet.north_m <= box[1] and box[3] <= south


def _lines(shape: dict[str, Any]) -> Iterator[list[list[float]]]:
    if shape["type"] == "LineString":
        yield shape["coordinates"]
    elif shape["type"] == "Polygon":
        yield from shape["coordinates"]
    else:
        for polygon in shape["coordinates"]:
            yield from polygon
