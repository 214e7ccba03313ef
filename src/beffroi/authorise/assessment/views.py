"""Pages of the impact assessment: its versions, one section at a time, opinions, approval, the CNIL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from beffroi.authorise.assessment import forms, pages, queries, services, words
from beffroi.authorise.assessment.rules import Section
from beffroi.authorise.models import Assessment
from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, NotFound
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

SECTION = {"section": "dossiers"}
READS = (Right.PROGRAMME, Right.CONFIGURE)
Save = Callable[[dict[str, Any]], None]


@requires(*READS)
@require_GET
def assessments(request: HttpRequest) -> HttpResponse:
    """Every version, the ministry's framework, why it must be opened again."""
    page = pages.list_page(day_of(timezone.now(), town_zone()))
    return render(request, "authorise/assessments.html", SECTION | {"page": page})


@requires(*READS)
@require_GET
def assessment(request: HttpRequest, assessment_number: int) -> HttpResponse:
    """One version, section by section."""
    page = pages.version_page(_row(assessment_number))
    return render(request, "authorise/assessment.html", SECTION | {"page": page})


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def open_assessment(request: HttpRequest) -> HttpResponse:
    """A new version, begun from the one that stands."""

    def save(typed: dict[str, Any]) -> None:
        on = day_of(timezone.now(), town_zone())
        services.open_version(reason=typed["reason"], on=on, by=agent_of(request).pk)

    form = forms.OpenForm(request.POST or None)
    return _form_page(request, form, save, title=_("Ouvrir une version de l'analyse d'impact"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, assessment_number: int, section: str) -> HttpResponse:
    """One section of the draft."""
    if section not in set(Section) - {Section.DPO}:
        raise NotFound("There is no such section.", message_fr="Cette rubrique n'existe pas.")
    return _section_page(request, _row(assessment_number), Section(section))


@requires(Right.CONFIGURE, Right.ACCESS)
@require_http_methods(["GET", "POST"])
def opinion(request: HttpRequest, assessment_number: int) -> HttpResponse:
    """The data protection officer's opinion, by the officer or as it came."""
    return _section_page(request, _row(assessment_number), Section.DPO)


def _section_page(request: HttpRequest, row: Assessment, named: Section) -> HttpResponse:
    def save(typed: dict[str, Any]) -> None:
        if named is Section.ACTIONS:
            typed["actions"] = services.actions_of(typed["actions"])
        services.write(row, named, typed, by=agent_of(request).pk)

    form = forms.section_form(named, row, request.POST or None)
    return _form_page(request, form, save, title=words.SECTIONS[named], row=row, hint=words.HINTS[named])


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, assessment_number: int) -> HttpResponse:
    """The controller stands for it."""
    row = _row(assessment_number)

    def save(typed: dict[str, Any]) -> None:
        services.approve(row, by_name=typed["by_name"], at=timezone.now(), by=agent_of(request).pk)

    form = forms.ApproveForm(request.POST or None)
    return _form_page(request, form, save, title=_("Valider cette version"), row=row)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def consultation(request: HttpRequest, assessment_number: int) -> HttpResponse:
    """The CNIL's prior opinion."""
    row = _row(assessment_number)

    def save(typed: dict[str, Any]) -> None:
        services.record_consultation(row, **typed, by=agent_of(request).pk)

    known = {"asked_on": row.cnil_asked_on, "answered_on": row.cnil_answered_on, "reference": row.cnil_reference}
    form = forms.ConsultationForm(request.POST or None, initial=known)
    hint = _("Quand un risque résiduel est élevé, la CNIL est consultée avant la mise en œuvre (loi 78-17, art. 90).")
    return _form_page(request, form, save, title=_("Consultation de la CNIL"), row=row, hint=hint)


@requires(*READS)
@require_GET
def framework(request: HttpRequest) -> HttpResponse:
    """The ministry's framework as it came."""
    kept = queries.framework()
    if kept is None:
        raise NotFound("No framework is joined yet.", message_fr="Aucune doctrine-cadre n'est encore jointe.")
    answer = HttpResponse(services.content_of(kept), content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="doctrine-cadre.pdf"'
    return answer


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def join_framework(request: HttpRequest) -> HttpResponse:
    """The ministry's framework, joined."""

    def save(typed: dict[str, Any]) -> None:
        services.join_framework(name=typed["name"], content=typed["scan"].read(), by=agent_of(request).pk)

    form = forms.FrameworkForm(request.POST or None, request.FILES or None)
    return _form_page(request, form, save, title=_("Doctrine-cadre du ministère"))


def _form_page(
    request: HttpRequest,
    form: django_forms.Form,
    save: Save,
    *,
    title: str | Promise,
    row: Assessment | None = None,
    hint: str | Promise = "",
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            save(dict(form.cleaned_data))
        except BeffroiError as error:
            say(form, error)
        else:
            messages.success(request, _("C'est inscrit."), "ok")
            shown = row or queries.draft()
            return redirect("assessment", shown.number) if shown else redirect("assessments")
    context = SECTION | {"form": form, "title": title, "row": row, "hint": hint}
    return render(request, "authorise/assessment_form.html", context, status=400 if form.errors else 200)


def _row(number: int) -> Assessment:
    found = Assessment.objects.filter(number=number).select_related("framework").first()
    if found is None:
        raise NotFound("There is no such version.", message_fr="Cette version n'existe pas.")
    return found
