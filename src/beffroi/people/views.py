"""Pages about agents."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from beffroi.core.errors import BeffroiError, NotFound
from beffroi.people import services
from beffroi.people.forms import ChangeAgent, NewAgent
from beffroi.people.models import Agent
from beffroi.people.permissions import requires
from beffroi.people.rules import Right, Role


@requires(Right.PEOPLE)
@require_GET
def agents(request: HttpRequest) -> HttpResponse:
    """Everybody who has, or had, an account."""
    found = Agent.objects.prefetch_related("roles").order_by("-is_active", "name")
    return render(request, "people/agents.html", {"section": "agents", "agents": found})


@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def add_agent(request: HttpRequest) -> HttpResponse:
    """A new account."""
    form = NewAgent(request.POST or None)
    if form.is_bound and form.is_valid():
        typed = dict(form.cleaned_data)
        username, password, roles = typed.pop("username"), typed.pop("password"), typed.pop("roles")
        try:
            services.add_agent(username, password, [Role(role) for role in roles], **typed)
        except BeffroiError as error:
            _say(form, error)
        else:
            messages.success(request, _("Le compte est créé."), "ok")
            return redirect("agents")
    context = {"section": "agents", "form": form, "agent": None}
    return render(request, "people/agent_form.html", context, status=400 if form.errors else 200)


@requires(Right.PEOPLE)
@require_http_methods(["GET", "POST"])
def change_agent(request: HttpRequest, agent_id: str) -> HttpResponse:
    """Roles and access of an account."""
    agent = Agent.objects.filter(pk=agent_id).first()
    if agent is None:
        raise NotFound("There is no such agent.", message_fr="Cet agent n'existe pas.")
    initial = {"title": agent.title, "roles": agent.role_codes, "is_active": agent.is_active}
    form = ChangeAgent(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            _change(agent, form)
        except BeffroiError as error:
            _say(form, error)
        else:
            messages.success(request, _("Le compte est modifié ; ses sessions ouvertes sont fermées."), "ok")
            return redirect("agents")
    context = {"section": "agents", "form": form, "agent": agent}
    return render(request, "people/agent_form.html", context, status=400 if form.errors else 200)


def _change(agent: Agent, form: ChangeAgent) -> None:
    typed = form.cleaned_data
    roles = [Role(role) for role in typed["roles"]]
    services.change_agent(agent, roles, title=typed["title"], is_active=typed["is_active"])
    if typed["password"]:
        services.set_password(agent, typed["password"])


def _say(form: forms.Form, error: BeffroiError) -> None:
    text = error.message_fr if translation.get_language() == "fr" else error.message
    form.add_error(error.field if error.field in form.fields else None, text)
