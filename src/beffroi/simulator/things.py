"""Cars, vans, people, trees, lamps: shapes in a view, for the still picture and for what moves."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from beffroi.simulator.paint import Fire, Item, Light, Pixel, Point3, Rgb, View, colour, mixed, to_ints

_GLASS, _TYRE, _PLATE = colour("#2e353b"), colour("#26282a"), colour("#d8d5cc")
_VAN = ((0, 0.32), (5.2, 0.32), (5.2, 1.15), (4.35, 1.35), (3.55, 2.2), (0, 2.2))
_CAR = ((0, 0.3), (4.2, 0.3), (4.2, 0.78), (3.3, 0.93), (2.7, 1.42), (1.0, 1.42), (0.35, 0.95), (0, 0.9))
CAR_COLOURS = [
    colour(c) for c in ("#6f757b", "#8b8f92", "#5c6166", "#9c9a95", "#74706b", "#636c76", "#a8a9a6", "#4d5a68")
]
COATS = [colour(c) for c in ("#4a5560", "#6f6a62", "#5b6672", "#7d766c", "#58626c", "#69727a", "#6d5f58", "#4f5a52")]
RED = colour("#b0443a")


@dataclass(frozen=True, slots=True)
class Brush:
    """A view under a light, with a fire or without: all that toning needs."""

    view: View
    light: Light
    fire: Fire | None = None

    def tone(self, base: Rgb, place: tuple[float, float], light: float = 1.0) -> tuple[int, int, int]:
        """The colour of something standing at `place`."""
        toned = self.light.tone(base, self.view.distance_m(*place), light)
        if self.fire is not None:
            near = max(0.0, 1 - math.dist(place, (self.fire.x_m, self.fire.y_m)) / 26) ** 2 * self.fire.strength
            toned = toned[0] + 105 * near, toned[1] + 58 * near, toned[2] + 20 * near
        return to_ints(toned)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """A profile (along, up) drawn out to a width, standing at a place and heading."""

    x_m: float
    y_m: float
    heading: float
    profile: tuple[tuple[float, float], ...]
    width_m: float

    def place(self, along_m: float, left_m: float, z_m: float) -> Point3:
        along_m -= max(p[0] for p in self.profile) / 2
        c, s = math.cos(self.heading), math.sin(self.heading)
        return self.x_m + c * along_m - s * left_m, self.y_m + s * along_m + c * left_m, z_m

    def faces(self) -> Iterator[tuple[int | str, list[Point3]]]:
        """Faces with their names: edge numbers of the profile, `left` and `right`."""
        half = self.width_m / 2
        for index, a in enumerate(self.profile):
            b = self.profile[(index + 1) % len(self.profile)]
            yield (
                index,
                [
                    self.place(a[0], -half, a[1]),
                    self.place(b[0], -half, b[1]),
                    self.place(b[0], half, b[1]),
                    self.place(a[0], half, a[1]),
                ],
            )
        yield "left", [self.place(a, half, z) for a, z in self.profile]
        yield "right", [self.place(a, -half, z) for a, z in self.profile]


def _draw_body(
    brush: Brush, body: _Body, base: Rgb, *, details: dict[int | str, list[tuple[Rgb, list[Point3]]]]
) -> Item:
    item = Item(brush.view.camera((body.x_m, body.y_m, 0.6))[2])
    at = body.x_m, body.y_m
    middle = (body.x_m, body.y_m, sum(z for _, z in body.profile) / len(body.profile))
    half, long_m = body.width_m / 2 + 0.15, max(p[0] for p in body.profile)
    shadow = [
        body.place(a, side, 0.01)
        for a, side in ((-0.2, -half), (long_m + 0.2, -half), (long_m + 0.2, half), (-0.2, half))
    ]
    outline = brush.view.polygon(shadow)
    if outline:
        item.shapes.append((outline, brush.tone(colour("#46474a"), at)))
    for name, face in body.faces():
        lit = _lighting(brush, face, middle)
        outline = brush.view.polygon(face) if lit else None
        if not outline:
            continue
        item.shapes.append((outline, brush.tone(base, at, lit)))
        for rgb, places in details.get(name, []):
            part = brush.view.polygon(places)
            if part:
                item.shapes.append((part, brush.tone(rgb, at)))
    return item


def _lighting(brush: Brush, face: list[Point3], middle: Point3) -> float:
    """How light a face is; 0 when it is turned away."""
    a, b, c = face[:3]
    u = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    v = c[0] - b[0], c[1] - b[1], c[2] - b[2]
    n = u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]
    centre = tuple(sum(p[axis] for p in face) / len(face) for axis in range(3))
    if sum(n[axis] * (centre[axis] - middle[axis]) for axis in range(3)) < 0:
        n = -n[0], -n[1], -n[2]
    if sum(n[axis] * (brush.view.eye[axis] - centre[axis]) for axis in range(3)) <= 0:
        return 0.0
    size = math.hypot(*n) or 1
    return 0.78 + 0.2 * max(0, n[2] / size) + 0.16 * max(0, (n[0] * -0.78 + n[1] * -0.62) / size)


def _wheels(
    body: _Body, left_m: float, axles_m: tuple[float, ...], *, radius_m: float
) -> list[tuple[Rgb, list[Point3]]]:
    turns = [step * math.pi / 6 for step in range(12)]
    return [
        (_TYRE, [body.place(axle + radius_m * math.cos(t), left_m, radius_m + radius_m * math.sin(t)) for t in turns])
        for axle in axles_m
    ]


def van(brush: Brush, where: tuple[float, float, float], base: Rgb = RED) -> Item:
    """The red van. `where`: x, y, heading."""
    body = _Body(x_m=where[0], y_m=where[1], heading=where[2], profile=_VAN, width_m=2.0)

    def pane(*corners: tuple[float, float, float]) -> tuple[Rgb, list[Point3]]:
        return _GLASS, [body.place(*corner) for corner in corners]

    details: dict[int | str, list[tuple[Rgb, list[Point3]]]] = {
        3: [pane((4.3, -0.85, 1.42), (3.6, -0.85, 2.12), (3.6, 0.85, 2.12), (4.3, 0.85, 1.42))],
        5: [
            pane((-0.01, -0.8, 1.35), (-0.01, -0.08, 1.35), (-0.01, -0.08, 2.0), (-0.01, -0.8, 2.0)),
            pane((-0.01, 0.08, 1.35), (-0.01, 0.8, 1.35), (-0.01, 0.8, 2.0), (-0.01, 0.08, 2.0)),
            (_PLATE, [body.place(-0.01, y, z) for y, z in ((-0.26, 0.55), (0.26, 0.55), (0.26, 0.68), (-0.26, 0.68))]),
        ],
    }
    for name, side in (("left", 1.01), ("right", -1.01)):
        window = pane((3.0, side, 1.35), (4.15, side, 1.35), (3.5, side, 2.0), (3.0, side, 2.0))
        details[name] = [window, *_wheels(body, side, (1.0, 4.3), radius_m=0.34)]
    return _draw_body(brush, body, base, details=details)


def car(brush: Brush, where: tuple[float, float, float], base: Rgb) -> Item:
    """A car. `where`: x, y, heading."""
    body = _Body(x_m=where[0], y_m=where[1], heading=where[2], profile=_CAR, width_m=1.75)

    def screen(low: float, high: float) -> list[tuple[Rgb, list[Point3]]]:
        corners = ((low, -0.75, 0.96), (high, -0.71, 1.4), (high, 0.71, 1.4), (low, 0.75, 0.96))
        return [(_GLASS, [body.place(*corner) for corner in corners])]

    details: dict[int | str, list[tuple[Rgb, list[Point3]]]] = {
        3: screen(3.25, 2.75),
        6: screen(0.42, 0.95),
    }
    for name, side in (("left", 0.885), ("right", -0.885)):
        corners = ((0.75, 0.95), (3.05, 0.95), (2.62, 1.36), (1.08, 1.36))
        window = _GLASS, [body.place(a, side, z) for a, z in corners]
        details[name] = [window, *_wheels(body, side, (0.85, 3.4), radius_m=0.31)]
    return _draw_body(brush, body, base, details=details)


def box(brush: Brush, where: tuple[float, float, float], size_m: tuple[float, float, float], *, base: Rgb) -> Item:
    """A plain box: bollard, bench, bin. `size_m`: length, width, height."""
    profile = ((0.0, 0.0), (size_m[0], 0.0), (size_m[0], size_m[2]), (0.0, size_m[2]))
    body = _Body(x_m=where[0], y_m=where[1], heading=where[2], profile=profile, width_m=size_m[1])
    return _draw_body(brush, body, base, details={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A plain figure; `stride` -1..1 swings the legs, `umbrella` when it rains."""

    x_m: float
    y_m: float
    coat: Rgb
    stride: float = 0.4
    umbrella: bool = False


