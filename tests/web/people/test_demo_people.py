"""The people of the demo: fourteen personas, twelve acts of which one is expired and one suspended."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from beffroi.cli import demo_people
from beffroi.people import queries
from beffroi.people.models import Agent, Habilitation
from beffroi.people.rules import IMAGE_RIGHTS, Standing
from beffroi.territory.models import Town

pytestmark = pytest.mark.django_db


def test_the_town_has_fourteen_personas_and_twelve_acts(town: Town, tmp_path: Path) -> None:
    demo_people.add_accounts(tmp_path / "accounts.txt")
    assert len(demo_people.PERSONAS) == 14
    standings = Counter(stand.standing for stand in queries.register())
    assert sum(standings.values()) == 12
    assert (standings[Standing.EXPIRED], standings[Standing.SUSPENDED], standings[Standing.ENDING]) == (1, 1, 1)
    seeing = {agent.username for agent in Agent.objects.all() if agent.rights & IMAGE_RIGHTS}
    assert {"operateur", "operatrice", "cheffe", "police", "opj"} <= seeing
    assert not {"maire", "dpo", "admin", "mainteneur", "installateur", "expiree", "suspendu"} & seeing


def test_whoever_logs_in_has_a_password_of_their_own_and_a_second_start_adds_nothing(
    town: Town, tmp_path: Path
) -> None:
    path = tmp_path / "accounts.txt"
    demo_people.add_accounts(path)
    text = path.read_text()
    passwords = [line.split()[1] for line in text.splitlines()[1:]]
    assert len(set(passwords)) == len(passwords) == 17
    assert path.stat().st_mode & 0o777 == 0o600
    demo_people.add_accounts(path)
    assert path.read_text() == text
    assert Habilitation.objects.count() == 12
    assert not Agent.objects.get(username="agent5").has_usable_password()
