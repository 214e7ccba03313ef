"""Training that is late or soon due: the first page shows it. It bars nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.operate.events import Due
from beffroi.oversee.training import queries
from beffroi.oversee.training.rules import State
from beffroi.oversee.training.views import KEEPS
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone


def dues(agent: Agent) -> Iterator[Due]:
    """For whoever records courses."""
    if not agent.rights & set(KEEPS):
        return
    today = day_of(from_us(time.time_ns() // 1000), town_zone())
    for row in queries.everybody(today):
        for one in row.waits:
            said = _("Formation de %(name)s : à prévoir") % {"name": row.agent.name}
            yield Due(said=said, due_on=one.due_on, is_late=one.state is State.LATE, url=reverse("trainings"))
