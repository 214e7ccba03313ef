"""What one person alone on shift let go waits for a second person: by the next day, on the board, on the first page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings

from beffroi.core.errors import BarredByLaw
from beffroi.core.instants import to_us
from beffroi.evidence import packing, services
from beffroi.evidence.documents import _handed, _people
from beffroi.evidence.models import Pack, Recipient, Requisition
from beffroi.evidence.packs.slip import _validated
from beffroi.evidence.queries import after, cases
from beffroi.evidence.rules import second_look_due_on
from beffroi.evidence.services.steps import clock
from beffroi.journal.models import Line
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.territory.queries import town_zone
from tests.web.evidence.conftest import HOUR_US, Team, deliver, treat

pytestmark = pytest.mark.django_db
TWO_DAYS_US = 48 * HOUR_US


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path) -> Iterator[None]:
    with override_settings(BEFFROI=replace(django_settings.BEFFROI, data=tmp_path)):
        yield


@pytest.fixture
def alone(called: Requisition, team: Team) -> Requisition:
    """Answered by the operator, alone on shift."""
    treat(called, team)
    services.go_alone(called, by=team.operator)
    return called


@pytest.mark.parametrize(
    ("alone_on", "due_on"),
    [
        (date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2028, 2, 28), date(2028, 2, 29)),
    ],
)
def test_a_second_person_looks_by_the_next_day(alone_on: date, due_on: date) -> None:
    assert second_look_due_on(alone_on) == due_on


def test_it_is_late_once_the_next_day_of_the_town_is_over(called: Requisition, team: Team) -> None:
    treat(called, team)
    services.go_alone(called, by=team.operator)
    one = after.awaited(clock.now_us())[0]
    zone = town_zone()
    end = datetime(one.due_on.year, one.due_on.month, one.due_on.day, 23, 59, 59, tzinfo=zone)
    assert not after.awaited(to_us(end))[0].is_late
    assert after.awaited(to_us(end) + 1_000_000)[0].is_late


def test_the_line_of_who_was_alone_says_until_when(alone: Requisition) -> None:
    detail = json.loads(Line.objects.get(action="requisition.alone").detail)
    assert detail["due_on"] == after.awaited(clock.now_us())[0].due_on.isoformat()


def test_the_first_page_calls_another_person_than_the_one_who_was_alone(
    alone: Requisition, client_of: Callable[..., Client], team: Team
) -> None:
    waits = f"Valider {alone.pk}, sortie sans deuxième personne"
    assert waits in client_of(Role.CHIEF).get("/").content.decode()
    assert waits not in client_of(Role.OPERATOR).get("/").content.decode()
    services.validate(alone, by=team.chief)
    assert waits not in client_of(Role.CHIEF).get("/").content.decode()


def test_the_board_says_the_day_and_then_that_it_is_late(
    alone: Requisition, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    chief = client_of(Role.CHIEF)
    assert "à valider au plus tard" in chief.get("/requisitions/").content.decode()
    later_us = clock.now_us() + TWO_DAYS_US
    monkeypatch.setattr(cases.clock, "now_us", lambda: later_us)
    assert "Validation en retard" in chief.get("/requisitions/").content.decode()
    assert "en retard depuis le" in chief.get("/").content.decode()


def test_a_missed_day_is_told_once_in_the_case_and_in_the_journal(alone: Requisition, team: Team) -> None:
    assert services.tell_late(clock.now_us()) == []
    late_us = clock.now_us() + TWO_DAYS_US
    assert services.tell_late(late_us) == [alone.pk]
    assert services.tell_late(late_us + 1) == []
    line = Line.objects.get(action="requisition.validation-late")
    assert (line.author, line.subject) == ("system", alone.pk)
    services.validate(alone, by=team.chief, at_us=late_us + 2)
    assert after.awaited(late_us + 3) == []


def test_who_was_alone_cannot_be_the_second_person(alone: Requisition, team: Team) -> None:
    with pytest.raises(BarredByLaw):
        services.validate(alone, by=Agent.objects.get(pk=team.operator.pk))
    assert [one.requisition.pk for one in after.awaited(clock.now_us())] == [alone.pk]


def test_changing_the_cameras_afterwards_does_not_hide_that_somebody_was_alone(alone: Requisition, team: Team) -> None:
    services.choose(alone, {"c01": ""}, by=team.operator)
    assert [one.requisition.pk for one in after.awaited(clock.now_us())] == [alone.pk]


def test_papers_made_again_say_validated_afterwards(alone: Requisition, team: Team, opj: Recipient) -> None:
    pack = services.ask_pack(alone, opj, by=team.chief)
    assert packing.order_of(pack).validator is None
    assert ("alone" if "seul" in _people(alone)[-1][1] else "") == "alone"
    Pack.objects.all().delete()
    deliver(alone, team, opj)
    again = Pack.objects.get()
    order = packing.order_of(again)
    assert order.validated_afterwards_at_us and "validé a posteriori le" in _validated(order, town_zone())
    assert _people(alone)[-1][0] == "Validé a posteriori"
    handed = alone.hand_overs.select_related("recipient", "pack", "by").get()
    assert _handed(handed)[-1][0] == "Validé a posteriori"


def test_what_two_persons_let_go_says_nothing_of_afterwards(called: Requisition, team: Team, opj: Recipient) -> None:
    treat(called, team)
    deliver(called, team, opj)
    order = packing.order_of(Pack.objects.get())
    assert order.validated_afterwards_at_us == 0 and "posteriori" not in _validated(order, town_zone())
