"""Pages of the editor without script: the zones' coverage, a drawn zone poured, a scenario retained."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan import catalogue
from beffroi.plan.editor import adopting, answers, pouring, queries, seeing
from beffroi.plan.editor.changes import Change
from beffroi.plan.editor.forms import AdoptForm, PourForm
from beffroi.plan.editor.ground import ground
from beffroi.plan.editor.rows import PlanAsked
from beffroi.plan.editor.words import ACTS, BARS
from beffroi.plan.models import TOWN_PLAN, Camera, Site
from beffroi.plan.scenario.answers import ZoneAnswer
from beffroi.territory.queries import town, town_zone


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def coverage(request: HttpRequest) -> HttpResponse:
    """What a scenario's cameras see of each zone; `?scenario=ville` is the town's plan, and the default."""
    names = queries.scenarios().scenarios
    context: dict[str, Any] = {"section": "programme", "names": names, "town_plan": TOWN_PLAN}
    if town() is not None:
        chosen = queries.scenario(request.GET.get("scenario") or TOWN_PLAN)
        found = seeing.plan(PlanAsked.model_construct(cameras=chosen.cameras, zones=chosen.zones))
        context |= {
            "chosen": chosen,
            "plan": found,
            "classes": catalogue.scale().classes,
            "rows": [_row(zone, chosen, found) for zone in found.zones],
        }
    return render(request, "plan/coverage.html", context)


def _row(zone: ZoneAnswer, chosen: answers.ScenarioAnswer, found: answers.PlanAnswer) -> dict[str, Any]:
    """A zone's line: percents of its street by class, and the camera whose failure costs most, at which class."""
    is_dark = len(found.night_unknown) == found.cameras
    names = {one.id: one.name for one in ground().town.zones} | {one.id: one.name for one in chosen.zones}
    losses = [one for one in found.losses if one.zone_id == zone.id and one.kind == "camera"]
    worst = max(losses, key=lambda one: one.share, default=None)
    level = next((one for one in catalogue.scale().classes if worst and one.id == worst.class_id), None)
    number = Camera.objects.filter(pk=worst.failed_id).values_list("number", flat=True).first() if worst else None
    return {
        "name": names.get(zone.id) or zone.id,
        "street_m2": zone.street_m2,
        "shares": [
            (100 * one.by_one, 100 * one.by_two, None if is_dark else 100 * one.at_night) for one in zone.classes
        ],
        "doubt": max((100 * one.grid_doubt for one in zone.classes), default=0.0),
        "worst": worst and {"camera": number or worst.failed_id, "percent": 100 * worst.share, "level": level},
    }


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def pour_zone(request: HttpRequest, scenario_id: str) -> HttpResponse:
    """A zone drawn in a scenario (`?zone=dessin-1`) joins the territory, with what is said of it."""
    drawn = pouring.drawn_zone(scenario_id, request.POST.get("zone") or request.GET.get("zone", ""))
    version, row = drawn
    initial = {"zone": row.id, "seen_version": version.number, "name": row.name}
    form = PourForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            seen, by = form.cleaned_data["seen_version"], str(agent_of(request).pk)
            added = pouring.pour_zone(drawn, form.sheet, seen_version=seen, by=by)
        except (Conflict, InvalidInput) as error:
            say(form, error)
        else:
            told = {"zone": added.zone.name, "count": added.facts}
            messages.success(request, _("« %(zone)s » est une zone de la ville ; %(count)s faits y sont.") % told)
            return redirect("zone", added.zone.pk)
    context = {"section": "programme", "scenario": version.scenario, "zone": row, "form": form}
    return render(request, "plan/pour_zone.html", context, status=400 if form.errors else 200)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def adopt(request: HttpRequest, scenario_id: str) -> HttpResponse:
    """What a scenario would change in the programme, camera by camera; what is ticked is done."""
    today = day_of(timezone.now(), town_zone())
    found = adopting.difference(scenario_id, today)
    free = [one for one in found.found if not one.bars]
    form = AdoptForm(free, request.POST or None, initial={"seen_version": found.version.number})
    if request.method == "POST" and form.is_valid():
        chosen, seen = form.cleaned_data["camera"], form.cleaned_data["seen_version"]
        try:
            adopting.adopt(scenario_id, chosen, seen_version=seen, on=today, by=str(agent_of(request).pk))
        except (Conflict, InvalidInput) as error:
            say(form, error)
        else:
            told = _("Retenu : %(count)s caméras du programme ont changé. Fibre, tâches et budget restent à compléter.")
            messages.success(request, told % {"count": len(chosen)})
            return redirect("programme")
    names = dict(Camera.objects.values_list("pk", "name"))
    sites = dict(Site.objects.values_list("pk", "name"))
    lines = [_line(one, names, sites) for one in found.found]
    context = {"section": "programme", "version": found.version, "lines": lines, "free": len(free), "form": form}
    return render(request, "plan/adopt.html", context, status=400 if form.errors else 200)


def _line(one: Change, names: dict[str, str], sites: dict[str, str]) -> dict[str, Any]:
    """A camera of the difference as the page tells it."""
    return {
        "camera": one.camera,
        "name": names.get(one.camera, ""),
        "act": ACTS[one.act],
        "before": one.before,
        "after": one.after,
        "has_other_presets": one.after is not None and one.after.presets != (one.before.presets if one.before else ()),
        "sites": [sites.get(pose.site, pose.site) for pose in (one.before, one.after) if pose],
        "bars": [BARS[bar] for bar in one.bars],
    }
