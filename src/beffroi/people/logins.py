"""What the sign-in libraries tell: logins, lock-outs, own passwords, factors. What was typed is never kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out

from beffroi.journal.services import Entry, Register, append
from beffroi.people import services
from beffroi.people.models import Agent


def connect() -> None:
    """Called once, when Django is ready."""
    user_logged_in.connect(_logged_in, dispatch_uid="journal")
    user_logged_out.connect(_logged_out, dispatch_uid="journal")
    user_locked_out.connect(_locked_out, dispatch_uid="journal")
    password_changed.connect(_password_changed, dispatch_uid="journal")
    for signal, how in (
        (authenticator_added, "added"),
        (authenticator_removed, "removed"),
        (authenticator_reset, "reset"),
    ):
        signal.connect(_factor(how), dispatch_uid="journal", weak=False)


def _logged_in(user: Agent, **unused: Any) -> None:
    _tell("session.opened", user)


def _logged_out(user: Agent | None, **unused: Any) -> None:
    if user is not None:
        _tell("session.closed", user)


def _locked_out(username: str, **unused: Any) -> None:
    """Too many wrong passwords; the account is named only if there is one."""
    agent = Agent.objects.filter(username__iexact=username).first()
    subject = agent.pk if agent else "unknown"
    append(Entry(register=Register.HABILITATION, action="account.locked-out", author="system", subject=subject))


def _password_changed(user: Agent, **unused: Any) -> None:
    services.keep_password_change(user)


def _factor(how: str) -> Callable[..., None]:
    def told(user: Agent, authenticator: Any, **unused: Any) -> None:
        services.keep_factor(user, how, str(authenticator.type))

    return told


def _tell(action: str, agent: Agent) -> None:
    append(Entry(register=Register.HABILITATION, action=action, author=agent.pk, subject=agent.pk))
