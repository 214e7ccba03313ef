"""Writes of map layers: a file of a survey or of OpenStreetMap becomes rows of the ground."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from shapely import Point
from shapely.geometry import shape

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict
from beffroi.core.reading import FolderReader
from beffroi.journal.services import Entry, Register, append
from beffroi.territory import layerrows
from beffroi.territory.calc import facades
from beffroi.territory.layerfile import LayerFile, Target
from beffroi.territory.models import (
    Access,
    Building,
    Duct,
    HeightSource,
    Place,
    PublicBuilding,
    Street,
    Town,
    Water,
    Zone,
)
from beffroi.territory.queries import town, town_zone
from beffroi.territory.services.ground import Landed, put_all, shaped, taken_numbers
from beffroi.territory.townfile import off_facade

MAX_ASSUMED_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport:
    """What an import did, or would do. `assumed`: buildings without a height in the file, `assumed_ids` the first.

    `passed_over`: objects of another sort; `of`: how many a service had when its answer is only a part of them.
    """

    target: Target
    rows: int
    assumed: int
    assumed_ids: tuple[str, ...]
    created: int
    updated: int
    passed_over: int
    of: int | None
    is_dry_run: bool


_MODELS: dict[Target, Any] = {
    Target.BUILDINGS: Building,
    Target.STREETS: Street,
    Target.DUCTS: Duct,
    Target.WATER: Water,
    Target.ZONES: Zone,
    Target.PUBLIC_BUILDINGS: PublicBuilding,
    Target.PLACES: Place,
    Target.ACCESSES: Access,
}


def import_layer(file: LayerFile, *, by: str, is_dry_run: bool = False) -> LayerReport:
    """Reads one layer, checks all of it, then writes it in one transaction; rows are updated by their id.

    Errors: InvalidInput (FolderRefused lists every feature to mend), Conflict before a town is there.
    """
    known = town()
    if known is None:
        raise Conflict(
            "There is no town yet; import its folder first.",
            message_fr="Il n'y a pas encore de ville ; importez d'abord son dossier.",
            field="town",
        )
    reader = FolderReader(Path(), day_of(timezone.now(), town_zone()))
    layer = layerrows.read(file, reader, centre=(known.lon, known.lat))
    rows: list[Any] = layer.rows
    if file.target is Target.ZONES:
        _refuse_outside(reader, file, rows, boundary=known.boundary)
        _refuse_taken(reader, file, rows)
    if file.target is Target.BOUNDARY:
        rows = _own_boundary(reader, file, rows, known=known)
    if file.target is Target.ACCESSES:
        _refuse_off_facades(reader, file, rows)
    reader.raise_if_any()
    assumed = [row.id for row in rows if getattr(row, "height_source", "") == HeightSource.ASSUMED]
    with transaction.atomic():
        landed = _land(file.target, rows, known)
        report = LayerReport(
            target=file.target,
            rows=len(rows),
            assumed=len(assumed),
            assumed_ids=tuple(assumed[:MAX_ASSUMED_SHOWN]),
            created=landed.created,
            updated=landed.updated,
            passed_over=layer.passed_over,
            of=layer.of,
            is_dry_run=is_dry_run,
        )
        detail = {"rows": report.rows, "assumed": report.assumed}
        append(Entry(register=Register.CONFIGURATION, action="layer.imported", author=by, subject=file.target.value,
                     detail=detail))  # fmt: skip
        transaction.set_rollback(is_dry_run)
    return report


def _refuse_outside(reader: FolderReader, file: LayerFile, rows: list[Any], *, boundary: dict[str, Any] | None) -> None:
    """A zone of the town lies in the town."""
    if boundary is None:
        return
    within = shape(boundary)
    for row in rows:
        if not within.covers(shape(row.geometry)):
            messages = (
                f"zone {row.id} leaves the town's boundary; redraw it within",
                f"la zone {row.id} sort de la limite communale ; redessinez-la à l'intérieur",
            )
            reader.refuse(file.path.name, messages, field="geometry")


def _refuse_taken(reader: FolderReader, file: LayerFile, rows: list[Any]) -> None:
    for row, other in taken_numbers(rows):
        messages = (
            f"zone {row.id} wants number {row.number}, which is that of {other}; give it a free one",
            f"la zone {row.id} veut le numéro {row.number}, qui est celui de {other} ; donnez-lui un numéro libre",
        )
        reader.refuse(file.path.name, messages, field="number")


def _own_boundary(reader: FolderReader, file: LayerFile, rows: list[Any], *, known: Town) -> list[Any]:
    """The town's own boundary among those of a file: by its code, or the only one."""
    own = [row for row in rows if row.code == known.insee_code] or [row for row in rows if not row.code]
    if len(own) == 1 and shape(own[0].geometry).covers(Point(known.lon, known.lat)):
        return own
    if rows:
        codes = ", ".join(row.code or "?" for row in rows[:5])
        messages = (
            f"needs the one boundary of {known.insee_code}, around the town's centre; here: {codes}",
            f"demande la seule limite de {known.insee_code}, autour du centre de la ville ; ici : {codes}",
        )
        reader.refuse(file.path.name, messages, field="code")
    return []


def _refuse_off_facades(reader: FolderReader, file: LayerFile, rows: list[Any]) -> None:
    """An access is a building's."""
    footprints = Building.objects.values_list("shape", flat=True)
    away = facades.distances_m([(row.lon, row.lat) for row in rows], footprints)
    for row, metres in zip(rows, away, strict=True):
        if metres > facades.REACH_M:
            english, french = off_facade(metres)
            reader.refuse(
                file.path.name, (f"access {row.id} {english}", f"l'accès {row.id} {french}"), field="geometry"
            )


def _land(target: Target, rows: list[Any], known: Town) -> Landed:
    if target is Target.BOUNDARY:
        had = known.boundary is not None
        known.boundary = rows[0].geometry
        known.save(update_fields=["boundary"])
        return Landed(table="territory.town", created=not had, updated=had, untouched=0)
    model = _MODELS[target]
    return put_all(model, (shaped(model, row.model_dump()) for row in rows))
