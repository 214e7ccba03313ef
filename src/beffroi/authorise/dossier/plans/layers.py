"""What is drawn on the maps, layer by layer: geometry on paper to SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from beffroi.authorise.dossier.plans import svg
from beffroi.authorise.dossier.plans.labels import Labels, around, inside, width_mm
from beffroi.authorise.dossier.plans.paper import BAR_M, Paper, outline
from beffroi.authorise.dossier.plans.seen import CameraSight, Door, Seen, SiteView
from beffroi.authorise.dossier.plans.words import figure, trimmed
from beffroi.plan.calc import optics
from beffroi.plan.calc.density import DensityClass
from beffroi.plan.calc.occlusion import Skyline

SMALL = 10_000
"""From this scale on a house is a grey dot."""
Tag = tuple[str, str, tuple[float, float]]
"""A camera's number, words beside it, its position."""


def shapes(paper: Paper, look: str, shown: Iterable[BaseGeometry], **more: object) -> Iterator[str]:
    """Each geometry in one look; those off the sheet left out."""
    for geometry in shown:
        if geometry.intersects(paper.ground):
            yield svg.drawn(look, outline(paper.shown(geometry)), **more)


def buildings(paper: Paper, skyline: Skyline, looks: Mapping[int, str]) -> Iterator[str]:
    """Every building on the sheet, in its look or the plain one; its id is kept for who reads the drawing.

    Of a whole town their outlines would be darker than all that is written over them.
    """
    plain = "small" if paper.scale >= SMALL else "building"
    if not skyline.buildings:
        return
    for index in np.sort(skyline.tree.query(paper.ground, predicate="intersects")).tolist():
        d = outline(paper.shown(skyline.buildings[index].footprint))
        yield svg.drawn(looks.get(index, plain), d, data_building=skyline.buildings[index].id)


def bands(paper: Paper, cameras: Sequence[CameraSight]) -> Iterator[str]:
    """Density classes of all cameras, the finest on top, so that overlaps show the better picture."""
    for class_id in reversed(tuple(svg.TINTS)):
        for camera in cameras:
            d = outline(paper.shown(camera.band(class_id)))
            yield svg.drawn_tint(class_id, d, data_of=camera.number)


def fields(paper: Paper, cameras: Sequence[CameraSight]) -> Iterator[str]:
    """Dead zones, outlines (each camera its own dash) and axes."""
    for order, camera in enumerate(cameras):
        if camera.sight is None:
            continue
        yield svg.drawn("dead", outline(paper.shown(camera.dead_zone())))
        d = outline(paper.shown(camera.field()))
        dash = svg.DASHES[order % len(svg.DASHES)]
        yield svg.element(
            "path", d=d, class_="cone", fill="none", stroke=svg.BLUE, stroke_width=0.45, stroke_dasharray=dash,
            stroke_linejoin="round", data_of=camera.number,
        )  # fmt: skip
        yield svg.drawn("axis", outline(paper.shown(_axis(camera).intersection(camera.field()))))


def presets(paper: Paper, cameras: Iterable[tuple[CameraSight, int]], labels: Labels) -> Iterator[str]:
    """The cone of each preset, lighter than the field, and its rank; `cameras`: each with how many presets it has."""
    for camera, count in cameras:
        for rank, cone in enumerate(camera.cones(count), 1):
            shown = paper.shown(cone)
            yield svg.drawn("preset", outline(shown), data_of=camera.number, data_preset=rank)
            name = f"P{rank}"
            spot = labels.place(_middle_first(shown), (width_mm(name, 2.2) + 0.4, 2.6))
            if spot is not None:
                yield svg.text(spot, name, 2.2, fill=svg.BLUE, font_weight=700)


def _middle_first(cone: BaseGeometry) -> list[tuple[float, float]]:
    """Of a cone, its centre first: two thirds of the way out, where cones part."""
    centre = cone.centroid
    return sorted(inside(cone, step_mm=1.5), key=lambda spot: math.dist(spot, (centre.x, centre.y)))


def limits(paper: Paper, cameras: Sequence[CameraSight], class_id: str) -> Iterator[str]:
    """The farthest ground that counts as in view."""
    for camera in cameras:
        yield svg.drawn("limit", outline(paper.shown(camera.ground(class_id))))


