"""Pages of links to a service elsewhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.errors import BeffroiError
from beffroi.core.instants import from_us
from beffroi.oversee.models import ShareLink
from beffroi.oversee.sharing import services
from beffroi.oversee.sharing.forms import LinkForm
from beffroi.people import events
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right

SECTION = {"section": "oversight"}


@requires(Right.PEOPLE, Right.VALIDATE, Right.JOURNAL)
@require_GET
def links(request: HttpRequest) -> HttpResponse:
    """Every link: to whom, on what, open or closed, since when."""
    today = events.here().today_on
    names = dict(events.cameras())
    rows = []
    for link in ShareLink.objects.select_related("order").prefetch_related("agents", "switches__by"):
        switches = [{"switch": one, "at": from_us(one.at_us)} for one in link.switches.all()]
        is_over = today >= link.until_on
        shown = {"link": link, "switches": switches, "is_over": is_over}
        shown["is_on"] = not is_over and services.is_on(link)
        shown["cameras"] = [names.get(camera, camera) for camera in link.cameras]
        rows.append(shown)
    return render(request, "oversee/links.html", SECTION | {"rows": rows})


@requires(Right.PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_link(request: HttpRequest) -> HttpResponse:
    """A link, written on an act."""
    form = LinkForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            services.write(form.link(), by=agent_of(request))
            messages.success(request, _("Le déport est inscrit ; il est fermé jusqu'à ce que quelqu'un l'ouvre."), "ok")
            return redirect("links")
        except BeffroiError as error:
            say(form, error)
    context = SECTION | {"form": form, "title": _("Inscrire un déport"), "back": "links"}
    return render(request, "people/form.html", context, status=400 if form.errors else 200)


@requires(Right.PEOPLE, Right.VALIDATE)
@require_POST
def turn_on(request: HttpRequest, link_id: str) -> HttpResponse:
    """Opens it."""
    services.turn_on(services.link(link_id), by=agent_of(request))
    messages.success(request, _("Le déport est ouvert."), "ok")
    return redirect("links")


@requires(Right.PEOPLE, Right.VALIDATE)
@require_POST
def turn_off(request: HttpRequest, link_id: str) -> HttpResponse:
    """Closes it."""
    services.turn_off(services.link(link_id), by=agent_of(request))
    messages.success(request, _("Le déport est fermé ; ses fenêtres se ferment en quelques secondes."), "ok")
    return redirect("links")
