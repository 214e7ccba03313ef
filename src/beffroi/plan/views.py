"""The programme's page and its fibre's: planned and real, by phase, as of a day."""

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
from beffroi.plan import events, fibre
from beffroi.plan.calc.arms import FibreState
from beffroi.plan.models import Phase
from beffroi.plan.pages import programme_page
from beffroi.plan.queries import phases_under_way
from beffroi.plan.works.pages import works_of
from beffroi.plan.works.words import FIBRE
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


@requires(Right.PROGRAMME)
@require_GET
def network(request: HttpRequest) -> HttpResponse:
    """The fibre as of a day (`?le=`): arms and links by state, what a cut loses, which phase waits for which."""
    on = _asked_day(request) or day_of(timezone.now(), town_zone())
    found = fibre.fibre_on(on)
    phases = dict(Phase.objects.values_list("pk", "name"))
    names = {row.link.pk: row.link.name for row in found.links}
    waits = [
        {"phase": phases.get(one.phase, one.phase), "on": phases.get(one.on_phase, one.on_phase),
         "is_own": one.phase == one.on_phase, "links": [names[link] for link in one.stretches]}
        for one in found.waits
    ]  # fmt: skip
    context = {
        "section": "programme",
        "found": found,
        "states": [(state, FIBRE[state], found.total_m(state)) for state in FibreState],
        "words": FIBRE,
        "waits": waits,
        "weak": sorted((row for row in found.links if row.behind), key=lambda row: -len(row.behind)),
        "arms": [(row, phases.get(row.phase, ""), [names[link] for link in row.links]) for row in found.arms],
        "shared": fibre.shared(found.links),
    }
    return render(request, "plan/network.html", context)


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
