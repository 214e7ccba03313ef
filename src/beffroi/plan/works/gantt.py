"""The Gantt of a phase: thin outline planned, solid real, hatched overrun, arrows to what is blocked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from beffroi.core.dates import add_months
from beffroi.plan.works.rules import Progress, Standing, Work

WIDTH = 720.0
NAMES = 250.0
"""Before it, the tasks' names."""
ROW = 24.0
HEAD = 24.0
NOTE = 220.0
"""Room for a note of 32 signs; without it the note stands on the left."""
_LEAST = 5.0
"""A day is still seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GanttRow:
    """One task: what was planned, what was done, what ran over; `note_x`: where its words stand."""

    id: str
    y: float
    progress: Progress
    planned: Box
    real: Box | None
    over: Box | None
    note_x: float
    is_note_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """From the end of a late task to the beginning of what it blocks."""

    x: float
    y: float
    to_x: float
    to_y: float

    @property
    def path(self) -> str:
        """Of the line."""
        turn = self.to_y - 4 if self.to_y > self.y else self.to_y + 4
        return f"M{self.x:.1f} {self.y:.1f}V{turn:.1f}H{self.to_x:.1f}V{self.to_y:.1f}"

    @property
    def tip(self) -> str:
        """Of its head."""
        down = 1 if self.to_y > self.y else -1
        return f"M{self.to_x - 3:.1f} {self.to_y - down:.1f}h6l-3 {4 * down}z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A line of the ruler."""

    x: float
    on: date
    has_year: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gantt:
    """The whole drawing, `WIDTH` wide."""

    height: float
    rows: tuple[GanttRow, ...]
    arrows: tuple[Arrow, ...]
    months: tuple[Month, ...]
    today_x: float | None
    names: float = NAMES
    full_width: float = NAMES + WIDTH


def gantt_of(works: Sequence[Work], found: Mapping[str, Standing], on: date) -> Gantt:
    """The drawing of tasks in their order, on a day. `works` is not empty."""
    scale = _Scale.over(works, on)
    rows = tuple(_row(work, found[work.id], rank=rank, on=on, scale=scale) for rank, work in enumerate(works))
    return Gantt(
        height=HEAD + ROW * len(works),
        rows=rows,
        arrows=tuple(_arrows(rows, found)),
        months=scale.months(),
        today_x=scale.x(on),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Whole months."""

    first_on: date
    last_on: date

    @classmethod
    def over(cls, works: Sequence[Work], on: date) -> _Scale:
        days = [on]
        for work in works:
            real = (work.actual_from_on, work.actual_to_on)
            days += [work.planned_from_on, work.planned_to_on, *(day for day in real if day)]
        first = min(days).replace(day=1)
        return cls(first, add_months(max(days).replace(day=1), 1))

    def x(self, on: date) -> float:
        """Where a day begins."""
        return WIDTH * (on - self.first_on).days / (self.last_on - self.first_on).days

    def months(self) -> tuple[Month, ...]:
        count = (self.last_on.year - self.first_on.year) * 12 + self.last_on.month - self.first_on.month
        starts = [add_months(self.first_on, number) for number in range(count)]
        return tuple(
            Month(x=self.x(start), on=start, has_year=start == self.first_on or start.month == 1) for start in starts
        )

    def box(self, from_on: date, to_on: date, *, y: float, height: float) -> Box:
        """From the morning of a day to the evening of another."""
        left, right = self.x(from_on), self.x(to_on + timedelta(days=1))
        return Box(x=left, y=y, width=max(_LEAST, right - left), height=height)


def _row(work: Work, standing: Standing, *, rank: int, on: date, scale: _Scale) -> GanttRow:
    y = HEAD + ROW * rank
    real, over = _real(work, on=on, y=y + 11, scale=scale)
    planned = scale.box(work.planned_from_on, work.planned_to_on, y=y + 4, height=5)
    right = max(box.x + box.width for box in (planned, real, over) if box is not None)
    is_left = right > WIDTH - NOTE
    left = min(box.x for box in (planned, real, over) if box is not None)
    return GanttRow(
        id=work.id,
        y=y,
        progress=standing.progress,
        planned=planned,
        real=real,
        over=over,
        note_x=left - 8 if is_left else right + 8,
        is_note_left=is_left,
    )


def _real(work: Work, *, on: date, y: float, scale: _Scale) -> tuple[Box | None, Box | None]:
    """What was done within the plan, and what ran over its end."""
    begun = work.actual_from_on
    if begun is None or begun > on:
        return None, None
    last = work.actual_to_on if work.is_done(on) and work.actual_to_on else on
    within = min(last, max(begun, work.planned_to_on))
    over = scale.box(within + timedelta(days=1), last, y=y, height=8) if last > within else None
    return scale.box(begun, within, y=y, height=8), over


def _arrows(rows: Sequence[GanttRow], found: Mapping[str, Standing]) -> list[Arrow]:
    by_id = {row.id: row for row in rows}
    arrows = []
    for row in rows:
        for before in found[row.id].waits_for if row.progress is Progress.BLOCKED else ():
            late = by_id.get(before)
            if late is None or late.progress not in (Progress.LATE, Progress.BLOCKED):
                continue
            end = late.over or late.real or late.planned
            is_below = row.y > late.y
            to_x = row.planned.x + min(6.0, row.planned.width / 2)
            to_y = row.planned.y - 3 if is_below else row.planned.y + row.planned.height + 3
            y = end.y + end.height if is_below else end.y
            arrows.append(Arrow(x=end.x + end.width - 1, y=y, to_x=to_x, to_y=to_y))
    return arrows
