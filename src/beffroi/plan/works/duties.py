"""What waits for whoever keeps the works: reserves past their day, reports issued and not signed yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from beffroi.people.events import Duty
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan.models import Phase, Reserve
from beffroi.plan.works.queries import reports_of


def duties(agent: Agent, on: date) -> Iterable[Duty]:
    """The reserves that somebody owed by a day gone by, and the signatures that are awaited."""
    if agent.may(Right.CONFIGURE):
        yield from _late_reserves(on)
        yield from _unsigned(on)


def _late_reserves(on: date) -> Iterable[Duty]:
    still = Q(lifted_on__isnull=True) | Q(lifted_on__gt=on)
    for reserve in Reserve.objects.filter(still, due_on__lt=on).select_related("sheet__site"):
        yield Duty(
            tone="bad",
            shape="s-bad",
            title=_("Faire lever la réserve : %(text)s") % {"text": reserve.text},
            effect=_("%(site)s, à lever par %(owner)s.") % {"site": reserve.sheet.site.name, "owner": reserve.owner},
            last=_("attendu depuis %(day)s") % {"day": date_format(reserve.due_on, "l j F Y")},
            url=reverse("sheet", args=[reserve.sheet.site_id]),
        )


def _unsigned(on: date) -> Iterable[Duty]:
    for phase in Phase.objects.filter(papers__isnull=False).distinct():
        report = reports_of(phase).filter(on__lte=on).last()
        if report is not None and not report.copies.exists():
            yield Duty(
                tone="wait",
                shape="s-wait",
                title=_("Joindre l'exemplaire signé de %(number)s") % {"number": report.number},
                effect=_("La réception de %(phase)s se prouve par le procès-verbal signé.") % {"phase": phase.name},
                last=_("établi le %(day)s") % {"day": date_format(report.on, "j F Y")},
                url=reverse("phase", args=[phase.pk]) + "#papiers",
            )
