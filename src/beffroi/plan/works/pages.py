"""What the pages of the works show: the Gantt and its list, money, sheets; words and shapes already chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beffroi.plan import events
from beffroi.plan.calc.arms import FibreState
from beffroi.plan.calc.arms import Progress as Laid
from beffroi.plan.calc.ranges import Range
from beffroi.plan.links import rates
from beffroi.plan.models import (
    AcceptanceMeasure,
    AcceptanceSheet,
    Camera,
    CameraState,
    IssuedPaper,
    Link,
    MeasuredWeek,
    Phase,
    Reserve,
    SignedCopy,
    Site,
    StateChoice,
)
from beffroi.plan.models.works import PaperChoice
from beffroi.plan.rules import StateName, common_state, state_on
from beffroi.plan.works import documents, issuing, queries
from beffroi.plan.works.gantt import Gantt, GanttRow, gantt_of
from beffroi.plan.works.queries import LotMoney, TaskLine
from beffroi.plan.works.rules import (
    OF_CAMERA,
    OF_SITE,
    BudgetKind,
    Item,
    PaperName,
    Progress,
    Want,
    Wanting,
    steps_of_works,
)
from beffroi.plan.works.words import FIBRE, NEXT_STEP, PROGRESS, SUBJECTS, address, sentence

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
    mark: str
    """The note in the drawing: what holds a blocked task up is told by the arrow and the list."""


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

    @property
    def lead(self) -> str:
        """The task that is most late by its own fault and how many it holds up; empty when none is."""
        worst = max(self.late, key=lambda row: row.line.standing.late_days, default=None)
        if worst is None or not worst.line.standing.late_days:
            return ""
        blocked = sum(row.line.standing.progress is Progress.BLOCKED for row in self.rows)
        named = {"phase": self.phase.name, "task": worst.line.task.name, "days": worst.line.standing.late_days}
        said = _("%(phase)s : « %(task)s » en retard de %(days)s jours") % named
        return said + (_(" ; tâches bloquées : %(count)s.") % {"count": blocked} if blocked else ".")


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
    word, note = PROGRESS[line.standing.progress], _note(line)
    mark = str(word) if line.standing.progress is Progress.BLOCKED else note
    return TaskRow(line=line, drawn=drawn, tone=tone, shape=shape, word=word, note=note, mark=mark)


def task_row(line: TaskLine, on: date) -> TaskRow:
    """One task alone, as in its phase's list."""
    work = queries.work_of(line.task)
    (drawn,) = gantt_of([work], {work.id: line.standing}, on).rows
    return _row(line, drawn)


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


