"""Reads of the works: tasks on a day, money by lot, what a site or a phase still lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.core.dates import day_of, day_starts_at
from beffroi.plan import events, fibre
from beffroi.plan.models import (
    AcceptanceMeasure,
    AcceptanceSheet,
    BudgetEntry,
    Camera,
    IssuedPaper,
    Link,
    Lot,
    Phase,
    Site,
    Task,
)
from beffroi.plan.queries import histories
from beffroi.plan.rules import DatedState, StateName, state_on
from beffroi.plan.works.rules import (
    BudgetKind,
    Item,
    Measured,
    PaperName,
    Progress,
    SiteFile,
    Standing,
    TaskKind,
    Want,
    Wanting,
    Work,
    after_their_links,
    camera_wants,
    is_reference_due,
    reference_due_on,
    reopened_on,
    site_wants,
    standings,
)
from beffroi.territory.queries import town_zone

_SERVED = frozenset({StateName.IN_SERVICE, StateName.REMOVED})
_MEASURED = _SERVED | {StateName.ACCEPTED, StateName.IN_TEST}
"""A camera in test has no step of its own before its sheet is passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """A task and where it is on a day; `waits_for`: names of what it waits for."""

    task: Task
    standing: Standing
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LotMoney:
    """A lot's sums on a day, in cents before tax."""

    lot: Lot
    cents: Mapping[BudgetKind, int]

    @property
    def left_to_commit_cents(self) -> int:
        return self.cents[BudgetKind.VOTED] - self.cents[BudgetKind.COMMITTED]

    @property
    def beyond(self) -> str | Promise:
        """What was done without the sum it stands on; empty when all is in order."""
        if self.cents[BudgetKind.COMMITTED] > self.cents[BudgetKind.VOTED]:
            return _("engagé au-delà du voté")
        if self.cents[BudgetKind.INVOICED] > self.cents[BudgetKind.COMMITTED]:
            return _("facturé au-delà de l'engagé")
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCheck:
    """What a phase lacks before its cameras may enter service."""

    phase: Phase
    wanting: tuple[Wanting, ...]

    @property
    def is_ready(self) -> bool:
        return not self.wanting


def task_lines(on: date, *, phase: str) -> list[TaskLine]:
    """The tasks of a phase, by site and planned day."""
    tasks = list(_tasks(phase))
    names = {task.pk: task.name for task in tasks}
    found = standings([work_of(task) for task in tasks], on)
    return [
        TaskLine(
            task=task,
            standing=found[task.pk],
            waits_for=tuple(names[before] for before in found[task.pk].waits_for),
        )
        for task in tasks
    ]


def around(task: Task) -> tuple[list[Task], list[Task]]:
    """What a task waits for, over or not, and what waits for it; a camera waits for the fibre of its site."""
    tasks = {one.pk: one for one in _tasks(task.lot.phase_id)}
    waits = {work.id: work.after for work in after_their_links([work_of(one) for one in tasks.values()])}
    before = [tasks[one] for one in waits[task.pk] if one in tasks]
    return before, [tasks[one] for one, after in waits.items() if task.pk in after]


def _tasks(phase: str) -> QuerySet[Task]:
    rows = Task.objects.filter(lot__phase=phase).select_related("lot", "site", "link")
    by_site = F("site__rank").asc(nulls_last=True)
    return rows.prefetch_related("after", "cameras").order_by(by_site, "planned_from_on", "id")


def work_of(task: Task) -> Work:
    """The task's days and what it waits for."""
    return Work(
        id=task.pk,
        planned_from_on=task.planned_from_on,
        planned_to_on=task.planned_to_on,
        actual_from_on=task.actual_from_on,
        actual_to_on=task.actual_to_on,
        after=tuple(before.pk for before in task.after.all()),
        kind=TaskKind(task.kind),
        sites=_sites_of(task),
    )


def _sites_of(task: Task) -> frozenset[str]:
    """Where it is done, and what its link reaches."""
    ends = [task.link.from_end, task.link.to_end] if task.link else []
    own = [task.site_id] if task.site_id else []
    return frozenset([*own, *ends, *(camera.site_id for camera in task.cameras.all())])


def money(on: date, *, phase: str) -> list[LotMoney]:
    """The sums of each lot of a phase, up to a day."""
    sums: dict[str, dict[BudgetKind, int]] = defaultdict(lambda: dict.fromkeys(BudgetKind, 0))
    for entry in BudgetEntry.objects.filter(lot__phase=phase, on__lte=on):
        sums[entry.lot_id][BudgetKind(entry.kind)] += entry.cents
    return [LotMoney(lot=lot, cents=sums[lot.pk]) for lot in Lot.objects.filter(phase=phase)]


