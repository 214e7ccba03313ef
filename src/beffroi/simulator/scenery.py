"""The still picture of a camera: sky, hills, ground, houses, what stands in the streets."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from beffroi.simulator import things
from beffroi.simulator.burnt_clock import burn, text_alpha
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.colour import Planes, to_planes
from beffroi.simulator.houses import add_house, add_shadow
from beffroi.simulator.paint import Canvas, Fire, Item, Light, Point3, Rgb, View, circle, colour, mixed
from beffroi.simulator.sky import Sky
from beffroi.simulator.street import Furniture, Ground, Square, Street, furniture, load_ground

_ASPHALT, _COBBLES, _KERB = colour("#6f7172"), colour("#8e867b"), colour("#aba79e")
_PAVING, _STONE, _GRASS, _POOL, _PAINT = (
    colour("#98948b"),
    colour("#b4b0a6"),
    colour("#77805f"),
    colour("#838f94"),
    colour("#d4d2cb"),
)
_SKIES = {
    Sky.DAY: ("#8b9cab", "#c5c9c8", "#d6d1c7"),
    Sky.RAIN: ("#7f888f", "#a3a9ad", "#b2b5b4"),
    Sky.NIGHT: ("#0d1015", "#191e25", "#262a30"),
}
LAMP_LIGHT, FIRE_LIGHT = (217.0, 170.0, 104.0), (235.0, 140.0, 60.0)


@dataclass(frozen=True, slots=True)
class Still:
    """A drawn scene: pixels (720, 1280, 3) and how far forward each one is, in metres."""

    rgb: NDArray[np.float32]
    depth_m: NDArray[np.float32]


def view_of(spec: CameraSpec, town: str) -> View:
    """The camera's view, on a bracket when a wall is too near."""
    x_m, y_m = load_ground(town).off_the_wall((spec.x_m, spec.y_m))
    return View(replace(spec, x_m=x_m, y_m=y_m))


def draw(view: View, sky: Sky, town: str, *, fire: Fire | None = None) -> Still:
    """What the camera sees when nothing moves."""
    canvas = _painted(view, sky, town, fire=fire)
    return Still(_finished(canvas), _with_caption_in_front(canvas))


def draw_wide(view: View, sky: Sky, town: str) -> Planes:
    """The bare scene at twice the view's size, for a camera that turns: no text, no lens."""
    return to_planes(np.asarray(_painted(view, sky, town).image))


def _painted(view: View, sky: Sky, town: str, *, fire: Fire | None = None) -> Canvas:
    ground, light = load_ground(town), Light.of(sky)
    canvas = Canvas(view, light)
    brush = things.Brush(view, light, fire)
    _sky(canvas)
    _flats(canvas, ground)
    for house in ground.houses:
        add_shadow(canvas, house)
        add_house(canvas, house)
    lights = _furnish(canvas, brush, town)
    canvas.cast_shadows(0.34 if light.sun else 0.16)
    _light_ground(canvas, lights, fire)
    canvas.paint_items()
    for head in lights:
        if canvas.shows(head):
            canvas.glow(head, 1.3, (242, 217, 166), strength=0.75)
    return canvas


def _sky(canvas: Canvas) -> None:
    view, light = canvas.view, canvas.light
    width_px, height_px = canvas.image.size
    high, middle, low = (np.array(colour(c)) for c in _SKIES[light.sky])
    horizon_px = view.pixel((0.0, math.tan(_tilt(view)), 1.0))[1]
    shares = np.clip(np.linspace(0, height_px, height_px) / max(1.0, horizon_px * 2), 0, 1)[:, None]
    rows = np.where(shares < 0.5, high + (middle - high) * shares * 2, middle + (low - middle) * (shares - 0.5) * 2)
    column = rows.astype(np.uint8)[:, None, :]
    canvas.image.paste(Image.fromarray(np.repeat(column, width_px, 1)))
    for far in (1.0, 0.0):
        crest = [(px, horizon_px - _crest_px(view, px, far)) for px in range(0, view.size_px[0] + 20, 20)]
        rock = mixed(colour("#7f8b90"), colour("#a3abad"), far) if not light.is_night else colour("#171b21")
        canvas.fill([(0, horizon_px + 6), *crest, (view.size_px[0], horizon_px + 6)], rock)
    fields = light.tone(_PAVING, 120)
    canvas.fill([(0, horizon_px), (view.size_px[0], horizon_px), (view.size_px[0], 720), (0, 720)], fields)


