"""What the pages of the works show: the Gantt and its list, money, sheets; words and shapes already chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beffroi.plan.models import AcceptanceMeasure, AcceptanceSheet, Camera, Phase, Reserve, Site
from beffroi.plan.works import queries
from beffroi.plan.works.gantt import Gantt, GanttRow, gantt_of
from beffroi.plan.works.queries import LotMoney, TaskLine
from beffroi.plan.works.rules import OF_CAMERA, OF_SITE, BudgetKind, Item, Progress
from beffroi.plan.works.words import PROGRESS, sentence

TONES = {
    Progress.TO_COME: ("wait", "s-wait"),
    Progress.UNDER_WAY: ("now", "s-wait"),
    Progress.DONE: ("ok", "s-ok"),
    Progress.LATE: ("bad", "s-bad"),
    Progress.BLOCKED: ("bad", "s-barred"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task in the drawing and in the list."""

    line: TaskLine
    drawn: GanttRow
    tone: str
    shape: str
    word: str | Promise
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """The works of a phase on a day; `gantt` is None when it has no tasks."""

    phase: Phase
    on: date
    rows: tuple[TaskRow, ...]
    gantt: Gantt | None
    lots: tuple[LotMoney, ...]

    def _sum(self, kind: BudgetKind) -> int:
        return sum(lot.cents[kind] for lot in self.lots)

    @property
    def voted_cents(self) -> int:
        return self._sum(BudgetKind.VOTED)

    @property
    def committed_cents(self) -> int:
        return self._sum(BudgetKind.COMMITTED)

    @property
    def invoiced_cents(self) -> int:
        return self._sum(BudgetKind.INVOICED)

    @property
    def notified_cents(self) -> int:
        return self._sum(BudgetKind.SUBSIDY_NOTIFIED)

    @property
    def paid_cents(self) -> int:
        return self._sum(BudgetKind.SUBSIDY_PAID)

    @property
    def left_cents(self) -> int:
        return self.voted_cents - self.committed_cents

    @property
    def late(self) -> tuple[TaskRow, ...]:
        """What is late by its own fault."""
        return tuple(row for row in self.rows if row.line.standing.progress is Progress.LATE)


def works_of(phase: Phase, on: date) -> Works:
    """The works of a phase on a day."""
    lines = queries.task_lines(on, phase=phase.pk)
    works = [queries.work_of(line.task) for line in lines]
    found = {line.task.pk: line.standing for line in lines}
    gantt = gantt_of(works, found, on) if works else None
    rows = [_row(line, drawn) for line, drawn in zip(lines, gantt.rows, strict=True)] if gantt else []
    return Works(phase=phase, on=on, rows=tuple(rows), gantt=gantt, lots=tuple(queries.money(on, phase=phase.pk)))


def _row(line: TaskLine, drawn: GanttRow) -> TaskRow:
    tone, shape = TONES[line.standing.progress]
    return TaskRow(
        line=line, drawn=drawn, tone=tone, shape=shape, word=PROGRESS[line.standing.progress], note=_note(line)
    )


def _note(line: TaskLine) -> str:
    days, progress = line.standing.late_days, line.standing.progress
    if progress is Progress.DONE:
        return _("+ %(days)s j") % {"days": days} if days > 0 else ""
    if progress is Progress.LATE and days:
        return _("en retard de %(days)s j") % {"days": days}
    if progress is Progress.LATE:
        return _("aurait dû commencer")
    if progress is Progress.BLOCKED:
        return _("attend : %(names)s") % {"names": ", ".join(line.waits_for)}
    return line.task.note


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """An item of a sheet: its last measure, and how many came before it."""

    item: Item
    last: AcceptanceMeasure | None
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The items of the site, or of one of its cameras."""

    camera: Camera | None
    rows: tuple[MeasureRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPage:
    """The acceptance of a site."""

    site: Site
    sheet: AcceptanceSheet | None
    groups: tuple[Measured, ...]
    reserves: tuple[Reserve, ...]
    wanting: tuple[str, ...]


def sheet_page(site: Site, on: date) -> SheetPage:
    """A site's last sheet on a day, and all that it still wants."""
    sheet = AcceptanceSheet.objects.filter(site=site, opened_on__lte=on).order_by("-opened_on").first()
    wants = queries.sheet_wants(site, on)
    groups = [_group(sheet, None, OF_SITE)] if sheet else []
    groups += (
        [_group(sheet, camera, OF_CAMERA) for camera in site.cameras.select_related("device").order_by("number")]
        if sheet
        else []
    )
    return SheetPage(
        site=site,
        sheet=sheet,
        groups=tuple(groups),
        reserves=tuple(sheet.reserves.all()) if sheet else (),
        wanting=tuple(sentence(want) for want in wants),
    )


def _group(sheet: AcceptanceSheet, camera: Camera | None, items: tuple[Item, ...]) -> Measured:
    rows = list(sheet.measures.filter(camera=camera).order_by("at", "pk"))
    return Measured(
        camera=camera,
        rows=tuple(
            MeasureRow(
                item=item,
                last=next((row for row in reversed(rows) if row.item == item), None),
                before=max(0, sum(row.item == item for row in rows) - 1),
            )
            for item in items
        ),
    )