def entries(on: date, *, phase: str) -> QuerySet[BudgetEntry]:
    """The dated sums of a phase up to a day, lot by lot, in their order."""
    known = BudgetEntry.objects.filter(lot__phase=phase, on__lte=on).select_related("lot")
    return known.order_by("lot__rank", "on", "id")


def phase_check(phase: Phase, on: date) -> PhaseCheck:
    """Everything a phase still lacks on a day: tasks, links, acceptance of each site, papers."""
    wanting: list[Wanting] = []
    for line in task_lines(on, phase=phase.pk):
        if line.standing.progress != Progress.DONE and line.task.kind != TaskKind.COMMISSIONING:
            where = line.task.site_id or ""
            wanting.append(Wanting(want=Want.TASK_NOT_DONE, site=where, subject=line.task.pk))
    wanting += [Wanting(want=Want.LINK_NOT_LIT, subject=link) for link in _dark_links(phase, on)]
    states = {camera: state_on(life, on) for camera, life in lives(phase.cameras.all(), on).items()}
    standing = [camera for camera, state in states.items() if state is not StateName.REMOVED]
    if not standing:
        wanting.append(Wanting(want=Want.NO_CAMERA))
    for site in sites_of(phase):
        wanting += _site_wants(site, {camera for camera in standing if states[camera] not in _SERVED}, on)
    wanting += [
        Wanting(want=Want.GATE, camera=camera, subject=paper) for camera, paper in events.papers_wanting(standing)
    ]
    wanting += _paper_wants(phase, on)
    return PhaseCheck(phase=phase, wanting=tuple(wanting))


def _paper_wants(phase: Phase, on: date) -> Iterable[Wanting]:
    """The papers that end the works. A phase that was in service before this register has them elsewhere."""
    report = reports_of(phase).filter(on__lte=on).last()
    is_served = phase.in_service_on is not None and phase.in_service_on <= on
    if not is_served and covering_report(phase, on) is None:
        yield Wanting(want=Want.REPORT_NOT_ISSUED, subject=phase.pk)
    elif report is not None and not report.copies.filter(signed_on__lte=on).exists():
        yield Wanting(want=Want.REPORT_NOT_SIGNED, subject=phase.pk)
    is_built = IssuedPaper.objects.filter(phase=phase, name=PaperName.AS_BUILT, on__lte=on).exists()
    if not is_built and (report is not None or not is_served):
        yield Wanting(want=Want.AS_BUILT_NOT_ISSUED, subject=phase.pk)


def reports_of(phase: Phase) -> QuerySet[IssuedPaper]:
    """The acceptance reports issued for a phase, the first version first, without their files."""
    return IssuedPaper.objects.filter(phase=phase, name=PaperName.REPORT).order_by("version").defer("sealed")


def covering_report(phase: Phase, on: date) -> IssuedPaper | None:
    """The first report issued by a day that accepts every camera the phase has on that day."""
    standing = {camera for camera, life in lives(phase.cameras.all(), on).items()
                if state_on(life, on) is not StateName.REMOVED}  # fmt: skip
    found = (report for report in reports_of(phase).filter(on__lte=on) if standing <= set(report.cameras))
    return next(found, None) if standing else None


def all_served_on(phase: Phase) -> date | None:
    """The day from which every camera of a phase that was not given up is in service; None before."""
    last = [history[-1] for history in histories(phase.cameras.values_list("pk", flat=True)).values()]
    states = {step.state for step in last}
    is_whole = StateName.IN_SERVICE in states <= _SERVED and len(last) == phase.cameras.count()
    return max(step.on for step in last) if is_whole else None


def _dark_links(phase: Phase, on: date) -> list[str]:
    """Links that are not lit: the phase's own, then those of other phases that its arms need."""
    links = Link.objects.exclude(lit_on__lte=on)
    own = list(links.filter(phase=phase).values_list("pk", flat=True))
    is_served = phase.in_service_on is not None and phase.in_service_on <= on
    if is_served or not links.exists():
        return own
    needed = [link for wait in fibre.fibre_on(on).waits if wait.phase == phase.pk for link in wait.stretches]
    return list(dict.fromkeys((*own, *needed)))


def sites_of(phase: Phase) -> QuerySet[Site]:
    """The sites of a phase, and those of others on which it puts a camera, in the order of the plans."""
    return Site.objects.filter(Q(phase=phase) | Q(cameras__phase=phase)).distinct().order_by("rank")


def lives(cameras: QuerySet[Camera], on: date) -> dict[str, list[DatedState]]:
    """The dated states of each of these cameras up to a day, by number."""
    ids = list(cameras.order_by("number").values_list("pk", flat=True))
    known = histories(ids)
    return {camera: [step for step in known.get(camera, []) if step.on <= on] for camera in ids}


