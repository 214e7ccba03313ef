"""When a task waits, what a measure must reach, what a site or a phase still lacks. Pure.

Source: arrêté of 3 August 2007, art. 2 and annexes (TEC-9 to TEC-14); CSI R. 252-17 (commissioning of each phase).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from beffroi.core.dates import add_months


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
    """A task's days and what it waits for."""

    id: str
    planned_from_on: date
    planned_to_on: date
    actual_from_on: date | None = None
    actual_to_on: date | None = None
    after: tuple[str, ...] = ()

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
    """Each task on a day.

    Errors: ValueError when a task waits for itself, through others or not.
    """
    by_id = {work.id: work for work in works}
    _check_no_circle(by_id)
    return {work.id: _standing(work, by_id, on) for work in works}


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


def _check_no_circle(by_id: Mapping[str, Work]) -> None:
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


def pose_passes(turned_deg: float) -> bool:
    """The camera looks where the plan says, to five degrees."""
    return abs(turned_deg) <= POSE_DEG


def clock_passes(offset_s: float) -> bool:
    """The camera's clock is within a second of the recorder's."""
    return abs(offset_s) <= CLOCK_S


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

    NO_SHEET = "no-sheet"
    NOT_MEASURED = "not-measured"
    FAILED = "failed"
    RESERVE = "reserve"
    LINK_NOT_LIT = "link-not-lit"
    TASK_NOT_DONE = "task-not-done"
    CAMERA_STATE = "camera-state"
    GATE = "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanting:
    """One thing that a site or a phase still lacks."""

    want: Want
    site: str = ""
    camera: str = ""
    subject: str = ""
    """The item, task, link, reserve or paper."""


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
