"""Reads: how each agent stands, who lost what lately, who sits where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.sessions.models import Session
from django.utils import timezone

from beffroi.core.dates import DateSpan
from beffroi.core.errors import NotFound
from beffroi.core.instants import US_PER_S
from beffroi.people import events
from beffroi.people.models import Agent, AgentSession, Agreement, Assignment, CameraGroup, Habilitation, Revocation
from beffroi.people.rules import SEEING, Role, Standing

REVOCATIONS_LIVE_US = (15 + 1) * 60 * US_PER_S
"""The longest grant and the minute it has to open: older revocations have nothing left to kill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A habilitation, or that there is none, on a day; `until_on` is the first day without it."""

    standing: Standing
    until_on: date | None = None
    days_left: int = 0
    habilitation: Habilitation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """A line of the agents' list. `stand` is None for those whose roles see no picture."""

    agent: Agent
    stand: Stand | None


def agent_rows() -> list[AgentRow]:
    """Everybody who has, or had, an account."""
    here = events.here()
    found = Agent.objects.prefetch_related("assignments__group", "habilitations").order_by("-is_active", "name")
    return [AgentRow(agent=agent, stand=best_stand(agent, here)) for agent in found]


def agent(agent_id: str) -> Agent:
    """One agent.

    Errors: NotFound.
    """
    found = Agent.objects.filter(pk=agent_id).first()
    if found is None:
        raise NotFound("There is no such agent.", message_fr="Cet agent n'existe pas.")
    return found


def stand(kept: Habilitation, here: events.Here) -> Stand:
    """How one act stands today."""
    act = kept.act
    return Stand(
        standing=act.standing(here.today_on, here=here.town),
        until_on=act.until_on,
        days_left=(act.until_on - here.today_on).days - 1,
        habilitation=kept,
    )


def best_stand(agent: Agent, here: events.Here) -> Stand | None:
    """The best of an agent's acts, None when no role of theirs sees pictures and there is no act."""
    found = sorted(
        (stand(kept, here) for kept in agent.habilitations.all()),
        key=lambda one: (tuple(Standing).index(one.standing), -one.days_left),
    )
    if found:
        return found[0]
    return Stand(standing=Standing.MISSING) if {Role(code) for code in agent.role_codes} & SEEING else None


def register() -> list[Stand]:
    """The register of habilitations: every act ever recorded, the newest first."""
    here = events.here()
    kept = Habilitation.objects.select_related("agent").order_by("-first_on", "agent__name")
    return [stand(one, here) for one in kept]


def revocations(now_us: int) -> dict[str, int]:
    """By agent: grants given up to that instant are dead. Those with nothing left to kill are left out."""
    rows = Revocation.objects.filter(at_us__gte=now_us - REVOCATIONS_LIVE_US).order_by("agent_id", "at_us")
    return {row.agent_id: row.at_us for row in rows}


def sessions(agent: Agent) -> list[AgentSession]:
    """Sessions open now."""
    open_now = set(Session.objects.filter(expire_date__gt=timezone.now()).values_list("pk", flat=True))
    return [session for session in agent.sessions.all() if session.key in open_now]


def session(agent: Agent, session_id: str) -> AgentSession:
    """One session of this agent. Errors: NotFound."""
    found = agent.sessions.filter(pk=session_id).first()
    if found is None:
        raise NotFound("There is no such session.", message_fr="Cette session n'existe pas.")
    return found


def assignment(agent_id: str, assignment_id: int) -> Assignment:
    """One role held by this agent. Errors: NotFound."""
    found = Assignment.objects.select_related("agent").filter(pk=assignment_id, agent_id=agent_id).first()
    if found is None:
        raise NotFound("This role is not held.", message_fr="Ce rôle n'est pas tenu.")
    return found


def habilitation(habilitation_id: str) -> Habilitation:
    """One act. Errors: NotFound."""
    found = Habilitation.objects.select_related("agent").filter(pk=habilitation_id).first()
    if found is None:
        raise NotFound("There is no such act.", message_fr="Cet acte n'existe pas.")
    return found


def agreement(agreement_id: str) -> Agreement:
    """A sharing with another authority. Errors: NotFound."""
    found = Agreement.objects.filter(pk=agreement_id).first()
    if found is None:
        raise NotFound("There is no such agreement.", message_fr="Cette convention n'existe pas.")
    return found


def sharing_spans() -> dict[str, tuple[DateSpan, ...]]:
    """By authority, in lower case: the days on which the town shares with it. Source: CSI L. 132-14."""
    found: dict[str, tuple[DateSpan, ...]] = {}
    for row in Agreement.objects.all():
        name = row.authority.casefold()
        found[name] = (*found.get(name, ()), row.span)
    return found


def group(group_id: str) -> CameraGroup:
    """One group of cameras. Errors: NotFound."""
    found = CameraGroup.objects.filter(pk=group_id).first()
    if found is None:
        raise NotFound("There is no such group.", message_fr="Ce groupe n'existe pas.")
    return found
