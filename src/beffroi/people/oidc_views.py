"""Addresses of the sign-in by an OpenID Connect provider, and of the link between an agent and a subject."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from beffroi.core.errors import BeffroiError, NotAuthenticated, NotFound
from beffroi.people import oidc, services
from beffroi.people.models import Agent, Identity
from beffroi.people.permissions import agent_of, public, requires, with_fresh_factor

_SESSION = "oidc"


@public
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """To the provider."""
    return _leave(request, link=False)


@with_fresh_factor
@requires()
@require_GET
def link(request: HttpRequest) -> HttpResponse:
    """To the provider, to link who comes back to the agent logged in."""
    return _leave(request, link=True)


@requires()
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    """The provider does not sign this agent in any more."""
    services.unlink_identities(agent_of(request))
    messages.success(request, _("Le lien est retiré."), "ok")
    return redirect("my-account")


@public
@require_GET
def come_back(request: HttpRequest) -> HttpResponse:
    """From the provider: a sign-in, or a link."""
    kept: dict[str, Any] | None = request.session.pop(_SESSION, None)
    try:
        begun = oidc.Begun(**kept["begun"]) if kept else None
        begun = oidc.check_state(begun, request.GET.get("state", ""))
        if "error" in request.GET or "code" not in request.GET:
            raise NotAuthenticated(
                "The provider signed nobody in.", message_fr="Le fournisseur d'identité n'a connecté personne."
            )
        subject = oidc.finish(_client(request), begun, request.GET["code"])
        if kept and kept["link"]:
            return _linked(request, subject)
        return _entered(request, subject)
    except BeffroiError as error:
        return _told(request, error)


def _leave(request: HttpRequest, *, link: bool) -> HttpResponse:
    begun = oidc.begin()
    try:
        target = oidc.address(_client(request), begun)
    except BeffroiError as error:
        return _told(request, error)
    request.session[_SESSION] = {"begun": asdict(begun), "link": link}
    return HttpResponseRedirect(target)


def _told(request: HttpRequest, error: BeffroiError) -> HttpResponse:
    """A page, not the way to the sign-in that every other refusal takes: it would say nothing."""
    message = error.message_fr if translation.get_language() == "fr" else error.message
    return render(request, "web/error.html", {"error": error, "message": message}, status=error.http_status)


def _client(request: HttpRequest) -> oidc.Client:
    people = settings.BEFFROI.people
    if not people.oidc_issuer:
        raise NotFound("No identity provider is set.", message_fr="Aucun fournisseur d'identité n'est réglé.")
    return oidc.Client(
        issuer=people.oidc_issuer,
        client_id=people.oidc_client,
        secret=(settings.BEFFROI.data / people.oidc_secret_file).read_text().strip(),
        redirect_uri=request.build_absolute_uri(reverse("oidc-back")),
    )


def _entered(request: HttpRequest, subject: oidc.Subject) -> HttpResponse:
    found = Identity.objects.filter(issuer=subject.issuer, subject=subject.subject).select_related("agent").first()
    if found is None or not found.agent.is_active:
        raise NotAuthenticated(
            "No account of this town is linked to you; log in once with your password and link it (My account).",
            message_fr="Aucun compte de la ville n'est lié à vous ; connectez-vous une fois avec votre mot de passe "
            "et liez-le (Mon compte).",
        )
    answer: HttpResponse = perform_login(request, found.agent, email_verification="none", redirect_url=reverse("home"))
    return answer


def _linked(request: HttpRequest, subject: oidc.Subject) -> HttpResponse:
    if not isinstance(request.user, Agent):
        raise NotAuthenticated("Log in first.", message_fr="Connectez-vous d'abord.")
    services.link_identity(request.user, issuer=subject.issuer, subject=subject.subject)
    messages.success(request, _("Votre compte est lié."), "ok")
    return redirect("my-account")
