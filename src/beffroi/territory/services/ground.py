"""Writes of the ground."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import Model

from beffroi.core.errors import Conflict
from beffroi.core.reading import FolderReader
from beffroi.territory import townfile
from beffroi.territory.models import Access, Building, Place, PublicBuilding, Street, Town, Water, Zone
from beffroi.territory.townfile import Ground, ZoneRow

BATCH = 2000

Kept = TypeVar("Kept", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """What an import did to one table. `untouched`: rows of the database that the folder does not name."""

    table: str
    created: int
    updated: int
    untouched: int


def put_all(model: type[Kept], rows: Iterable[Kept]) -> Landed:
    """Creates the rows, or updates those whose key exists, in few statements; the caller holds the transaction."""
    rows = list(rows)
    names = [column.name for column in model._meta.concrete_fields if not column.primary_key]
    key = model._meta.pk.name
    known = set(model._default_manager.values_list("pk", flat=True))
    model._default_manager.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=[key], update_fields=names
    )
    given = {row.pk for row in rows}
    return Landed(
        table=model._meta.label_lower,
        created=len(given - known),
        updated=len(given & known),
        untouched=len(known - given),
    )


def read(reader: FolderReader) -> Ground:
    """The ground as written in a town's folder; problems are noted in `reader`. Writes nothing."""
    return townfile.read(reader)


def land(ground: Ground, *, start_on: date) -> list[Landed]:
    """Writes a town's ground, inside the caller's transaction. A town keeps the first day it was given.

    Errors: Conflict when this installation is another town's.
    """
    written = ground.town
    if written is None:
        raise ValueError("a ground with problems does not land")
    other = Town.objects.exclude(pk=written.insee_code).first()
    if other is not None:
        raise Conflict(
            f"This installation is that of {other.name} ({other.insee_code}); use another data folder.",
            message_fr=f"Cette installation est celle de {other.name} ({other.insee_code}) ; prenez un autre dossier.",
            field="insee_code",
        )
    for row, holder in taken_numbers(ground.zones.values()):
        raise Conflict(
            f"Zone {row.id} wants number {row.number}, which is that of {holder}; give it a free one.",
            message_fr=f"La zone {row.id} veut le numéro {row.number}, qui est celui de {holder} ; donnez-lui un "
            "numéro libre.",
            field="number",
        )
    before = Town.objects.filter(pk=written.insee_code).first()
    boundary = ground.boundary or (before.boundary if before else None)
    town = Town(**written.model_dump(), boundary=boundary, started_on=start_on)
    return [
        put_all(Town, [town]),
        put_all(Zone, (shaped(Zone, row.model_dump()) for row in ground.zones.values())),
        put_all(Street, (shaped(Street, row.model_dump()) for row in ground.streets.values())),
        put_all(Water, (shaped(Water, row.model_dump()) for row in ground.waters.values())),
        put_all(Building, (shaped(Building, row.model_dump()) for row in ground.buildings.values())),
        put_all(PublicBuilding, (PublicBuilding(**row.model_dump()) for row in ground.public_buildings.values())),
        put_all(Place, (Place(**row.model_dump()) for row in ground.places.values())),
        put_all(Access, (Access(**row.model_dump()) for row in ground.accesses.values())),
    ]


def taken_numbers(rows: Iterable[ZoneRow]) -> list[tuple[ZoneRow, str]]:
    """Zones that would take the number of another, with that other's id."""
    held = dict(Zone.objects.values_list("number", "pk"))
    return [(row, held[row.number]) for row in rows if held.get(row.number, row.id) != row.id]


def shaped(model: type[Kept], fields: dict[str, object]) -> Kept:
    """A row of the ground; what was written as a footprint or a geometry is its shape."""
    geometry = fields.pop("footprint", None) or fields.pop("geometry", None)
    return model(**fields, shape=geometry) if geometry else model(**fields)
