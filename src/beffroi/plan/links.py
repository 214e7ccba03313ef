"""Reads of the network: what each length of the town's links carries to the centre."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from shapely import Point
from shapely.geometry.base import BaseGeometry

from beffroi.plan import tables
from beffroi.plan.calc.bandwidth import typical_rate
from beffroi.plan.calc.ranges import Range
from beffroi.plan.link_rules import Budget, Length, Medium, budgets, ways_to
from beffroi.plan.models import Camera, Link, MeasuredWeek
from beffroi.plan.townfile import JUNCTION
from beffroi.territory.calc import lambert93
from beffroi.territory.models import PublicBuilding

ON_LINE_M = 2.0
"""A junction so near a line is on it: lines are drawn by hand."""


def rates(cameras: Iterable[Camera]) -> dict[str, Range]:
    """Bit rate of each camera's main stream, by id: its last measured week, else the makers' table."""
    known, weeks = tables.rates(), last_weeks()
    return {
        camera.pk: weeks[camera.pk].rate.bit_s
        if camera.pk in weeks
        else typical_rate(known, camera.codec, camera.width_px * camera.height_px / 1e6).bit_s
        for camera in cameras
    }


def last_weeks() -> dict[str, MeasuredWeek]:
    """The last measured week of each camera that has one, by id."""
    return {week.camera_id: week for week in MeasuredWeek.objects.order_by("to_on")}


def link_budgets(cameras: Iterable[Camera]) -> list[Budget]:
    """Every length of the town's links with what it carries of these cameras, the fullest first.

    Empty while no building is said to be the centre.
    """
    centre = _centre()
    if not centre:
        return []
    cameras = list(cameras)
    known = rates(cameras)
    by_site: Mapping[str, dict[str, Range]] = defaultdict(dict)
    for camera in cameras:
        by_site[camera.site_id][camera.pk] = known[camera.pk]
    return budgets(_lengths(), centre, by_site)


def ways() -> dict[str, list[str]]:
    """By site or building, the ids of the lengths on its way to the centre, its own first; shortest in metres.

    Empty while no building is said to be the centre.
    """
    centre = _centre()
    return {end: way[::-1] for end, way in ways_to(_lengths(), centre).items()} if centre else {}


def _centre() -> str:
    centre = PublicBuilding.objects.filter(is_centre=True).first()
    return centre.pk if centre else ""


def _lengths() -> list[Length]:
    lines = [(link, lambert93.projected(link.shape)) for link in Link.objects.all()]
    junctions = _junctions(lines)
    return [_length(link, line, junctions) for link, line in lines]


def _junctions(lines: Iterable[tuple[Link, BaseGeometry]]) -> dict[str, Point]:
    """Where arms leave a line in its middle, by id: the end of an arm that is no site and no building."""
    ends = ((link, line, end) for link, line in lines for end in (link.from_end, link.to_end))
    return {
        end: Point(line.coords[0 if end == link.from_end else -1])
        for link, line, end in ends
        if end.startswith(JUNCTION)
    }


def _length(link: Link, line: BaseGeometry, junctions: Mapping[str, Point]) -> Length:
    on_it = [
        (name, line.project(point) / (line.length or 1.0) * link.length_m)
        for name, point in junctions.items()
        if name not in (link.from_end, link.to_end) and line.distance(point) <= ON_LINE_M
    ]
    return Length(
        via=tuple(sorted(on_it, key=lambda one: one[1])),
        id=link.pk,
        from_end=link.from_end,
        to_end=link.to_end,
        length_m=link.length_m,
        medium=Medium(link.medium),
        capacity_bit_s=link.capacity_mbit_s * 1e6,
        is_encrypted=link.is_encrypted,
    )
