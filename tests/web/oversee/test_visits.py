"""Visits to the control room: in, out, shown on the console meanwhile; names in the register and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.oversee.models import Visit
from beffroi.oversee.visits import duties, services
from beffroi.oversee.visits.rules import VisitPurpose
from beffroi.oversee.visits.services import NewVisit
from beffroi.people.models import Agent
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
PAGE = "/controle/visites/"
DAY_US = 86_400_000_000
NAMES = "Madame Delrieu et son adjoint"


@pytest.fixture
def chief(device: Device, agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.CHIEF)


def new(chief: Agent, *, count: int = 2, names: str = NAMES) -> NewVisit:
    return NewVisit(purpose=VisitPurpose.AUTHORITY, body="Préfecture", names=names, count=count, host=chief)


def test_names_are_in_the_register_and_not_in_the_journal(chief: Agent) -> None:
    visit = services.come_in(new(chief), by=chief)
    services.go_out(visit.pk, by=chief)
    lines = list(Line.objects.filter(subject=visit.pk).order_by("index"))
    assert [line.action for line in lines] == ["visit.in", "visit.out"]
    assert lines[0].reason == "authority" and "Delrieu" not in "".join(line.detail for line in lines)
    assert Visit.objects.get().names == NAMES


def test_the_console_counts_who_is_in_the_room_until_they_leave(chief: Agent, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.OPERATOR)
    assert client.get("/api/state").json()["visitors"] == 0
    visit = services.come_in(new(chief), by=chief)
    services.come_in(new(chief, count=1), by=chief)
    assert client.get("/api/state").json()["visitors"] == 3
    services.go_out(visit.pk, by=chief)
    assert client.get("/api/state").json()["visitors"] == 1


@pytest.mark.parametrize(("count", "names", "field"), [(0, NAMES, "count"), (31, NAMES, "count"), (1, "  ", "names")])
def test_a_visit_says_who_comes(chief: Agent, count: int, names: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.come_in(new(chief, count=count, names=names), by=chief)
    assert refusal.value.field == field and not Visit.objects.exists()


def test_nobody_leaves_twice(chief: Agent) -> None:
    visit = services.come_in(new(chief), by=chief)
    services.go_out(visit.pk, by=chief)
    with pytest.raises(Conflict):
        services.go_out(visit.pk, by=chief)


def test_a_visit_whose_end_was_forgotten_is_late_the_next_day(chief: Agent) -> None:
    services.come_in(new(chief), by=chief)
    assert [due.tone for due in duties.duties(chief, timezone.localdate())] == ["warn"]
    Visit.objects.update(in_at_us=services.clock.now_us() - 2 * DAY_US)
    assert [due.tone for due in duties.duties(chief, timezone.localdate())] == ["bad"]


def test_visits_go_when_the_journal_s_lines_of_their_day_do(chief: Agent) -> None:
    services.come_in(new(chief), by=chief, at_us=services.clock.now_us() - 366 * DAY_US)
    services.come_in(new(chief), by=chief)
    services.purge(services.clock.now_us())
    assert Visit.objects.count() == 1 and Line.objects.filter(action="visit.purged").count() == 1
    services.purge(services.clock.now_us())
    assert Line.objects.filter(action="visit.purged").count() == 1


def test_an_operator_writes_them_and_an_inspector_reads_them(chief: Agent, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.OPERATOR)
    typed = {"purpose": "works", "body": "Ménage", "names": "Une personne", "count": 1, "host": chief.pk}
    assert client.post(f"{PAGE}entree/", typed).status_code == 302
    assert client.post(f"{PAGE}entree/", {**typed, "purpose": "curiosity"}).status_code == 400
    page = client_of(Role.INSPECTOR).get(PAGE).content.decode()
    assert "Ménage" in page and "Noter la sortie" not in page
    assert client.post(f"{PAGE}{Visit.objects.get().pk}/sortie/").status_code == 302


@pytest.mark.parametrize("role", [Role.MAYOR, Role.ADMIN, Role.MAINTAINER, Role.POLICE])
def test_others_do_not_read_who_came(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get(PAGE).status_code == 403
