"""From the facts of a zone to its cameras, from each camera to its cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from beffroi.authorise.dossier.documents.gathered import Asked
from beffroi.authorise.dossier.documents.money import by_camera
from beffroi.plan.calc.ranges import Range
from beffroi.plan.models import Camera
from beffroi.territory.models import Zone
from beffroi.territory.rules import Effect, Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A zone of the request. `facts`: those bound to the place, on which a camera can act."""

    zone: Zone
    facts: int
    lines: tuple[tuple[Camera, Range], ...]
    cost: Range


def traced(asked: Asked, evidence: Mapping[str, Evidence]) -> list[Traced]:
    """Every zone with a camera of the request, in their order; costs are investments before tax."""
    costs = by_camera(asked)
    found = []
    for zone in sorted({camera.site.zone for camera in asked.cameras}, key=lambda zone: zone.number):
        lines = tuple((camera, costs[camera.pk]) for camera in asked.cameras if camera.site.zone_id == zone.pk)
        cost = sum((cost for _, cost in lines), Range.exactly(0))
        facts = evidence[zone.pk].total_of(Effect.PLACE) if zone.pk in evidence else 0
        found.append(Traced(zone=zone, facts=facts, lines=lines, cost=cost))
    return found
