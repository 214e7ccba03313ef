"""What tables of the people's pages show: one record a line, words already chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beffroi.people import events, queries, words
from beffroi.people.models import Agent, Waiver
from beffroi.people.rules import IN_FORCE, Standing
from beffroi.people.words import PAIRS


@dataclass(frozen=True, slots=True, kw_only=True)
class StandRow:
    """How a habilitation stands: a word, a tone, a shape; the act itself when there is one."""

    word: str | Promise
    tone: str
    shape: str
    is_in_force: bool
    is_over: bool
    stand: queries.Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """A line of the agents' list; `stand` is None for those whose roles see no picture."""

    agent: Agent
    stand: StandRow | None


def agents() -> list[AgentRow]:
    """Everybody who has, or had, an account."""
    return [AgentRow(agent=row.agent, stand=_row(row.stand) if row.stand else None) for row in queries.agent_rows()]


def register() -> list[StandRow]:
    """Every act, the newest first."""
    return [_row(stand) for stand in queries.register()]


def pairs() -> list[tuple[str, str | Promise, Waiver | None]]:
    """Code and words of each pair kept apart, and the act that waives it when there is one."""
    waived = {waiver.pair: waiver for waiver in Waiver.objects.all()}
    return [(code, words, waived.get(code)) for code, words in PAIRS.items()]


def agent_page(agent: Agent) -> dict[str, Any]:
    """What the page of an agent, and the agent's own, show."""
    here = events.here()
    return {
        "agent": agent,
        "assignments": agent.assignments.select_related("group"),
        "acts": [_row(queries.stand(kept, here)) for kept in agent.habilitations.all()],
        "whys": whys(agent),
    }


def whys(agent: Agent) -> list[str]:
    """Why roles of this agent see no picture today, in the reader's language; empty when they do."""
    french = translation.get_language() == "fr"
    return [told[0] if french else told[1] for told in dict.fromkeys(map(words.why, agent.permit.lacks))]


def _row(stand: queries.Stand) -> StandRow:
    word, tone, shape = words.STANDINGS[stand.standing]
    if stand.standing is Standing.ENDING:
        word = _("expire dans %(left)d j") % {"left": stand.days_left}
    return StandRow(
        word=word,
        tone=tone,
        shape=shape,
        is_in_force=stand.standing in IN_FORCE,
        is_over=stand.standing in {Standing.EXPIRED, Standing.WITHDRAWN},
        stand=stand,
    )
