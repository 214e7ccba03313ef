"""Pages of the network's designs: asked, watched, read, taken away, taken over."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput, NotFound
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan.designing import adopting, asking, pages, services, tasks
from beffroi.plan.designing.adopting import Taking
from beffroi.plan.designing.forms import DesignForm, TakeForm
from beffroi.plan.models import NetworkDesign
from beffroi.territory.models import PublicBuilding
from beffroi.territory.queries import town_zone

_WATCH_S = 2
"""Between two looks at a design that is being made."""


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest) -> HttpResponse:
    """What is joined, how, at which prices; those who configure have it designed, the others read what was."""
    spots = asking.spots()
    centre = PublicBuilding.objects.filter(is_centre=True).first()
    can_write = Right.CONFIGURE in agent_of(request).rights
    form = DesignForm(spots, centre.pk if centre else "", request.POST if request.method == "POST" else None)
    if request.method == "POST" and can_write and form.is_valid():
        on = day_of(timezone.now(), town_zone())
        try:
            made = services.ask_design(form.asked, on=on, by=str(agent_of(request).pk))
        except InvalidInput as error:
            say(form, error)
        else:
            tasks.make_design.enqueue(made.pk)
            return redirect("network-design", made.pk)
    context = {
        "section": "programme", "form": form, "spots": spots, "centre": centre, "can_write": can_write,
        "designs": pages.last_designs(),
    }  # fmt: skip
    return render(request, "plan/designing/ask.html", context, status=400 if form.errors else 200)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def network_design(request: HttpRequest, design_id: int) -> HttpResponse:
    """How far it is, or what was designed."""
    found = _found(design_id)
    state = pages.state_of(found)
    context: dict[str, Any] = {
        "section": "programme", "design": found, "state": state, "percent": round(100 * found.progress),
        "can_write": Right.CONFIGURE in agent_of(request).rights,
    }  # fmt: skip
    if state == "done":
        context["page"] = pages.DesignPage(found)
    answer = render(request, "plan/designing/design.html", context)
    if state == "running":
        answer["Refresh"] = str(_WATCH_S)
    return answer


@requires(Right.CONFIGURE)
@require_POST
def cancel(request: HttpRequest, design_id: int) -> HttpResponse:
    """Gives up what is being made."""
    services.cancel_design(_found(design_id).pk)
    return redirect("network-design", design_id)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def network_json(request: HttpRequest, design_id: int) -> HttpResponse:
    """The answer of `beffroi plan network`, for the scenario beside it."""
    return _file(_made(design_id).answer["network"], f"reseau-{design_id}.json")


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def scenario_json(request: HttpRequest, design_id: int) -> HttpResponse:
    """The scenario that was designed, for `beffroi plan network`."""
    return _file(_found(design_id).scenario, f"scenario-{design_id}.json")


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def bill_csv(request: HttpRequest, design_id: int) -> HttpResponse:
    """Quantities, prices and runs to dig, for a spreadsheet."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="bordereau-{design_id}.csv"'
    rows = pages.bill_rows(pages.DesignPage(_made(design_id)), lambda value: number_format(round(value, 1)))
    csv.writer(answer, delimiter=";").writerows(rows)
    return answer


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: HttpRequest, design_id: int) -> HttpResponse:
    """What would become planned links of the programme, phase by phase; then it does."""
    page = pages.DesignPage(_made(design_id))
    on = day_of(timezone.now(), town_zone())
    phases, links = adopting.open_phases(on), adopting.replaceable()
    form = TakeForm(phases, links, on, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        taking = Taking(phase=said["phase"].pk, planned_on=said["planned_on"], replaced=said.get("replaced", ()))
        try:
            count = adopting.adopt(design_id, taking, on=on, by=str(agent_of(request).pk))
        except (Conflict, InvalidInput, NotFound) as error:
            say(form, error)
        else:
            told = _("Repris : %(count)s liaisons prévues de plus. Tâches et budget restent à compléter.")
            messages.success(request, told % {"count": count})
            return redirect("plan-network")
    dug = adopting.to_dig(page.answer)
    rows = [row for row in page.runs if row.run in dug]
    context = {"section": "programme", "page": page, "rows": rows, "phases": phases, "form": form,
               "open": {phase.pk for phase in phases}}  # fmt: skip
    return render(request, "plan/designing/take_over.html", context, status=400 if form.errors else 200)


def _found(design_id: int) -> NetworkDesign:
    found = NetworkDesign.objects.filter(pk=design_id).first()
    if found is None:
        raise Http404
    return found


def _made(design_id: int) -> Any:
    """A design with its answer."""
    found = _found(design_id)
    if found.answer is None:
        raise Http404
    return found


def _file(content: Any, name: str) -> HttpResponse:
    answer = JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
