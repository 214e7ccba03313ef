"""Writes about agents."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.people.models import Agent, AgentRole
from beffroi.people.rules import Role


def add_agent(
    username: str,
    password: str,
    roles: Iterable[Role],
    *,
    name: str,
    title: str = "",
    email: str = "",
    language: str = "fr",
    is_demo: bool = False,
) -> Agent:
    """A new agent who may log in.

    Errors: InvalidInput naming `password` when it is too weak, Conflict when the name or address is taken.
    """
    agent = Agent(username=username, name=name, title=title, email=email, language=language, is_demo=is_demo)
    _check_password(password, agent)
    agent.set_password(password)
    try:
        with transaction.atomic():
            agent.save(force_insert=True)
            AgentRole.objects.bulk_create(AgentRole(agent=agent, role=role) for role in dict.fromkeys(roles))
    except IntegrityError:
        raise Conflict(
            f"The name {username!r} or its e-mail address is taken; choose another.",
            message_fr=f"Le nom {username!r} ou son adresse est déjà pris ; choisissez-en un autre.",
            field="username",
        ) from None
    return agent


def set_password(agent: Agent, password: str) -> None:
    """A new password; every session of the agent ends."""
    _check_password(password, agent)
    with transaction.atomic():
        agent.set_password(password)
        agent.save(update_fields=["password"])
        end_sessions(agent)


def change_agent(agent: Agent, roles: Iterable[Role], *, title: str, is_active: bool) -> None:
    """New roles, function, access; the agent's sessions end so that nothing old stays open.

    Errors: Conflict when nobody could manage agents afterwards.
    """
    wanted = set(roles)
    with transaction.atomic():
        agent.title, agent.is_active = title, is_active
        agent.save(update_fields=["title", "is_active"])
        agent.roles.exclude(role__in=wanted).delete()
        AgentRole.objects.bulk_create((AgentRole(agent=agent, role=role) for role in wanted), ignore_conflicts=True)
        if not AgentRole.objects.filter(role=Role.ADMIN, agent__is_active=True).exists():
            raise Conflict(
                "One active administrator must remain.",
                message_fr="Il faut qu'il reste une personne active chargée de l'administration.",
                field="roles",
            )
        end_sessions(agent)


def keep_language(agent: Agent, language: str) -> None:
    """The language of this agent's pages: `fr` or `en`."""
    agent.language = language
    agent.save(update_fields=["language"])


def end_sessions(agent: Agent) -> None:
    """Logs the agent out everywhere. Sessions are few (one a post); each is read once."""
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(agent.pk):
            session.delete()


def _check_password(password: str, agent: Agent) -> None:
    try:
        validate_password(password, agent)
    except ValidationError as error:
        text = " ".join(error.messages)
        raise InvalidInput(text, field="password") from None
