"""Pages of the CLSPD's working groups: their members read and write, the mayor names members and reads nothing."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.errors import BeffroiError
from beffroi.core.instants import from_us
from beffroi.oversee.groups import queries, services
from beffroi.oversee.groups.forms import GroupForm, MemberForm, NoteForm
from beffroi.oversee.groups.models import WorkingGroup
from beffroi.oversee.groups.rules import Place
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right

SECTION = {"section": "oversight"}


@requires()
@require_GET
def groups(request: HttpRequest) -> HttpResponse:
    """Those that this agent sits in; all of them, by name, for whoever names members."""
    me = agent_of(request)
    may_convene = me.may(Right.CONVENE)
    everyone = WorkingGroup.objects.prefetch_related("members__agent") if may_convene else ()
    convened = [
        {"group": one, "members": [seat for seat in one.members.all() if seat.ended_at_us is None]} for one in everyone
    ]
    context = {"mine": queries.groups_of(me), "convened": convened, "may_convene": may_convene}
    return render(request, "oversee/groups.html", SECTION | context)


@requires()
@require_GET
def group(request: HttpRequest, exchange_id: str) -> HttpResponse:
    """What its meetings said, for a member; the pledge, for who is named and has not pledged."""
    me = agent_of(request)
    row = queries.opened(me, exchange_id, for_pledge=True)
    return _page(request, row, NoteForm())


@requires()
@require_POST
def pledge(request: HttpRequest, exchange_id: str) -> HttpResponse:
    """Confidentiality, under the house rules."""
    me = agent_of(request)
    services.pledge(queries.opened(me, exchange_id, for_pledge=True), by=me)
    messages.success(request, _("Votre engagement est inscrit."), "ok")
    return redirect("group", exchange_id)


@requires()
@require_POST
def add_note(request: HttpRequest, exchange_id: str) -> HttpResponse:
    """What a meeting said."""
    me = agent_of(request)
    row = queries.opened(me, exchange_id)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            services.note(row, form.cleaned_data["met_on"], form.cleaned_data["text"], by=me)
            messages.success(request, _("La réunion est inscrite."), "ok")
            return redirect("group", exchange_id)
        except BeffroiError as error:
            say(form, error)
    return _page(request, row, form)


@requires(Right.CONVENE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_group(request: HttpRequest) -> HttpResponse:
    """A group, under its house rules."""
    form = GroupForm(request.POST or None)

    def save() -> None:
        services.found(**form.cleaned_data, by=agent_of(request))
        messages.success(request, _("Le groupe est inscrit."), "ok")

    return _form_page(request, form, save, title=_("Inscrire un groupe de travail"))


@requires(Right.CONVENE)
@require_http_methods(["GET", "HEAD", "POST"])
def name_member(request: HttpRequest, convened_id: str) -> HttpResponse:
    """The mayor names somebody."""
    row = queries.group(convened_id)
    form = MemberForm(request.POST or None)

    def save() -> None:
        services.name_member(row, form.cleaned_data["agent"], by=agent_of(request))
        messages.success(request, _("Le membre est nommé ; il lira le groupe une fois engagé."), "ok")

    return _form_page(request, form, save, title=_("%(group)s : nommer un membre") % {"group": row.name})


@requires(Right.CONVENE)
@require_POST
def end_member(request: HttpRequest, convened_id: str, membership_id: int) -> HttpResponse:
    """They read nothing more."""
    row = queries.group(convened_id)
    services.end_member(queries.membership(row, membership_id), by=agent_of(request))
    messages.success(request, _("Le membre est retiré ; il ne lit plus rien."), "ok")
    return redirect("groups")


def _page(request: HttpRequest, row: WorkingGroup, form: NoteForm) -> HttpResponse:
    me = agent_of(request)
    is_member = queries.place_of(me, row.pk) is Place.MEMBER
    notes = [{"note": one, "at": from_us(one.at_us)} for one in queries.notes(row)] if is_member else []
    if is_member:
        services.tell_read(row, by=me)
    context = {"group": row, "notes": notes, "is_member": is_member, "form": form}
    return render(request, "oversee/group.html", SECTION | context, status=400 if form.errors else 200)


def _form_page(request: HttpRequest, form: forms.Form, save: Callable[[], None], *, title: str) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            save()
            return redirect("groups")
        except BeffroiError as error:
            say(form, error)
    context = SECTION | {"form": form, "title": title, "back": "groups"}
    return render(request, "people/form.html", context, status=400 if form.errors else 200)
