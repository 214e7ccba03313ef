"""Pages of breaches: the register, one of them with its timer, its notice."""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from beffroi.core.errors import BeffroiError
from beffroi.core.instants import from_us
from beffroi.oversee.breaches import queries, rules, services
from beffroi.oversee.breaches.documents import notice_pdf
from beffroi.oversee.breaches.forms import BreachForm, NoticeForm, PeopleForm
from beffroi.oversee.breaches.rules import BreachFacts, Nature, PeopleTold
from beffroi.oversee.breaches.words import NATURES
from beffroi.oversee.models import Breach
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires

SECTION = {"section": "oversight"}


@requires(*queries.KEEPS)
@require_GET
def breaches(request: HttpRequest) -> HttpResponse:
    """The register, with what waits."""
    rows = [_line(row, facts) for row, facts in queries.register(_now_us())]
    return render(request, "oversee/breaches.html", SECTION | {"rows": rows})


@requires(*queries.KEEPS)
@require_GET
def breach(request: HttpRequest, breach_number: str) -> HttpResponse:
    """One breach: its timer, what its notice lacks, what is next."""
    row = queries.breach(breach_number)
    facts = queries.facts_of(row, _now_us())
    natures = [str(NATURES[Nature(code)]) for code in row.natures]
    context = SECTION | _line(row, facts) | {"natures": natures, "lacks": [_field(name) for name in facts.lacks]}
    return render(request, "oversee/breach.html", context)


@requires(*queries.KEEPS)
@require_http_methods(["GET", "HEAD", "POST"])
def add_breach(request: HttpRequest) -> HttpResponse:
    """A breach that was found."""
    form = BreachForm(request.POST or None, initial={"found_at": timezone.now()})

    def save() -> str:
        row = services.record(form.cleaned_data, by=agent_of(request))
        messages.warning(request, _("La violation est inscrite ; les 72 heures courent depuis sa découverte."))
        return row.pk

    return _form_page(request, form, save, title=_("Inscrire une violation de données"), back="")


@requires(*queries.KEEPS)
@require_http_methods(["GET", "HEAD", "POST"])
def change_breach(request: HttpRequest, breach_number: str) -> HttpResponse:
    """What is known better."""
    row = queries.breach(breach_number)
    form = BreachForm(request.POST or None, initial={name: getattr(row, name) for name in services.WRITTEN})

    def save() -> str:
        services.change(row, form.cleaned_data, by=agent_of(request))
        return row.pk

    return _form_page(request, form, save, title=_("%(number)s : compléter") % {"number": row.pk}, back=row.pk)


@requires(*queries.KEEPS)
@require_http_methods(["GET", "HEAD", "POST"])
def notify_breach(request: HttpRequest, breach_number: str) -> HttpResponse:
    """The CNIL was notified."""
    row = queries.breach(breach_number)
    form = NoticeForm(request.POST or None, initial={"notified_at": timezone.now()})

    def save() -> str:
        typed = dict(form.cleaned_data)
        services.notify(row, typed.pop("notified_at"), by=agent_of(request), **typed)
        messages.success(request, _("La notification est notée."), "ok")
        return row.pk

    title = _("%(number)s : notifiée à la CNIL") % {"number": row.pk}
    return _form_page(request, form, save, title=title, back=row.pk)


@requires(*queries.KEEPS)
@require_http_methods(["GET", "HEAD", "POST"])
def tell_people(request: HttpRequest, breach_number: str) -> HttpResponse:
    """Telling people."""
    row = queries.breach(breach_number)
    form = PeopleForm(request.POST or None)

    def save() -> str:
        typed = dict(form.cleaned_data)
        services.tell_people(row, PeopleTold(typed.pop("how")), by=agent_of(request), **typed)
        messages.success(request, _("La décision est notée."), "ok")
        return row.pk

    title = _("%(number)s : information des personnes") % {"number": row.pk}
    return _form_page(request, form, save, title=title, back=row.pk)


@requires(*queries.KEEPS)
@require_GET
def notice(request: HttpRequest, breach_number: str) -> HttpResponse:
    """The notice, to be sent to the CNIL."""
    answer = HttpResponse(notice_pdf(queries.breach(breach_number)), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="notification-{breach_number}.pdf"'
    return answer


def _form_page(request: HttpRequest, form: forms.Form, save: Any, *, title: str, back: str) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            return redirect("breach", breach_number=save())
        except BeffroiError as error:
            say(form, error)
    context = SECTION | {"form": form, "title": title, "back": back}
    return render(request, "oversee/breach_form.html", context, status=400 if form.errors else 200)


def _line(row: Breach, facts: BreachFacts) -> dict[str, Any]:
    """A breach and how it stands."""
    now_us = _now_us()
    return {
        "row": row,
        "facts": facts,
        "notify_by": from_us(facts.notify_by_us),
        "hours_left": max(0, (facts.notify_by_us - now_us) // rules.HOUR_US),
        "waits_notice": facts.is_to_notify and not facts.notified_at_us,
        "is_late": facts.is_late(now_us),
    }


def _field(name: str) -> str:
    return str(BreachForm.base_fields[name].label)


def _now_us() -> int:
    return time.time_ns() // 1000