def _axis(camera: CameraSight) -> LineString:
    view = camera.view
    return LineString(view.on_map(np.array([(0.0, 0.0), (500.0, 0.0)])))


def facades(paper: Paper, seen: Sequence[Seen]) -> Iterator[str]:
    """Walls in view; banded where a mask covers them. Doors as triangles that point out of the house, empty when
    supposed."""
    for one in seen:
        line = paper.shown(one.facades)
        if one.masks:
            yield svg.drawn("mask", outline(line))
            yield svg.drawn("mask-band", outline(line))
        yield svg.drawn("facade", outline(line), stroke_width=0.35 if one.masks else 0.6)
    for one in seen:
        for east_m, north_m, bearing in shown_doors(paper, one):
            look = "door" if one.is_surveyed else "supposed"
            yield door(paper.at(east_m, north_m), bearing, look, data_door=one.number)


def shown_doors(paper: Paper, one: Seen) -> list[Door]:
    """Doors of a building that lie on the sheet."""
    return [door for door in one.doors if shapely.contains_xy(paper.ground, door[0], door[1])]


def door(at: tuple[float, float], bearing_deg: float, look: str, **more: object) -> str:
    turn = math.radians(bearing_deg)
    ahead, aside = (math.sin(turn), -math.cos(turn)), (math.cos(turn), math.sin(turn))
    corners = [(1.5, 0.0), (-0.3, 1.0), (-0.3, -1.0)]
    points = [(at[0] + a * ahead[0] + s * aside[0], at[1] + a * ahead[1] + s * aside[1]) for a, s in corners]
    d = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z"
    return svg.drawn(look, d, **more)


def masts(paper: Paper, at: Iterable[tuple[float, float]], labels: Labels, *, radius_mm: float = 1.5) -> Iterator[str]:
    """The fixing points."""
    for east_m, north_m in dict.fromkeys(at):
        x, y = paper.at(east_m, north_m)
        labels.keep_free(Point(x, y).buffer(1.4 * radius_mm))
        yield svg.element("circle", cx=x, cy=y, r=radius_mm, fill="#fff", stroke=svg.INK, stroke_width=radius_mm / 3)
        yield svg.element("circle", cx=x, cy=y, r=radius_mm * 0.37, fill=svg.INK)


def _box(middle: tuple[float, float], wide: float, tall: float) -> Polygon:
    x, y = middle
    return shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)


def camera_tags(
    paper: Paper,
    tags: Sequence[Tag],
    labels: Labels,
    *,
    beside: BaseGeometry | None = None,
    size_mm: float = 3.0,
) -> Iterator[str]:
    """A tag a camera, joined to its mast, out of `beside` if it can. What is counted on the plan are these."""
    fields = paper.shown(beside) if beside is not None else Point()
    tall, drawn = 1.45 * size_mm, []
    for number, words, position in tags:
        mast = paper.at(*position)
        wide = width_mm(number, size_mm) + 0.8 * size_mm + (width_mm(words, 0.7 * size_mm) + 2 if words else 0)
        spots = around(mast, first_mm=wide / 2 + 1.3 * size_mm, rings=9)
        clear = sorted(spots, key=partial(_covered, fields, (wide, tall)))
        spot = labels.place(clear, (wide, tall), is_needed=True)
        assert spot is not None  # a needed label is always placed
        d = f"M{mast[0]:.2f} {mast[1]:.2f}L{spot[0]:.2f} {spot[1]:.2f}"
        yield svg.element("path", d=d, stroke=svg.BLUE, stroke_width=0.3)
        drawn.append(svg.group(_tag(spot, (number, words), (wide, tall)), data_camera=number))
    yield from drawn  # over all their lines


def _covered(fields: BaseGeometry, size: tuple[float, float], spot: tuple[float, float]) -> float:
    return round(float(_box(spot, *size).intersection(fields).area), 1)


