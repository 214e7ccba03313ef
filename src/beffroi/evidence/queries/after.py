"""Reads about answers that one person gave alone: until when a second person looks at each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.evidence import rules
from beffroi.evidence.models import Requisition, Step
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import CaseFacts, StepKind
from beffroi.territory.queries import town_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A requisition that waits for its second person. `alone_by`: id of who answered alone."""

    requisition: Requisition
    alone_by: str
    alone_at_us: int
    due_on: date
    is_late: bool


def awaited_of(requisition: Requisition, case: CaseFacts, now_us: int) -> Awaited | None:
    """What it waits for, None when nobody answered it alone or a second person has looked since."""
    unseen = case.unseen
    if unseen is None:
        return None
    zone = town_zone()
    due_on = rules.second_look_due_on(day_of(from_us(unseen.at_us), zone))
    return Awaited(
        requisition=requisition,
        alone_by=unseen.by,
        alone_at_us=unseen.at_us,
        due_on=due_on,
        is_late=day_of(from_us(now_us), zone) > due_on,
    )


def awaited(now_us: int) -> list[Awaited]:
    """Every requisition that waits for its second person, the first due first."""
    alone = Step.objects.filter(kind=StepKind.ALONE.value).values("requisition_id")
    rows = Requisition.objects.filter(pk__in=alone)
    found = [awaited_of(row, cases.facts_of(row), now_us) for row in rows]
    return sorted((one for one in found if one is not None), key=lambda one: (one.due_on, one.requisition.pk))
