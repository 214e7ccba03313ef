"""Pages of the charter, which every agent reads, and of the ethics committee."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, NotFound
from beffroi.core.instants import from_us
from beffroi.oversee.council.queries import year_from
from beffroi.oversee.ethics import documents, queries, services
from beffroi.oversee.ethics.charter import text_of
from beffroi.oversee.ethics.forms import AnswerForm, CharterForm, ReferralForm, SeatForm
from beffroi.oversee.ethics.models import Pledge, Referral
from beffroi.oversee.ethics.rules import Quality
from beffroi.oversee.ethics.services import Answer
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

SECTION = {"section": "oversight"}


@requires()
@require_GET
def charter(request: HttpRequest) -> HttpResponse:
    """What it says, and whether this agent signed it."""
    row, agent = queries.standing(), agent_of(request)
    signed = queries.signed_at_us(agent, row)
    context = {
        "charter": row,
        "text": text_of(row),
        "pledge": documents.PLEDGE,
        "signed_at": from_us(signed) if signed is not None else None,
        "may_open": bool(agent.rights & {Right.ETHICS, Right.JOURNAL}),
    }
    return render(request, "oversee/charter.html", SECTION | context)


@requires()
@require_POST
def sign_charter(request: HttpRequest) -> HttpResponse:
    """This agent pledges."""
    services.sign(request.POST.get("sha256", ""), by=agent_of(request))
    messages.success(request, _("Votre engagement est signé."), "ok")
    return redirect("charter")


@requires()
@require_GET
def charter_paper(request: HttpRequest) -> HttpResponse:
    """The charter on paper."""
    return _pdf(documents.charter_pdf(queries.standing(), _now_us()), "charte-videoprotection")


@requires()
@require_GET
def my_pledge(request: HttpRequest) -> HttpResponse:
    """What this agent signed, on paper. Errors: NotFound before."""
    row = Pledge.objects.select_related("agent", "charter").filter(agent=agent_of(request)).last()
    if row is None:
        raise NotFound("You have signed no charter yet.", message_fr="Vous n'avez pas encore signé de charte.")
    return _pdf(documents.pledge_pdf(row), "engagement")


@requires(Right.ETHICS)
@require_http_methods(["GET", "HEAD", "POST"])
def adopt_charter(request: HttpRequest) -> HttpResponse:
    """The act by which the town adopted it."""
    form = CharterForm(request.POST or None)

    def save() -> None:
        services.adopt(**form.cleaned_data, by=agent_of(request))
        messages.success(request, _("La charte est adoptée ; les agents peuvent la signer."), "ok")

    return _form_page(request, form, save, title=_("Inscrire l'adoption de la charte"))


@requires(Right.ETHICS, Right.JOURNAL)
@require_GET
def ethics(request: HttpRequest) -> HttpResponse:
    """The committee: who sits, what was asked, who signed the charter."""
    people = [
        {"agent": one.agent, "signed_at": from_us(one.signed_at_us) if one.signed_at_us is not None else None}
        for one in queries.signatories()
    ]
    context = {
        "charter": queries.standing(),
        "seats": queries.seats(_today()),
        "referrals": Referral.objects.all(),
        "people": people,
        "waiting": sum(one["signed_at"] is None for one in people),
        "year": _today().year,
        "may_write": agent_of(request).may(Right.ETHICS),
    }
    return render(request, "oversee/ethics.html", SECTION | context)


@requires(Right.ETHICS)
@require_http_methods(["GET", "HEAD", "POST"])
def add_seat(request: HttpRequest) -> HttpResponse:
    """Somebody sits."""
    form = SeatForm(request.POST or None)

    def save() -> None:
        typed = form.cleaned_data
        services.seat(Quality(typed["quality"]), typed["act"], typed["from_on"], by=agent_of(request))
        messages.success(request, _("Le siège est inscrit."), "ok")

    return _form_page(request, form, save, title=_("Inscrire un siège du comité"))


@requires(Right.ETHICS)
@require_POST
def end_seat(request: HttpRequest, seat_id: int) -> HttpResponse:
    """Somebody sits no more."""
    services.end_seat(seat_id, by=agent_of(request))
    messages.success(request, _("Le siège est quitté."), "ok")
    return redirect("ethics")


@requires(Right.ETHICS)
@require_http_methods(["GET", "HEAD", "POST"])
def add_referral(request: HttpRequest) -> HttpResponse:
    """A question that came."""
    form = ReferralForm(request.POST or None)

    def save() -> None:
        typed = form.cleaned_data
        services.refer(Quality(typed["quality"]), typed["received_on"], typed["question"], by=agent_of(request))
        messages.success(request, _("La saisine est inscrite."), "ok")

    return _form_page(request, form, save, title=_("Inscrire une saisine"))


@requires(Right.ETHICS)
@require_http_methods(["GET", "HEAD", "POST"])
def answer_referral(request: HttpRequest, referral_number: str) -> HttpResponse:
    """What the committee said, and what came of it."""
    row = queries.referral(referral_number)
    form = AnswerForm(request.POST or None, initial={name: getattr(row, name) for name in AnswerForm.base_fields})

    def save() -> None:
        services.answer(row, Answer(**form.cleaned_data), by=agent_of(request))
        messages.success(request, _("La saisine est complétée."), "ok")

    return _form_page(request, form, save, title=_("%(number)s : avis et suite") % {"number": row.pk})


@requires(Right.ETHICS, Right.JOURNAL)
@require_GET
def report(request: HttpRequest) -> HttpResponse:
    """The committee's year on paper."""
    year = year_from(request.GET.get("annee", ""), _today())
    return _pdf(documents.report_pdf(year, _now_us()), f"rapport-ethique-{year}")


def _form_page(request: HttpRequest, form: forms.Form, save: Callable[[], None], *, title: str) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            save()
            return redirect("ethics")
        except BeffroiError as error:
            say(form, error)
    context = SECTION | {"form": form, "title": title, "back": "ethics"}
    return render(request, "people/form.html", context, status=400 if form.errors else 200)


def _pdf(made: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer


def _now_us() -> int:
    return time.time_ns() // 1000


def _today() -> date:
    return day_of(from_us(_now_us()), town_zone())
