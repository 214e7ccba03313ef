"""Writes of the accesses of buildings: those seen on the spot join, those seen wrong leave."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from beffroi.core.errors import InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.territory.calc import facades
from beffroi.territory.models import Access, Building
from beffroi.territory.townfile import off_facade

MICRODEGREES = 1_000_000
"""A decimetre: a place pointed twice is one access."""


def change_accesses(add: Collection[tuple[float, float]], *, by: str, remove: Collection[str] = ()) -> tuple[int, int]:
    """Accesses at these positions (longitude, latitude) join, those of these ids leave; returns how many did.

    Errors: InvalidInput naming the first position that lies on no façade; nothing is changed then.
    """
    footprints = Building.objects.values_list("shape", flat=True)
    places = list(add)
    for (lon, lat), metres in zip(places, facades.distances_m(places, footprints), strict=True):
        if metres > facades.REACH_M:
            english, french = off_facade(metres)
            where = f"{lat:.6f}, {lon:.6f}"
            raise InvalidInput(f"{where} {english}.", message_fr=f"{where} {french}.", field="places")
    rows = {one.pk: one for one in (_access(lon, lat) for lon, lat in places)}
    with transaction.atomic():
        known = set(Access.objects.filter(pk__in=rows).values_list("pk", flat=True))
        Access.objects.bulk_create(one for key, one in rows.items() if key not in known)
        removed, _ = Access.objects.filter(pk__in=set(remove) - rows.keys()).delete()
        added = len(rows.keys() - known)
        if added or removed:
            detail = {"added": added, "removed": removed}
            append(Entry(register=Register.CONFIGURATION, action="accesses.changed", author=by, detail=detail))
    return added, removed


def _access(lon: float, lat: float) -> Access:
    north, east = round(lat * MICRODEGREES), round(lon * MICRODEGREES)
    return Access(id=f"a-{north}-{east}", lat=north / MICRODEGREES, lon=east / MICRODEGREES)
