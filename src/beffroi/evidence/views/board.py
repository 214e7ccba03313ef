"""The board, one requisition, the register, what was looked at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from beffroi.evidence.pages.board import board
from beffroi.evidence.pages.case import case_view
from beffroi.evidence.pages.register import register_rows, trail
from beffroi.evidence.queries import cases
from beffroi.evidence.views.common import SECTION, asked
from beffroi.people.permissions import agent_of, requires


@requires(*cases.READS)
@require_GET
def requisitions(request: HttpRequest) -> HttpResponse:
    """The board, with the first that needs somebody open below."""
    agent = agent_of(request)
    page = board(agent)
    view = case_view(cases.requisition_for(agent, page.first), agent) if page.first else None
    return render(request, "evidence/board.html", SECTION | {"page": page, "case": view})


@requires(*cases.READS)
@require_GET
def requisition(request: HttpRequest, register_number: str) -> HttpResponse:
    """The board, with this one open below."""
    agent = agent_of(request)
    view = case_view(asked(request, register_number), agent)
    return render(request, "evidence/board.html", SECTION | {"page": board(agent, register_number), "case": view})


@requires(*cases.READS)
@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """Every requisition in order of number, to print."""
    rows = register_rows(agent_of(request))
    return render(request, "evidence/register.html", SECTION | {"rows": rows, "today": cases.today()})


@requires(*cases.READS)
@require_GET
def consultations(request: HttpRequest, register_number: str) -> HttpResponse:
    """All that was looked at under this number, and who came to look."""
    found = asked(request, register_number)
    return render(request, "evidence/trail.html", SECTION | {"row": found, "page": trail(found, agent_of(request))})
