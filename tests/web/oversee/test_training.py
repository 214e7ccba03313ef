"""Training of agents: recorded, its end on the first page of who keeps it; late, it closes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.errors import InvalidInput
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.oversee.training import duties, queries, services
from beffroi.oversee.training.rules import CourseKind, State
from beffroi.oversee.training.services import NewCourse
from beffroi.people.models import Agent, Habilitation
from beffroi.people.rules import Right, Role

pytestmark = pytest.mark.django_db
PAGE = "/controle/formations/"


@pytest.fixture
def late(device: Device, agent_with: Callable[..., Agent]) -> Agent:
    """A municipal policeman of six years who followed nothing."""
    agent = agent_with(Role.POLICE, username="Brigadier")
    years = timedelta(days=6 * 365)
    Habilitation.objects.filter(agent=agent).update(first_on=timezone.localdate() - years, category="c")
    return Agent.objects.get(pk=agent.pk)


def course(days: str = "10", ended: int = 1) -> NewCourse:
    on = timezone.localdate() - timedelta(days=ended)
    return NewCourse(kind=CourseKind.CONTINUING, title="Formation continue", ended_on=on, days=Decimal(days))


def test_late_training_alerts_who_keeps_it_and_closes_nothing(
    late: Agent, agent_with: Callable[..., Agent], client_of: Callable[..., Client]
) -> None:
    chief = agent_with(Role.CHIEF)
    assert [due.tone for due in duties.duties(chief, timezone.localdate()) if late.name in due.title] == ["bad"]
    assert f"Prévoir la formation de {late.name}" in client_of(Role.ADMIN).get("/").content.decode()
    assert f"Prévoir la formation de {late.name}" not in client_of(Role.OPERATOR).get("/").content.decode()
    assert late.may(Right.LIVE), "never barred"


def test_a_course_makes_it_good_and_is_a_line(late: Agent, agent_with: Callable[..., Agent]) -> None:
    chief = agent_with(Role.CHIEF)
    services.record(late, course("4.5"), by=chief)
    services.record(late, course("5.5"), by=chief)
    found = next(row for row in queries.everybody(timezone.localdate()) if row.agent.pk == late.pk)
    assert [(one.days, one.state) for one in found.standings] == [(10.0, State.GOOD)]
    lines = Line.objects.filter(action="training.recorded", subject=late.pk)
    assert lines.count() == 2 and '"half_days":9' in lines.order_by("index")[0].detail


def test_a_course_that_is_not_over_is_refused(late: Agent, agent_with: Callable[..., Agent]) -> None:
    with pytest.raises(InvalidInput):
        services.record(late, course(ended=-1), by=agent_with(Role.CHIEF))


def test_it_is_recorded_in_the_browser(late: Agent, client_of: Callable[..., Client]) -> None:
    typed = {"agent": late.pk, "kind": "continuing", "title": "Tronc commun", "days": "10"}
    client = client_of(Role.CHIEF)
    assert client.post(f"{PAGE}inscrire/", {**typed, "ended_on": "2999-01-01"}).status_code == 400
    day = (timezone.localdate() - timedelta(days=3)).isoformat()
    assert client.post(f"{PAGE}inscrire/", {**typed, "ended_on": day}).status_code == 302
    assert "Tronc commun" in client_of(Role.INSPECTOR).get(PAGE).content.decode()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MAYOR, Role.POLICE])
def test_others_do_not_read_it(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get(PAGE).status_code == 403
