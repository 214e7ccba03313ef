"""Pages of the monthly reviews: which wait, one month, its paper."""

from __future__ import annotations

import time
from datetime import date, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.models import Review
from beffroi.oversee.reviews import pages, queries, rules, services
from beffroi.oversee.reviews.documents import review_pdf
from beffroi.oversee.reviews.forms import SignForm
from beffroi.oversee.reviews.rules import Figures
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right

SECTION = {"section": "oversight"}


@requires(Right.JOURNAL)
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """Every month that is over: signed, waiting, late."""
    now_us = time.time_ns() // 1000
    rows = [
        {"view": one, "remarks": pages.remarks(one.review) if one.review else [], "signed_at": _at(one.review)}
        for one in queries.months(now_us)
    ]
    month = rules.month_of(queries.today(now_us))
    context = SECTION | {"rows": rows, "this_month": month, "due_on": rules.due_on(month)}
    return render(request, "oversee/reviews.html", context)


@requires(Right.JOURNAL)
@require_GET
def review(request: HttpRequest, month: str) -> HttpResponse:
    """One month: its figures, and its signature by who may sign. The month under way is shown as it stands."""
    asked = queries.month_from(month)
    _tell(request, month)
    return _page(request, asked, SignForm())


@requires(Right.REVIEW)
@require_POST
def sign(request: HttpRequest, month: str) -> HttpResponse:
    """The DPO has read it."""
    asked = queries.month_from(month)
    found, form = queries.review_of(asked), SignForm(request.POST)
    if form.is_valid():
        try:
            services.sign(found, form.chosen(), by=agent_of(request))
        except InvalidInput as error:
            say(form, error)
        else:
            messages.success(request, _("La revue est signée ; elle est gardée avec ses remarques."), "ok")
            return redirect("review", month=month)
    return _page(request, asked, form)


def _page(request: HttpRequest, month: date, form: SignForm) -> HttpResponse:
    known = Review.objects.select_related("signed_by").filter(month=month).first()
    now_us = time.time_ns() // 1000
    context = SECTION | {
        "sheet": pages.sheet(month, Figures.of(known.figures) if known else queries.figures_of(month)),
        "review": known,
        "remarks": pages.remarks(known) if known else [],
        "signed_at": _at(known),
        "is_over": rules.month_of(queries.today(now_us)) > month,
        "due_on": rules.due_on(month),
        "form": form,
        "code": f"{month:%Y-%m}",
    }
    return render(request, "oversee/review.html", context, status=400 if form.errors else 200)


@requires(Right.REVIEW)
@require_POST
def draw(request: HttpRequest, month: str) -> HttpResponse:
    """Draws the review of a month that is over now, without waiting for the worker."""
    services.draw(queries.month_from(month), by=agent_of(request).pk)
    return redirect("review", month=month)


@requires(Right.JOURNAL)
@require_GET
def paper(request: HttpRequest, month: str) -> HttpResponse:
    """The paper of a month."""
    made = review_pdf(queries.review_of(queries.month_from(month)))
    _tell(request, month)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="revue-journal-{month}.pdf"'
    return answer


def _at(known: Review | None) -> datetime | None:
    return from_us(known.signed_at_us) if known and known.signed_at_us else None


def _tell(request: HttpRequest, month: str) -> None:
    """Reading the journal, even counted, is a line of it."""
    append(
        Entry(register=Register.JOURNAL, action="journal.read", author=agent_of(request).pk, detail={"month": month})
    )
