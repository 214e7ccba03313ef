"""Writes of breaches. What happened is words and stays here; the journal names the breach by its number."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import from_us, to_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.breaches import queries, rules
from beffroi.oversee.breaches.rules import PeopleTold
from beffroi.oversee.models import Breach
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone

log = logging.getLogger(__name__)
WRITTEN = (
    *("found_at", "began_at", "ended_at", "natures", "happened", "people_kinds", "people_count"),
    *("records", "records_count", "consequences", "measures", "risk"),
)


def record(written: Mapping[str, Any], *, by: Agent) -> Breach:
    """A breach that was found; its 72 hours run from `found_at`.

    Errors: InvalidInput when it would be found later than now.
    """
    _check_dates(written)
    year = day_of(written["found_at"], town_zone()).year
    with transaction.atomic():
        last = Breach.objects.select_for_update().filter(pk__startswith=f"V-{year}-").order_by("pk").last()
        rank = int(last.pk.rpartition("-")[2]) + 1 if last else 1
        row = Breach.objects.create(number=f"V-{year}-{rank:03}", **{name: written[name] for name in WRITTEN})
        _tell("breach.recorded", row, by.pk, found_at_us=to_us(row.found_at))
    return row


def change(row: Breach, written: Mapping[str, Any], *, by: Agent) -> None:
    """What is known better: a notice may be completed in stages. Source: GDPR 33 §4.

    Errors: InvalidInput, Conflict when a breach that was notified would be dated otherwise.
    """
    _check_dates(written)
    if row.notified_at is not None and written["found_at"] != row.found_at:
        raise Conflict(
            "It was notified with this date of finding; it does not change any more.",
            message_fr="Elle fut notifiée avec cette date de découverte ; elle ne change plus.",
            field="found_at",
        )
    for name in WRITTEN:
        setattr(row, name, written[name])
    with transaction.atomic():
        row.save(update_fields=list(WRITTEN))
        _tell("breach.changed", row, by.pk, risk=row.risk)


def notify(row: Breach, at: datetime, *, by: Agent, reference: str = "", delay_reason: str = "") -> None:
    """The CNIL was notified at that instant.

    Errors: Conflict, InvalidInput: see `rules.check_notice`.
    """
    rules.check_notice(queries.facts_of(row, to_us(timezone.now())), to_us(at), delay_reason)
    row.notified_at, row.notice_reference, row.delay_reason = at, reference, delay_reason
    with transaction.atomic():
        row.save(update_fields=["notified_at", "notice_reference", "delay_reason"])
        is_late = to_us(at) > to_us(row.found_at) + rules.NOTIFIED_WITHIN_US
        _tell("breach.notified", row, by.pk, notified_at_us=to_us(at), is_late=is_late)


def tell_people(row: Breach, how: PeopleTold, *, by: Agent, reason: str = "", until_on: date | None = None) -> None:
    """People were told, or will not be, or later, and why.

    Errors: Conflict, InvalidInput: see `rules.check_people`.
    """
    now = timezone.now()
    rules.check_people(queries.facts_of(row, to_us(now)), how, reason=reason, has_day=until_on is not None)
    row.people_told, row.people_reason, row.people_at = how.value, reason, now
    row.people_until_on = until_on if how is PeopleTold.DELAYED else None
    with transaction.atomic():
        row.save(update_fields=["people_told", "people_reason", "people_until_on", "people_at"])
        _tell("breach.people", row, by.pk, how=how.value)


def watch(now_us: int) -> None:
    """Says once of each breach that its 72 hours are over without a notice."""
    for row, facts in queries.open_ones(now_us):
        if facts.is_late(now_us) and not facts.notified_at_us and row.late_at_us is None:
            with transaction.atomic():
                Breach.objects.filter(pk=row.pk).update(late_at_us=now_us)
                _tell("breach.late", row, "system")
            log.error("breach.late number=%s", row.pk)


def _check_dates(written: Mapping[str, Any]) -> None:
    began, ended = written.get("began_at"), written.get("ended_at")
    if written["found_at"] > timezone.now():
        raise InvalidInput(
            "A breach is found before it is recorded.",
            message_fr="Une violation se découvre avant de s'inscrire.",
            field="found_at",
        )
    if began and ended and ended < began:
        raise InvalidInput("It ends before it begins.", message_fr="Elle finit avant de commencer.", field="ended_at")


def notify_by(row: Breach) -> datetime:
    """The end of the 72 hours."""
    return from_us(to_us(row.found_at) + rules.NOTIFIED_WITHIN_US)


def _tell(action: str, row: Breach, by: str, **detail: int | bool | str) -> None:
    append(Entry(register=Register.CONFIGURATION, action=action, author=by, subject=row.pk, detail=detail))
