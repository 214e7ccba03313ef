"""Training that is late or soon due: the first page shows it. It bars nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.oversee.training import queries
from beffroi.oversee.training.rules import State
from beffroi.oversee.training.views import KEEPS
from beffroi.people.events import Dated, Duty
from beffroi.people.models import Agent


def duties(agent: Agent, on: date) -> Iterator[Duty]:
    """For whoever records courses."""
    if not agent.rights & set(KEEPS):
        return
    for row in queries.everybody(on):
        for one in row.waits:
            yield Dated(
                title=_("Prévoir la formation de %(name)s") % {"name": row.agent.name},
                effect=_("Dix jours en cinq ans, en trois pour qui dirige (R. 511-35) ; un retard ne ferme rien."),
                due_on=one.due_on,
                is_late=one.state is State.LATE,
                url=reverse("trainings"),
            ).duty
