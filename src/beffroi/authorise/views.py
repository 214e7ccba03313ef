"""Pages of the authorisations: how they stand, and the papers that people write down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.authorise import order_page, pages, services
from beffroi.authorise.forms import DeclarationForm, OrderForm, UndertakingForm, WindowForm, WithdrawalForm
from beffroi.authorise.models import Dossier, Order, TestWindow
from beffroi.authorise.services import NewDeclaration, NewOrder, windows
from beffroi.authorise.services.windows import NewWindow
from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, NotFound
from beffroi.people.forms import say
from beffroi.people.models import Agent
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

SECTION = {"section": "authorisations"}
READS = (Right.PROGRAMME, Right.CONFIGURE)


@requires(*READS)
@require_GET
def authorisations(request: HttpRequest) -> HttpResponse:
    """Orders, receipts, declarations, tests, differences; what is missing and what is to be decided."""
    now = timezone.now()
    page = pages.authorisations(day_of(now, town_zone()), at=now)
    return render(request, "authorise/authorisations.html", SECTION | {"page": page})


@requires(*READS)
@require_GET
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """One order and the cameras it covers."""
    return order_page_of(request, order_named(order_id))


def order_page_of(
    request: HttpRequest, found: Order, *, withdrawal: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    """The page of an order, with the form that was refused, if any."""
    page = order_page.page(found, day_of(timezone.now(), town_zone()))
    context = {"order": found, "page": page, "withdrawal": withdrawal or WithdrawalForm()}
    return render(request, "authorise/order.html", SECTION | context, status=status)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_order(request: HttpRequest) -> HttpResponse:
    """An order received from the prefecture."""

    def save(typed: dict[str, Any]) -> HttpResponse:
        own = typed.pop("camera_purposes")
        cameras = {camera: own.get(camera, ()) for camera in typed.pop("cameras")}
        new = NewOrder(**typed | {"purposes": tuple(typed["purposes"])}, cameras=cameras)
        made = services.record_order(new, by=me(request), at=timezone.now())
        messages.success(request, _("L'arrêté est inscrit."), "ok")
        return redirect("order", order_id=made.pk)

    asked = Dossier.objects.filter(pk=request.GET.get("dossier", "")[:63]).first()
    form = OrderForm(request.POST or None, initial=OrderForm.initial_of(asked) if asked else None)
    return form_page(request, form, save, title=_("Inscrire un arrêté"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_undertaking(request: HttpRequest) -> HttpResponse:
    """The undertaking sent to the CNIL; written down again with its receipt when it comes."""

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.record_undertaking(**typed, by=me(request), at=timezone.now())
        messages.success(request, _("L'engagement est inscrit."), "ok")
        return redirect("authorisations")

    title = _("Inscrire l'engagement envoyé à la CNIL")
    return form_page(request, UndertakingForm(request.POST or None), save, title=title)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_declaration(request: HttpRequest) -> HttpResponse:
    """The letter that tells the prefect of a commissioning."""

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.declare(NewDeclaration(**typed), by=me(request), at=timezone.now())
        messages.success(request, _("La déclaration est inscrite."), "ok")
        return redirect("authorisations")

    title = _("Inscrire une déclaration de mise en service")
    return form_page(request, DeclarationForm(request.POST or None), save, title=title)


@requires(Right.CONFIGURE)
@require_POST
def suspend_order(request: HttpRequest, order_id: str) -> HttpResponse:
    """The prefect suspended it: its cameras close now."""
    services.suspend(order_named(order_id), by=me(request), at=timezone.now())
    messages.success(request, _("L'arrêté est suspendu : ses caméras sont fermées."), "ok")
    return redirect("order", order_id=order_id)


@requires(Right.CONFIGURE)
@require_POST
def resume_order(request: HttpRequest, order_id: str) -> HttpResponse:
    """The suspension is over."""
    services.resume(order_named(order_id), by=me(request), at=timezone.now())
    messages.success(request, _("La suspension est levée."), "ok")
    return redirect("order", order_id=order_id)


@requires(Right.CONFIGURE)
@require_POST
def withdraw_order(request: HttpRequest, order_id: str) -> HttpResponse:
    """The prefect withdrew it."""
    found, form = order_named(order_id), WithdrawalForm(request.POST)
    if form.is_valid():
        try:
            services.withdraw(found, on=form.cleaned_data["withdrawn_on"], by=me(request), at=timezone.now())
        except BeffroiError as error:
            say(form, error)
        else:
            messages.success(request, _("L'arrêté est retiré."), "ok")
            return redirect("order", order_id=order_id)
    return order_page_of(request, found, withdrawal=form, status=400)


@requires(Right.LIVE)
@require_http_methods(["GET", "POST"])
def open_window(request: HttpRequest) -> HttpResponse:
    """Cameras in test stream for their agents, 48 hours at most."""
    agent, now = agent_of(request), timezone.now()

    def save(typed: dict[str, Any]) -> HttpResponse:
        agents = tuple(Agent.objects.filter(pk__in=typed["agents"]))
        new = NewWindow(cameras=tuple(typed["cameras"]), hours=typed["hours"], reason=typed["reason"], agents=agents)
        windows.open_window(new, by=agent, at=now)
        messages.success(request, _("La fenêtre d'essai est ouverte."), "ok")
        return redirect("authorisations" if agent.rights & set(READS) else "console")

    form = WindowForm(request.POST or None, on=day_of(now, town_zone()), by=agent)
    return form_page(request, form, save, title=_("Ouvrir une fenêtre d'essai"))


@requires(Right.LIVE, Right.CONFIGURE)
@require_POST
def close_window(request: HttpRequest, window_id: int) -> HttpResponse:
    """The test is over; its footage is destroyed."""
    found = TestWindow.objects.filter(pk=window_id).first()
    if found is None:
        raise NotFound("There is no such test window.", message_fr="Cette fenêtre d'essai n'existe pas.")
    windows.close_window(found, by=me(request), at=timezone.now())
    messages.success(request, _("L'essai est fini ; ses images sont détruites."), "ok")
    return redirect("authorisations" if agent_of(request).rights & set(READS) else "console")


def form_page(
    request: HttpRequest, form: forms.Form, save: Callable[[dict[str, Any]], HttpResponse], *, title: str
) -> HttpResponse:
    """A form alone on its page; refused, it stands there with what is wrong."""
    if form.is_bound and form.is_valid():
        try:
            return save(dict(form.cleaned_data))
        except BeffroiError as error:
            say(form, error)
    for name in form.errors if form.is_bound else ():
        if name in form.fields:
            form.fields[name].widget.attrs["aria-invalid"] = "true"
    context = SECTION | {"form": form, "title": title}
    return render(request, "authorise/paper_form.html", context, status=400 if form.errors else 200)


def order_named(order_id: str) -> Order:
    """The order of an address. Errors: NotFound."""
    found = Order.objects.filter(pk=order_id).first()
    if found is None:
        raise NotFound("There is no such order.", message_fr="Cet arrêté n'existe pas.")
    return found


def me(request: HttpRequest) -> str:
    """The agent who acts, by id."""
    return agent_of(request).pk
