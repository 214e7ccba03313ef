"""A group somebody was named to and whose pledge they have not given: the first page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.oversee.groups.models import Membership
from beffroi.people.events import Duty
from beffroi.people.models import Agent


def duties(agent: Agent, on: date) -> Iterator[Duty]:
    """For whoever is named and has not pledged."""
    waiting = Membership.objects.filter(agent=agent, ended_at_us__isnull=True, pledged_at_us__isnull=True)
    for row in waiting.select_related("group"):
        yield Duty(
            tone="wait",
            shape="s-wait",
            title=_("S'engager dans le groupe : %(group)s") % {"group": row.group.name},
            effect=_("Sans engagement, rien du groupe ne se lit (CSI L. 132-5)."),
            last="",
            url=reverse("group", args=[row.group_id]),
        )