def person(brush: Brush, who: Person) -> Item | None:
    """The figure, upright in the picture; None when behind, too small to matter, or all but out of it."""
    foot = brush.view.camera((who.x_m, who.y_m, 0))
    if foot[2] < 1.5:
        return None
    x, y = brush.view.pixel(foot)
    head_y = brush.view.pixel(brush.view.camera((who.x_m, who.y_m, 1.72)))[1]
    unit = (y - head_y) / 1.72
    if unit < 3.5 or y - 1.1 * unit > brush.view.size_px[1]:
        return None
    at = who.x_m, who.y_m
    leg, coat, skin = (brush.tone(c, at) for c in (colour("#33383d"), who.coat, colour("#9a887b")))
    item = Item(foot[2])
    item.shapes.append((_oval((x, y), 0.42 * unit, 0.13 * unit), brush.tone(colour("#515254"), at)))
    for swing in (who.stride, -who.stride):
        hip, sole = (x + 0.06 * unit * swing, y - 0.85 * unit), (x + 0.24 * unit * swing, y - 0.02 * unit)
        item.shapes.append((_limb(hip, sole, 0.09 * unit), leg))
    item.shapes.append((_capsule((x, y - 1.09 * unit), 0.23 * unit, 0.38 * unit), coat))
    item.shapes.append((_oval((x, y - 1.6 * unit), 0.135 * unit, 0.15 * unit), skin))
    if who.umbrella:
        dome = [(x + 0.62 * unit * math.cos(t), y - 1.78 * unit - 0.34 * unit * math.sin(t)) for t in _HALF_TURN]
        item.shapes.append((dome, brush.tone(mixed(who.coat, (30, 34, 40), 0.5), at)))
    return item