def _tag(middle: tuple[float, float], words: tuple[str, str], size: tuple[float, float]) -> Iterator[str]:
    (x, y), (wide, tall) = middle, size
    left, type_mm = x - wide / 2, tall / 1.45
    yield svg.element("rect", x=left, y=y - tall / 2, width=wide, height=tall, rx=0.5, fill=svg.BLUE)
    at = (left + 0.4 * type_mm, y)
    yield svg.plain(at, words[0], type_mm, fill="#fff", text_anchor="start", font_weight=700)
    if words[1]:
        right = (left + wide - 0.4 * type_mm, y)
        yield svg.plain(right, words[1], 0.7 * type_mm, fill="#fff", text_anchor="end")


def band_labels(paper: Paper, cameras: Sequence[CameraSight], labels: Labels) -> Iterator[str]:
    """« 125 px/m · 19,4 m » where each limit crosses what is seen, on the axis if it can."""
    for camera in cameras:
        if camera.sight is None:
            continue
        for one in camera.sight.scale.classes:
            if one.id not in svg.TINTS or one.least_px_m is None:
                continue
            words = f"{trimmed(one.least_px_m)} px/m · {figure(camera.view.farthest_m(one.least_px_m), 1)} m"
            spots = _limit_spots(paper, camera, one)
            wide = width_mm(words, 2.2) + 1.6
            spot = labels.place(spots, (wide, 3.2))
            if spot is not None:
                x, y = spot
                yield svg.element(
                    "rect", x=x - wide / 2, y=y - 1.6, width=wide, height=3.2, rx=0.5, fill="#fff", stroke=svg.BLUE,
                    stroke_width=0.2,
                )  # fmt: skip
                yield svg.plain(spot, words, 2.2, fill="#083a6d", font_weight=700)


def _limit_spots(paper: Paper, camera: CameraSight, limit: DensityClass) -> Iterator[tuple[float, float]]:
    view, least_px_m = camera.view, limit.least_px_m or 0.0
    away = view.farthest_m(least_px_m)
    if abs(optics.density_px_m(view.pose, view.lens, away, target_m=view.target_m) / least_px_m - 1) > 0.01:
        return  # the picture ends before: no limit is seen there
    half = optics.depth_m(view.pose, away, target_m=view.target_m) * math.tan(math.radians(view.lens.hfov_deg) / 2)
    shares = (0.0, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75)
    ground = camera.ground(limit.id).buffer(0.3)
    for east_m, north_m in view.on_map(np.array([(away - 0.05, half * share) for share in shares])):
        if shapely.contains_xy(ground, east_m, north_m):
            yield paper.at(float(east_m), float(north_m))


def numbers(paper: Paper, site: SiteView, labels: Labels, *, seen: Sequence[Seen]) -> Iterator[str]:
    """T1 with its masks under it, in each building; always somewhere on the sheet."""
    for one in seen:
        below = " ".join(one.masks[:3]) or ("non masqué" if one.unmasked_by else "")
        wide = max(width_mm(one.number, 3.2), width_mm(below, 2.3)) + 0.4
        footprint = paper.shown(site.skyline.buildings[one.index].footprint, beyond_mm=-2.0)
        near = paper.shown(one.facades, beyond_mm=-2.0)
        starts = near.centroid if not near.is_empty else Point(paper.at(*site.mast))
        size = (wide, 6.0 if below else 3.4)
        own = sorted(
            inside(footprint, step_mm=1.5),
            key=lambda spot: (round(_box(spot, *size).difference(footprint).area), _away(spot, starts)),
        )
        spots = [*own, *around((starts.x, starts.y), first_mm=4.0)]
        spot = labels.place(spots, size, is_needed=True)
        assert spot is not None  # a needed label is always placed
        x, y = spot
        yield svg.text((x, y - 1.2 if below else y), one.number, 3.2, font_weight=700, data_third=one.number)
        if below:
            yield svg.text((x, y + 1.7), below, 2.3, fill=svg.RED, font_weight=700)


def own_names(paper: Paper, skyline: Skyline, labels: Labels, *, names: Mapping[int, str]) -> Iterator[str]:
    """Names of the town's and its partners' buildings, where there is room."""
    for index, name in names.items():
        shape = paper.shown(skyline.buildings[index].footprint, beyond_mm=-1.0)
        if shape.is_empty:
            continue
        middle = shape.representative_point()
        spot = labels.place(around((middle.x, middle.y), first_mm=0.5), (width_mm(name, 2.2), 2.6))
        if spot is not None:
            yield svg.text(spot, name, 2.2, font_weight=700)


