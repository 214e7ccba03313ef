"""The one invented town every camera looks at: streets, houses, squares, water, in metres around the origin.

Streets and footprints come from the text of a town (`streets.geojson`, `buildings.csv`, `water.geojson`);
without one, from the demo town beside this package. What stands in the streets follows from them, seeded.
"""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from beffroi.simulator.cameras import local_m

Point = tuple[float, float]
Floats = NDArray[np.float64]
DEMO_TOWN = Path(__file__).parent.parent / "demo_town"
LANES = {"bonald", "ayrolle", "sadi", "quai", "victoire"}
"""Streets planted with trees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A carriageway of twice `half_width_m` with a pavement on each side."""

    id: str
    points: tuple[Point, ...]
    half_width_m: float
    pavement_m: float

    @property
    def length_m(self) -> float:
        return sum(math.dist(a, b) for a, b in self.segments())

    @property
    def is_narrow(self) -> bool:
        """An old street, paved from wall to wall."""
        return self.half_width_m < 3

    def segments(self) -> Iterator[tuple[Point, Point]]:
        return zip(self.points, self.points[1:], strict=False)

    def at(self, along_m: float, left_m: float) -> tuple[float, float, float]:
        """Place `left_m` to the left of the axis, and heading in radians from east."""
        for a, b in self.segments():
            length_m = math.dist(a, b)
            if along_m <= length_m or b is self.points[-1]:
                ux, uy = (b[0] - a[0]) / length_m, (b[1] - a[1]) / length_m
                x_m, y_m = a[0] + ux * along_m - uy * left_m, a[1] + uy * along_m + ux * left_m
                return x_m, y_m, math.atan2(uy, ux)
            along_m -= length_m
        raise ValueError("a street has at least two points")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A prism on a footprint whose corners turn left."""

    corners: tuple[Point, ...]
    height_m: float
    floors: int
    seed: int

    @property
    def centre(self) -> Point:
        count = len(self.corners)
        return sum(x for x, _ in self.corners) / count, sum(y for _, y in self.corners) / count


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A round open place; `kind` is fountain, parking, paved or park."""

    centre: Point
    radius_m: float
    kind: str


