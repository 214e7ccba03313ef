"""Pages of the programme, its fibre and its cost: planned and real, by phase, as of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from beffroi.core.dates import day_of
from beffroi.core.errors import InvalidInput
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan import costing, events, fibre
from beffroi.plan.calc.arms import FibreState
from beffroi.plan.calc.cost import Kind
from beffroi.plan.links import link_budgets
from beffroi.plan.models import Camera, Phase
from beffroi.plan.monthly import monthly_pdf
from beffroi.plan.pages import programme_page
from beffroi.plan.queries import phases_under_way
from beffroi.plan.rules import StateName
from beffroi.plan.scenario.network_answers import SpreadAnswer
from beffroi.plan.works.pages import link_rows, works_of
from beffroi.plan.works.words import FIBRE, ITEMS, KINDS, SOURCES
from beffroi.territory.queries import town_zone


@requires(Right.PROGRAMME)
@require_GET
def programme(request: HttpRequest) -> HttpResponse:
    """Figures, map and list of the sites; `?le=2017-06-12` shows the programme as it stood that day."""
    today = day_of(timezone.now(), town_zone())
    page = programme_page(_asked_day(request) or today)
    under_way = [works_of(phase, page.on) for phase in phases_under_way(page.on)]
    context = {
        "section": "programme",
        "page": page,
        "today": today,
        "panels": events.panels(page.on),
        "under_way": under_way,
        "laying": [(works, links) for works in under_way if (links := link_rows(works.phase, page.on))],
    }
    return render(request, "plan/programme.html", context)


@requires(Right.PROGRAMME)
@require_GET
def monthly(request: HttpRequest) -> HttpResponse:
    """The sheet for the council, as of today or of `?le=`: PDF, A4, in French."""
    now = timezone.now()
    on = _asked_day(request) or day_of(now, town_zone())
    answer = HttpResponse(monthly_pdf(on, made_at=now), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="point-mensuel-{on:%Y-%m-%d}.pdf"'
    return answer


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
    shared = fibre.corridors(found)
    weak = [(row.link.name, row.behind) for row in found.links if row.behind]
    weak += [(" + ".join(one.names), one.behind) for one in shared if one.more]
    cameras = Camera.objects.exclude(states__state=StateName.REMOVED)
    loads = {one.length.id: 100 * one.share for one in link_budgets(cameras)}
    context = {
        "section": "programme",
        "found": found,
        "states": [(state, FIBRE[state], found.total_m(state)) for state in FibreState],
        "words": FIBRE,
        "waits": waits,
        "weak": sorted(weak, key=lambda one: -len(one[1])),
        "alone": sum(bool(row.behind) for row in found.links),
        "arms": [
            (row, phases.get(row.phase, ""), [names[link] for link in row.links])
            for row in found.arms
            if found.csu is None or row.id != found.csu.pk
        ],
        "shared": shared,
        "bill": [(ITEMS[item.name], item) for item in found.bill.items],
        "links": [(row, loads.get(row.link.pk)) for row in found.links],
    }
    return render(request, "plan/network.html", context)


@requires(Right.PROGRAMME)
@require_GET
def cost(request: HttpRequest) -> HttpResponse:
    """What the whole programme takes and costs over ten years; `?agents=4` are the people who watch."""
    on, agents = day_of(timezone.now(), town_zone()), _asked_agents(request)
    found = costing.sized(on, agents=agents)
    money = found.money if found else None
    sources = _Sources(measured=costing.measured(), cameras=found.cameras if found else 0)
    context = {
        "section": "programme",
        "agents": agents,
        "found": found,
        "measured": sources.measured,
        "rates": costing.rate_lines(found) if found else [],
        "may_measure": Right.CONFIGURE in agent_of(request).rights,
        "total": _thousands(money.total_eur) if money else (),
        "kept_eur": money.granted_eur + money.own_eur if money else 0.0,
        "built": _thousands(money.built.total_eur) if money else (),
        "kinds": [(KINDS[kind], _thousands(one), sources.of(kind)) for kind, one in money.by_kind_eur.items()]
        if money
        else [],
        "lines": [(ITEMS.get(line.name, line.name), line, sources.of(line.kind)) for line in money.built.lines]
        if money
        else [],
    }
    return render(request, "plan/cost.html", context)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """Where the figure of a line comes from. Disks and recorders alone are counted on what cameras were measured at."""

    measured: int
    cameras: int

    def of(self, kind: str) -> str:
        """Of a kind of money, in a sentence."""
        if kind != Kind.STORAGE:
            return str(SOURCES[kind])
        if not self.measured:
            return gettext("débits : table des fabricants ; prix : table")
        if self.measured == self.cameras:
            return gettext("débits : mesurés, %(count)s caméras ; prix : table") % {"count": self.cameras}
        counts = {"measured": self.measured, "others": self.cameras - self.measured}
        return gettext("débits : mesurés pour %(measured)s caméras, table pour %(others)s ; prix : table") % counts


def _thousands(spread: SpreadAnswer) -> tuple[float, float, float]:
    """Low, middle, high to the thousand: no price here is known better."""
    return round(spread.p10, -3), round(spread.p50, -3), round(spread.p90, -3)


def _asked_agents(request: HttpRequest) -> float:
    asked = request.GET.get("agents", "").replace(",", ".")
    try:
        agents = float(asked or 0)
    except ValueError:
        agents = -1.0
    if not 0 <= agents <= costing.MAX_AGENTS:
        raise InvalidInput(
            f"{asked[:20]!r} is no number of agents; write 0 to {costing.MAX_AGENTS:g}.",
            message_fr=f"{asked[:20]!r} n'est pas un nombre d'agents ; écrivez de 0 à {costing.MAX_AGENTS:g}.",
            field="agents",
        )
    return agents


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
