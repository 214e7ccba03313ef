"""Pages of the prefect's requests against terrorism: received, voted on, financed. Source: CSI L. 223-8, R. 223-2."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from beffroi.authorise.forms import AgreementForm, PrefectRequestForm, VoteForm
from beffroi.authorise.models import PrefectRequest
from beffroi.authorise.services import requests
from beffroi.authorise.views import form_page, me
from beffroi.core.dates import day_of
from beffroi.core.errors import NotFound
from beffroi.people.permissions import requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_prefect_request(request: HttpRequest) -> HttpResponse:
    """A request that came: three months run."""

    def save(typed: dict[str, Any]) -> HttpResponse:
        requests.record(**typed, on=_today(), by=me(request))
        messages.success(request, _("La demande du préfet est inscrite : le conseil a trois mois."), "ok")
        return redirect("authorisations")

    form = PrefectRequestForm(request.POST or None)
    return form_page(request, form, save, title=_("Inscrire une demande du préfet (L. 223-8)"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def prefect_request_vote(request: HttpRequest, request_id: str) -> HttpResponse:
    """What the council decided."""
    row = _request(request_id)

    def save(typed: dict[str, Any]) -> HttpResponse:
        requests.vote(row, **typed, on=_today(), by=me(request))
        messages.success(request, _("La délibération est inscrite."), "ok")
        return redirect("authorisations")

    return form_page(request, VoteForm(request.POST or None), save, title=_("Inscrire la délibération"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def prefect_request_agreement(request: HttpRequest, request_id: str) -> HttpResponse:
    """Who pays, for five years."""
    row = _request(request_id)

    def save(typed: dict[str, Any]) -> HttpResponse:
        requests.agree(row, **typed, on=_today(), by=me(request))
        messages.success(request, _("La convention est inscrite."), "ok")
        return redirect("authorisations")

    return form_page(request, AgreementForm(request.POST or None), save, title=_("Inscrire la convention"))


def _request(request_id: str) -> PrefectRequest:
    found = PrefectRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request.", message_fr="Cette demande n'existe pas.")
    return found


def _today() -> Any:
    return day_of(timezone.now(), town_zone())
