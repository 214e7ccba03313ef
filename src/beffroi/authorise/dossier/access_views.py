"""Pages of the accesses of third parties: which are supposed, and what was seen on the spot."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from beffroi.authorise.dossier import accesses, forms
from beffroi.authorise.dossier.accesses import Survey
from beffroi.authorise.models import Dossier
from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, NotFound
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

SECTION = {"section": "dossiers"}
READS = (Right.PROGRAMME, Right.CONFIGURE)


@requires(*READS)
@require_GET
def sites(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """Every site of a dossier and how its neighbours' accesses are known."""
    found = _dossier(dossier_id)
    context = SECTION | {"dossier": found, "lines": accesses.site_lines(found)}
    return render(request, "authorise/accesses.html", context)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def site(request: HttpRequest, dossier_id: str, site_id: str) -> HttpResponse:
    """One site: its plan, its neighbours, what was seen."""
    found, today = _dossier(dossier_id), day_of(timezone.now(), town_zone())
    page = accesses.site_page(found, site_id, today)
    if page is None:
        raise NotFound(
            "This site has no camera of this dossier.",
            message_fr="Cet emplacement n'a pas de caméra de ce dossier.",
        )
    form = forms.SurveyForm(page, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            survey = Survey(**form.cleaned_data)
            added, removed = accesses.record(found, site_id, survey, on=today, by=agent_of(request).pk)
        except BeffroiError as error:
            say(form, error)
        else:
            said = _("Accès inscrits : %(added)s ; retirés : %(removed)s.") % {"added": added, "removed": removed}
            messages.success(request, said, "ok")
            return redirect("dossier-site-accesses", dossier_id=found.pk, site_id=site_id)
    context = SECTION | {"dossier": found, "page": page, "form": form}
    return render(request, "authorise/site_accesses.html", context, status=400 if form.errors else 200)


def _dossier(dossier_id: str) -> Dossier:
    found = Dossier.objects.filter(pk=dossier_id).first()
    if found is None:
        raise NotFound("There is no such dossier.", message_fr="Ce dossier n'existe pas.")
    return found
