"""Reviews that wait for the DPO: the first page shows them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from beffroi.operate.events import Due
from beffroi.oversee.reviews import queries
from beffroi.people.models import Agent
from beffroi.people.rules import Right


def dues(agent: Agent) -> Iterator[Due]:
    """Months whose review is not signed, for whoever signs."""
    if not agent.may(Right.REVIEW):
        return
    for one in queries.waiting(time.time_ns() // 1000):
        yield Due(
            said=_("Revue du journal de %(month)s : à signer") % {"month": date_format(one.month, "F Y")},
            due_on=one.due_on,
            is_late=one.is_late,
            url=reverse("review", args=[f"{one.month:%Y-%m}"]),
        )
