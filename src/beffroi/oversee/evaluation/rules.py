"""An evaluation written before the works: what is compared with what, when, by which test; its hash. Pure.

The rules of honesty (planning reference, §4.4): power is told before the vote and sealed with the plan; no percentage
without a control and an interval; nothing is read before its day; a change of the plan is another plan that names the
one it corrects, and why.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date

from beffroi.core.dates import add_months
from beffroi.territory.calc.effects import BeforeAfter, RelativeEffect, relative_effect, smallest_fall_seen, wdd
from beffroi.territory.calc.figures import Change, Estimate, NotComputed

LEAST_BASELINE_MONTHS = 36
"""A zone is chosen when it is at its worst: a shorter past promises a fall that would have come by itself."""
LEAST_AFTER_MONTHS = 12
USUAL_AFTER_MONTHS = 24
TEST = "res-95"
"""What `result_of` does; sealed with the plan, so that another test is another plan."""
_SINCE = ("test", "power", "reason")
"""Fields that plans sealed before they existed do not have: left out of the hash when empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What the figures could show at all, before anything is voted. None: there are too few facts to say anything."""

    treated_a_year: float
    control_a_year: float
    smallest_fall: float | None

    @property
    def least_percent(self) -> int | None:
        """The smallest fall in whole percents, never told smaller than it is."""
        return None if self.smallest_fall is None else math.ceil(100 * self.smallest_fall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is decided beforehand. Zones and kinds by their ids; `starts_on` ends the past and begins the time after.

    `displacement`: zones next to the treated ones, where facts may move; none: not looked at. `power`: as known the day
    it is registered. `reason`: why it corrects another.
    """

    phase: str
    outcomes: tuple[str, ...]
    treated: tuple[str, ...]
    control: tuple[str, ...]
    displacement: tuple[str, ...]
    starts_on: date
    before_months: int
    after_months: int
    corrects: str = ""
    reason: str = ""
    test: str = ""
    power: Power | None = None

    @property
    def before(self) -> tuple[date, date]:
        """First day, and the first day after."""
        return add_months(self.starts_on, -self.before_months), self.starts_on

    @property
    def after(self) -> tuple[date, date]:
        """First day, and the first day after."""
        return self.starts_on, add_months(self.starts_on, self.after_months)

    @property
    def sha256(self) -> str:
        """Of its canonical JSON: sorted keys, dates as 2026-11-30."""
        sealed = {name: value for name, value in asdict(self).items() if value or name not in _SINCE}
        text = json.dumps(sealed, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a plan cannot be registered: the field, what is wrong and the mend."""

    field: str
    message: str
    message_fr: str


def faults_of(design: Design, *, works_begin_on: date, today: date) -> Iterator[Fault]:
    """Everything that keeps a plan from being registered."""
    yield from _late_faults(design, works_begin_on=works_begin_on, today=today)
    if design.starts_on < works_begin_on:
        yield Fault(
            field="starts_on",
            message=f"comes before the works, on {works_begin_on}",
            message_fr=f"précède les travaux, le {works_begin_on}",
        )
    if design.before_months < LEAST_BASELINE_MONTHS:
        yield Fault(
            field="before_months",
            message=f"is under {LEAST_BASELINE_MONTHS}: zones are chosen at their worst and fall by themselves",
            message_fr=f"vaut moins de {LEAST_BASELINE_MONTHS} : une zone choisie au pire baisse d'elle-même",
        )
    if design.after_months < LEAST_AFTER_MONTHS:
        yield Fault(
            field="after_months",
            message=f"is under {LEAST_AFTER_MONTHS}: seasons would stand for an effect",
            message_fr=f"vaut moins de {LEAST_AFTER_MONTHS} : les saisons passeraient pour un effet",
        )
    yield from _area_faults(design)


def _late_faults(design: Design, *, works_begin_on: date, today: date) -> Iterator[Fault]:
    """A plan is registered before the works; a correction, before the day its result is read."""
    if not design.corrects and today >= works_begin_on:
        yield Fault(
            field="phase",
            message=f"began on {works_begin_on}: an evaluation is registered before the works; take the next phase",
            message_fr=f"a commencé le {works_begin_on} : une évaluation s'inscrit avant les travaux ; prenez la phase "
            "suivante",
        )
    if design.corrects and not design.reason.strip():
        yield Fault(
            field="reason",
            message="is empty; a correction says why it is made",
            message_fr="est vide ; une correction dit pourquoi elle est faite",
        )
    if design.corrects and today >= design.after[1]:
        yield Fault(
            field="corrects",
            message="comes after the day of the result: what was read cannot be planned again",
            message_fr="vient après le jour du résultat : ce qui est lu ne se planifie plus",
        )


def _area_faults(design: Design) -> Iterator[Fault]:
    for name in ("outcomes", "treated", "control"):
        if not getattr(design, name):
            yield Fault(field=name, message="is empty; choose at least one", message_fr="est vide ; choisissez-en")
    areas = [*design.treated, *design.control, *design.displacement]
    twice = sorted({zone for zone in areas if areas.count(zone) > 1})
    if twice:
        names = ", ".join(twice)
        yield Fault(
            field="control",
            message=f"{names} cannot be both compared and compared with; keep it in one list",
            message_fr=f"{names} ne peut être comparé à soi-même ; gardez-le dans une seule liste",
        )


def power_of(design: Design, *, treated: int, control: int) -> Power:
    """From the counts of the past: the smallest true fall that would be shown four times in five."""
    years = design.before_months / 12
    a_year, other = treated / years, control / years
    reachable = treated > 0 and control > 0
    smallest = smallest_fall_seen(a_year, other, years=design.after_months / 12) if reachable else None
    return Power(treated_a_year=a_year, control_a_year=other, smallest_fall=smallest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Facts before and after, in periods of the plan's own lengths."""

    treated: tuple[int, int]
    control: tuple[int, int]
    displacement: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What is told once the time after is over; `facts`: more or fewer a month, the neighbours' included."""

    change: Change | NotComputed
    facts: Estimate | NotComputed


def result_of(design: Design, counts: Counts, *, control_name: str) -> Result:
    """The change beside its control, and the facts more or fewer, displacement included; both with their intervals.

    The past is brought to the length of the time after.
    """
    share = design.after_months / design.before_months

    def scaled(pair: tuple[int, int]) -> BeforeAfter:
        return BeforeAfter(before=pair[0] * share, after=pair[1])

    effect = relative_effect(scaled(counts.treated), scaled(counts.control))
    periods = (float(design.before_months), float(design.after_months))
    areas = [BeforeAfter(before=pair[0], after=pair[1]) for pair in (counts.treated, counts.control)]
    moved = BeforeAfter(before=counts.displacement[0], after=counts.displacement[1])
    is_empty = not any((*counts.treated, *counts.control, *counts.displacement))
    return Result(
        change=effect.change(control_name) if isinstance(effect, RelativeEffect) else effect,
        facts=_NO_FACT if is_empty else wdd(areas[0], areas[1], displacement=moved, periods=periods).facts,
    )


_NO_FACT = NotComputed(why="no fact was counted in any zone", why_fr="aucun fait n'a été compté dans aucune zone")