def _tilt(view: View) -> float:
    return -math.asin(view.forward[2])


def _crest_px(view: View, px: float, far: float) -> float:
    """Height of the hills above the horizon: the causses, seen the same from everywhere."""
    azimuth = view.bearing + math.atan((px - view.centre[0]) / view.focal_px) + far * 1.3
    degrees = (
        2.3 + 1.5 * math.sin(azimuth * 2.3 + 1) + 0.9 * math.sin(azimuth * 5.1) + 0.5 * math.sin(azimuth * 9.7 + 0.4)
    )
    return view.focal_px * math.tan(math.radians(max(0.6, degrees + far * 1.2)))


def _flats(canvas: Canvas, ground: Ground) -> None:
    canvas.disc(canvas.view.eye[:2], 90, _PAVING)
    for water in ground.water:
        outline = canvas.view.polygon([(x, y, -1.0) for x, y in water])
        if outline:
            canvas.fill(outline, canvas.light.tone(colour("#6f8791"), 50))
    streets = [street for street in ground.streets if _is_near(canvas.view, street)]
    for street in streets:
        _strips(canvas, street, street.half_width_m + street.pavement_m, base=colour("#a09b91"))
    for street in streets:
        _strips(canvas, street, street.half_width_m + 0.35, base=_KERB)
    for street in streets:
        _strips(canvas, street, street.half_width_m, base=_COBBLES if street.is_narrow else _ASPHALT)
    for square in ground.squares:
        if canvas.view.distance_m(*square.centre) < 200:
            _square(canvas, square)
    for street in streets:
        if not street.is_narrow:
            _markings(canvas, street, ground)


def _is_near(view: View, street: Street) -> bool:
    return any(view.distance_m(*_nearest(view, a, b)) < 220 for a, b in street.segments())