_TURN = [step * math.pi / 8 for step in range(16)]
_HALF_TURN = [step * math.pi / 8 for step in range(9)]


def _oval(centre: Pixel, rx: float, ry: float) -> list[Pixel]:
    return [(centre[0] + rx * math.cos(t), centre[1] + ry * math.sin(t)) for t in _TURN]


def _limb(a: Pixel, b: Pixel, half: float) -> list[Pixel]:
    return [(a[0] - half, a[1]), (a[0] + half, a[1]), (b[0] + half * 0.8, b[1]), (b[0] - half * 0.8, b[1])]


def _capsule(centre: Pixel, rx: float, ry: float) -> list[Pixel]:
    straight = ry - rx * 0.8
    return [
        (centre[0] + rx * math.cos(t), centre[1] + rx * 0.8 * math.sin(t) + math.copysign(straight, math.sin(t)))
        for t in _TURN
    ]


_CROWN = ((0.72, 8, 1.0, 0.25), (0.9, 8, 0.85, -0.1), (1.08, 6, 0.55, -0.5))
"""Layers of a crown from dark to light: light, discs, spread, drop."""
_LEAVES = [colour(c) for c in ("#8a7d50", "#7f805a", "#927f54", "#77795a", "#6f7a52")]


def tree(brush: Brush, at: tuple[float, float], seed: int) -> Item | None:
    """A tree with a crown of overlapping discs; it hides what is behind it."""
    dice = random.Random(seed)
    height_m, radius_m = dice.uniform(6.6, 8.8), dice.uniform(2.0, 2.8)
    foot, top = brush.view.camera((*at, 0.0)), brush.view.camera((*at, height_m))
    if foot[2] < 2.5:
        return None
    p, q = brush.view.pixel(foot), brush.view.pixel(top)
    scale = brush.view.focal_px / foot[2]
    item = Item(foot[2])
    trunk = [
        (p[0] - 0.2 * scale, p[1]),
        (p[0] + 0.2 * scale, p[1]),
        (q[0] + 0.1 * scale, q[1]),
        (q[0] - 0.1 * scale, q[1]),
    ]
    item.shapes.append((trunk, brush.tone(colour("#6a6258"), at, 0.9)))
    item.blockers.append((trunk, foot[2]))
    base = dice.choice(_LEAVES)
    for layer, (light, count, spread, drop) in enumerate(_CROWN):
        for _ in range(count):
            turn, reach = dice.uniform(0, 6.283), dice.uniform(0.2, 0.75) * radius_m * spread
            size = dice.uniform(0.34, 0.55) * radius_m * (1 if layer < 2 else 0.6) * scale
            centre = q[0] + scale * reach * math.cos(turn), q[1] + scale * (reach * 0.72 * math.sin(turn) + drop)
            leaf = _oval(centre, size, size)
            item.shapes.append((leaf, brush.tone(base, at, light)))
            item.blockers.append((leaf, foot[2]))
    return item


