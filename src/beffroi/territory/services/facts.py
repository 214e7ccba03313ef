"""Writes of facts: a file is staged in short transactions and counts all at once, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from shapely import STRtree, points
from shapely.geometry import shape

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.reading import FolderReader, Read, check_near, is_near
from beffroi.journal.services import Entry, Register, append
from beffroi.territory import factfile, repeats
from beffroi.territory.factfile import FactFile, FactRow, Progress
from beffroi.territory.models import FactImport, Zone
from beffroi.territory.placing import check_places
from beffroi.territory.queries import known_facts, town, town_zone
from beffroi.territory.repeats import Alike, AlikeUndecided, Repeat

BATCH = 2000
"""Rows a transaction: each holds the database for some tens of milliseconds."""
MAX_SOURCE = 120
STALE_AFTER = timedelta(hours=1)
"""An import that was staged longer ago did not end: its rows go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReport:
    """What an import did, or would do.

    `repeated`: rows of facts known already, left out; `doubtful`: rows alike, of which `alike` decided. `repeats`: the
    first of both, by row.
    """

    rows: int
    landed: int
    repeated: int
    doubtful: int
    without_zone: int
    by_kind: dict[str, int]
    is_dry_run: bool
    alike: Alike | None
    repeats: tuple[Repeat, ...]

    @property
    def unshown(self) -> int:
        """Rows that repeat and are not in `repeats`."""
        return self.repeated + self.doubtful - len(self.repeats)


