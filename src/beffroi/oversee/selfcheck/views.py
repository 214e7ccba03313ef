"""Pages of the eight checks."""

from __future__ import annotations

import time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.oversee.selfcheck import pages, queries, services
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone


@requires(Right.JOURNAL)
@require_GET
def checks(request: HttpRequest) -> HttpResponse:
    """Green or red, with where to mend."""
    now_us = time.time_ns() // 1000
    today = day_of(from_us(now_us), town_zone())
    lines = pages.lines(queries.town(now_us), today, agent_of(request).rights)
    bad = sum(not line.is_good for line in lines)
    context = {"section": "oversight", "lines": lines, "bad": bad, "good": len(lines) - bad, "today": today}
    return render(request, "oversee/checks.html", context)


@requires(Right.JOURNAL)
@require_POST
def conformity(request: HttpRequest) -> HttpResponse:
    """The report, when all is green."""
    made = services.conformity(time.time_ns() // 1000, by=agent_of(request).pk)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="rapport-de-conformite.pdf"'
    return answer
