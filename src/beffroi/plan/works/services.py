"""Writes of the works: what a town's folder brings, days of tasks, sums, measures, reserves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from beffroi.core.dates import day_of
from beffroi.core.errors import InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.models import AcceptanceMeasure, AcceptanceSheet, BudgetEntry, Camera, Lot, Reserve, Site, Task
from beffroi.plan.works.rules import OF_CAMERA, Item
from beffroi.plan.works.townfile import Building, SheetRow, TaskRow
from beffroi.territory.queries import town_zone
from beffroi.territory.services import Landed, put_all


def land(works: Building) -> list[Landed]:
    """Writes what a folder brings, inside the caller's transaction. Sums and sheets that are there already stay."""
    landed = [
        put_all(Lot, (_lot(row.model_dump()) for row in works.lots.values())),
        put_all(Task, (_task(row) for row in works.tasks.values())),
    ]
    for row in works.tasks.values():
        task = Task.objects.get(pk=row.id)
        task.cameras.set(Camera.objects.filter(pk__in=row.cameras))
        task.after.set(Task.objects.filter(pk__in=row.after))
    entries = [
        BudgetEntry(lot_id=row.lot, kind=row.kind.value, on=row.on, cents=int(row.euros * 100), reference=row.reference)
        for row in works.entries
    ]
    BudgetEntry.objects.bulk_create(entries, ignore_conflicts=True)
    for sheet in works.sheets:
        _land_sheet(sheet)
    return landed


def _lot(fields: dict[str, object]) -> Lot:
    return Lot(phase_id=str(fields.pop("phase")), **fields)


def _task(row: TaskRow) -> Task:
    fields = row.model_dump(exclude={"lot", "site", "link", "cameras", "after", "kind"})
    return Task(lot_id=row.lot, site_id=row.site, link_id=row.link, kind=row.kind.value, **fields)


def _land_sheet(row: SheetRow) -> None:
    sheet, is_new = AcceptanceSheet.objects.get_or_create(site_id=row.site, opened_on=row.opened_on)
    if not is_new:
        return
    zone = town_zone()
    AcceptanceMeasure.objects.bulk_create(
        AcceptanceMeasure(
            sheet=sheet, camera_id=one.camera, item=one.item.value, expected=one.expected, measured=one.measured,
            is_passed=one.is_passed, by="system", at=datetime.combine(one.on, time(12), tzinfo=zone),
        )
        for one in row.measures
    )  # fmt: skip
    Reserve.objects.bulk_create(Reserve(sheet=sheet, **one.model_dump()) for one in row.reserves)


def record_days(task: Task, *, from_on: date | None, to_on: date | None, by: str) -> None:
    """When a task was begun and ended.

    Errors: InvalidInput when it ends before it begins, or in the future.
    """
    today = day_of(timezone.now(), town_zone())
    if to_on is not None and (from_on is None or to_on < from_on):
        raise InvalidInput("A task ends after it begins; give both days.",
                           message_fr="Une tâche finit après son début ; donnez les deux jours.",
                           field="actual_to_on")  # fmt: skip
    if any(day is not None and day > today for day in (from_on, to_on)):
        raise InvalidInput("A real day is not in the future; change the plan instead.",
                           message_fr="Un jour réel n'est pas dans le futur ; changez plutôt le prévu.",
                           field="actual_from_on")  # fmt: skip
    with transaction.atomic():
        task.actual_from_on, task.actual_to_on = from_on, to_on
        task.save(update_fields=["actual_from_on", "actual_to_on"])
        _tell("task.dated", by=by, subject=task.pk, detail={"is_done": to_on is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeasure:
    """One measure as a person or the recorder made it."""

    item: Item
    measured: str
    is_passed: bool
    camera: str = ""
    expected: str = ""
    sha256: str = ""
    at: datetime | None = None
    """Of the picture or of the footage measured; None: now."""


def open_sheet(site: Site, *, on: date, by: str) -> AcceptanceSheet:
    """A new sheet for a site, once a day."""
    with transaction.atomic():
        sheet, is_new = AcceptanceSheet.objects.get_or_create(site=site, opened_on=on)
        if is_new:
            _tell("sheet.opened", by=by, subject=site.pk)
    return sheet


def record_measures(sheet: AcceptanceSheet, measures: Iterable[NewMeasure], *, by: str) -> None:
    """Measures of a sheet; an item measured again keeps what was measured before.

    Errors: InvalidInput for a camera of another site, or an item that is the site's and not a camera's.
    """
    cameras = set(sheet.site.cameras.values_list("pk", flat=True))
    rows = []
    for one in measures:
        if (one.item in OF_CAMERA) != bool(one.camera) or (one.camera and one.camera not in cameras):
            raise InvalidInput(
                f"{one.item} is measured of {'a camera of this site' if one.item in OF_CAMERA else 'the site'}.",
                message_fr=f"{one.item} se mesure pour {'une caméra du site' if one.item in OF_CAMERA else 'le site'}.",
                field="camera",
            )
        rows.append(
            AcceptanceMeasure(
                sheet=sheet, camera_id=one.camera or None, item=one.item.value, expected=one.expected,
                measured=one.measured, is_passed=one.is_passed, sha256=one.sha256, by=by, at=one.at or timezone.now(),
            )
        )  # fmt: skip
    with transaction.atomic():
        AcceptanceMeasure.objects.bulk_create(rows)
        passed = sum(row.is_passed for row in rows)
        _tell("sheet.measured", by=by, subject=sheet.site_id, detail={"measures": len(rows), "passed": passed})


def add_reserve(sheet: AcceptanceSheet, reserve: Reserve, *, by: str) -> None:
    """A fault to be mended, with its owner and its day."""
    with transaction.atomic():
        reserve.sheet = sheet
        reserve.save()
        _tell("reserve.added", by=by, subject=sheet.site_id, detail={"reserve": reserve.pk})


def lift_reserve(reserve: Reserve, *, on: date, by: str) -> None:
    """The fault is mended."""
    with transaction.atomic():
        reserve.lifted_on = on
        reserve.save(update_fields=["lifted_on"])
        _tell("reserve.lifted", by=by, subject=reserve.sheet.site_id, detail={"reserve": reserve.pk})


def _tell(action: str, *, by: str, subject: str, detail: dict[str, int | bool | str] | None = None) -> None:
    append(Entry(register=Register.CONFIGURATION, action=action, author=by, subject=subject, detail=detail or {}))