def _nearest(view: View, a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = ((view.eye[0] - a[0]) * dx + (view.eye[1] - a[1]) * dy) / (dx * dx + dy * dy or 1)
    t = max(0.0, min(1.0, t))
    return a[0] + t * dx, a[1] + t * dy


def _strips(canvas: Canvas, street: Street, half_m: float, *, base: Rgb) -> None:
    for a, b in street.segments():
        _strip(canvas, (a, b), (-half_m, half_m), base=base)
    for joint in street.points[1:-1]:
        canvas.flat(circle(joint, half_m, 14), base)


def _strip(
    canvas: Canvas,
    axis: tuple[tuple[float, float], tuple[float, float]],
    sides_m: tuple[float, float],
    *,
    base: Rgb,
    span_m: tuple[float, float] | None = None,
) -> None:
    """A band along an axis, between two offsets to the left, over a span of its length."""
    a, b = axis
    length_m = math.dist(a, b)
    ux, uy = (b[0] - a[0]) / length_m, (b[1] - a[1]) / length_m
    start, end = span_m or (0.0, length_m)
    corners = [(start, sides_m[0]), (end, sides_m[0]), (end, sides_m[1]), (start, sides_m[1])]
    canvas.flat([(a[0] + ux * t - uy * o, a[1] + uy * t + ux * o) for t, o in corners], base)


def _square(canvas: Canvas, square: Square) -> None:
    c, r = square.centre, square.radius_m
    if square.kind == "fountain":
        for radius_m, base in (
            (27, _KERB),
            (26.6, _ASPHALT),
            (10.6, _STONE),
            (10.1, _GRASS),
            (5.6, _STONE),
            (4.9, _POOL),
        ):
            canvas.disc(c, radius_m, base)
    elif square.kind == "parking":
        canvas.disc(c, r * 0.97, colour("#a09b91"))
        canvas.disc(c, r * 0.8, _ASPHALT)
        canvas.disc(c, 9, _KERB)
        canvas.disc(c, 8.6, colour("#8f8b83"))
    elif square.kind == "park":
        canvas.disc(c, r * 0.86, _GRASS)
        canvas.disc(c, r * 0.34, colour("#a39d90"))
        canvas.disc(c, r * 0.24, _GRASS)
    else:
        canvas.disc(c, r * 0.95, colour("#9b978e"))
        _joints(canvas, c, r * 0.92)


def _joints(canvas: Canvas, c: tuple[float, float], r: float) -> None:
    for step in range(-6, 7):
        offset = step * r / 7
        half = math.sqrt(max(0.0, r * r - offset * offset))
        _strip(
            canvas, ((c[0] - half, c[1] + offset), (c[0] + half, c[1] + offset)), (-0.06, 0.06), base=colour("#8b877f")
        )
        _strip(
            canvas, ((c[0] + offset, c[1] - half), (c[0] + offset, c[1] + half)), (-0.06, 0.06), base=colour("#8b877f")
        )


def _markings(canvas: Canvas, street: Street, ground: Ground) -> None:
    """The dashed middle line, and crossings where the street meets the Mandarous or the Capelle."""
    along_m = 4.0
    while along_m < street.length_m - 4:
        x, y, heading = street.at(along_m, 0)
        off_squares = all(
            math.dist((x, y), s.centre) > s.radius_m for s in ground.squares if s.kind in ("fountain", "parking")
        )
        if off_squares and canvas.view.distance_m(x, y) < 95:
            end = x + 2.6 * math.cos(heading), y + 2.6 * math.sin(heading)
            _strip(canvas, ((x, y), end), (-0.08, 0.08), base=mixed(_ASPHALT, _PAINT, 0.75))
        along_m += 6
    for a, b in ((street.points[0], street.points[1]), (street.points[-1], street.points[-2])):
        for square, start_m in ((ground.squares[0], 28.6), (ground.squares[1], 30.0)):
            if math.dist(a, square.centre) < 20:
                side = -street.half_width_m + 0.5
                while side < street.half_width_m - 0.4:
                    _strip(
                        canvas,
                        (a, b),
                        (side, side + 0.55),
                        base=mixed(_ASPHALT, _PAINT, 0.9),
                        span_m=(start_m, start_m + 3.2),
                    )
                    side += 1.1


def _furnish(canvas: Canvas, brush: things.Brush, town: str) -> list[Point3]:
    """Adds what stands in the streets; returns where lamps burn."""
    lights: list[Point3] = []
    for one in furniture(town):
        distance_m = canvas.view.distance_m(one.x_m, one.y_m)
        if not canvas.view.sees(one.x_m, one.y_m, 150, margin_m=4) or distance_m < (9 if one.kind == "tree" else 4):
            continue
        if one.kind == "lamp":
            lamp = things.lamp(brush, (one.x_m, one.y_m, one.angle))
            if lamp is not None and distance_m > 6:
                canvas.items.append(lamp[0])
                if canvas.light.is_night:
                    lights.append(lamp[1])
        else:
            item = _thing(brush, one)
            if item is not None:
                canvas.items.append(item)
        if one.kind == "tree" and canvas.light.sun:
            canvas.shade(circle((one.x_m + 3.6, one.y_m + 2.9), 2.4, 12))
    if math.hypot(*canvas.view.eye[:2]) < 120:
        canvas.items.extend(_fountain(brush))
    return lights


def _thing(brush: things.Brush, one: Furniture) -> Item | None:
    where = one.x_m, one.y_m, one.angle
    if one.kind == "tree":
        return things.tree(brush, where[:2], one.seed)
    if one.kind == "car":
        item = things.car(brush, where, things.CAR_COLOURS[one.seed % len(things.CAR_COLOURS)])
    elif one.kind == "people":
        raining = brush.light.sky is Sky.RAIN
        coat = things.COATS[one.seed % len(things.COATS)]
        who = things.Person(x_m=one.x_m, y_m=one.y_m, coat=coat, stride=0.3, umbrella=raining)
        return None if brush.light.is_night and one.seed % 3 else things.person(brush, who)
    elif one.kind == "bollard":
        item = things.box(brush, where, (0.18, 0.18, 0.95), base=colour("#55585a"))
    elif one.kind == "bench":
        item = things.box(brush, where, (1.9, 0.55, 0.5), base=colour("#7d6f5c"))
    else:
        item = things.box(brush, where, (0.8, 0.8, 1.15), base=colour("#4b5a52"))
    item.blockers += [(outline, item.depth_m) for outline, _ in item.shapes[1:]]
    return item


def _fountain(brush: things.Brush) -> list[Item]:
    """The fountain of the Mandarous, all of it invented."""
    foot = brush.view.camera((0, 0, 0))
    if foot[2] < 3:
        return []
    item = Item(foot[2])
    scale = brush.view.focal_px / foot[2]
    for radius_m, low_m, high_m, base in (
        (1.5, 0.0, 0.7, "#a29e95"), (0.5, 0.7, 2.2, "#b0aca3"), (1.1, 2.2, 2.5, "#bab6ad"), (0.25, 2.5, 3.6, "#b0aca3"),
    ):  # fmt: skip
        x, bottom = brush.view.pixel(brush.view.camera((0, 0, low_m)))
        top = brush.view.pixel(brush.view.camera((0, 0, high_m)))[1]
        half = radius_m * scale
        outline = [(x - half, bottom), (x + half, bottom), (x + half, top), (x - half, top)]
        item.shapes.append((outline, brush.tone(colour(base), (0, 0))))
        item.blockers.append((outline, foot[2]))
    return [item]


def _light_ground(canvas: Canvas, lights: list[Point3], fire: Fire | None) -> None:
    for x, y, _ in lights:
        canvas.glow((x, y, 0.0), 8.5, LAMP_LIGHT, strength=0.42, flatness=0.34)
    if fire is not None:
        canvas.glow((fire.x_m, fire.y_m, 0.0), 17, FIRE_LIGHT, strength=0.75 * fire.strength, flatness=0.34)


def _finished(canvas: Canvas) -> NDArray[np.float32]:
    """Reduced to the picture's size, edges darkened as a lens does, top dimmed behind the texts, caption burnt in."""
    rgb = np.asarray(canvas.image.reduce(2), np.float32)
    height_px, width_px = rgb.shape[:2]
    picture: NDArray[np.float32] = (rgb * lens(width_px, height_px)[:, :, None]).astype(np.float32)
    picture[-44:] = burn(picture[-44:], *caption(width_px))
    return picture


@cache
def lens(width_px: int, height_px: int) -> NDArray[np.float32]:
    """How much of the light each pixel gets: less at the edges, and behind the texts at the top."""
    ys, xs = np.mgrid[0:height_px, 0:width_px].astype(np.float32) / np.float32(height_px)
    radius = np.hypot(xs * (height_px / width_px) - 0.5, (ys - 0.5) * 0.8)
    scrim = np.clip(ys * 10, 0, 1) * 0.22 + 0.78
    light: NDArray[np.float32] = ((1 - 0.55 * np.clip(radius - 0.36, 0, 1)) * scrim).astype(np.float32)
    return light


@cache
def caption(width_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Strokes and outline of what every picture says at its foot, 44 rows of it."""
    return text_alpha("JEU FICTIF", (width_px, 44), 12)


def _with_caption_in_front(canvas: Canvas) -> NDArray[np.float32]:
    depth_m = canvas.depth_m
    depth_m[-44:][caption(depth_m.shape[1])[1] > 0.02] = 0
    return depth_m
