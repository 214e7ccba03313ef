"""Reads of the network: what each length of the town's links carries to the centre."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from beffroi.plan import tables
from beffroi.plan.calc.bandwidth import typical_rate
from beffroi.plan.calc.ranges import Range
from beffroi.plan.link_rules import Budget, Length, Medium, budgets
from beffroi.plan.models import Camera, Link
from beffroi.territory.models import PublicBuilding


def rates(cameras: Iterable[Camera]) -> dict[str, Range]:
    """Bit rate of each camera's main stream, by id."""
    known = tables.rates()
    return {
        camera.pk: typical_rate(known, camera.codec, camera.width_px * camera.height_px / 1e6).bit_s
        for camera in cameras
    }


def link_budgets(cameras: Iterable[Camera]) -> list[Budget]:
    """Every length of the town's links with what it carries of these cameras, the fullest first.

    Empty while no building is said to be the centre.
    """
    centre = PublicBuilding.objects.filter(is_centre=True).first()
    if centre is None:
        return []
    cameras = list(cameras)
    known = rates(cameras)
    by_site: Mapping[str, dict[str, Range]] = defaultdict(dict)
    for camera in cameras:
        by_site[camera.site_id][camera.pk] = known[camera.pk]
    return budgets([_length(link) for link in Link.objects.all()], centre.pk, by_site)


def _length(link: Link) -> Length:
    return Length(
        id=link.pk,
        from_end=link.from_end,
        to_end=link.to_end,
        length_m=link.length_m,
        medium=Medium(link.medium),
        capacity_bit_s=link.capacity_mbit_s * 1e6,
        is_encrypted=link.is_encrypted,
    )
