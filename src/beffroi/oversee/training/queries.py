"""Reads about training: how every agent stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from beffroi.core.dates import day_of
from beffroi.oversee.models import Training
from beffroi.oversee.training import rules
from beffroi.oversee.training.rules import Course, CourseKind, Standing, State
from beffroi.people.models import Agent
from beffroi.people.rules import SEEING, Category, Role
from beffroi.territory.queries import town_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStanding:
    """An agent, what they followed, what is asked of them. No standing: no text asks anything."""

    agent: Agent
    courses: tuple[Training, ...]
    standings: tuple[Standing, ...]

    @property
    def waits(self) -> tuple[Standing, ...]:
        """What is late or soon due."""
        return tuple(one for one in self.standings if one.state is not State.GOOD)


def everybody(today: date) -> list[AgentStanding]:
    """Every active agent who sees pictures or followed a course, by name."""
    followed: dict[str, list[Training]] = defaultdict(list)
    for row in Training.objects.all():
        followed[row.agent_id].append(row)
    agents = Agent.objects.filter(is_active=True).prefetch_related("assignments", "habilitations").order_by("name")
    return [
        _standing(agent, followed[agent.pk], today)
        for agent in agents
        if followed[agent.pk] or {Role(code) for code in agent.role_codes} & SEEING
    ]


def _standing(agent: Agent, followed: list[Training], today: date) -> AgentStanding:
    acts = list(agent.habilitations.all())
    roles = [Role(code) for code in agent.role_codes]
    began_on = min((act.first_on for act in acts), default=day_of(agent.created_at, town_zone()))
    courses = [
        Course(
            kind=CourseKind(row.kind), ended_on=row.ended_on, days=float(row.days), valid_until_on=row.valid_until_on
        )
        for row in followed
    ]
    years = rules.years_of(roles, [Category(act.category) for act in acts])
    found = rules.standings(courses, today, years=years, began_on=began_on)
    return AgentStanding(agent=agent, courses=tuple(followed), standings=tuple(found))
