"""Writes of the works: what a town's folder brings, days of tasks, sums, measures, reserves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.models import AcceptanceMeasure, AcceptanceSheet, BudgetEntry, Camera, Lot, Phase, Reserve, Site, Task
from beffroi.plan.works.rules import OF_CAMERA, BudgetKind, Item
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


def add_lot(phase: Phase, *, name: str, contractor: str, contract: str, by: str) -> Lot:
    """A lot more, after those that are there."""
    last = Lot.objects.filter(phase=phase).order_by("-rank").first()
    rank = last.rank + 1 if last else 1
    with transaction.atomic():
        lot = Lot.objects.create(
            pk=_free(Lot, f"{phase.pk}-lot-{rank}"), phase=phase, rank=rank, name=name, contractor=contractor,
            contract=contract,
        )  # fmt: skip
        _tell("lot.added", by=by, subject=lot.pk)
    return lot


def add_task(task: Task, *, cameras: Iterable[Camera], after: Iterable[Task], by: str) -> Task:
    """A task as planned, with what it builds and what it waits for."""
    with transaction.atomic():
        task.pk = _free(Task, f"{task.lot.phase_id}-{slugify(task.name)[:40]}")
        task.save(force_insert=True)
        task.cameras.set(cameras)
        task.after.set(after)
        _tell("task.added", by=by, subject=task.pk)
    return task


def add_sum(lot: Lot, kind: BudgetKind, *, on: date, cents: int, reference: str, by: str) -> BudgetEntry:
    """A dated sum; sums are added to, never changed. Errors: Conflict when this paper is entered already."""
    if BudgetEntry.objects.filter(lot=lot, kind=kind.value, reference=reference).exists():
        raise Conflict(f"{reference} is entered for this lot already; give another reference.",
                       message_fr=f"{reference} est déjà inscrit pour ce lot ; donnez une autre référence.",
                       field="reference")  # fmt: skip
    with transaction.atomic():
        entry = BudgetEntry.objects.create(lot=lot, kind=kind.value, on=on, cents=cents, reference=reference)
        _tell("sum.entered", by=by, subject=lot.pk, detail={"kind": kind.value})
    return entry


def _free(model: type[Lot] | type[Task], wanted: str) -> str:
    """`wanted`, or with the first number that nothing has."""
    known = set(model._default_manager.filter(pk__startswith=wanted).values_list("pk", flat=True))
    return next(name for name in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))) if name not in known)


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
