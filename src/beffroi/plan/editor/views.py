"""The zones' coverage as a page: the same figures as the editor's, without script."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from beffroi.people.permissions import requires
from beffroi.people.rules import Right
from beffroi.plan import catalogue
from beffroi.plan.editor import answers, queries, seeing
from beffroi.plan.editor.ground import ground
from beffroi.plan.editor.rows import PlanAsked
from beffroi.plan.models import TOWN_PLAN
from beffroi.plan.scenario.answers import ZoneAnswer
from beffroi.territory.queries import town


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
    """A zone's line: percents of its street by class, and the camera whose failure costs most at the third class."""
    names = {one.id: one.name for one in ground().town.zones} | {one.id: one.name for one in chosen.zones}
    losses = [one for one in found.losses if one.zone_id == zone.id and one.kind == "camera"]
    worst = max(losses, key=lambda one: one.share, default=None)
    return {
        "name": names.get(zone.id) or zone.id,
        "street_m2": zone.street_m2,
        "shares": [(100 * one.by_one, 100 * one.by_two) for one in zone.classes],
        "doubt": max((100 * one.grid_doubt for one in zone.classes), default=0.0),
        "worst": worst and {"camera": worst.failed_id, "percent": 100 * worst.share, "class_id": worst.class_id},
    }
