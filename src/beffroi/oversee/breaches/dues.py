"""Breaches that wait: the first page shows them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.operate.events import Due
from beffroi.oversee.breaches import queries
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone


def dues(agent: Agent) -> Iterator[Due]:
    """For whoever keeps them: to notify within 72 hours, then to tell people."""
    if not agent.rights & set(queries.KEEPS):
        return
    now_us = time.time_ns() // 1000
    for row, facts in queries.open_ones(now_us):
        waits = facts.is_to_notify and not facts.notified_at_us
        said = _("%(number)s : à notifier à la CNIL") if waits else _("%(number)s : personnes à informer")
        yield Due(
            said=said % {"number": row.pk},
            due_on=day_of(from_us(facts.notify_by_us), town_zone()),
            is_late=now_us > facts.notify_by_us,
            url=reverse("breach", args=[row.pk]),
        )
