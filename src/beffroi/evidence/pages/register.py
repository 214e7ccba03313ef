"""The register, to print, and the trail of what was looked at under a number."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from beffroi.evidence import words
from beffroi.evidence.models import Requisition
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Result, StepKind, lane
from beffroi.operate.models import View
from beffroi.people.models import Agent
from beffroi.plan.models import Camera


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One line of the binder."""

    number: str
    opened: str
    title: str
    span: str
    asked_by: str
    frame: str
    result: str
    handed: str
    state: str


def register_rows(agent: Agent) -> list[RegisterRow]:
    """Every requisition this agent may read, in order of number."""
    return [_row(row) for row in reversed(cases.requisitions_for(agent))]


def _row(row: Requisition) -> RegisterRow:
    case = cases.facts_of(row)
    handed = row.hand_overs.select_related("recipient").last()
    given = ""
    if handed is not None:
        given = f"{words.when(handed.at_us)} · {handed.recipient} · {handed.get_medium_display()}"
        given += f" {handed.medium_reference}" if handed.medium_reference else ""
        given += f" + {handed.get_reader_medium_display()} {handed.reader_reference}" if handed.reader_medium else ""
    return RegisterRow(
        number=row.pk,
        opened=words.when(row.opened_at_us),
        title=row.title,
        span=words.span(row.from_at_us, row.to_at_us),
        asked_by=", ".join(part for part in (row.officer, row.unit) if part) or _("à compléter"),
        frame=" · ".join(part for part in (row.frame, row.procedure) if part) or _("à compléter"),
        result=str(words.RESULTS[Result(case.result)]) if case.result else "–",
        handed=given or "–",
        state=str(words.LANES[lane(case)][0]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One view that was given under the number. `lasted` empty: never opened."""

    at: str
    agent: str
    camera: str
    kind: str
    span: str
    lasted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """All that was looked at, and the OPJ who came."""

    looks: tuple[Look, ...]
    total: str
    visits: tuple[tuple[str, str], ...]


def trail(requisition: Requisition, agent: Agent) -> Trail:
    """One query of the journal of views: those whose reason is this requisition."""
    views = View.objects.filter(reason_code="requisition", reason_reference=requisition.pk)
    names = dict(Camera.objects.values_list("pk", "name"))
    seen = [
        view
        for view in views.select_related("agent").order_by("issued_at_us")
        if any(agent.permit.over(right, view.camera) for right in cases.READS)
    ]
    lasted_us = sum(max(0, view.ended_at_us - view.opened_at_us) for view in seen if view.opened_at_us)
    visits = requisition.steps.filter(kind__in=[StepKind.ATTENDED.value, StepKind.ATTENDED_END.value])
    return Trail(
        looks=tuple(_look(view, names.get(view.camera, view.camera)) for view in seen),
        total=words.lasting(lasted_us),
        visits=tuple((words.when(step.at_us), str(words.STEPS[StepKind(step.kind)])) for step in visits),
    )


def _look(view: View, camera: str) -> Look:
    has_span = bool(view.to_at_us)
    lasted_us = view.ended_at_us - view.opened_at_us if view.opened_at_us and view.ended_at_us else 0
    return Look(
        at=words.when(view.issued_at_us),
        agent=view.agent.name if view.agent else "",
        camera=camera,
        kind=view.kind,
        span=words.span(view.from_at_us, view.to_at_us) if has_span else "",
        lasted=words.lasting(lasted_us) if lasted_us > 0 else "",
    )
