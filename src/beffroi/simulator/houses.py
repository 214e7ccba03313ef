"""Façades, windows, shutters, shop fronts and roofs."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from beffroi.simulator.paint import FAR_M, Canvas, Item, Point3, Rgb, colour, to_ints
from beffroi.simulator.street import House

_WALLS = [
    colour(c)
    for c in ("#c3b59c", "#cfc3ab", "#b3a691", "#c0af95", "#b8b2a6", "#d3c9b8", "#ada497", "#c8bbac", "#bca98f")
]
_SHUTTERS = [colour(c) for c in ("#7d8a86", "#8c8378", "#6f7c86", "#94897a", "#7a7468", "#6a7f86")]
_AWNINGS = [colour(c) for c in ("#7a6a62", "#5f6f78", "#75796a", "#6d6675", "#857a66")]
_GLASS, _LIT, _SHOP, _SHOP_LIT, _DOOR = (
    colour("#4d555d"),
    colour("#c79a58"),
    colour("#454a50"),
    colour("#a5855a"),
    colour("#54524e"),
)
_TILES = colour("#9c735c")
_GROUND_FLOOR_M, _FLOOR_M = 4.5, 3.05


@dataclass(slots=True)
class _Front:
    """One wall seen from outside: a frame of reference along it."""

    canvas: Canvas
    item: Item
    p: tuple[float, float]
    along: tuple[float, float]
    out: tuple[float, float]
    length_m: float
    light: float
    distance_m: float

    def place(self, along_m: float, z_m: float, out_m: float = 0.0) -> Point3:
        return (
            self.p[0] + self.along[0] * along_m + self.out[0] * out_m,
            self.p[1] + self.along[1] * along_m + self.out[1] * out_m,
            z_m,
        )

    def panel(
        self, left_m: float, right_m: float, low_m: float, *, high_m: float, rgb: Rgb, light: float = 1.0
    ) -> None:
        """A rectangle on the wall."""
        corners = [(left_m, low_m), (right_m, low_m), (right_m, high_m), (left_m, high_m)]
        self.shape([self.place(along, z) for along, z in corners], rgb, light)

    def shape(self, places: list[Point3], rgb: Rgb, light: float = 1.0, *, emits: bool = False) -> None:
        """Any polygon; what emits light is not dimmed by the night."""
        outline = self.canvas.view.polygon(places)
        if outline:
            toned = rgb if emits else self.canvas.light.tone(rgb, self.distance_m, light * self.light)
            self.item.shapes.append((outline, to_ints(toned)))


def add_house(canvas: Canvas, house: House) -> None:
    """The house as an item, when it can be seen."""
    view = canvas.view
    x_m, y_m = house.centre
    distance_m = view.distance_m(x_m, y_m)
    if distance_m > FAR_M or not view.sees(x_m, y_m, FAR_M, margin_m=16):
        return
    item = Item(distance_m)
    dice = random.Random(house.seed)
    wall, shutter = dice.choice(_WALLS), dice.choice(_SHUTTERS)
    awning = dice.choice([*_AWNINGS, None, None])
    for p, q in zip(house.corners, (*house.corners[1:], house.corners[0]), strict=True):
        front = _front(canvas, item, p, q=q)
        if front is not None:
            _wall(front, house.height_m, wall)
            _windows(front, house.floors, shutter, dice=dice)
            _ground_floor(front, wall, awning, dice=dice)
    _roof(canvas, item, house, wall=wall)
    if item.shapes:
        canvas.items.append(item)


def _front(canvas: Canvas, item: Item, p: tuple[float, float], *, q: tuple[float, float]) -> _Front | None:
    length_m = math.dist(p, q)
    along = (q[0] - p[0]) / length_m, (q[1] - p[1]) / length_m
    out = along[1], -along[0]
    eye = canvas.view.eye
    if (eye[0] - p[0]) * out[0] + (eye[1] - p[1]) * out[1] <= 0.05:
        return None
    sun = canvas.light.sun
    light = 0.88 if sun is None else 0.74 + 0.4 * max(0.0, -(out[0] * sun[0] + out[1] * sun[1]) / math.hypot(*sun))
    middle = (p[0] + q[0]) / 2, (p[1] + q[1]) / 2
    return _Front(canvas, item, p, along, out, length_m, light, canvas.view.distance_m(*middle))


def _wall(front: _Front, height_m: float, wall: Rgb) -> None:
    corners = [
        front.place(0, 0),
        front.place(front.length_m, 0),
        front.place(front.length_m, height_m),
        front.place(0, height_m),
    ]
    front.shape(corners, wall)
    outline = front.canvas.view.polygon(corners)
    if outline:
        front.item.blockers.append((outline, [front.canvas.view.camera(corner) for corner in corners]))
    length_m = front.length_m
    front.panel(0, length_m, 0, high_m=0.6, rgb=wall, light=0.86)
    front.panel(0, length_m, 3.75, high_m=3.95, rgb=wall, light=1.06)
    front.panel(0, length_m, height_m - 0.55, high_m=height_m - 0.35, rgb=wall, light=0.74)
    front.panel(0, length_m, height_m - 0.35, high_m=height_m, rgb=wall, light=1.08)
    foot = [(0.0, 0.0), (length_m, 0.0), (length_m, 1.2), (0.0, 1.2)]
    front.canvas.shade([front.place(along, 0, out)[:2] for along, out in foot])


def _windows(front: _Front, floors: int, shutter: Rgb, *, dice: random.Random) -> None:
    columns = max(1, int(front.length_m / 2.9))
    gap_m = front.length_m / columns
    is_near = front.distance_m < 120
    for floor in range(floors):
        low_m = _GROUND_FLOOR_M + floor * _FLOOR_M
        for column in range(columns):
            middle_m = gap_m * (column + 0.5)
            chance, ajar = dice.random(), dice.random()
            if front.distance_m > 230:
                continue
            lit = front.canvas.light.is_night and chance < 0.22
            places = [
                front.place(middle_m + side, z)
                for side, z in ((-0.5, low_m), (0.5, low_m), (0.5, low_m + 1.75), (-0.5, low_m + 1.75))
            ]
            if is_near:
                front.panel(
                    middle_m - 0.6, middle_m + 0.6, low_m - 0.1, high_m=low_m + 1.87, rgb=(224, 218, 206), light=0.92
                )
            front.shape(places, _LIT if lit else _GLASS, emits=lit)
            if is_near and chance > 0.08:
                _shutters(front, middle_m, low_m, look=(shutter, ajar))


def _shutters(front: _Front, middle_m: float, low_m: float, *, look: tuple[Rgb, float]) -> None:
    shutter, ajar = look
    if ajar < 0.13:
        front.panel(middle_m - 0.52, middle_m + 0.52, low_m, high_m=low_m + 1.77, rgb=shutter)
        front.panel(middle_m - 0.02, middle_m + 0.02, low_m, high_m=low_m + 1.77, rgb=shutter, light=0.8)
        return
    front.panel(middle_m - 1.1, middle_m - 0.6, low_m - 0.02, high_m=low_m + 1.77, rgb=shutter)
    front.panel(middle_m + 0.6, middle_m + 1.1, low_m - 0.02, high_m=low_m + 1.77, rgb=shutter)


def _ground_floor(front: _Front, wall: Rgb, awning: Rgb | None, *, dice: random.Random) -> None:
    is_shop, glows = dice.random() < 0.65, dice.random() < 0.4 and front.canvas.light.is_night
    length_m = front.length_m
    if not is_shop or length_m < 7 or front.distance_m > 200:
        front.panel(length_m / 2 - 0.6, length_m / 2 + 0.6, 0.05, high_m=2.5, rgb=_DOOR)
        for share in (0.2, 0.8):
            front.panel(length_m * share - 0.5, length_m * share + 0.5, 1.1, high_m=2.7, rgb=_GLASS)
        return
    window = [
        front.place(0.5, 0.3),
        front.place(length_m - 0.5, 0.3),
        front.place(length_m - 0.5, 2.9),
        front.place(0.5, 2.9),
    ]
    front.shape(window, _SHOP_LIT if glows else _SHOP, emits=glows)
    for step in range(1, int((length_m - 1) / 2.4) + 1):
        front.panel(0.5 + step * 2.4 - 0.07, 0.5 + step * 2.4 + 0.07, 0.3, high_m=2.9, rgb=wall, light=0.8)
    front.panel(0.3, length_m - 0.3, 2.95, high_m=3.55, rgb=awning or _DOOR)
    if awning is not None and front.distance_m < 130:
        slope = [(0.5, 3.0, 0.0), (length_m - 0.5, 3.0, 0.0), (length_m - 0.5, 2.45, 1.3), (0.5, 2.45, 1.3)]
        front.shape([front.place(along, z, out) for along, z, out in slope], awning, 1.2)


def _roof(canvas: Canvas, item: Item, house: House, *, wall: Rgb) -> None:
    """Two slopes, the ridge along the longer side; only four-cornered houses have one."""
    if len(house.corners) != 4:
        return
    c = (
        house.corners
        if math.dist(*house.corners[:2]) >= math.dist(*house.corners[1:3])
        else (*house.corners[1:], house.corners[0])
    )
    h = house.height_m
    one = ((c[1][0] + c[2][0]) / 2, (c[1][1] + c[2][1]) / 2, h + 2.0)
    other = ((c[0][0] + c[3][0]) / 2, (c[0][1] + c[3][1]) / 2, h + 2.0)
    low = [(x, y, h) for x, y in c]
    for face, base in (
        ([low[0], low[1], one, other], _TILES),
        ([low[2], low[3], other, one], _TILES),
        ([low[1], low[2], one], wall),
        ([low[3], low[0], other], wall),
    ):
        if _faces(canvas.view.eye, face):
            outline = canvas.view.polygon(face)
            if outline:
                item.shapes.append((outline, to_ints(canvas.light.tone(base, item.depth_m, 0.92))))


def _faces(eye: Point3, face: list[Point3]) -> bool:
    """Whether the eye is on the side from which the corners turn left."""
    a, b, c = face[:3]
    u = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    v = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    normal = u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]
    return normal[0] * (eye[0] - a[0]) + normal[1] * (eye[1] - a[1]) + normal[2] * (eye[2] - a[2]) > 0


def add_shadow(canvas: Canvas, house: House) -> None:
    """The house's shadow on the ground."""
    sun = canvas.light.sun
    if sun is None or canvas.view.distance_m(*house.centre) > 140:
        return
    dx, dy = sun[0] * house.height_m * 0.8, sun[1] * house.height_m * 0.8
    moved = [(x + dx, y + dy) for x, y in house.corners]
    canvas.shade(moved)
    for index, p in enumerate(house.corners):
        q = house.corners[(index + 1) % len(house.corners)]
        canvas.shade([p, q, (q[0] + dx, q[1] + dy), (p[0] + dx, p[1] + dy)])
