"""The page of training: how every agent stands, a course that was followed."""

from __future__ import annotations

import time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from beffroi.core.dates import day_of
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us
from beffroi.oversee.models import Training
from beffroi.oversee.training import queries, services
from beffroi.oversee.training.forms import CourseForm
from beffroi.oversee.training.rules import DAYS
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

KEEPS = (Right.PEOPLE, Right.VALIDATE)
"""Rights by which courses are recorded: who manages agents, who heads the room."""
KINDS = dict(Training.KINDS)


@requires(*KEEPS, Right.JOURNAL)
@require_GET
def trainings(request: HttpRequest) -> HttpResponse:
    """How every agent stands."""
    return _page(request, CourseForm())


@requires(*KEEPS)
@require_POST
def add_training(request: HttpRequest) -> HttpResponse:
    """A course that was followed."""
    form = CourseForm(request.POST)
    if form.is_valid():
        agent, course = form.course()
        try:
            services.record(agent, course, by=agent_of(request))
        except InvalidInput as error:
            say(form, error)
        else:
            messages.success(request, _("La formation est inscrite."), "ok")
            return redirect("trainings")
    return _page(request, form)


def _page(request: HttpRequest, form: CourseForm) -> HttpResponse:
    today = day_of(from_us(time.time_ns() // 1000), town_zone())
    rows = queries.everybody(today)
    shown = [
        {
            "agent": row.agent,
            "courses": row.courses,
            "standings": [{"name": KINDS[one.kind.value], "standing": one} for one in row.standings],
        }
        for row in rows
    ]
    may_write = bool(agent_of(request).rights & set(KEEPS))
    waiting = sum(bool(row.waits) for row in rows)
    context = {"section": "oversight", "rows": shown, "form": form, "may_write": may_write, "waiting": waiting}
    return render(request, "oversee/trainings.html", context | {"days": DAYS}, status=400 if form.errors else 200)
