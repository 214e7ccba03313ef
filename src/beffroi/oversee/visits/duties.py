"""A visit whose end nobody noted: the first page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.oversee.models import Visit
from beffroi.people.events import Dated, Duty
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone


def duties(agent: Agent, on: date) -> Iterator[Duty]:
    """For whoever keeps the register: visits still open."""
    if not agent.may(Right.LOCK):
        return
    for visit in Visit.objects.filter(out_at_us__isnull=True):
        came_on = day_of(from_us(visit.in_at_us), town_zone())
        yield Dated(
            title=_("Noter la sortie de la visite : %(body)s") % {"body": visit.body},
            effect=_("La console montre la visite jusqu'à la sortie."),
            due_on=came_on,
            is_late=on > came_on,
            url=reverse("visits"),
        ).duty
