"""What a home page says to do: each act to whoever may do it, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.evidence.models import Requisition
from beffroi.people.events import duties
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from tests.web.evidence.conftest import Team, treat

pytestmark = pytest.mark.django_db


def titles(agent: Agent) -> list[str]:
    return [duty.title for duty in duties(agent)]


def test_a_call_waits_for_whoever_took_it_and_not_for_the_mayor(
    called: Requisition, team: Team, agent_with: Callable[..., Agent]
) -> None:
    assert "Inscrire la réquisition : Incendie de conteneurs" in " ".join(titles(team.operator))
    assert not [title for title in titles(agent_with(Role.MAYOR)) if "Incendie" in title]


def test_a_validation_waits_for_a_second_person_only(called: Requisition, team: Team) -> None:
    treat(called, team)
    assert [title for title in titles(team.deputy) if title.startswith("Valider")]
    assert not [title for title in titles(team.operator) if title.startswith("Valider")]


def test_the_home_page_leads_to_what_waits(called: Requisition, client_of: Callable[..., Client]) -> None:
    page = client_of(Role.OPERATOR).get(reverse("home")).content.decode()
    assert "Ce qui vous attend" in page
    assert reverse("requisition", args=[called.pk]) in page


def test_a_habilitation_that_ended_waits_for_whoever_keeps_accounts(
    agent_with: Callable[..., Agent], team: Team
) -> None:
    team.operator.habilitations.update(last_on=date(2020, 1, 1))
    keeper = agent_with(Role.ADMIN)
    found = [duty for duty in duties(keeper) if team.operator.name in duty.title]
    assert [duty.url for duty in found] == [reverse("agent", args=[team.operator.pk])]
