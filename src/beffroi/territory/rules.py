"""What a fact is, what a camera can change of it, and when a zone is shown to be exposed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from beffroi.core.dates import add_months

EVIDENCE_MONTHS = 60
"""Facts older than five years, an order's life, do not show that a place is exposed today."""


class FactKind(StrEnum):
    """Kinds of fact: a closed list, kept to what the State's communal base and a town's police both count."""

    THEFT_FROM_VEHICLE = "theft-from-vehicle"
    VEHICLE_THEFT = "vehicle-theft"
    VEHICLE_PARTS = "vehicle-parts"
    BURGLARY_DWELLING = "burglary-dwelling"
    BURGLARY_OTHER = "burglary-other"
    ROBBERY = "robbery"
    THEFT_PERSON = "theft-person"
    DAMAGE = "damage"
    ARSON = "arson"
    VIOLENCE = "violence"
    FAMILY_VIOLENCE = "family-violence"
    DRUGS = "drugs"
    NUISANCE = "nuisance"
    DUMPING = "dumping"
    TRAFFIC = "traffic"


class Effect(StrEnum):
    """What a camera on the public road can be expected to change. Source: Piza et al. 2019; planning reference §4.2."""

    PLACE = "place"  # tied to the place, seen from the road
    AFTER = "after"  # little prevention; may help an inquiry
    NONE = "none"  # out of its sight


EFFECTS: Mapping[FactKind, Effect] = MappingProxyType(
    {
        FactKind.THEFT_FROM_VEHICLE: Effect.PLACE,
        FactKind.VEHICLE_THEFT: Effect.PLACE,
        FactKind.VEHICLE_PARTS: Effect.PLACE,
        FactKind.BURGLARY_DWELLING: Effect.NONE,
        FactKind.BURGLARY_OTHER: Effect.AFTER,
        FactKind.ROBBERY: Effect.AFTER,
        FactKind.THEFT_PERSON: Effect.AFTER,
        FactKind.DAMAGE: Effect.PLACE,
        FactKind.ARSON: Effect.PLACE,
        FactKind.VIOLENCE: Effect.AFTER,
        FactKind.FAMILY_VIOLENCE: Effect.NONE,
        FactKind.DRUGS: Effect.AFTER,
        FactKind.NUISANCE: Effect.AFTER,
        FactKind.DUMPING: Effect.PLACE,
        FactKind.TRAFFIC: Effect.AFTER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The dated facts that show a zone to be exposed: how many a kind, from when to when, whose count it is."""

    counts: Mapping[FactKind, int]
    from_on: date | None
    to_on: date | None
    sources: tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def total_of(self, effect: Effect) -> int:
        """Facts of the kinds on which a camera has this effect."""
        return sum(count for kind, count in self.counts.items() if EFFECTS[kind] is effect)


def evidence_since(on: date) -> date:
    """The first day whose facts still count on a day."""
    return add_months(on, -EVIDENCE_MONTHS)


def is_evidenced(evidence: Evidence) -> bool:
    """True when dated facts, with their source, show the zone to be exposed. Source: CSI L. 251-2, 5°; R. 252-3, 1°."""
    return evidence.total > 0 and bool(evidence.sources)