def import_facts(
    file: FactFile,
    *,
    by: str,
    alike: Alike | None = None,
    is_dry_run: bool = False,
    progress: Progress = lambda done, total: None,
) -> FactReport:
    """Reads a file of facts, checks all of it, then lets it count at once. `alike`: what rows alike are, once decided.

    A dry run is refused as the import would be, and writes nothing.
    Errors: InvalidInput (FolderRefused lists every row to mend; AlikeUndecided those to decide of), Conflict when this
    file was imported already or another import is under way; nothing counts then.
    """
    file = _named(file)
    reads = _read(file, town_zone())
    _refuse_twice(file)
    references = repeats.references(reads)
    found = repeats.decided(_repeats(file, reads, references), alike)
    if alike is None and any(one.is_doubtful for one in found.values()):
        raise AlikeUndecided(file.name, list(found.values()))
    zones = _zones_of(reads)
    fresh = [index for index in range(len(reads)) if index not in found or not found[index].is_left_out]
    kinds = sorted(reads[index].row.kind.value for index in fresh)
    doubtful = sum(one.is_doubtful for one in found.values())
    report = FactReport(
        rows=len(reads),
        landed=len(fresh),
        repeated=len(found) - doubtful,
        doubtful=doubtful,
        without_zone=sum(zones[index] is None for index in fresh),
        by_kind={kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        is_dry_run=is_dry_run,
        alike=alike if doubtful else None,
        repeats=repeats.shown(found.values()),
    )
    if not is_dry_run:
        batch = _begin(file, by=by)
        values = (_values(batch, reads[index].row, reference=references[index], zone=zones[index]) for index in fresh)
        _stage(values, total=len(fresh), progress=progress)
        _let_count(batch, report)
    return report


def _named(file: FactFile) -> FactFile:
    """With the source as it is kept: a fact counts for nothing when nobody says who counted."""
    source = " ".join(file.source.replace("\0", " ").split())
    if not 0 < len(source) <= MAX_SOURCE:
        raise InvalidInput(
            f"Say in 1 to {MAX_SOURCE} signs who counted these facts: police, gendarmerie, town.",
            message_fr=f"Dites en 1 à {MAX_SOURCE} signes qui a compté ces faits : police, gendarmerie, ville.",
            field="source",
        )
    return replace(file, source=source, name=file.name.replace("\0", " "))


def _repeats(file: FactFile, reads: Sequence[Read[FactRow]], references: Sequence[str]) -> dict[int, Repeat]:
    begins = [read.row.from_.from_at for read in reads]
    known = known_facts(file.source, min(begins), max(begins))
    return repeats.find(reads, references, source=file.source, known=known)


def _read(file: FactFile, zone: ZoneInfo) -> list[Read[FactRow]]:
    known = town()
    today = day_of(timezone.now(), zone)
    reader = FolderReader(Path(), known.started_on if known else today)
    zones = factfile.zone_words(Zone.objects.values_list("pk", "number", "name"))
    found = factfile.read(file, reader, zone=zone, zones=zones)
    reads = [Read(row, file.name, line) for line, row in found]
    if known:
        placed = [read for read in reads if read.row.lat is not None and read.row.lon is not None]
        centre = (known.lon, known.lat)
        check_near(reader, centre, placed)
        near = [read for read in placed if is_near(centre, (read.row.lon or 0.0, read.row.lat or 0.0))]
        outlines = dict(Zone.objects.values_list("pk", "shape"))
        check_places(reader, near, boundary=known.boundary, zones=outlines)
    _check_rows(reader, reads)
    reader.raise_if_any()
    return reads


def _check_rows(reader: FolderReader, reads: Sequence[Read[FactRow]]) -> None:
    now = timezone.now()
    seen: dict[str, int | None] = {}
    for read in reads:
        row = read.row
        if row.to_at < row.from_.from_at:
            messages = ("ends before it begins; correct one date", "finit avant de commencer ; corrigez une date")
            reader.refuse_row(read, messages, field="to")
        for field, at in (("from", row.from_.from_at), ("to", row.to.from_at if row.to else now)):
            if at > now:
                messages = ("is in the future; correct the date", "est dans le futur ; corrigez la date")
                reader.refuse_row(read, messages, field=field)
        if row.zone is None and (row.lat is None or row.lon is None):
            messages = ("needs a position or a zone; fill in one", "demande une position ou une zone ; donnez l'une")
            reader.refuse_row(read, messages, field="lat")
        if row.reference and row.reference in seen:
            messages = (
                f"fact {row.reference!r} already stands at line {seen[row.reference]}; remove one",
                f"le fait {row.reference!r} est déjà ligne {seen[row.reference]} ; retirez-en un",
            )
            reader.refuse_row(read, messages, field="reference")
        seen.setdefault(row.reference, read.line)


def _refuse_twice(file: FactFile) -> None:
    before = FactImport.objects.filter(sha256=file.sha256, landed_at__isnull=False).first()
    if before is not None:
        raise Conflict(
            f"{file.name} was imported already ({before.rows} facts); nothing was changed.",
            message_fr=f"{file.name} a déjà été importé ({before.rows} faits) ; rien n'est changé.",
            field="file",
        )


def _zones_of(reads: Sequence[Read[FactRow]]) -> list[str | None]:
    """The zone given, or that of the lowest number whose outline holds the position."""
    rows = [read.row for read in reads]
    found = [row.zone for row in rows]
    placed = [index for index, row in enumerate(rows) if row.zone is None]
    zones = list(Zone.objects.order_by("number"))
    if not placed or not zones:
        return found
    tree = STRtree([shape(zone.shape) for zone in zones])
    spots = points(np.array([[rows[index].lon, rows[index].lat] for index in placed], dtype=np.float64))
    at, holds = tree.query(spots, predicate="within")
    for spot, zone in sorted(zip(at.tolist(), holds.tolist(), strict=True), reverse=True):
        found[placed[spot]] = zones[zone].pk
    return found


def _begin(file: FactFile, *, by: str) -> FactImport:
    now = timezone.now()
    FactImport.objects.filter(landed_at__isnull=True, begun_at__lt=now - STALE_AFTER).delete()
    with transaction.atomic():
        other = FactImport.objects.filter(landed_at__isnull=True).first()
        if other is not None:
            raise Conflict(
                f"{other.file_name} is being imported since {other.begun_at:%H:%M} UTC; try again when it is over.",
                message_fr=f"{other.file_name} est en cours d'import depuis {other.begun_at:%H:%M} UTC ; réessayez "
                "ensuite.",
                field="file",
            )
        return FactImport.objects.create(
            sha256=file.sha256, file_name=file.name[:200], source=file.source, by=by, begun_at=now
        )


_COLUMNS = ("batch_id", "source", "reference", "kind", "from_at", "to_at", "lat", "lon", "zone_id")
_INSERT = f"INSERT INTO territory_fact ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"  # noqa: S608
"""Plain SQL: making and saving a hundred thousand objects takes three times as long."""


def _values(batch: FactImport, row: FactRow, *, reference: str, zone: str | None) -> tuple[Any, ...]:
    told = connection.ops.adapt_datetimefield_value
    begins = told(row.from_.from_at.astimezone(UTC))
    ends = begins if row.to_at == row.from_.from_at else told(row.to_at.astimezone(UTC))
    return (batch.pk, batch.source, reference, row.kind.value, begins, ends, row.lat, row.lon, zone)


def _stage(rows: Iterator[tuple[Any, ...]], *, total: int, progress: Progress) -> None:
    done = 0
    for group in _groups(rows):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_INSERT, group)
        done += len(group)
        progress(done, total)


def _groups(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    rest = iter(rows)
    while group := list(islice(rest, BATCH)):
        yield group


def _let_count(batch: FactImport, report: FactReport) -> None:
    with transaction.atomic():
        batch.rows, batch.repeated, batch.without_zone = report.landed, report.repeated, report.without_zone
        batch.landed_at = timezone.now()
        batch.save()
        append(
            Entry(
                register=Register.CONFIGURATION,
                action="facts.imported",
                author=batch.by,
                subject=f"facts-{batch.pk}",
                detail={
                    "rows": report.landed,
                    "repeated": report.repeated,
                    "without_zone": report.without_zone,
                    **({"doubtful": report.doubtful, "alike": report.alike.value} if report.alike else {}),
                },
            )
        )
