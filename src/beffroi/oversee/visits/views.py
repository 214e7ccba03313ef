"""The page of visits: who is in the room, who comes in, who came."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.models import Visit
from beffroi.oversee.visits import services
from beffroi.oversee.visits.forms import VisitForm
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right

_SHOWN = 100
READS = (Right.LOCK, Right.JOURNAL)


@requires(*READS)
@require_GET
def visits(request: HttpRequest) -> HttpResponse:
    """The register."""
    me = agent_of(request)
    append(Entry(register=Register.JOURNAL, action="visit.read", author=me.pk))
    return _page(request, VisitForm(initial={"host": me.pk}))


@requires(Right.LOCK)
@require_POST
def come_in(request: HttpRequest) -> HttpResponse:
    """Somebody comes in."""
    form = VisitForm(request.POST)
    if form.is_valid():
        try:
            services.come_in(form.visit(), by=agent_of(request))
        except InvalidInput as error:
            say(form, error)
        else:
            messages.success(request, _("La visite est inscrite ; la console la montre jusqu'à la sortie."), "ok")
            return redirect("visits")
    return _page(request, form)


@requires(Right.LOCK)
@require_POST
def go_out(request: HttpRequest, visit_id: str) -> HttpResponse:
    """They leave."""
    services.go_out(visit_id, by=agent_of(request))
    messages.success(request, _("La sortie est notée."), "ok")
    return redirect("visits")


def _page(request: HttpRequest, form: VisitForm) -> HttpResponse:
    rows = [
        {"visit": row, "in_at": from_us(row.in_at_us), "out_at": from_us(row.out_at_us) if row.out_at_us else None}
        for row in Visit.objects.select_related("host")[:_SHOWN]
    ]
    context = {"section": "oversight", "rows": rows, "form": form, "inside": services.inside()}
    return render(request, "oversee/visits.html", context, status=400 if form.errors else 200)