def _away(spot: tuple[float, float], start: Point) -> float:
    """Some way in from the façade is better than on it."""
    return abs(math.dist(spot, (start.x, start.y)) - 6.5)


def zone_numbers(paper: Paper, zones: Iterable[tuple[str, BaseGeometry]], labels: Labels) -> Iterator[str]:
    """« Z 4 » in each zone, on its edge when its middle is taken."""
    for number, shape in zones:
        shown = paper.shown(shape, beyond_mm=-2.0)
        spot = labels.place(inside(shown), (width_mm(f"Z {number}", 2.8), 3.0))
        if spot is not None:
            yield svg.text(spot, f"Z {number}", 2.8, fill=svg.SOFT, font_style="italic", font_weight=700)


def marked(
    labels: Labels, at: tuple[float, float], words: str, *, draw: Callable[[tuple[float, float], str], str], state: str
) -> Iterator[str]:
    """A mark near its place, joined to it; its words on the far side."""
    wide = width_mm(words, 2.4) + 4.0
    spot = labels.place(around(at, first_mm=wide / 2 + 1.5, rings=8), (wide, 3.0), is_needed=True)
    assert spot is not None  # a needed label is always placed
    side = 1 if spot[0] >= at[0] else -1
    mark = (spot[0] - side * (wide / 2 - 1.6), spot[1])
    d = f"M{at[0]:.2f} {at[1]:.2f}L{mark[0]:.2f} {mark[1]:.2f}"
    yield svg.element("path", d=d, stroke=svg.INK, stroke_width=0.2)
    yield svg.group([draw(mark, state)], data_sign=state)
    anchor = "start" if side > 0 else "end"
    yield svg.text((mark[0] + side * 2.0, mark[1]), words, 2.4, text_anchor=anchor, font_weight=700)


def street_names(paper: Paper, streets: Iterable[tuple[str, BaseGeometry]], labels: Labels) -> Iterator[str]:
    """Names along their axes, once each, where they fit."""
    for name, axis in streets:
        if not axis.intersects(paper.ground):
            continue
        lines = [part for part in _line_parts(paper.shown(axis, beyond_mm=-1)) if part.length > 8]
        for line in sorted(lines, key=lambda line: -line.length):
            found = labels.along(line, name.upper(), 2.3)
            if found is not None:
                x, y, turn = found
                yield svg.text(
                    (x, y), name.upper(), 2.3, fill=svg.SOFT, transform=f"rotate({turn:.1f} {x:.2f} {y:.2f})",
                    letter_spacing=0.1,
                )  # fmt: skip
                break


def _line_parts(found: BaseGeometry) -> list[LineString]:
    lines = [part for part in shapely.get_parts(found) if isinstance(part, LineString) and not part.is_empty]
    merged = shapely.line_merge(MultiLineString(lines)) if lines else MultiLineString()
    return [part for part in shapely.get_parts(merged) if isinstance(part, LineString)]


def crosses(paper: Paper) -> Iterator[str]:
    """Lambert-93 crosses, with their coordinates along the west and south edges."""
    for east_m, north_m in paper.crosses():
        x, y = paper.at(east_m, north_m)
        d = f"M{x - 1.6:.3f} {y:.3f}H{x + 1.6:.3f}M{x:.3f} {y - 1.6:.3f}V{y + 1.6:.3f}"
        yield svg.drawn("cross", d, data_east=east_m, data_north=north_m)


def coordinates(paper: Paper, labels: Labels) -> Iterator[str]:
    """What the crosses are, written where they meet the west and south edges."""
    eastings, northings = ({one[axis] for one in paper.crosses()} for axis in (0, 1))
    for north_m in sorted(northings):
        y = paper.at(0, north_m)[1]
        yield from _coordinate((9.0, y - 1.6), f"N {figure(north_m)}", labels)
    for east_m in sorted(eastings):
        x = paper.at(east_m, 0)[0]
        yield from _coordinate((x + 8.0, paper.height_mm - 2.0), f"E {figure(east_m)}", labels)


