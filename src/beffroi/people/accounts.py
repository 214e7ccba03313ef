"""What login needs from us: no sign-up, one lock-out per account and address, a clear message."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.people.models import Agent

_NAME_MAX = 60


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's seam."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by the town's administrator only."""
        return False

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """A factor, where one is set; the password only where none is."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [method for method in methods if method["id"] != "reauthenticate"]
        passkeys_first = sorted(factors, key=lambda method: "webauthn" not in method["id"])
        return passkeys_first or methods


def locked_name(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """One name per account, whether it was typed as username or e-mail address, in any case."""
    typed = (credentials or {}).get("username") or (credentials or {}).get("email")
    if not typed and request is not None:
        typed = request.POST.get("login")
    text = str(typed or "").strip().lower()
    if "@" in text:
        text = Agent.objects.filter(email__iexact=text).values_list("username", flat=True).first() or text
    return text.lower()[:_NAME_MAX]


def address_of(request: HttpRequest) -> str:
    """The peer's address; no header is believed."""
    return str(request.META.get("REMOTE_ADDR", ""))


def locked_out(request: HttpRequest, *unused: Any, **kept: Any) -> HttpResponse:
    """The page shown while an account is locked for one address."""
    return render(request, "account/locked.html", status=429)
