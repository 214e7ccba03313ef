"""Reviews that wait for the DPO: the first page shows them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from beffroi.oversee.reviews import queries
from beffroi.people.events import Dated, Duty
from beffroi.people.models import Agent
from beffroi.people.rules import Right


def duties(agent: Agent, on: date) -> Iterator[Duty]:
    """Months whose review is not signed, for whoever signs."""
    if not agent.may(Right.REVIEW):
        return
    for one in queries.waiting(time.time_ns() // 1000):
        yield Dated(
            title=_("Signer la revue du journal : %(month)s") % {"month": date_format(one.month, "F Y")},
            effect=_("Sans revue, le journal ne se garde pas au-delà d'un an (CNIL 2021-122)."),
            due_on=one.due_on,
            is_late=one.is_late,
            url=reverse("review", args=[f"{one.month:%Y-%m}"]),
        ).duty
