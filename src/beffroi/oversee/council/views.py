"""The page and the paper for the local council."""

from __future__ import annotations

import time

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_GET

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.oversee.council import queries
from beffroi.oversee.paper import Paper, Section, pdf
from beffroi.people.permissions import requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone


@requires(Right.PROGRAMME)
@require_GET
def council(request: HttpRequest) -> HttpResponse:
    """A year in counts."""
    today = day_of(from_us(time.time_ns() // 1000), town_zone())
    year = queries.year_from(request.GET.get("annee", ""), today)
    context = {"section": "oversight", "year": year, "parts": queries.parts(year, today)}
    return render(request, "oversee/council.html", context)


@requires(Right.PROGRAMME)
@require_GET
def paper(request: HttpRequest) -> HttpResponse:
    """The same on paper, in French."""
    now_us = time.time_ns() // 1000
    today = day_of(from_us(now_us), town_zone())
    year = queries.year_from(request.GET.get("annee", ""), today)
    with translation.override("fr"):
        parts = queries.parts(year, today)
        sections = [Section(title=part.title, head=("", "Nombre"), rows=part.rows, widths=(4, 1)) for part in parts]
        made = pdf(
            Paper(
                title="Vidéoprotection : chiffres pour le CLSPD",
                reference=f"{year}",
                made_at_us=now_us,
                service="Conseil local de sécurité et de prévention de la délinquance",
                sections=sections,
            )
        )
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="clspd-{year}.pdf"'
    return answer
