"""From the facts of a zone to its cameras, from each camera to its cost, for a dossier's cameras."""

from __future__ import annotations

from collections.abc import Mapping

from beffroi.authorise.dossier.documents.gathered import Asked
from beffroi.authorise.dossier.documents.money import by_camera
from beffroi.plan import costing
from beffroi.plan.costing import Traced
from beffroi.territory.rules import Evidence


def traced(asked: Asked, evidence: Mapping[str, Evidence]) -> list[Traced]:
    """Every zone with a camera of the request, in their order; costs are values as new before tax."""
    return costing.traced(asked.cameras, by_camera(asked), evidence)