def _site_wants(site: Site, coming: Collection[str], on: date) -> Iterable[Wanting]:
    """The sheet of a site, and the step before it, for those of its cameras that are not in service yet."""
    states = {camera: state_on(life, on) for camera, life in lives(site.cameras.filter(pk__in=coming), on).items()}
    if not states:
        return
    wanted = [want for want in site_wants(site_file(site, on)) if not want.camera or want.camera in states]
    for camera, state in states.items():
        if state not in _MEASURED or (state is StateName.IN_TEST and not wanted):
            yield Wanting(want=Want.CAMERA_STATE, site=site.pk, camera=camera, subject=state.value if state else "")
    yield from wanted


def sheet_of(site: Site, on: date) -> AcceptanceSheet | None:
    """The last sheet opened on a site by a day, whatever came since."""
    return AcceptanceSheet.objects.filter(site=site, opened_on__lte=on).order_by("-opened_on").first()


def site_file(site: Site, on: date) -> SiteFile:
    """What is known of a site's acceptance on a day: its last sheet, and the last measure of each item.

    A sheet older than the day a camera left service for a repair counts for nothing.
    """
    known = lives(site.cameras.all(), on)
    cameras = tuple(camera for camera, life in known.items() if state_on(life, on) is not StateName.REMOVED)
    sheet = sheet_of(site, on)
    reopened = [day for camera in cameras if (day := reopened_on(known[camera]))]
    if sheet is None or any(sheet.opened_on < day for day in reopened):
        return SiteFile(site=site.pk, cameras=cameras, masked=frozenset(), has_sheet=False, measures=(),
                        open_reserves=())  # fmt: skip
    still = Q(lifted_on__isnull=True) | Q(lifted_on__gt=on)
    return SiteFile(
        site=site.pk,
        cameras=cameras,
        masked=frozenset(one for one, asked in events.maskings(cameras).items() if asked is not events.Masking.FOUND),
        has_sheet=True,
        measures=tuple(_last_measures(sheet, on)),
        open_reserves=tuple(sheet.reserves.filter(still, is_blocking=True).values_list("text", flat=True)),
    )


def measures_until(sheet: AcceptanceSheet, on: date) -> QuerySet[AcceptanceMeasure]:
    """What was measured of a sheet up to a day, the last made last: what came later says nothing of that day."""
    return sheet.measures.filter(at__lt=day_starts_at(on + timedelta(days=1), town_zone())).order_by("at", "pk")


def _last_measures(sheet: AcceptanceSheet, on: date) -> Iterable[Measured]:
    last: dict[tuple[str, str], AcceptanceMeasure] = {}
    for row in measures_until(sheet, on):
        last[row.camera_id or "", row.item] = row
    for (camera, item), row in last.items():
        yield Measured(item=Item(item), is_passed=row.is_passed, camera=camera)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A camera in service, the days of its last conforming day and night pictures, and when they are due again."""

    camera: Camera
    day_on: date | None
    night_on: date | None
    due_on: date | None
    is_due: bool


def references(on: date) -> list[Reference]:
    """The reference pictures of every camera in service on a day, those due first, then by number."""
    served = [camera for camera, history in histories().items() if state_on(history, on) is StateName.IN_SERVICE]
    until = day_starts_at(on + timedelta(days=1), town_zone())
    last: dict[tuple[str, str], date] = {}
    pictures = AcceptanceMeasure.objects.filter(item__in=_REFERENCES, is_passed=True, at__lt=until)
    for row in pictures.order_by("at", "pk"):
        last[row.camera_id or "", row.item] = day_of(row.at, town_zone())
    found = [_reference(camera, last, on) for camera in Camera.objects.filter(pk__in=served).order_by("number")]
    return sorted(found, key=lambda one: not one.is_due)


_REFERENCES = (Item.DAY_PICTURE, Item.NIGHT_PICTURE)


def _reference(camera: Camera, last: Mapping[tuple[str, str], date], on: date) -> Reference:
    day_on, night_on = (last.get((camera.pk, item)) for item in _REFERENCES)
    due_on = reference_due_on(day_on, night_on)
    return Reference(
        camera=camera, day_on=day_on, night_on=night_on, due_on=due_on, is_due=is_reference_due(due_on, on)
    )


def sheet_wants(site: Site, on: date) -> tuple[Wanting, ...]:
    """What a site's acceptance still lacks on a day."""
    return site_wants(site_file(site, on))


def acceptance_wants(camera: Camera, on: date) -> tuple[Wanting, ...]:
    """What stands between a camera and its acceptance: its own measures, and those of its site."""
    file = site_file(camera.site, on)
    if not file.has_sheet:
        return site_wants(file)
    shared = tuple(want for want in site_wants(file) if not want.camera)
    return (*shared, *camera_wants(file, camera.pk))
