"""Writes about training: a course that was followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.dates import day_of
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.models import Training
from beffroi.oversee.training.rules import CourseKind
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone

clock = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCourse:
    """What an agent followed."""

    kind: CourseKind
    title: str
    ended_on: date
    days: Decimal
    certificate: str = ""
    valid_until_on: date | None = None


def record(agent: Agent, new: NewCourse, *, by: Agent) -> Training:
    """A course followed. Errors: InvalidInput for one that is not over, or would be worth nothing."""
    now_us = clock.now_us()
    if new.ended_on > day_of(from_us(now_us), town_zone()):
        raise InvalidInput(
            "A course is recorded once it is over.",
            message_fr="Une formation s'inscrit une fois terminée.",
            field="ended_on",
        )
    if new.valid_until_on is not None and new.valid_until_on <= new.ended_on:
        raise InvalidInput(
            "It is to be followed again after it ended.",
            message_fr="La date à laquelle la refaire suit sa fin.",
            field="valid_until_on",
        )
    with transaction.atomic():
        row: Training = Training.objects.create(
            agent=agent, kind=new.kind.value, title=new.title, ended_on=new.ended_on, days=new.days,
            certificate=new.certificate, valid_until_on=new.valid_until_on, written_by=by, written_at_us=now_us,
        )  # fmt: skip
        detail = {"kind": new.kind.value, "half_days": int(new.days * 2), "ended_on": new.ended_on.isoformat()}
        entry = Entry(
            register=Register.HABILITATION,
            action="training.recorded",
            author=by.pk,
            subject=agent.pk,
            detail=detail,
        )
        append(entry)
    return row
