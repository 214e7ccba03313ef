"""Reads of evaluations: what the figures could show, and what they show once it is time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from beffroi.core.dates import day_starts_at
from beffroi.oversee.evaluation.rules import Counts, Design, Power, Result, power_of, result_of
from beffroi.oversee.models import Evaluation
from beffroi.territory.models import FactKindChoice, Zone
from beffroi.territory.queries import counted_facts, town_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationView:
    """A registered plan; `result` is None before its day, and nothing is counted before it."""

    row: Evaluation
    design: Design
    outcomes: tuple[str, ...]
    treated: tuple[str, ...]
    control: tuple[str, ...]
    displacement: tuple[str, ...]
    power: Power
    counts: Counts | None
    result: Result | None


def evaluations(on: date) -> list[EvaluationView]:
    """Every registered plan as of a day, the last registered first."""
    return [view_of(row, on) for row in Evaluation.objects.select_related("phase", "corrects")]


def view_of(row: Evaluation, on: date) -> EvaluationView:
    """A plan as of a day."""
    design = design_of(row)
    names = dict(Zone.objects.values_list("pk", "name"))
    treated, control = (tuple(names[zone] for zone in zones) for zones in (design.treated, design.control))
    is_over = on >= design.after[1]
    counts = _counts(design) if is_over else None
    return EvaluationView(
        row=row,
        design=design,
        outcomes=tuple(str(FactKindChoice(kind).label) for kind in design.outcomes),
        treated=treated,
        control=control,
        displacement=tuple(names[zone] for zone in design.displacement),
        power=power_before(design),
        counts=counts,
        result=result_of(design, counts, control_name=", ".join(control)) if counts else None,
    )


def design_of(row: Evaluation) -> Design:
    """The plan as it was sealed."""
    return Design(
        phase=row.phase_id,
        outcomes=tuple(row.outcomes),
        treated=tuple(row.treated),
        control=tuple(row.control),
        displacement=tuple(row.displacement),
        starts_on=row.starts_on,
        before_months=row.before_months,
        after_months=row.after_months,
        corrects=row.corrects_id or "",
    )


def power_before(design: Design) -> Power:
    """What these zones and kinds could show, from the past that is known today."""
    return power_of(
        design,
        treated=_count(design, design.treated, design.before),
        control=_count(design, design.control, design.before),
    )


def _counts(design: Design) -> Counts:
    def both(zones: Sequence[str]) -> tuple[int, int]:
        return _count(design, zones, design.before), _count(design, zones, design.after)

    return Counts(treated=both(design.treated), control=both(design.control), displacement=both(design.displacement))


def _count(design: Design, zones: Sequence[str], span: tuple[date, date]) -> int:
    since, until = (day_starts_at(day, town_zone()) for day in span)
    rows = counted_facts().filter(zone__in=zones, kind__in=design.outcomes)
    return rows.filter(from_at__gte=since, from_at__lt=until).count()
