"""Reads about requests of filmed people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from beffroi.authorise.models import OrderCamera
from beffroi.core.dates import day_of
from beffroi.core.errors import NotFound
from beffroi.core.instants import from_us
from beffroi.evidence.access import rules
from beffroi.evidence.access.models import SEALED, AccessRequest
from beffroi.evidence.access.rules import Did, Done, Kind, Next, Regime
from beffroi.evidence.models import Hold
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.models import Purpose
from beffroi.territory.queries import town_zone

_NUMBERS = {purpose.value: number for number, purpose in enumerate(Purpose, 1)}
"""As L. 251-2 numbers them."""
READS = (Right.ACCESS, Right.JOURNAL, Right.LOCK)
"""The DPO answers, the control room looks and covers, those who check read."""


def purposes_of(cameras: Iterable[str]) -> frozenset[int]:
    """The purposes that orders give to these cameras, by their numbers."""
    rows = OrderCamera.objects.filter(camera__in=list(cameras), order__withdrawn_on__isnull=True)
    return frozenset(_NUMBERS[code] for codes in rows.values_list("purposes", flat=True) for code in codes)


def done(row: AccessRequest) -> list[Done]:
    """Its steps, in order."""
    zone = town_zone()
    return [
        Done(did=Did(step.did), code=step.code, by=step.by_id or "", on=day_of(from_us(step.at_us), zone))
        for step in row.steps.all()
    ]


def request(number: str) -> AccessRequest:
    """One request. Errors: NotFound."""
    found = AccessRequest.objects.filter(pk=number).prefetch_related("steps__by").first()
    if found is None:
        raise NotFound("There is no such request.", message_fr="Cette demande n'existe pas.")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a request stands today. `days_left` below zero: late."""

    row: AccessRequest
    steps: tuple[Done, ...]
    awaited: Next
    due_on: date
    days_left: int
    answered_on: date | None
    is_extended: bool

    @property
    def is_late(self) -> bool:
        """The day to answer is over and nothing was answered."""
        return self.answered_on is None and self.days_left < 0


def standing(row: AccessRequest, today_on: date) -> Standing:
    """How it stands."""
    steps = done(row)
    is_extended = rules.last(steps, Did.EXTENDED) is not None
    due_on = rules.due_on(Regime(row.regime), row.received_on, is_extended=is_extended)
    answer = rules.last(steps, Did.GRANTED, Did.REFUSED)
    return Standing(
        row=row,
        steps=tuple(steps),
        awaited=rules.next_of(Kind(row.kind), steps),
        due_on=due_on,
        days_left=(due_on - today_on).days,
        answered_on=answer.on if answer else None,
        is_extended=is_extended,
    )


def register_of(today_on: date) -> list[Standing]:
    """Every request, what is open and due first."""
    rows = [standing(row, today_on) for row in AccessRequest.objects.prefetch_related("steps")]
    return sorted(rows, key=lambda one: (one.awaited is Next.NOTHING, one.due_on, one.row.number))


def asker(row: AccessRequest, agent: Agent) -> tuple[str, str]:
    """Name and address, for whoever answers requests; nothing for whoever reads the register, or once forgotten."""
    if not agent.may(Right.ACCESS) or not row.asker:
        return "", ""
    key = settings.SITE_KEY
    return key.unseal(bytes(row.asker), purpose=SEALED), key.unseal(bytes(row.address), purpose=SEALED)


def holds(row: AccessRequest) -> list[Hold]:
    """What is kept for it."""
    return list(Hold.objects.filter(subject=row.number).select_related("camera"))
