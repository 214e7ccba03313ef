"""Writes of visits: in, out, forgotten with the journal's lines. Names stay here; the journal has the visit's id."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.errors import Conflict, NotFound
from beffroi.journal.rules import prune_before_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.models import Visit
from beffroi.oversee.visits import rules
from beffroi.oversee.visits.rules import VisitPurpose
from beffroi.people.models import Agent

clock = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVisit:
    """Who comes, from where, why, and who invites them."""

    purpose: VisitPurpose
    body: str
    names: str
    count: int
    host: Agent


def come_in(new: NewVisit, *, by: Agent, at_us: int = 0) -> Visit:
    """The visit begins; the console says so until they leave.

    Errors: InvalidInput naming the field.
    """
    rules.check(names=new.names, body=new.body, count=new.count)
    with transaction.atomic():
        visit = Visit.objects.create(
            purpose=new.purpose.value, body=new.body.strip(), names=new.names.strip(), count=new.count,
            host=new.host, written_by=by, in_at_us=at_us or clock.now_us(),
        )  # fmt: skip
        _tell("visit.in", visit, by.pk, host=new.host.pk)
    return visit


def go_out(visit_id: str, *, by: Agent, at_us: int = 0) -> Visit:
    """They left.

    Errors: NotFound, Conflict when they left already.
    """
    with transaction.atomic():
        visit = Visit.objects.select_for_update().filter(pk=visit_id).first()
        if visit is None:
            raise NotFound("There is no such visit.", message_fr="Cette visite n'existe pas.")
        if visit.out_at_us is not None:
            raise Conflict("They left already.", message_fr="Cette visite est déjà terminée.")
        visit.out_at_us = at_us or clock.now_us()
        visit.save(update_fields=["out_at_us"])
        _tell("visit.out", visit, by.pk)
    return visit


def inside() -> int:
    """How many visitors are in the room now."""
    return sum(Visit.objects.filter(out_at_us__isnull=True).values_list("count", flat=True))


def purge(now_us: int) -> None:
    """Visits live as long as the journal's lines. Source: CSI R. 253-5."""
    old = Visit.objects.filter(in_at_us__lt=prune_before_us(now_us, settings.BEFFROI.journal.keep_months))
    with transaction.atomic():
        gone = old.count()
        if gone:
            old.delete()
            detail = {"count": gone}
            append(Entry(register=Register.ERASURE, action="visit.purged", author="system", detail=detail))


def _tell(action: str, visit: Visit, by: str, **detail: str) -> None:
    append(
        Entry(
            register=Register.COMMUNICATION,
            action=action,
            author=by,
            reason=visit.purpose,
            subject=visit.pk,
            detail={"count": visit.count, **detail},
        )
    )
