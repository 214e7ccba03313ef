"""Pages of evaluations: registered plans with what they can show, and a new one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError
from beffroi.oversee.evaluation import queries, services
from beffroi.oversee.evaluation.forms import EvaluationForm
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan.models import Phase
from beffroi.territory.queries import town_zone

SECTION = {"section": "evaluations"}


@requires(Right.PROGRAMME)
@require_GET
def evaluations(request: HttpRequest) -> HttpResponse:
    """Each registered plan: its hash, its power, and its result once its time is over."""
    today = day_of(timezone.now(), town_zone())
    context = SECTION | {"on": today, "views": queries.evaluations(today)}
    return render(request, "oversee/evaluations.html", context)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_evaluation(request: HttpRequest) -> HttpResponse:
    """What is compared with what; its power is shown before it is sealed."""
    form = EvaluationForm(request.POST if request.method == "POST" else None, initial=_usual(request))
    power = None
    if form.is_bound and form.is_valid():
        design = form.design()
        power = queries.power_before(design, day_of(timezone.now(), town_zone()))
        if "register" in request.POST:
            try:
                services.register(design, by=str(agent_of(request).pk))
                return redirect("evaluations")
            except BeffroiError as error:
                say(form, error)
    context = SECTION | {"form": form, "power": power}
    return render(request, "oversee/add_evaluation.html", context, status=400 if form.errors else 200)


def _usual(request: HttpRequest) -> dict[str, object]:
    """`?phase=`: what is usually compared for it, to begin with."""
    phase = Phase.objects.filter(pk=request.GET.get("phase", "")).first()
    if phase is None:
        return {}
    design = queries.usual(phase)
    return {"phase": phase, "outcomes": design.outcomes, "treated": design.treated, "control": design.control,
            "starts_on": design.starts_on}  # fmt: skip