def _coordinate(at: tuple[float, float], words: str, labels: Labels) -> Iterator[str]:
    if labels.place([at], (15.0, 2.0)) is not None:
        yield svg.text(at, words, 2.1, fill=svg.SOFT)


def north(paper: Paper, labels: Labels) -> str:
    """Grid north, top right."""
    x, y = paper.width_mm - 10, 11.0
    labels.keep_free(Point(x, y).buffer(8))
    return svg.group(
        (
            svg.element("circle", cx=x, cy=y, r=7.2, fill="#fff", stroke=svg.INK, stroke_width=0.25),
            svg.element("path", d=f"M{x} {y - 6}L{x + 2} {y + 2.6}L{x} {y + 1.4}Z", fill=svg.INK),
            svg.element("path", d=f"M{x} {y - 6}L{x - 2} {y + 2.6}L{x} {y + 1.4}Z", fill="#fff", stroke=svg.INK,
                        stroke_width=0.25),
            svg.plain((x, y + 4.8), "N", 2.8, font_weight=700),
        )
    )  # fmt: skip


def scale_bar(paper: Paper, labels: Labels, spots: Iterable[tuple[float, float]] = ()) -> str:
    """A bar in four, its length on the ground: bottom right, or left when one of the `spots` stands there."""
    metres = BAR_M.get(paper.scale, 5000)
    long = paper.mm(metres)
    wide = long + 16
    left, top = paper.width_mm - wide - 2, paper.height_mm - 13.5
    corner = shapely.box(left - 3, top - 3, paper.width_mm, paper.height_mm)
    if any(shapely.contains_xy(corner, *paper.at(*spot)) for spot in spots):
        left = 2.0
    labels.keep_free(shapely.box(left - 1, top - 1, left + wide + 2, paper.height_mm))
    parts = [
        svg.element("rect", x=left, y=top, width=wide, height=11.5, fill="#fff", stroke=svg.INK, stroke_width=0.2),
        svg.plain((left + 3, top + 3), f"Échelle 1:{figure(paper.scale)} en A4", 2.6, text_anchor="start"),
    ]
    for step in range(4):
        x = left + 4 + long * step / 4
        fill = svg.INK if step % 2 == 0 else "#fff"
        parts.append(svg.element("rect", x=x, y=top + 5.4, width=long / 4, height=1.5, fill=fill, stroke=svg.INK,
                                 stroke_width=0.15))  # fmt: skip
    for share in (0, 0.5, 1):
        unit = " m" if share == 1 else ""
        parts.append(svg.plain((left + 4 + long * share, top + 9), figure(metres * share) + unit, 2.1))
    return svg.group(parts, class_="scale-bar")


def fictional(labels: Labels) -> str:
    """Said on the map itself: it is also shown alone."""
    labels.keep_free(shapely.box(0, 0, 22, 6))
    frame = svg.element("rect", x=1.5, y=1.5, width=17, height=4.2, fill="#fff", stroke=svg.INK, stroke_width=0.25,
                        stroke_dasharray="1 0.6")  # fmt: skip
    return frame + svg.plain((10, 3.6), "JEU FICTIF", 2.4, font_weight=700)


def drawing(
    paper: Paper,
    title: str,
    paint: Callable[[Labels], Iterable[str]],
    *,
    is_fictional: bool,
    spots: Iterable[tuple[float, float]] = (),
) -> str:
    """A map: white ground, what is painted, then north and scale, cut at the sheet's edge.

    `spots`: positions on the ground that the scale must not cover.
    """
    labels = Labels(edge=shapely.box(1, 1, paper.width_mm - 1, paper.height_mm - 1))
    furniture = north(paper, labels) + scale_bar(paper, labels, spots) + (fictional(labels) if is_fictional else "")
    clip = svg.element(
        "clipPath", svg.element("rect", width=paper.width_mm, height=paper.height_mm), id="edge"
    )  # fmt: skip
    ground = svg.element("rect", width=paper.width_mm, height=paper.height_mm, fill=svg.PAPER)
    painted = svg.group([ground, *paint(labels)], clip_path="url(#edge)")
    return svg.sheet([clip, painted, furniture], size_mm=(paper.width_mm, paper.height_mm), title=title)
