"""When a task waits, what a measure must reach, what a site or a phase still lacks. Pure.

Source: arrêté of 3 August 2007, art. 2 and annexes (TEC-9 to TEC-14); CSI R. 252-17 (commissioning of each phase).
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from beffroi.core.dates import add_months
from beffroi.core.errors import InvalidInput
from beffroi.plan.rules import NEXT, DatedState, StateName


class TaskKind(StrEnum):
    """What is built."""

    TRENCH = "trench"
    MAST = "mast"
    POWER = "power"
    CABINET = "cabinet"
    FIBRE = "fibre"
    CAMERA = "camera"
    ROOM = "room"
    ACCEPTANCE = "acceptance"
    COMMISSIONING = "commissioning"


class BudgetKind(StrEnum):
    """What a sum is."""

    VOTED = "voted"
    COMMITTED = "committed"
    INVOICED = "invoiced"
    SUBSIDY_NOTIFIED = "subsidy-notified"
    SUBSIDY_PAID = "subsidy-paid"


class Item(StrEnum):
    """What an acceptance sheet holds."""

    POSE = "pose"
    OPTICAL_LOSS = "optical-loss"
    POE = "poe"
    DAY_PICTURE = "day-picture"
    NIGHT_PICTURE = "night-picture"
    RESOLUTION = "resolution"
    RATE = "rate"
    MASK_PROOF = "mask-proof"
    CLOCK_OFFSET = "clock-offset"
    SIGN = "sign"


OF_CAMERA = (
    Item.POSE, Item.DAY_PICTURE, Item.NIGHT_PICTURE, Item.RESOLUTION, Item.RATE, Item.MASK_PROOF, Item.CLOCK_OFFSET,
)  # fmt: skip
OF_SITE = (Item.OPTICAL_LOSS, Item.POE, Item.SIGN)
FROM_RECORDER = frozenset({Item.DAY_PICTURE, Item.NIGHT_PICTURE, Item.RESOLUTION, Item.RATE})
"""Taken from what the recorder stored during a test window, never typed."""
STANDARD = frozenset({Item.RESOLUTION, Item.RATE})
"""A failure of these is one of the technical standards. Source: arrêté of 3 August 2007, art. 2."""

POSE_DEG = 5.0
"""A pose further from the plan is to be mended, or the plan changed."""
CLOCK_S = 1.0
OPTICAL_DB = 7.5
"""A 1000BASE-LX10 link may lose 10.5 dB; three are left for ageing and repairs. Source: IEEE 802.3 clause 59."""


class PaperName(StrEnum):
    """The papers that end the works of a phase. Source: CCAG-Travaux 2021, art. 40 and 41."""

    REPORT = "proces-verbal"
    AS_BUILT = "ouvrages-executes"


# -- tasks ------------------------------------------------------------------------------------------------


class Progress(StrEnum):
    """Where a task is on a day."""

    TO_COME = "to-come"
    UNDER_WAY = "under-way"
    DONE = "done"
    LATE = "late"
    """It should be over, or begun, and nothing it waits for explains why not."""
    BLOCKED = "blocked"
    """It should have begun, and something it waits for is not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A task's days and what it waits for; `sites`: where it is done, or what its link reaches."""

    id: str
    planned_from_on: date
    planned_to_on: date
    actual_from_on: date | None = None
    actual_to_on: date | None = None
    after: tuple[str, ...] = ()
    kind: TaskKind | None = None
    sites: frozenset[str] = frozenset()

    def is_done(self, on: date) -> bool:
        """Over on that day."""
        return self.actual_to_on is not None and self.actual_to_on <= on

    def late_days(self, on: date) -> int:
        """Days over its planned end: real once it is over, so far until then; below zero when it ended early."""
        if self.is_done(on):
            assert self.actual_to_on is not None
            return (self.actual_to_on - self.planned_to_on).days
        return max(0, (on - self.planned_to_on).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A task on a day: where it is, by how much late, which unfinished tasks it waits for."""

    progress: Progress
    late_days: int
    waits_for: tuple[str, ...]


def standings(works: Sequence[Work], on: date) -> dict[str, Standing]:
    """Each task on a day; a camera waits for the fibre of its site, written or not.

    Errors: ValueError when a task waits for itself, through others or not.
    """
    by_id = {work.id: work for work in after_their_links(works)}
    check_no_circle(by_id)
    return {work.id: _standing(work, by_id, on) for work in by_id.values()}


def after_their_links(works: Sequence[Work]) -> Iterator[Work]:
    """These works, each camera's waiting for the fibre of its site too."""
    fibres: dict[str, list[str]] = defaultdict(list)
    for work in works:
        for site in work.sites if work.kind is TaskKind.FIBRE else ():
            fibres[site].append(work.id)
    for work in works:
        links = [id_ for site in sorted(work.sites) for id_ in fibres[site]] if work.kind is TaskKind.CAMERA else []
        yield replace(work, after=tuple(dict.fromkeys((*work.after, *links))))


def _standing(work: Work, by_id: Mapping[str, Work], on: date) -> Standing:
    waits_for = tuple(before for before in work.after if before in by_id and not by_id[before].is_done(on))
    late_days = work.late_days(on)
    if work.is_done(on):
        return Standing(progress=Progress.DONE, late_days=late_days, waits_for=())
    if work.actual_from_on is not None and work.actual_from_on <= on:
        progress = Progress.LATE if late_days else Progress.UNDER_WAY
        return Standing(progress=progress, late_days=late_days, waits_for=waits_for)
    is_due = work.planned_from_on <= on
    held_up = any(by_id[before].late_days(on) > 0 for before in waits_for)
    if waits_for and (is_due or held_up):
        progress = Progress.BLOCKED
    else:
        progress = Progress.LATE if is_due else Progress.TO_COME
    return Standing(progress=progress, late_days=late_days, waits_for=waits_for)


def too_early(works: Sequence[Work]) -> Iterator[tuple[str, str]]:
    """Each task that ended on a day when one it waits for was not over: that task, and the one it waits for.

    A camera waits for the fibre of its site, written or not; both may end the same day.
    """
    by_id = {work.id: work for work in after_their_links(works)}
    for work in by_id.values():
        if work.actual_to_on is not None:
            for before in work.after:
                if before in by_id and not by_id[before].is_done(work.actual_to_on):
                    yield work.id, before


def check_no_circle(by_id: Mapping[str, Work]) -> None:
    """Errors: ValueError naming a task that waits for itself."""
    state: dict[str, bool] = {}
    for start in by_id:
        stack = [(start, iter(by_id[start].after))]
        while stack:
            task, rest = stack[-1]
            state.setdefault(task, False)
            following = next(rest, None)
            if following is None:
                state[task] = True
                stack.pop()
            elif following in by_id and state.get(following) is None:
                stack.append((following, iter(by_id[following].after)))
            elif following in by_id and not state[following]:
                raise ValueError(f"{following} waits for itself")


# -- a camera's steps --------------------------------------------------------------------------------------

_S = StateName
OF_WORKS: Mapping[StateName, frozenset[StateName]] = {
    _S.PLANNED: frozenset({_S.REMOVED}),
    _S.AUTHORISED: frozenset({_S.INSTALLED, _S.REMOVED}),
    _S.INSTALLED: frozenset({_S.REMOVED}),
    _S.DECLARED: frozenset({_S.REMOVED}),
    _S.IN_TEST: frozenset({_S.ACCEPTED, _S.INSTALLED, _S.REMOVED}),
    _S.ACCEPTED: frozenset({_S.IN_SERVICE, _S.REMOVED}),
    _S.IN_SERVICE: frozenset({_S.IN_TEST, _S.REMOVED}),
    _S.EXPIRED: frozenset({_S.REMOVED}),
}
"""Steps that the works bring, written by hand. The others follow a paper: a dossier, an order, a declaration, a test
window."""


def steps_of_works(state: StateName | None) -> tuple[StateName, ...]:
    """What whoever keeps the works may write next of a camera: on, then back, then its end."""
    if state is None:
        return ()
    life = list(StateName)
    allowed = OF_WORKS.get(state, frozenset()) & NEXT[state]
    return tuple(sorted(allowed, key=lambda step: (step is _S.REMOVED, life.index(step) < life.index(state), step)))


def reopened_on(history: Sequence[DatedState]) -> date | None:
    """The day a camera last left service for a test: only a sheet opened since then accepts it again."""
    steps = itertools.pairwise(history)
    return max(
        (after.on for before, after in steps if before.state is _S.IN_SERVICE and after.state is _S.IN_TEST),
        default=None,
    )


# -- reference pictures -----------------------------------------------------------------------------------

REFERENCE_MONTHS = 12
"""A camera's day and night pictures are taken again within a year. Source: arrêté of 3 August 2007, art. 1; ours."""
REFERENCE_SOON_MONTHS = 2


def reference_due_on(day_on: date | None, night_on: date | None) -> date | None:
    """The day by which a camera's older reference picture is taken again; None when one was never taken."""
    if day_on is None or night_on is None:
        return None
    return add_months(min(day_on, night_on), REFERENCE_MONTHS)


def is_reference_due(due_on: date | None, on: date) -> bool:
    """Never taken, or to be taken again within two months."""
    return due_on is None or add_months(due_on, -REFERENCE_SOON_MONTHS) <= on


# -- acceptance -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """An item that is a number: its unit, between which values it can be believed, between which it passes."""

    unit: str
    believed: tuple[float, float]
    passes: tuple[float, float]

    def is_passed(self, value: float) -> bool:
        """Within its limits, both included."""
        return self.passes[0] <= value <= self.passes[1]


QUANTITIES: Mapping[Item, Quantity] = {
    Item.POSE: Quantity(unit="°", believed=(-180.0, 180.0), passes=(-POSE_DEG, POSE_DEG)),
    Item.OPTICAL_LOSS: Quantity(unit="dB", believed=(0.0, 40.0), passes=(0.0, OPTICAL_DB)),
    Item.POE: Quantity(unit="W", believed=(0.0, 100.0), passes=(1.0, 90.0)),
    Item.CLOCK_OFFSET: Quantity(unit="s", believed=(-86_400.0, 86_400.0), passes=(-CLOCK_S, CLOCK_S)),
}
_NUMBER = re.compile(r"([-+−]?\d[\d\s]*(?:[.,]\d+)?)\s*(.*)", re.DOTALL)


def measured_value(item: Item, typed: str) -> float:
    """The number of a measure as a person typed it, « −1,2° » or « 1.2 ».

    Errors: InvalidInput when it is no number, has another unit, or cannot be believed.
    """
    asked = QUANTITIES[item]
    found = _NUMBER.fullmatch(typed.strip())
    if found is None or found[2].strip() not in ("", asked.unit):
        raise InvalidInput(
            f"{typed!r} is no number of {asked.unit}; write it as 1.2 {asked.unit}.",
            message_fr=f"« {typed} » n'est pas un nombre de {asked.unit} ; écrivez par exemple 1,2 {asked.unit}.",
            field="measured",
        )
    value = float(re.sub(r"\s", "", found[1]).replace(",", ".").replace("−", "-"))
    low, high = asked.believed
    if not low <= value <= high:
        raise InvalidInput(
            f"{value:g} {asked.unit} cannot be: between {low:g} and {high:g} {asked.unit}; measure again.",
            message_fr=f"{_fr(value)} {asked.unit} n'est pas possible : entre {_fr(low)} et {_fr(high)} {asked.unit} ; "
            "mesurez de nouveau.",
            field="measured",
        )
    return value


def _fr(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def check_verdict(item: Item, typed: str, *, is_passed: bool) -> None:
    """Nothing, when a measure may have this verdict: a person may be stricter than the limit, never laxer.

    Errors: InvalidInput as `measured_value`, or for a pass beyond the limit.
    """
    asked = QUANTITIES.get(item)
    if asked is None:
        return
    value = measured_value(item, typed)
    if is_passed and not asked.is_passed(value):
        low, high = asked.passes
        raise InvalidInput(
            f"It conforms between {low:g} and {high:g} {asked.unit}: untick “conforms”, mend, then measure again.",
            message_fr=f"Conforme entre {_fr(low)} et {_fr(high)} {asked.unit} : décochez « Conforme », corrigez, puis "
            "mesurez de nouveau.",
            field="is_passed",
        )


def clock_passes(offset_s: float) -> bool:
    """The camera's clock is within a second of the recorder's."""
    return QUANTITIES[Item.CLOCK_OFFSET].is_passed(offset_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The last measure of an item, of a camera or (camera "") of the site."""

    item: Item
    is_passed: bool
    camera: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """What is known of a site's acceptance. `sheet`: one is open that is not older than the works.

    `masked`: cameras that have something to mask; the others need no proof.
    """

    site: str
    cameras: tuple[str, ...]
    masked: frozenset[str]
    has_sheet: bool
    measures: tuple[Measured, ...]
    open_reserves: tuple[str, ...]
    """Those that hinder the acceptance."""


class Want(StrEnum):
    """Why a phase is not ready."""

    NO_CAMERA = "no-camera"
    NO_SHEET = "no-sheet"
    NOT_MEASURED = "not-measured"
    FAILED = "failed"
    RESERVE = "reserve"
    LINK_NOT_LIT = "link-not-lit"
    TASK_NOT_DONE = "task-not-done"
    CAMERA_STATE = "camera-state"
    GATE = "gate"
    REPORT_NOT_ISSUED = "report-not-issued"
    REPORT_NOT_SIGNED = "report-not-signed"
    AS_BUILT_NOT_ISSUED = "as-built-not-issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """One thing that a site or a phase still lacks."""

    want: Want
    site: str = ""
    camera: str = ""
    subject: str = ""
    """The item, task, link, reserve or paper; of a paper to issue, its phase."""


def site_wants(file: SiteFile) -> tuple[Wanting, ...]:
    """Everything a site's acceptance still lacks; empty: it is accepted."""
    if not file.has_sheet:
        return (Wanting(want=Want.NO_SHEET, site=file.site),)
    known = {(measure.camera, measure.item): measure.is_passed for measure in file.measures}
    return (
        *_unpassed(file.site, "", OF_SITE, known=known),
        *(want for camera in file.cameras for want in camera_wants(file, camera)),
        *(Wanting(want=Want.RESERVE, site=file.site, subject=text) for text in file.open_reserves),
    )


def camera_wants(file: SiteFile, camera: str) -> tuple[Wanting, ...]:
    """What the sheet still lacks of one camera."""
    known = {(measure.camera, measure.item): measure.is_passed for measure in file.measures}
    items = [item for item in OF_CAMERA if item is not Item.MASK_PROOF or camera in file.masked]
    return tuple(_unpassed(file.site, camera, items, known=known))


def _unpassed(
    site: str, camera: str, items: Iterable[Item], *, known: Mapping[tuple[str, Item], bool]
) -> Iterator[Wanting]:
    for item in items:
        passed = known.get((camera, item))
        if passed is None:
            yield Wanting(want=Want.NOT_MEASURED, site=site, camera=camera, subject=item.value)
        elif not passed:
            yield Wanting(want=Want.FAILED, site=site, camera=camera, subject=item.value)
