"""Pages of what an order asks besides its dates: notices of location, precautions, the end of an event; the public list
of systems.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.authorise import pages, queries, services
from beffroi.authorise.dossier import services as dossiers
from beffroi.authorise.dossier.documents.notice import Letter, notice_pdf
from beffroi.authorise.dossier.pieces import DossierKind
from beffroi.authorise.forms import NoticeForm, PrecautionForm
from beffroi.authorise.models import Contact, LocationNotice, Order, Precaution
from beffroi.authorise.precautions import Kind
from beffroi.authorise.services import perimeter, precautions
from beffroi.authorise.services.perimeter import NewNotice
from beffroi.authorise.services.precautions import NewPrecaution
from beffroi.authorise.views import SECTION, form_page, me, order_named
from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, NotFound
from beffroi.people.forms import say
from beffroi.people.permissions import public, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_notice(request: HttpRequest, order_id: str) -> HttpResponse:
    """The letter to sign, then its number and its day: until then a camera that moved stays shut."""
    order = order_named(order_id)
    form = NoticeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        if request.POST.get("do") == "letter":
            return _letter(order, form.cleaned_data)
        if form.is_sendable():
            try:
                perimeter.notify(NewNotice(order=order, **form.cleaned_data), by=me(request), at=timezone.now())
            except BeffroiError as error:
                say(form, error)
            else:
                messages.success(request, _("L'avis d'emplacement est inscrit."), "ok")
                return redirect("order", order_id=order.pk)
    context = SECTION | {"form": form, "order": order}
    return render(request, "authorise/notice_form.html", context, status=400 if form.errors else 200)


def _letter(order: Order, typed: dict[str, Any]) -> HttpResponse:
    camera = typed["camera"]
    last = LocationNotice.objects.filter(order=order, camera=camera).last()
    is_moving = typed["lat"] is not None and typed["lon"] is not None
    said = Letter(
        order=order,
        camera=camera,
        place=(typed["lon"], typed["lat"]) if is_moving else (camera.lon, camera.lat),
        moved_from=(last.lon, last.lat) if last else None,
        letter_number=typed["letter_number"],
        sent_on=typed["sent_on"],
    )
    answer = HttpResponse(notice_pdf(said, made_at=timezone.now()), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="avis-d-emplacement-{camera.pk}.pdf"'
    return answer


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_precaution(request: HttpRequest, order_id: str) -> HttpResponse:
    """A precaution that the order lays down."""
    order = order_named(order_id)

    def save(typed: dict[str, Any]) -> HttpResponse:
        new = NewPrecaution(**typed | {"kind": Kind(typed["kind"]), "cameras": tuple(typed["cameras"])})
        precautions.lay_down(order, new, by=me(request), at=timezone.now())
        messages.success(request, _("La précaution est inscrite."), "ok")
        return redirect("order", order_id=order.pk)

    form = PrecautionForm(request.POST or None, order=order, initial={"from_on": order.signed_on})
    return form_page(request, form, save, title=_("Inscrire une précaution de l'arrêté"))


@requires(Right.CONFIGURE)
@require_POST
def end_precaution(request: HttpRequest, precaution_id: int) -> HttpResponse:
    """The prefect lifted it: from today it is not asked any more."""
    row = Precaution.objects.select_related("order").filter(pk=precaution_id).first()
    if row is None:
        raise NotFound("There is no such precaution.", message_fr="Cette précaution n'existe pas.")
    now = timezone.now()
    precautions.end(row, on=day_of(now, town_zone()), by=me(request), at=now)
    messages.success(request, _("La précaution est levée."), "ok")
    return redirect("order", order_id=row.order_id)


@requires(Right.CONFIGURE)
@require_POST
def end_event(request: HttpRequest, order_id: str) -> HttpResponse:
    """The event of a temporary order is over: its cameras close now."""
    services.end_event(order_named(order_id), by=me(request), at=timezone.now())
    messages.success(request, _("L'événement est terminé : ses caméras sont fermées."), "ok")
    return redirect("order", order_id=order_id)


@requires(Right.CONFIGURE)
@require_POST
def open_next(request: HttpRequest, order_id: str) -> HttpResponse:
    """A draft of its renewal or its modification, with all that it authorises."""
    kind = DossierKind.MODIFICATION if request.POST.get("kind") == "modification" else DossierKind.RENEWAL
    made = dossiers.open_from(order_named(order_id), kind, on=day_of(timezone.now(), town_zone()), by=me(request))
    return redirect("dossier", dossier_id=made.pk)


@public
@require_GET
def public_systems(request: HttpRequest) -> HttpResponse:
    """For residents: the systems in force, since when, for what, who answers for them. Source: CSI R. 252-16."""
    on = day_of(timezone.now(), town_zone())
    contacts = {row.role: row for row in Contact.objects.filter(role__in=("service", "controller", "rights"))}
    context = {"on": on, "systems": pages.public_systems(queries.systems_on(on)), "contacts": contacts}
    return render(request, "authorise/systems.html", context)