def lamp(brush: Brush, where: tuple[float, float, float]) -> tuple[Item, Point3] | None:
    """A street lamp and where its light is. `where`: x, y, direction of its arm."""
    x, y, turn = where
    head = (x + 1.4 * math.cos(turn), y + 1.4 * math.sin(turn), 7.3)
    foot, top, tip = (brush.view.camera(place) for place in ((x, y, 0.0), (x, y, 7.1), head))
    if min(foot[2], top[2], tip[2]) < 1.5:
        return None
    p, q, w = (brush.view.pixel(c) for c in (foot, top, tip))
    half = max(0.5, 0.07 * brush.view.focal_px / foot[2])
    item = Item(foot[2])
    post = [(p[0] - half, p[1]), (p[0] + half, p[1]), (q[0] + half, q[1]), (q[0] - half, q[1])]
    arm = [(q[0], q[1] - half), (w[0], w[1] - half), (w[0], w[1] + half), (q[0], q[1] + half)]
    grey = brush.tone(colour("#4c5053"), (x, y))
    item.shapes += [(post, grey), (arm, grey)]
    item.blockers.append((post, foot[2]))
    size = max(0.9, 0.22 * brush.view.focal_px / foot[2])
    bright = (246, 230, 196) if brush.light.is_night else brush.tone(colour("#d9d8d2"), (x, y))
    item.shapes.append((_oval(w, size, size * 0.7), bright))
    return item, head


_TONGUES = (
    (0.62, 1.9, 0.0, "#d8793a"),
    (0.35, 1.3, -0.28, "#e8a04c"),
    (0.38, 1.25, 0.2, "#eaa64f"),
    (0.25, 0.8, 0.0, "#f6dca0"),
)


def flames(brush: Brush, place: Point3, size: float, *, flicker: float) -> Item | None:
    """Tongues of fire of about `size` metres; `flicker` in 0..1 changes their shape."""
    c = brush.view.camera(place)
    if c[2] < 1.5:
        return None
    x, y = brush.view.pixel(c)
    unit = brush.view.focal_px / c[2] * size
    item = Item(c[2] - 0.6)
    for index, (wide, tall, shift, rgb) in enumerate(_TONGUES):
        sway = 0.16 * math.sin(flicker * 6.283 * (2 + index) + index)
        high = tall * (0.85 + 0.25 * math.sin(flicker * 6.283 * (3 + index) + 2 * index))
        left, right = x + (shift - wide) * unit, x + (shift + wide) * unit
        tip = x + (shift + sway) * unit, y - high * unit
        middle_y = y - 0.45 * high * unit
        outline = [(left, y), (left + 0.04 * unit, middle_y), tip, (right - 0.04 * unit, middle_y), (right, y)]
        item.shapes.append((outline, to_ints(colour(rgb))))
    return item
