"""Writes of the second person: validation, an answer that leaves alone, a piece that is not waited for."""

from __future__ import annotations

import logging

from django.db import transaction

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import from_us
from beffroi.evidence import rules
from beffroi.evidence.models import Requisition
from beffroi.evidence.queries import after, cases
from beffroi.evidence.rules import StepKind
from beffroi.evidence.services.allowing import check_has_result, check_within, lacks_fields
from beffroi.evidence.services.requisitions import lift
from beffroi.evidence.services.steps import Told, clock, record
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

log = logging.getLogger(__name__)
DISPENSATIONS = ("verbal-order", "piece-follows", "other-text")
"""Why a second person lets an export go without a piece: a closed list."""


def validate(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """A second person agrees with the scope and the result; what was set aside is not held any longer.

    Errors: BarredByLaw when it is the person who chose, Conflict when there is nothing to validate, NotPermitted for a
    camera beyond their right.
    """
    case = cases.facts_of(requisition)
    check_has_result(case)
    rules.check_second_person(case, by.pk, acts=rules.CHOOSING)
    check_within(requisition, Right.VALIDATE, by)
    aside = [camera for camera, choice in cases.choices_of(requisition).items() if not choice.is_kept]
    result = case.result.value if case.result else ""
    with transaction.atomic():
        lift(requisition, aside, by=by, at_us=at_us)
        detail = {"afterwards": True} if case.unseen else {}
        record(requisition, Told(kind=StepKind.VALIDATED, code=result, detail=detail), by=by, at_us=at_us)


def go_alone(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """Nobody else is on shift: the answer goes out flagged, and is validated the next day.

    Errors: Conflict when there is nothing to answer yet, or it is validated.
    """
    case = cases.facts_of(requisition)
    check_has_result(case)
    if case.is_validated:
        raise Conflict("It is validated already.", message_fr="Elle est déjà validée.")
    at_us = at_us or clock.now_us()
    due_on = rules.second_look_due_on(day_of(from_us(at_us), town_zone()))
    told = Told(kind=StepKind.ALONE, detail={"due_on": due_on.isoformat()})
    record(requisition, told, by=by, at_us=at_us)


def tell_late(now_us: int) -> list[str]:
    """Says once, in the case and in the journal, that a second person has not looked in time; the numbers told."""
    late = [one for one in after.awaited(now_us) if one.is_late]
    told = []
    for one in late:
        if not one.requisition.steps.filter(kind=StepKind.LATE.value, at_us__gt=one.alone_at_us).exists():
            detail = {"due_on": one.due_on.isoformat()}
            record(one.requisition, Told(kind=StepKind.LATE, detail=detail), by=None, at_us=now_us)
            log.error("requisition.validation_late number=%s due_on=%s", one.requisition.pk, one.due_on)
            told.append(one.requisition.pk)
    return told


def dispense(requisition: Requisition, reason: str, *, by: Agent, at_us: int = 0) -> None:
    """A second person decides that the export does not wait for a missing piece.

    Errors: InvalidInput for another reason, BarredByLaw when it is the person who chose, Conflict when none is missing.
    """
    if reason not in DISPENSATIONS:
        raise InvalidInput(
            "Choose the reason of this decision from the list.",
            message_fr="Choisissez le motif de cette décision dans la liste.",
            field="reason",
        )
    case = cases.facts_of(requisition)
    rules.check_second_person(case, by.pk, acts=rules.CHOOSING)
    if cases.missing_fields(requisition):
        raise lacks_fields(requisition)
    if not case.missing:
        raise Conflict("No piece is missing.", message_fr="Aucune pièce ne manque.")
    record(requisition, Told(kind=StepKind.DISPENSED, code=reason), by=by, at_us=at_us)