def wanting_by_subject(wanting: Iterable[Wanting]) -> tuple[tuple[str | Promise, list[tuple[str, str]]], ...]:
    """What a phase lacks, works first, then cameras, measures and papers: each sentence with where it is mended."""
    found: dict[str | Promise, list[tuple[str, str]]] = {title: [] for title in dict.fromkeys(SUBJECTS.values())}
    for want in wanting:
        found[SUBJECTS[want.want]].append((sentence(want), address(want)))
    return tuple((title, lines) for title, lines in found.items() if lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """A site in its phase's list: the state its cameras share, how many points its sheet still wants."""

    site: Site
    state: str | Promise
    is_served: bool
    cameras: int
    left: int
    has_sheet: bool


def site_rows(phase: Phase, on: date) -> tuple[SiteLine, ...]:
    """The sites of a phase that still have a camera, in the order of the plans."""
    found = []
    for site in queries.sites_of(phase):
        life = queries.lives(site.cameras.all(), on)
        states = [state for one in life.values() if (state := state_on(one, on)) not in (None, StateName.REMOVED)]
        common = common_state(state for state in states if state)
        is_served = common is StateName.IN_SERVICE
        wants = () if is_served else queries.sheet_wants(site, on)
        has_sheet = not any(want.want is Want.NO_SHEET for want in wants)
        word = StateChoice(common.value).label if common else ""
        if states or not life:
            found.append(
                SiteLine(site=site, state=word, is_served=is_served, cameras=len(states), left=len(wants),
                         has_sheet=has_sheet)
            )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """A paper that ends the phase's works: its versions, what may be done with it now."""

    name: PaperName
    title: str | Promise
    url: str
    versions: tuple[IssuedPaper, ...]
    """The last first."""
    copies: tuple[SignedCopy, ...]
    """Of the last version."""
    is_signed: bool
    """It asks for signatures."""
    can_issue: bool
    """All is passed, and something is new since the last version."""
    is_changed: bool
    """What the last version says is no longer so."""

    @property
    def last(self) -> IssuedPaper | None:
        return self.versions[0] if self.versions else None


def paper_rows(phase: Phase, on: date) -> tuple[PaperLine, ...]:
    """The acceptance report and the as-built file of a phase on a day."""
    is_passed = not documents.wanting(phase, on)
    return tuple(_paper_line(phase, name, on, is_passed=is_passed) for name in PaperName)


def _paper_line(phase: Phase, name: PaperName, on: date, *, is_passed: bool) -> PaperLine:
    versions = issuing.papers_of(phase, name)
    is_same = bool(versions) and is_passed and versions[0].basis == documents.basis(name, phase, on)
    address = {PaperName.REPORT: "acceptance-report", PaperName.AS_BUILT: "as-built-file"}[name]
    return PaperLine(
        name=name,
        title=PaperChoice(name.value).label,
        url=reverse(address, args=[phase.pk]),
        versions=tuple(versions),
        copies=tuple(versions[0].copies.all()) if versions else (),
        is_signed=name is PaperName.REPORT,
        can_issue=is_passed and not is_same,
        is_changed=bool(versions) and not is_same,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """A link in its phase's list."""

    link: Link
    word: str | Promise
    tone: str
    shape: str


def link_rows(phase: Phase, on: date) -> tuple[LinkLine, ...]:
    """The links of a phase and where they stand on a day."""
    return tuple(_link_line(link, on) for link in Link.objects.filter(phase=phase).order_by("planned_on", "id"))


def _link_line(link: Link, on: date) -> LinkLine:
    state = Laid(laid_on=link.laid_on, lit_on=link.lit_on).on(on)
    is_late = state is not FibreState.LIT and link.planned_on < on
    tone, shape = ("ok", "s-ok") if state is FibreState.LIT else ("bad", "s-bad") if is_late else ("wait", "s-wait")
    return LinkLine(link=link, word=FIBRE[state], tone=tone, shape=shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPage:
    """A camera's life: its dated states, what comes next and by whom, what its sheet and its papers still want."""

    camera: Camera
    history: tuple[tuple[str | Promise, date, str], ...]
    """State, since, note; the last first."""
    next_step: str | Promise
    steps: tuple[StateName, ...]
    wanting: tuple[str, ...]
    papers: tuple[str, ...]
    week: MeasuredWeek | None
    """The last measured; None: its rate is of the makers' table."""
    rate_mbit_s: Range
    """What its links and disks are counted on."""
    is_up: bool
    """It was put up: its stream can have been measured."""


def camera_page(camera: Camera, on: date) -> CameraPage:
    """Everything the page of a camera's steps shows on a day."""
    rows = list(CameraState.objects.filter(camera=camera, on__lte=on).order_by("-step"))
    state = StateName(rows[0].state) if rows else None
    is_coming = state not in (StateName.IN_SERVICE, StateName.REMOVED)
    is_measured = state in (StateName.IN_TEST, StateName.ACCEPTED)
    return CameraPage(
        camera=camera,
        history=tuple((row.get_state_display(), row.on, row.note) for row in rows),
        next_step=NEXT_STEP.get(state.value if state else "", ""),
        steps=steps_of_works(state),
        wanting=tuple(sentence(want) for want in queries.acceptance_wants(camera, on)) if is_measured else (),
        papers=tuple(paper for _, paper in events.papers_wanting([camera.pk])) if is_coming else (),
        week=camera.weeks.last(),
        rate_mbit_s=rates([camera])[camera.pk].times(1e-6),
        is_up=any(row.state == StateName.INSTALLED for row in rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow:
    """An item of a sheet: its last measure, and how many came before it."""

    item: Item
    last: AcceptanceMeasure | None
    before: int
    masking: str = ""
    """Of the proof of masks alone: what they ask for, "none" without dwelling in view nor planned mask."""


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
    cameras: tuple[tuple[Camera, str | Promise], ...]
    """Those not given up, with their state."""
    groups: tuple[Measured, ...]
    reserves: tuple[Reserve, ...]
    wanting: tuple[str, ...]
    is_outdated: bool
    """The sheet is older than a repair: another is to be opened."""


def sheet_page(site: Site, on: date) -> SheetPage:
    """A site's last sheet on a day, and all that it still wants."""
    sheet = queries.sheet_of(site, on)
    wants = queries.sheet_wants(site, on)
    file = queries.site_file(site, on)
    rows = list(queries.measures_until(sheet, on)) if sheet else []
    cameras = site.cameras.filter(pk__in=file.cameras).select_related("device").order_by("number")
    groups = [_group(rows, None, OF_SITE)] if sheet else []
    asked = events.maskings(file.cameras) if sheet else {}
    groups += (
        [_group(rows, camera, OF_CAMERA, masking=asked.get(camera.pk, "none")) for camera in cameras] if sheet else []
    )
    return SheetPage(
        site=site,
        sheet=sheet,
        cameras=_with_states(site, file.cameras, on),
        groups=tuple(groups),
        reserves=tuple(sheet.reserves.all()) if sheet else (),
        wanting=tuple(sentence(want) for want in wants),
        is_outdated=sheet is not None and any(want.want is Want.NO_SHEET for want in wants),
    )


def _with_states(site: Site, standing: Collection[str], on: date) -> tuple[tuple[Camera, str | Promise], ...]:
    known = queries.lives(site.cameras.all(), on)
    states = {camera: state_on(life, on) for camera, life in known.items()}
    cameras = site.cameras.filter(pk__in=standing).order_by("number")
    return tuple((one, StateChoice(state.value).label if (state := states[one.pk]) else "") for one in cameras)


def _group(
    measured: Iterable[AcceptanceMeasure], camera: Camera | None, items: tuple[Item, ...], *, masking: str = ""
) -> Measured:
    rows = [row for row in measured if row.camera_id == (camera.pk if camera else None)]
    return Measured(
        camera=camera,
        rows=tuple(
            MeasureRow(
                item=item,
                last=next((row for row in reversed(rows) if row.item == item), None),
                before=max(0, sum(row.item == item for row in rows) - 1),
                masking=masking if item is Item.MASK_PROOF else "",
            )
            for item in items
        ),
    )
