"""A visit whose end nobody noted: the first page shows it."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.operate.events import Due
from beffroi.oversee.models import Visit
from beffroi.oversee.visits import services
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone


def dues(agent: Agent) -> Iterator[Due]:
    """For whoever keeps the register: visits still open."""
    if not agent.may(Right.LOCK):
        return
    zone = town_zone()
    today = day_of(from_us(services.clock.now_us()), zone)
    for visit in Visit.objects.filter(out_at_us__isnull=True):
        on = day_of(from_us(visit.in_at_us), zone)
        said = _("Visite au CSU (%(body)s) : sortie à noter") % {"body": visit.body}
        yield Due(said=said, due_on=on, is_late=today > on, url=reverse("visits"))
