"""Writes of the works: what a town's folder brings, days of tasks, sums, measures, reserves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.text import slugify

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.calc.arms import Progress
from beffroi.plan.models import (
    AcceptanceMeasure,
    AcceptanceSheet,
    BudgetEntry,
    Camera,
    Link,
    Lot,
    Phase,
    Reserve,
    Site,
    Task,
)
from beffroi.plan.works.queries import all_served_on, covering_report, work_of
from beffroi.plan.works.rules import OF_CAMERA, BudgetKind, Item, TaskKind, standings, too_early
from beffroi.plan.works.townfile import Building, SheetRow, TaskRow
from beffroi.territory.queries import town_zone
from beffroi.territory.services import Landed, put_all


def land(works: Building) -> list[Landed]:
    """Writes what a folder brings, inside the caller's transaction. Sums and sheets that are there already stay."""
    landed = [
        put_all(Lot, (_lot(row.model_dump()) for row in works.lots.values())),
        put_all(Task, (_task(row) for row in works.tasks.values())),
    ]
    tasks = [_land_task(row) for row in works.tasks.values()]
    for task in tasks:
        _check_order(task, field="actual_to_on")
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


def _land_task(row: TaskRow) -> Task:
    task = Task.objects.select_related("lot").get(pk=row.id)
    task.cameras.set(Camera.objects.filter(pk__in=row.cameras))
    task.after.set(Task.objects.filter(pk__in=row.after))
    return task


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

    Errors: InvalidInput when it ends before it begins, before a task it waits for, or in the future; when others that
    wait for it would have ended before it; Conflict for a commissioning whose phase has no acceptance report yet.
    """
    if to_on is not None and (from_on is None or to_on < from_on):
        raise InvalidInput("A task ends after it begins; give both days.",
                           message_fr="Une tâche finit après son début ; donnez les deux jours.",
                           field="actual_to_on")  # fmt: skip
    _check_past(actual_from_on=from_on, actual_to_on=to_on)
    with transaction.atomic():
        task.actual_from_on, task.actual_to_on = from_on, to_on
        task.save(update_fields=["actual_from_on", "actual_to_on"])
        _check_order(task, field="actual_to_on")
        _check_reported(task)
        _tell("task.dated", by=by, subject=task.pk, detail={"is_done": to_on is not None})


def record_link(link: Link, *, laid_on: date | None, lit_on: date | None, by: str, ground: str = "") -> None:
    """When a link was laid and lit, and in what (empty: as before).

    Errors: InvalidInput when it is lit before it is laid, or in the future.
    """
    Progress(laid_on=laid_on, lit_on=lit_on)
    _check_past(laid_on=laid_on, lit_on=lit_on)
    with transaction.atomic():
        link.laid_on, link.lit_on, link.ground = laid_on, lit_on, ground or link.ground
        link.save(update_fields=["laid_on", "lit_on", "ground"])
        _tell("link.dated", by=by, subject=link.pk, detail={"is_lit": lit_on is not None, "ground": str(link.ground)})


def _check_past(**days: date | None) -> None:
    today = day_of(timezone.now(), town_zone())
    for field, day in days.items():
        if day is not None and day > today:
            raise InvalidInput("A real day is not in the future; change the plan instead.",
                               message_fr="Un jour réel n'est pas dans le futur ; changez plutôt le prévu.",
                               field=field)  # fmt: skip


def expect_phase(phase: Phase, on: date | None, *, by: str) -> None:
    """When a phase is now expected in service; what was planned stays.

    Errors: Conflict once it is in service, InvalidInput before its works begin.
    """
    if phase.in_service_on is not None:
        raise Conflict(f"{phase.name} is in service since {phase.in_service_on}.",
                       message_fr=f"{phase.name} est en service depuis le {phase.in_service_on:%d/%m/%Y}.",
                       field="expected_on")  # fmt: skip
    if on is not None and on < phase.starts_on:
        raise InvalidInput(
            f"The works begin on {phase.starts_on}; give a later day.",
            message_fr=f"Les travaux commencent le {phase.starts_on:%d/%m/%Y} ; donnez un jour ultérieur.",
            field="expected_on",
        )
    with transaction.atomic():
        phase.expected_on = on
        phase.save(update_fields=["expected_on"])
        _tell("phase.expected", by=by, subject=phase.pk)


def date_phase(phase: Phase) -> None:
    """Writes when a phase entered service, once it did: its last camera in service and its acceptance report issued.

    The later of the two days; the caller holds the transaction. A phase already dated keeps its day.
    Source: CCAG-Travaux 2021, art. 41; CSI R. 252-17.
    """
    served_on = all_served_on(phase)
    report = covering_report(phase, date.max) if served_on else None
    if served_on is not None and report is not None:
        Phase.objects.filter(pk=phase.pk, in_service_on=None).update(in_service_on=max(report.on, served_on))


def add_lot(phase: Phase, *, name: str, contractor: str, contract: str, by: str) -> Lot:
    """A lot more, after those that are there."""
    last = Lot.objects.filter(phase=phase).order_by("-rank").first()
    rank = last.rank + 1 if last else 1
    with transaction.atomic():
        lot = Lot.objects.create(
            pk=_free(Lot, f"{phase.pk[:40]}-lot-{rank}"), phase=phase, rank=rank, name=name, contractor=contractor,
            contract=contract,
        )  # fmt: skip
        _tell("lot.added", by=by, subject=lot.pk)
    return lot


def change_lot(lot: Lot, *, name: str, contractor: str, contract: str, by: str) -> None:
    """Another name, its contractor once chosen, its contract."""
    with transaction.atomic():
        lot.name, lot.contractor, lot.contract = name, contractor, contract
        lot.save(update_fields=["name", "contractor", "contract"])
        _tell("lot.changed", by=by, subject=lot.pk)


def put_task(task: Task, *, cameras: Iterable[Camera], after: Iterable[Task], by: str) -> Task:
    """A task as planned, new or changed, with what it builds and what it waits for.

    Errors: InvalidInput when it would wait for itself, through others or not, or when what is over would wait for
    what is not.
    """
    is_new = not task.pk
    with transaction.atomic():
        task.pk = task.pk or _free(Task, f"{task.lot.phase_id[:20]}-{slugify(task.name)[:36]}".strip("-"))
        task.save(force_insert=is_new)
        task.cameras.set(cameras)
        task.after.set(after)
        _check_no_circle(task)
        _check_order(task, field="after")
        _tell("task.added" if is_new else "task.changed", by=by, subject=task.pk)
    return task


def _check_no_circle(task: Task) -> None:
    tasks = {one.pk: one for one in _of_phase(task.lot.phase_id)}
    try:
        standings([work_of(one) for one in tasks.values()], task.planned_from_on)
    except ValueError as error:
        name = tasks[str(error).split()[0]].name
        raise InvalidInput(
            f"“{name}” would wait for itself; a camera waits for the fibre of its site. Untick what closes the circle.",
            message_fr=f"« {name} » s'attendrait elle-même ; une caméra attend la fibre de son site. Décochez ce qui "
            "ferme le cercle.",
            field="after",
        ) from None


def _check_order(task: Task, *, field: str) -> None:
    """Nothing is over before what it waits for. The order of mending is told: the last work first.

    Errors: InvalidInput naming what this task waits for, or what waits for it.
    """
    tasks = {one.pk: one for one in _of_phase(task.lot.phase_id)}
    pairs = list(too_early([work_of(one) for one in tasks.values()]))
    sooner = [tasks[before] for late, before in pairs if late == task.pk]
    later = [tasks[late] for late, before in pairs if before == task.pk]
    own = tasks[task.pk]
    if sooner:
        raise InvalidInput(
            f"“{own.name}” waits for {_ends(sooner)}: {own.actual_to_on} is too early. On the page of each one waited "
            "for, first write its end (or mend it, if the day is wrong), then the end of this one.",
            message_fr=f"« {own.name} » attend {_ends(sooner, 'fr')} : le {own.actual_to_on:%d/%m/%Y} est trop tôt. "
            "Sur la page de chaque tâche attendue, inscrivez d'abord sa fin (ou corrigez-la, si le jour est faux), "
            "puis la fin de celle-ci.",
            field=field,
        )
    if later:
        raise InvalidInput(
            f"{_ends(later)} waited for “{own.name}” and cannot be over before it. To mend a wrong day: empty the end "
            "of those on their own page, the last first, mend this one, then write their ends again.",
            message_fr=f"{_ends(later, 'fr')} : ces tâches attendaient « {own.name} » et ne peuvent finir avant "
            "elle. Pour corriger un jour faux : videz leur fin sur leur page, la dernière d'abord, corrigez celle-ci, "
            "puis réinscrivez leurs fins.",
            field=field,
        )


def _ends(tasks: Iterable[Task], language: str = "en") -> str:
    """Their names and when they ended."""
    over, open_ = ("finie le", "pas finie") if language == "fr" else ("over on", "not over")
    quote = "« {} »" if language == "fr" else "“{}”"
    day = "%d/%m/%Y" if language == "fr" else "%Y-%m-%d"
    said = [(one.name, f"{over} {one.actual_to_on:{day}}" if one.actual_to_on else open_) for one in tasks]
    return ", ".join(f"{quote.format(name)} ({when})" for name, when in said)


def _check_reported(task: Task) -> None:
    """A phase is not commissioned before its acceptance report. Errors: Conflict."""
    phase = task.lot.phase
    if task.kind != TaskKind.COMMISSIONING or task.actual_to_on is None or phase.in_service_on is not None:
        return
    if covering_report(phase, task.actual_to_on) is None:
        raise Conflict(
            f"{phase.name} is not in service before its acceptance report is issued; issue it on the phase's page, "
            "then give that day or a later one.",
            message_fr=f"{phase.name} n'entre pas en service avant que son procès-verbal de réception soit établi ; "
            "établissez-le sur la page de la phase, puis donnez ce jour ou un jour ultérieur.",
            field="actual_to_on",
        )


def _of_phase(phase: str) -> QuerySet[Task]:
    return Task.objects.filter(lot__phase=phase).select_related("link").prefetch_related("after", "cameras")


def remove_task(task: Task, *, by: str) -> None:
    """A task written by mistake.

    Errors: Conflict once it was begun: what was done stays.
    """
    if task.actual_from_on is not None:
        raise Conflict(
            f"“{task.name}” was begun on {task.actual_from_on}: what was done stays.",
            message_fr=f"« {task.name} » est commencée depuis le {task.actual_from_on:%d/%m/%Y} ; ce qui est fait "
            "reste.",
        )
    with transaction.atomic():
        _tell("task.removed", by=by, subject=task.pk)
        task.delete()


def add_sum(lot: Lot, kind: BudgetKind, *, on: date, cents: int, reference: str, by: str) -> BudgetEntry:
    """A dated sum; sums are added to, never changed.

    Errors: Conflict when this paper is entered already; InvalidInput for nothing, a day to come, or a correction of
    more than was entered.
    """
    _check_past(on=on)
    known = BudgetEntry.objects.filter(lot=lot, kind=kind.value).aggregate(cents=Sum("cents"))["cents"] or 0
    if cents == 0 or known + cents < 0:
        raise InvalidInput(
            f"{known / 100:,.2f} € are entered of this kind for this lot: a correction takes off that much at most, "
            "and a sum is not zero.",
            message_fr=f"{_euros(known)} € sont inscrits de cette nature pour ce lot : une correction en retire au "
            "plus autant, et une somme n'est pas nulle.",
            field="euros",
        )
    if BudgetEntry.objects.filter(lot=lot, kind=kind.value, reference=reference).exists():
        raise Conflict(f"{reference} is entered for this lot already; give another reference.",
                       message_fr=f"{reference} est déjà inscrit pour ce lot ; donnez une autre référence.",
                       field="reference")  # fmt: skip
    with transaction.atomic():
        entry = BudgetEntry.objects.create(lot=lot, kind=kind.value, on=on, cents=cents, reference=reference)
        _tell("sum.entered", by=by, subject=lot.pk, detail={"kind": kind.value})
    return entry


def _euros(cents: int) -> str:
    return f"{cents / 100:,.2f}".replace(",", " ").replace(".", ",")


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


def measured_at(sheet: AcceptanceSheet, on: date) -> datetime:
    """The instant kept of a measure that a person made that day.

    Errors: InvalidInput for a day to come, or before the sheet was opened.
    """
    now = timezone.now()
    today = day_of(now, town_zone())
    if not sheet.opened_on <= on <= today:
        raise InvalidInput(
            f"A measure of this sheet is of {sheet.opened_on} at the earliest, of today at the latest.",
            message_fr=f"Une mesure de cette fiche est du {sheet.opened_on:%d/%m/%Y} au plus tôt, d'aujourd'hui au "
            "plus tard.",
            field="on",
        )
    return now if on == today else datetime.combine(on, time(12), tzinfo=town_zone())


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
    """A fault to be mended, with its owner and its day. Errors: InvalidInput for a day gone by."""
    if reserve.due_on < day_of(timezone.now(), town_zone()):
        raise InvalidInput("This day is gone by; give the day by which it will be mended.",
                           message_fr="Ce jour est passé ; donnez celui avant lequel elle sera levée.",
                           field="due_on")  # fmt: skip
    with transaction.atomic():
        reserve.sheet = sheet
        reserve.save()
        _tell("reserve.added", by=by, subject=sheet.site_id, detail={"reserve": reserve.pk})


def lift_reserve(reserve: Reserve, *, on: date, by: str) -> None:
    """The fault is mended. Errors: Conflict when it was lifted before: its day stays."""
    if reserve.lifted_on is not None:
        raise Conflict(f"This reserve was lifted on {reserve.lifted_on}.",
                       message_fr=f"Cette réserve a été levée le {reserve.lifted_on:%d/%m/%Y}.")  # fmt: skip
    with transaction.atomic():
        reserve.lifted_on = on
        reserve.save(update_fields=["lifted_on"])
        _tell("reserve.lifted", by=by, subject=reserve.sheet.site_id, detail={"reserve": reserve.pk})


def _tell(action: str, *, by: str, subject: str, detail: dict[str, int | bool | str] | None = None) -> None:
    append(Entry(register=Register.CONFIGURATION, action=action, author=by, subject=subject, detail=detail or {}))
