"""Pages about agents: who they are, what they may do, on whose act, where they are logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.errors import BeffroiError
from beffroi.people import events, queries, rows, services, words
from beffroi.people.forms import (
    ChangeAgent,
    EndHabilitation,
    GroupForm,
    NewAgent,
    NewAgreement,
    NewHabilitation,
    NewRole,
    WaiverForm,
    say,
)
from beffroi.people.models import Agreement, CameraGroup
from beffroi.people.permissions import agent_of, requires, with_fresh_factor
from beffroi.people.rules import Right, Role

SECTION = {"section": "agents"}


@requires(Right.PEOPLE)
@require_GET
def agents(request: HttpRequest) -> HttpResponse:
    """Everybody who has, or had, an account, and how their habilitation stands."""
    return render(request, "people/agents.html", SECTION | {"rows": rows.agents()})


@requires(Right.PEOPLE, Right.JOURNAL)
@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """Every act ever recorded, to print."""
    return render(request, "people/register.html", SECTION | {"rows": rows.register(), "today": events.here().today_on})


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def add_agent(request: HttpRequest) -> HttpResponse:
    """A new account."""

    def save(form: forms.Form) -> HttpResponse:
        typed = dict(form.cleaned_data)
        username, password, roles = typed.pop("username"), typed.pop("password"), typed.pop("roles")
        added = services.add_agent(username, password, [Role(role) for role in roles], **typed, by=_me(request))
        messages.success(request, _("Le compte est créé."), "ok")
        return redirect("agent", agent_id=added.pk)

    return _form_page(request, NewAgent(request.POST or None), save, title=_("Créer un compte"), back="agents")


@requires(Right.PEOPLE)
@require_GET
def agent(request: HttpRequest, agent_id: str) -> HttpResponse:
    """One agent: roles, acts, sessions."""
    found = queries.agent(agent_id)
    context = rows.agent_page(found) | {"role_form": NewRole(), "sessions": queries.sessions(found)}
    return render(request, "people/agent.html", SECTION | context)


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def change_agent(request: HttpRequest, agent_id: str) -> HttpResponse:
    """Function, access, password of an account."""
    found = queries.agent(agent_id)

    def save(form: forms.Form) -> HttpResponse:
        typed = form.cleaned_data
        services.change_agent(found, title=typed["title"], is_active=typed["is_active"], by=_me(request))
        if typed["password"]:
            services.set_password(found, typed["password"], by=_me(request))
        messages.success(request, _("Le compte est modifié."), "ok")
        return redirect("agent", agent_id=found.pk)

    form = ChangeAgent(request.POST or None, initial={"title": found.title, "is_active": found.is_active})
    return _form_page(request, form, save, title=found.name, back="agents")


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def give_role(request: HttpRequest, agent_id: str) -> HttpResponse:
    """One more role."""
    found = queries.agent(agent_id)

    def save(form: forms.Form) -> HttpResponse:
        typed = dict(form.cleaned_data)
        services.give_role(found, Role(typed.pop("role")), **typed, by=_me(request))
        messages.success(request, _("Le rôle est donné."), "ok")
        return redirect("agent", agent_id=found.pk)

    return _form_page(request, NewRole(request.POST or None), save, title=found.name, back="agents")


@with_fresh_factor
@requires(Right.PEOPLE)
@require_POST
def end_role(request: HttpRequest, agent_id: str, assignment_id: int) -> HttpResponse:
    """A role ends; what it had opened is cut."""
    try:
        services.end_role(queries.assignment(agent_id, assignment_id), by=_me(request))
        messages.success(request, _("Le rôle est retiré ; ce qu'il avait ouvert est coupé."), "ok")
    except BeffroiError as error:
        messages.error(request, _said(error), "bad")
    return redirect("agent", agent_id=agent_id)


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def add_habilitation(request: HttpRequest, agent_id: str) -> HttpResponse:
    """The act that lets an agent see pictures."""
    found = queries.agent(agent_id)

    def save(form: forms.Form) -> HttpResponse:
        assert isinstance(form, NewHabilitation)
        services.record_habilitation(found, form.act(), by=_me(request))
        messages.success(request, _("L'acte est enregistré."), "ok")
        return redirect("agent", agent_id=found.pk)

    form = NewHabilitation(request.POST or None, initial={"territory": events.here().town})
    return _form_page(request, form, save, title=found.name, back="agents")


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def suspend(request: HttpRequest, habilitation_id: str) -> HttpResponse:
    """A habilitation is suspended: from today, at once."""
    kept = queries.habilitation(habilitation_id)
    return _end(request, habilitation_id, lambda typed: services.suspend_habilitation(kept, **typed, by=_me(request)))


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, habilitation_id: str) -> HttpResponse:
    """A habilitation is withdrawn before its last day."""
    kept = queries.habilitation(habilitation_id)
    return _end(request, habilitation_id, lambda typed: services.withdraw_habilitation(kept, **typed, by=_me(request)))


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, habilitation_id: str) -> HttpResponse:
    """A suspension is lifted."""
    kept = queries.habilitation(habilitation_id)

    def lift(typed: dict[str, Any]) -> None:
        services.resume_habilitation(kept, number=typed["number"], by=_me(request))

    return _end(request, habilitation_id, lift)


def _end(request: HttpRequest, habilitation_id: str, write: Callable[[dict[str, Any]], None]) -> HttpResponse:
    kept = queries.habilitation(habilitation_id)

    def save(form: forms.Form) -> HttpResponse:
        write(form.cleaned_data)
        messages.success(request, _("L'acte est enregistré."), "ok")
        return redirect("agent", agent_id=kept.agent_id)

    form = EndHabilitation(request.POST or None, initial={"on": events.here().today_on})
    return _form_page(request, form, save, title=f"{kept.agent.name} · {kept.number}", back="agents")


@requires(Right.PEOPLE, Right.JOURNAL)
@require_GET
def agreements(request: HttpRequest) -> HttpResponse:
    """With whom cameras or agents are shared, on which acts, until when."""
    today = events.here().today_on
    rows = [{"agreement": one, "is_in_force": today in one.span} for one in Agreement.objects.all()]
    return render(request, "people/agreements.html", {"section": "oversight", "rows": rows})


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def add_agreement(request: HttpRequest) -> HttpResponse:
    """Both agreements of a sharing."""

    def save(form: forms.Form) -> HttpResponse:
        assert isinstance(form, NewAgreement)
        services.record_agreement(form.agreement(), by=_me(request))
        messages.success(request, _("La mutualisation est inscrite."), "ok")
        return redirect("agreements")

    title = _("Inscrire une mutualisation")
    return _form_page(request, NewAgreement(request.POST or None), save, title=title, back="agreements")


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def end_agreement(request: HttpRequest, agreement_id: str) -> HttpResponse:
    """It ends before its term."""
    kept = queries.agreement(agreement_id)

    def save(form: forms.Form) -> HttpResponse:
        services.end_agreement(kept, **form.cleaned_data, by=_me(request))
        messages.success(request, _("La mutualisation est finie ; ses habilitations sont retirées."), "ok")
        return redirect("agreements")

    form = EndHabilitation(request.POST or None, initial={"on": events.here().today_on})
    return _form_page(request, form, save, title=kept.authority, back="agreements")


@with_fresh_factor
@requires(Right.PEOPLE)
@require_POST
def end_session(request: HttpRequest, agent_id: str, session_id: str) -> HttpResponse:
    """An agent is logged out of one browser, and what was open is cut."""
    services.end_session(queries.session(queries.agent(agent_id), session_id), by=_me(request))
    messages.success(request, _("La session est fermée."), "ok")
    return redirect("agent", agent_id=agent_id)


@with_fresh_factor
@requires(Right.PEOPLE)
@require_POST
def drop_factors(request: HttpRequest, agent_id: str) -> HttpResponse:
    """Whoever lost phone and key starts again."""
    services.drop_factors(queries.agent(agent_id), by=_me(request))
    messages.success(request, _("Les seconds facteurs sont retirés, les sessions fermées."), "ok")
    return redirect("agent", agent_id=agent_id)


@requires()
@require_GET
def my_account(request: HttpRequest) -> HttpResponse:
    """What I may do, on which act, where I am logged in."""
    me = agent_of(request)
    here = request.session.session_key
    context = rows.agent_page(me) | {"sessions": queries.sessions(me), "here": here, "section": "my-account"}
    context |= {"provider": _provider(), "is_linked": me.identities.exists()}
    return render(request, "people/my_account.html", context)


@requires()
@require_POST
def end_my_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """I am logged out of one browser."""
    me = agent_of(request)
    services.end_session(queries.session(me, session_id), by=me.pk)
    messages.success(request, _("La session est fermée."), "ok")
    return redirect("my-account")


@requires(Right.PEOPLE)
@require_GET
def groups(request: HttpRequest) -> HttpResponse:
    """Groups of cameras that roles are given for."""
    return render(request, "people/groups.html", SECTION | {"groups": CameraGroup.objects.all()})


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def add_group(request: HttpRequest) -> HttpResponse:
    """A new group."""
    return _group_page(request, GroupForm(request.POST or None), title=_("Créer un groupe"))


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def change_group(request: HttpRequest, group_id: str) -> HttpResponse:
    """The cameras of a group."""
    group = queries.group(group_id)
    initial = {"id": group.pk, "name": group.name, "cameras": group.cameras}
    return _group_page(request, GroupForm(request.POST or None, initial=initial), title=group.name)


@requires(Right.PEOPLE, Right.JOURNAL)
@require_GET
def separations(request: HttpRequest) -> HttpResponse:
    """What one person does not hold together, and the acts that allow it here."""
    return render(request, "people/separations.html", SECTION | {"pairs": rows.pairs()})


@with_fresh_factor
@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def waive(request: HttpRequest, pair: str) -> HttpResponse:
    """One pair is turned off by an act."""

    def save(form: forms.Form) -> HttpResponse:
        services.waive(pair, **form.cleaned_data, by=_me(request))
        messages.success(request, _("L'acte est enregistré."), "ok")
        return redirect("separations")

    title = str(words.PAIRS.get(pair, pair))
    return _form_page(request, WaiverForm(request.POST or None), save, title=title, back="separations")


@with_fresh_factor
@requires(Right.PEOPLE)
@require_POST
def restore(request: HttpRequest, pair: str) -> HttpResponse:
    """A pair is kept apart again."""
    try:
        services.restore_separation(pair, by=_me(request))
        messages.success(request, _("La séparation est rétablie."), "ok")
    except BeffroiError as error:
        messages.error(request, _said(error), "bad")
    return redirect("separations")


def _group_page(request: HttpRequest, form: GroupForm, *, title: str) -> HttpResponse:
    def save(form: forms.Form) -> HttpResponse:
        typed = form.cleaned_data
        services.put_group(typed["id"], name=typed["name"], cameras=typed["cameras"], by=_me(request))
        messages.success(request, _("Le groupe est enregistré."), "ok")
        return redirect("camera-groups")

    return _form_page(request, form, save, title=title, back="camera-groups")


def _form_page(
    request: HttpRequest, form: forms.Form, save: Callable[[forms.Form], HttpResponse], *, title: str, back: str
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            return save(form)
        except BeffroiError as error:
            say(form, error)
    context = SECTION | {"form": form, "title": title, "back": back}
    return render(request, "people/form.html", context, status=400 if form.errors else 200)


def _provider() -> str:
    people = settings.BEFFROI.people
    return people.oidc_name if people.oidc_issuer else ""


def _me(request: HttpRequest) -> str:
    return agent_of(request).pk


def _said(error: BeffroiError) -> str:
    return error.message_fr if translation.get_language() == "fr" else error.message
