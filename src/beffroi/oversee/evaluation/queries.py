"""Reads of evaluations: what the figures could show, and what they show once it is time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from beffroi.core.dates import add_months, day_of, day_starts_at
from beffroi.oversee.evaluation.rules import (
    LEAST_BASELINE_MONTHS,
    USUAL_AFTER_MONTHS,
    Counts,
    Design,
    Power,
    Result,
    power_of,
    result_of,
)
from beffroi.oversee.models import Evaluation
from beffroi.plan.models import Phase, Site
from beffroi.territory.models import FactKindChoice, Zone
from beffroi.territory.queries import counted_facts, town_zone
from beffroi.territory.rules import EFFECTS, Effect, FactKind


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationView:
    """A registered plan; `result` is None before its day, and nothing is counted before it.

    `is_whole`: its fields still make its hash. `is_late`: it corrects another after the works began.
    """

    row: Evaluation
    design: Design
    outcomes: tuple[str, ...]
    treated: tuple[str, ...]
    control: tuple[str, ...]
    displacement: tuple[str, ...]
    power: Power
    counts: Counts | None
    result: Result | None
    is_whole: bool
    is_late: bool
    corrected_by: Evaluation | None


def evaluations(on: date) -> list[EvaluationView]:
    """Every registered plan as of a day, the last registered first."""
    return [view_of(row, on) for row in Evaluation.objects.select_related("phase", "corrects")]


def view_of(row: Evaluation, on: date) -> EvaluationView:
    """A plan as of a day."""
    design = design_of(row)
    names = dict(Zone.objects.values_list("pk", "name"))
    treated, control = (tuple(names.get(zone, zone) for zone in zones) for zones in (design.treated, design.control))
    is_over = on >= design.after[1]
    counts = _counts(design) if is_over else None
    return EvaluationView(
        row=row,
        design=design,
        outcomes=tuple(str(FactKindChoice(kind).label) for kind in design.outcomes),
        treated=treated,
        control=control,
        displacement=tuple(names.get(zone, zone) for zone in design.displacement),
        power=design.power or power_before(design, on),
        counts=counts,
        result=result_of(design, counts, control_name=", ".join(control)) if counts else None,
        is_whole=design.sha256 == row.sha256,
        is_late=day_of(row.registered_at, town_zone()) >= row.phase.starts_on,
        corrected_by=row.corrections.order_by("registered_at").first(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseEvaluation:
    """What a phase's page says: the plan that stands, or what the usual one could show. `is_open`: before its works."""

    phase: Phase
    registered: EvaluationView | None
    power: Power
    is_open: bool


def of_phase(phase: Phase, on: date) -> PhaseEvaluation:
    """The last plan registered for a phase; without one, what its zones could show against the others."""
    row = Evaluation.objects.filter(phase=phase, corrections=None).select_related("phase", "corrects").first()
    view = view_of(row, on) if row else None
    return PhaseEvaluation(
        phase=phase,
        registered=view,
        power=view.power if view else power_before(usual(phase), on),
        is_open=on < phase.starts_on,
    )


def usual(phase: Phase) -> Design:
    """Facts tied to the place, in the zones of the phase's sites against the town's other zones."""
    treated = set(Site.objects.filter(phase=phase).values_list("zone", flat=True))
    control = set(Zone.objects.values_list("pk", flat=True)) - treated
    return Design(
        phase=phase.pk,
        outcomes=tuple(kind for kind in FactKind if EFFECTS[kind] is Effect.PLACE),
        treated=tuple(sorted(treated)),
        control=tuple(sorted(control)),
        displacement=(),
        starts_on=phase.planned_on,
        before_months=LEAST_BASELINE_MONTHS,
        after_months=USUAL_AFTER_MONTHS,
    )


def naming(zone: str) -> list[tuple[str, str]]:
    """The sealed plans that name a zone, in English and French: taken out, it would leave them without their counts."""
    return [
        (f"the evaluation plan {row}", f"le plan d'évaluation {row}")
        for row in Evaluation.objects.all()
        if zone in {*row.treated, *row.control, *row.displacement}
    ]


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
        reason=row.reason,
        test=row.test,
        power=Power(**row.power) if row.power else None,
    )


def power_before(design: Design, on: date) -> Power:
    """What these zones and kinds could show, from the past that is known on a day: as long as the plan's."""
    until = min(on, design.starts_on)
    past = add_months(until, -design.before_months), until
    return power_of(
        design,
        treated=_count(design, design.treated, past),
        control=_count(design, design.control, past),
    )


def _counts(design: Design) -> Counts:
    def both(zones: Sequence[str]) -> tuple[int, int]:
        return _count(design, zones, design.before), _count(design, zones, design.after)

    return Counts(treated=both(design.treated), control=both(design.control), displacement=both(design.displacement))


def _count(design: Design, zones: Sequence[str], span: tuple[date, date]) -> int:
    since, until = (day_starts_at(day, town_zone()) for day in span)
    rows = counted_facts().filter(zone__in=zones, kind__in=design.outcomes)
    return rows.filter(from_at__gte=since, from_at__lt=until).count()
