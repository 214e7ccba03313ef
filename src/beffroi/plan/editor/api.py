"""JSON of the editor under `/api/plan/`: figures read by who reads the programme, scenarios saved by who configures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_GET, require_POST
from pydantic import BaseModel

from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan.editor import queries, rows, seeing, services, spots, tasks


def _answer(found: BaseModel) -> HttpResponse:
    return HttpResponse(found.model_dump_json(), content_type="application/json")


def _etag(request: HttpRequest) -> str:
    return f'"{queries.drawn_version()}"'


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
@condition(etag_func=_etag)
def ground(request: HttpRequest) -> HttpResponse:
    """Buildings, streets, zones, models and classes: all that the map is drawn from."""
    return _answer(queries.drawn_ground())


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def scenarios(request: HttpRequest) -> HttpResponse:
    """The town's plan and the scenarios kept."""
    return _answer(queries.scenarios())


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def scenario(request: HttpRequest, scenario_id: str) -> HttpResponse:
    """One scenario as last saved, or `?version=2` of it; `ville` is the town's plan."""
    asked = request.GET.get("version", "")
    return _answer(queries.scenario(scenario_id, int(asked) if asked.isdecimal() and len(asked) < 9 else None))


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_POST
def camera(request: HttpRequest) -> HttpResponse:
    """What one camera would see."""
    return _answer(seeing.view(rows.read(rows.ViewAsked, request.body)))


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_POST
def coverage(request: HttpRequest) -> HttpResponse:
    """What all cameras of a scenario would see together."""
    return _answer(seeing.plan(rows.read(rows.PlanAsked, request.body)))


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_POST
def masks(request: HttpRequest) -> HttpResponse:
    """The planned privacy masks of all cameras of a scenario: what cannot be masked, what masks cost."""
    return _answer(seeing.masks(rows.read(rows.PlanAsked, request.body)))


@requires(Right.CONFIGURE)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keeps a scenario as one more version."""
    version = services.save(rows.read(rows.SaveAsked, request.body), by=str(agent_of(request).pk))
    return _answer(queries.scenario(version.scenario_id))


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def proposal(request: HttpRequest, scenario_id: str) -> HttpResponse:
    """What the same counts could do, as far as it is known."""
    return _answer(queries.proposal(scenario_id))


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def scenario_spots(request: HttpRequest, scenario_id: str) -> HttpResponse:
    """Where the optimiser may put masts for a scenario."""
    kept = queries.scenario(scenario_id)
    return _answer(spots.offered(rows.PlanAsked.model_construct(cameras=kept.cameras, zones=kept.zones)))


@requires(Right.CONFIGURE)
@require_POST
def propose(request: HttpRequest, scenario_id: str) -> HttpResponse:
    """Asks the worker what could be seen; without limits, with the version's own counts of cameras and sites."""
    question = rows.read(rows.ProposeAsked, request.body or b"{}")
    asked = services.ask_proposal(scenario_id, question, by=str(agent_of(request).pk))
    tasks.make_proposal.enqueue(asked.pk)
    return _answer(queries.proposal(scenario_id))


@requires(Right.CONFIGURE)
@require_POST
def cancel(request: HttpRequest, scenario_id: str) -> HttpResponse:
    """Gives up what is being sought."""
    services.cancel_proposal(scenario_id)
    return _answer(queries.proposal(scenario_id))
