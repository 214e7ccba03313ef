"""Writes of one zone: it joins the territory, its sheet is completed, or it leaves while nothing rests on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
import shapely
from django.db import transaction
from django.db.models import F, Max, ProtectedError
from shapely.geometry import shape

from beffroi.core.errors import Conflict, InvalidInput, NotFound
from beffroi.journal.services import Entry, Register, append
from beffroi.territory import events
from beffroi.territory.models import Fact, FactImport, Zone
from beffroi.territory.queries import counted_facts, town

_CHUNK = 500
"""Ids a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSheet:
    """What is said of a zone: who found it, the opinions, what a camera can change there. Source: R. 252-3, 1°."""

    name: str
    proposer: str
    purpose: str
    expected_effect: str
    police_opinion: str = ""
    adviser_opinion: str = ""
    adviser_opinion_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneAdded:
    """A zone that joined, and how many facts that no zone held lie in it."""

    zone: Zone
    facts: int


def add_zone(sheet: ZoneSheet, outline: dict[str, Any], *, by: str) -> ZoneAdded:
    """One more zone of the town, under the next number; the facts placed in it that no zone holds are its own.

    `outline` is a checked GeoJSON surface in degrees. The caller may hold a transaction.
    Errors: Conflict before a town is there; InvalidInput when the outline leaves the town.
    """
    _refuse_outside(outline)
    with transaction.atomic():
        number = (Zone.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        zone = Zone.objects.create(id=_free_key(number), number=number, shape=outline, **asdict(sheet))
        facts = take_facts(zone)
        _tell("zone.added", zone, by=by, facts=facts)
    return ZoneAdded(zone=zone, facts=facts)


def change_sheet(zone: Zone, sheet: ZoneSheet, *, by: str) -> None:
    """What is said of a zone is written anew; its outline and its number stay."""
    said = asdict(sheet)
    with transaction.atomic():
        Zone.objects.filter(pk=zone.pk).update(**said)
        _tell("zone.changed", zone, by=by)


def remove_zone(zone_id: str, *, by: str) -> None:
    """A zone leaves the territory; its facts stay, in no zone.

    Errors: NotFound; Conflict while a site of the programme stands in it, or a sealed plan of evaluation names it.
    """
    with transaction.atomic():
        zone = Zone.objects.select_for_update().filter(pk=zone_id).first()
        if zone is None:
            raise NotFound("There is no such zone.", message_fr="Cette zone n'existe pas.", field="zone")
        if resting := events.rests_on(zone_id):
            named, named_fr = (", ".join(said) for said in zip(*resting, strict=True))
            raise Conflict(
                f"{zone} is named by {named}; it stays as long as that does.",
                message_fr=f"{zone} est nommée par {named_fr} ; elle reste tant que cela tient.",
                field="zone",
            )
        held = counted_facts().filter(zone=zone)
        _count_outside(Counter(held.values_list("batch_id", flat=True)), sign=1)
        facts = Fact.objects.filter(zone=zone).update(zone=None)
        try:
            zone.delete()
        except ProtectedError as error:
            named = ", ".join(sorted(str(one) for one in islice(error.protected_objects, 3)))
            raise Conflict(
                f"{zone} bears {named}; move these sites to another zone first.",
                message_fr=f"{zone} porte {named} ; rattachez d'abord ces emplacements à une autre zone.",
                field="zone",
            ) from None
        _tell("zone.removed", Zone(id=zone_id), by=by, facts=facts)


def take_facts(zone: Zone) -> int:
    """Facts placed in a zone that no zone held are the zone's from now on; returns how many."""
    area = shape(zone.shape)
    west, south, east, north = area.bounds
    loose = Fact.objects.filter(zone=None, lon__range=(west, east), lat__range=(south, north))
    found = list(loose.values_list("pk", "lon", "lat", "batch_id"))
    if not found:
        return 0
    shapely.prepare(area)
    inside = shapely.contains_xy(area, np.array([row[1:3] for row in found], dtype=np.float64))
    held = [row for row, is_in in zip(found, inside.tolist(), strict=True) if is_in]
    for keys in _chunks([row[0] for row in held]):
        Fact.objects.filter(pk__in=keys).update(zone=zone)
    _count_outside(Counter(row[3] for row in held), sign=-1)
    return len(held)


def _count_outside(by_batch: Counter[int], *, sign: int) -> None:
    """Each import goes on telling how many of its facts no zone holds."""
    for batch, count in by_batch.items():
        rows = FactImport.objects.filter(pk=batch)
        if sign < 0:
            rows = rows.filter(without_zone__gte=count)
        rows.update(without_zone=F("without_zone") + sign * count)


def _chunks(keys: list[int]) -> Iterator[list[int]]:
    rest = iter(keys)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _refuse_outside(outline: dict[str, Any]) -> None:
    known = town()
    if known is None:
        raise Conflict(
            "There is no town yet; import its folder first.",
            message_fr="Il n'y a pas encore de ville ; importez d'abord son dossier.",
            field="town",
        )
    if known.boundary and not shape(known.boundary).covers(shape(outline)):
        raise InvalidInput(
            "The zone leaves the town's boundary; redraw it within.",
            message_fr="La zone sort de la limite communale ; redessinez-la à l'intérieur.",
            field="shape",
        )


def _free_key(number: int) -> str:
    """`z17` as the town's folder writes them; with a letter more when that id is another zone's."""
    base = f"z{number:02d}"
    taken = set(Zone.objects.filter(pk__startswith=base).values_list("pk", flat=True))
    return next(key for key in (base, *(f"{base}-{again}" for again in range(2, len(taken) + 3))) if key not in taken)


def _tell(action: str, zone: Zone, *, by: str, **detail: int) -> None:
    append(Entry(register=Register.CONFIGURATION, action=action, author=by, subject=zone.pk, detail=dict(detail)))
