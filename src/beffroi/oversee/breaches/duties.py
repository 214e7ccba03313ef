"""Breaches that wait: the first page shows them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.oversee.breaches import queries
from beffroi.people.events import Dated, Duty
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone


def duties(agent: Agent, on: date) -> Iterator[Duty]:
    """For whoever keeps them: to notify within 72 hours, then to tell people."""
    if not agent.rights & set(queries.KEEPS):
        return
    now_us = time.time_ns() // 1000
    for row, facts in queries.open_ones(now_us):
        waits = facts.is_to_notify and not facts.notified_at_us
        title = _("Notifier %(number)s à la CNIL") if waits else _("Informer les personnes de %(number)s")
        yield Dated(
            title=title % {"number": row.pk},
            effect=_("72 heures depuis la découverte ; au-delà, la notification donne ses motifs (RGPD 33)."),
            due_on=day_of(from_us(facts.notify_by_us), town_zone()),
            is_late=now_us > facts.notify_by_us,
            url=reverse("breach", args=[row.pk]),
        ).duty
