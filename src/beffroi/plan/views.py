"""The programme's page: planned and real, by phase, as of a day."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from beffroi.core.dates import day_of
from beffroi.core.errors import InvalidInput
from beffroi.people.permissions import requires
from beffroi.people.rules import Right
from beffroi.plan import events
from beffroi.plan.pages import programme_page
from beffroi.plan.queries import phases_under_way
from beffroi.plan.works.pages import works_of
from beffroi.territory.queries import town_zone


@requires(Right.PROGRAMME)
@require_GET
def programme(request: HttpRequest) -> HttpResponse:
    """Figures, map and list of the sites; `?le=2017-06-12` shows the programme as it stood that day."""
    today = day_of(timezone.now(), town_zone())
    page = programme_page(_asked_day(request) or today)
    context = {
        "section": "programme",
        "page": page,
        "today": today,
        "panels": events.panels(page.on),
        "under_way": [works_of(phase, page.on) for phase in phases_under_way(page.on)],
    }
    return render(request, "plan/programme.html", context)


def _asked_day(request: HttpRequest) -> date | None:
    asked = request.GET.get("le", "")
    try:
        return date.fromisoformat(asked) if asked else None
    except ValueError:
        raise InvalidInput(
            f"{asked[:20]!r} is not a day; write 2017-06-12.",
            message_fr=f"{asked[:20]!r} n'est pas un jour ; écrivez 2017-06-12.",
            field="le",
        ) from None
