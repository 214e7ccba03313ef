"""The second factor: who must have one, how fresh it is, its secrets sealed, its changes journalled.

Source: NIST SP 800-63B; OWASP ASVS 5.0, 6.3 and 6.5. The factors themselves are django-allauth's.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from beffroi.core.errors import NotAuthenticated, NotPermitted
from beffroi.people.answers import error_answer, wants_json
from beffroi.people.permissions import declared

if TYPE_CHECKING:
    from beffroi.people.models import Agent

FRESH_S = 300
_PURPOSE = "second-factor"
_FACTORS = ("totp", "webauthn")
_WITHOUT = ("mfa_", "account_", "set_language", "my-account", "end-my-session", "oidc")
"""Names of the views that whoever still lacks a factor may open."""


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's seam."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(settings.SITE_KEY.seal(text, purpose=_PURPOSE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        sealed = base64.b64decode(encrypted_text)
        opened: str = settings.SITE_KEY.unseal(sealed, purpose=_PURPOSE)
        return opened

    def send_notification_mail(self, *unused: Any, **kept: Any) -> None:
        """Beffroi sends no mail; the journal and the agent's page tell."""

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.username)


def has_factor(agent: Agent) -> bool:
    """True when this agent set a passkey or one-time codes up; recovery codes alone are none."""
    return SecondFactors().is_mfa_enabled(agent, _FACTORS)  # type: ignore[no-any-return]


def is_fresh(request: HttpRequest) -> bool:
    """True when the agent of `request` has no factor, or gave it in the last five minutes."""
    if not has_factor(request.user):  # type: ignore[arg-type]  # callers checked the login
        return True
    given = [record["at"] for record in get_authentication_records(request, request.user) if record["method"] == "mfa"]
    return bool(given) and time.time() - max(given) < FRESH_S


def check_fresh(request: HttpRequest) -> None:
    """Nothing, when the second factor is fresh. Errors: NotAuthenticated, which says where to give it."""
    if not is_fresh(request):
        raise NotAuthenticated(
            "Give your second factor again (My account, Confirm), then repeat.",
            message_fr="Donnez à nouveau votre second facteur (Mon compte, Confirmer), puis recommencez.",
            field="second_factor",
        )


class SecondFactorFirst:
    """Sends whoever must have a second factor, or give it again, to do so before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._next(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *unused: Any) -> HttpResponse | None:
        access = declared(view)
        if access is None or access.who != "agent" or not request.user.is_authenticated:
            return None
        name = request.resolver_match.url_name or "" if request.resolver_match else ""
        if name.startswith(_WITHOUT):
            return None
        if settings.BEFFROI.people.second_factor == "required" and not has_factor(request.user):
            return _set_up(request)
        if access.fresh and not is_fresh(request):
            return _again(request)
        return None


def _set_up(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return error_answer(
            NotPermitted(
                "Set a second factor up first (My account).",
                message_fr="Installez d'abord un second facteur (Mon compte).",
                field="second_factor",
            )
        )
    messages.warning(request, _("Installez d'abord un second facteur : une clé, ou une application de codes."), "warn")
    return HttpResponseRedirect(reverse("mfa_index"))


def _again(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the factor; afterwards back to the page the form stands on, to send it again."""
    if wants_json(request):
        try:
            check_fresh(request)
        except NotAuthenticated as error:
            return error_answer(error)
    from allauth.account.adapter import get_adapter

    target = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("home")
    method = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
    return HttpResponseRedirect(f"{method}?{urlencode({'next': target})}")