SQUARES = (
    Square(centre=(0, 0), radius_m=34, kind="fountain"),
    Square(centre=(208, -33), radius_m=36, kind="parking"),
    Square(centre=(85, -318), radius_m=26, kind="paved"),
    Square(centre=(-20, -225), radius_m=18, kind="paved"),
    Square(centre=(-290, 270), radius_m=38, kind="paved"),
    Square(centre=(265, 75), radius_m=46, kind="park"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """Everything that does not move."""

    streets: tuple[Street, ...]
    houses: tuple[House, ...]
    water: tuple[tuple[Point, ...], ...]
    squares: tuple[Square, ...] = SQUARES

    def street(self, name: str) -> Street | None:
        """A street by its id."""
        return next((street for street in self.streets if street.id == name), None)

    def clearance_m(self, place: Point, but: Street | None = None) -> float:
        """Distance from a place to the nearest carriageway, `but` left out; negative on it."""
        starts, ends, half_widths_m, owners = _segments(self)
        spans = ends - starts
        offsets = np.array(place) - starts
        along = np.clip((offsets * spans).sum(1) / np.maximum((spans * spans).sum(1), 1e-9), 0, 1)
        distances_m = np.hypot(*(offsets - along[:, None] * spans).T) - half_widths_m
        if but is not None:
            distances_m = distances_m[owners != self.streets.index(but)]
        return float(distances_m.min(initial=np.inf))

    def off_the_wall(self, place: Point, clear_m: float = 5.0, arm_m: float = 3.0) -> Point:
        """`place` moved away from the nearest wall as far as a bracket of `arm_m` allows, towards `clear_m`."""
        starts, ends = _walls(self)
        spans = ends - starts
        offsets = np.array(place) - starts
        along = np.clip((offsets * spans).sum(1) / np.maximum((spans * spans).sum(1), 1e-9), 0, 1)
        away = offsets - along[:, None] * spans
        distances_m = np.hypot(*away.T)
        if not len(distances_m):
            return place
        nearest = int(distances_m.argmin())
        distance_m = float(distances_m[nearest])
        reach_m = min(arm_m, clear_m - distance_m)
        if reach_m <= 0 or distance_m < 0.05:
            return place
        step = away[nearest] / distance_m * reach_m
        return place[0] + float(step[0]), place[1] + float(step[1])


@cache
def _walls(ground: Ground) -> tuple[Floats, Floats]:
    """Ends of every wall."""
    pairs = [(p, q) for house in ground.houses for p, q in zip(house.corners, _turned(house.corners), strict=True)]
    starts, ends = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(starts, np.float64).reshape(-1, 2), np.array(ends, np.float64).reshape(-1, 2)


def _turned(corners: tuple[Point, ...]) -> tuple[Point, ...]:
    return *corners[1:], corners[0]


@cache
def _segments(ground: Ground) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Ends, half width and street number of every stretch of carriageway."""
    rows = [(a, b, street.half_width_m, n) for n, street in enumerate(ground.streets) for a, b in street.segments()]
    starts, ends, half_widths_m, owners = zip(*rows, strict=True) if rows else ((), (), (), ())
    return (
        np.array(starts, np.float64).reshape(-1, 2),
        np.array(ends, np.float64).reshape(-1, 2),
        np.array(half_widths_m, np.float64),
        np.array(owners, np.int64),
    )


def ground_files(town: str) -> list[Path]:
    """The files the ground is made of, those that exist."""
    folder = Path(town) if town else DEMO_TOWN
    names = ("streets.geojson", "buildings.csv", "water.geojson")
    return [folder / name for name in names if (folder / name).is_file()]


@cache
def load_ground(town: str) -> Ground:
    """The ground of a town's folder; the demo town's when `town` is empty."""
    folder = Path(town) if town else DEMO_TOWN
    streets = tuple(
        Street(
            id=properties["id"],
            points=tuple(local_m(lat, lon) for lon, lat in coordinates),
            half_width_m=properties["half_width_m"],
            pavement_m=properties["pavement_m"],
        )
        for properties, coordinates in _features(folder / "streets.geojson")
    )
    water = tuple(tuple(local_m(lat, lon) for lon, lat in rings[0]) for _, rings in _features(folder / "water.geojson"))
    return Ground(streets=streets, houses=tuple(_houses(folder / "buildings.csv")), water=water)


def _features(path: Path) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    if path.is_file():
        for feature in json.loads(path.read_text())["features"]:
            yield feature["properties"], feature["geometry"]["coordinates"]


def _houses(path: Path) -> Iterator[House]:
    if not path.is_file():
        return
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            ring = row["footprint"].removeprefix("POLYGON((").removesuffix("))").split(",")
            pairs = [pair.split() for pair in ring[:-1]]
            corners = tuple(local_m(float(lat), float(lon)) for lon, lat in pairs)
            yield House(
                corners=corners if _area_m2(corners) > 0 else corners[::-1],
                height_m=float(row["height_m"]),
                floors=int(row["floors"]),
                seed=number,
            )


def _area_m2(corners: tuple[Point, ...]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """Something that stands in the street; `kind` is tree, lamp, car, bollard, bench, bin or people."""

    kind: str
    x_m: float
    y_m: float
    angle: float
    seed: int


@cache
def furniture(town: str) -> tuple[Furniture, ...]:
    """Trees, lamps, parked cars and the like, the same for every camera."""
    ground = load_ground(town)
    return (*_along_streets(ground), *_on_squares(ground))


def _along_streets(ground: Ground) -> Iterator[Furniture]:
    for number, street in enumerate(ground.streets):
        dice = random.Random(number)
        length_m = street.length_m
        for step in range(int(length_m)):
            side = 1 if step // 26 % 2 else -1
            if street.id in LANES and step % 15 == 7:
                for tree_side in (1, -1):
                    yield from _beside(
                        ground, street, "tree", along_m=step, left_m=tree_side * (street.half_width_m + 1.5)
                    )
            if step % 26 == 12:
                yield from _beside(ground, street, "lamp", along_m=step, left_m=side * (street.half_width_m + 0.6))
            if street.half_width_m >= 3.4 and street.id not in LANES and step % 6 == 3 and dice.random() < 0.55:
                yield from _parked(ground, street, step)
            if step % 34 == 20 and dice.random() < 0.5:
                yield from _beside(ground, street, "people", along_m=step, left_m=-side * (street.half_width_m + 1.2))


def _beside(ground: Ground, street: Street, kind: str, *, along_m: float, left_m: float) -> Iterator[Furniture]:
    x_m, y_m, heading = street.at(along_m, left_m)
    if ground.clearance_m((x_m, y_m)) > 0.4 and not _in_fountain((x_m, y_m)):
        facing = heading - math.copysign(math.pi / 2, left_m)
        yield Furniture(kind=kind, x_m=x_m, y_m=y_m, angle=facing, seed=int(x_m * 7 + y_m * 13))


def _parked(ground: Ground, street: Street, along_m: float) -> Iterator[Furniture]:
    x_m, y_m, heading = street.at(along_m, street.half_width_m - 1.05)
    if ground.clearance_m((x_m, y_m), but=street) > 5 and all(
        math.dist((x_m, y_m), square.centre) > square.radius_m for square in ground.squares
    ):
        yield Furniture(kind="car", x_m=x_m, y_m=y_m, angle=heading, seed=int(x_m * 7 + y_m * 13))


def _in_fountain(place: Point) -> bool:
    return math.hypot(*place) < 27


def _on_squares(ground: Ground) -> Iterator[Furniture]:
    for square in ground.squares:
        count = 10 if square.radius_m > 30 else 6
        for step in range(count):
            angle = step * 2 * math.pi / count + 0.35
            for kind, share, turn in (("tree", 0.8, 0.0), ("bench", 0.7, 1.57), ("people", 0.55, 0.4)):
                x_m = square.centre[0] + math.cos(angle) * square.radius_m * share
                y_m = square.centre[1] + math.sin(angle) * square.radius_m * share
                wanted = kind == "tree" or (step % 2 == (0 if kind == "bench" else 1))
                if wanted and square.kind != "fountain" and ground.clearance_m((x_m, y_m)) > 1.2:
                    yield Furniture(kind=kind, x_m=x_m, y_m=y_m, angle=angle + turn, seed=int(x_m * 3 + y_m))
        if square.kind == "fountain":
            yield from _bollards(ground)
        if square.kind == "parking":
            yield from _car_park(square)


def _bollards(ground: Ground) -> Iterator[Furniture]:
    for step in range(44):
        angle = step * 2 * math.pi / 44
        x_m, y_m = 28.2 * math.cos(angle), 28.2 * math.sin(angle)
        if ground.clearance_m((x_m, y_m)) > 0.4:
            yield Furniture(kind="bollard", x_m=x_m, y_m=y_m, angle=angle, seed=step)


def _car_park(square: Square) -> Iterator[Furniture]:
    x_m, y_m = square.centre
    for step, angle in enumerate((0.2, 0.55, 0.9, 1.6, 1.95, 3.6, 3.95, 4.9)):
        r_m = square.radius_m * 0.62
        yield Furniture(
            kind="car", x_m=x_m + math.cos(angle) * r_m, y_m=y_m + math.sin(angle) * r_m, angle=angle, seed=step * 5
        )
    for offset_m in (0.0, 1.1):
        yield Furniture(kind="bin", x_m=203 + offset_m, y_m=-45.5 + offset_m / 3, angle=0.3, seed=1)
