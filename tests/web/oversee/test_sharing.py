"""Pictures shown to a service elsewhere: on the order's article, live, on the cameras named, opened and closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise.models import Order
from beffroi.core.errors import BarredByLaw, Conflict
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.oversee.models import ShareLink
from beffroi.oversee.sharing import services
from beffroi.oversee.sharing.rules import Means
from beffroi.oversee.sharing.services import NewLink
from beffroi.people.models import Agent, Assignment, Habilitation, Revocation
from beffroi.people.rules import Right, Role
from beffroi.plan.models import Camera

pytestmark = pytest.mark.django_db
PAGE = "/controle/deports/"


@pytest.fixture
def admin(device: Device, agent_with: Callable[..., Agent]) -> Agent:
    Order.objects.update(recipients=["commissariat"])
    return agent_with(Role.ADMIN)


@pytest.fixture
def partner(agent_with: Callable[..., Agent]) -> Agent:
    """A policeman whose chief named him."""
    agent = agent_with(Role.OPJ, username="commissariat")
    agent.assignments.all().delete()
    return Agent.objects.get(pk=agent.pk)


def new(partner: Agent) -> NewLink:
    """A link that stands."""
    return NewLink(
        service="commissariat",
        means=Means.FIBRE,
        cameras=["c01"],
        agents=[partner],
        order=Order.objects.get(),
        article="art. 5",
    )


def fresh(agent: Agent) -> Agent:
    return Agent.objects.get(pk=agent.pk)


def test_without_the_order_s_article_nothing_is_written(admin: Agent, partner: Agent) -> None:
    good = new(partner)
    for wanted in (replace(good, article=""), replace(good, order=None), replace(good, service="mairie")):
        with pytest.raises(BarredByLaw):
            services.write(wanted, by=admin)
    assert not ShareLink.objects.exists()


def test_its_accounts_see_live_on_its_cameras_while_it_is_open_and_no_more(
    admin: Agent, partner: Agent, make_camera: Callable[..., Camera]
) -> None:
    make_camera("c02")
    link = services.write(new(partner), by=admin)
    assert not fresh(partner).rights
    services.turn_on(link, by=admin)
    permit = fresh(partner).permit
    assert permit.rights == {Right.LIVE}
    assert permit.over(Right.LIVE, "c01") and not permit.over(Right.LIVE, "c02")
    until_on = permit.until_on(Right.LIVE, "c01")
    assert until_on is not None and until_on <= link.until_on
    services.turn_off(link, by=admin)
    assert not fresh(partner).rights and Revocation.objects.filter(agent=partner).exists()


def test_opening_and_closing_are_lines_and_rows(admin: Agent, partner: Agent) -> None:
    link = services.write(new(partner), by=admin)
    services.turn_on(link, by=admin)
    with pytest.raises(Conflict):
        services.turn_on(link, by=admin)
    services.turn_off(link, by=admin)
    with pytest.raises(Conflict):
        services.turn_off(link, by=admin)
    told = Line.objects.filter(subject=link.pk).order_by("index").values_list("action", flat=True)
    assert list(told) == ["share.written", "share.on", "share.off"]
    assert [one.is_on for one in link.switches.all()] == [True, False]


def test_an_order_withdrawn_meanwhile_opens_nothing(admin: Agent, partner: Agent) -> None:
    link = services.write(new(partner), by=admin)
    Order.objects.update(withdrawn_on=timezone.localdate())
    with pytest.raises(BarredByLaw):
        services.turn_on(services.link(link.pk), by=admin)
    assert not Assignment.objects.filter(role=Role.PARTNER).exists()


def test_urgency_ends_by_itself(admin: Agent, partner: Agent) -> None:
    today = timezone.localdate()
    urgent = replace(
        new(partner), order=None, article="", urgency_act="U-1", urgency_on=today, until_on=today + timedelta(days=2)
    )
    services.turn_on(services.write(urgent, by=admin), by=admin)
    held = Assignment.objects.get(role=Role.PARTNER)
    assert held.last_on == today + timedelta(days=1)


def test_without_the_act_of_their_chief_they_see_nothing(admin: Agent, partner: Agent) -> None:
    Habilitation.objects.filter(agent=partner).delete()
    services.turn_on(services.write(new(partner), by=admin), by=admin)
    assert not fresh(partner).rights


def test_nobody_gives_the_role_by_hand(admin: Agent, partner: Agent, client_of: Callable[..., Client]) -> None:
    answer = client_of(Role.ADMIN).post(f"/agents/{partner.pk}/role/", {"role": "partner"})
    assert answer.status_code == 400 and not Assignment.objects.filter(role=Role.PARTNER).exists()


def test_it_is_written_and_opened_in_the_browser(
    admin: Agent, partner: Agent, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.ADMIN)
    typed = {"service": "commissariat", "order": Order.objects.get().pk, "means": "fibre", "agents": [partner.pk]}
    answer = client.post(f"{PAGE}inscrire/", {**typed, "cameras": ["c01"]})
    assert answer.status_code == 400 and "article" in answer.content.decode()
    assert client.post(f"{PAGE}inscrire/", {**typed, "cameras": ["c01"], "article": "art. 5"}).status_code == 302
    link = ShareLink.objects.get()
    assert client_of(Role.CHIEF).post(f"{PAGE}{link.pk}/ouvrir/").status_code == 302
    assert "ouvert" in client_of(Role.INSPECTOR).get(PAGE).content.decode()
    assert client_of(Role.INSPECTOR).post(f"{PAGE}{link.pk}/fermer/").status_code == 403


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MAYOR, Role.OPJ, Role.PARTNER])
def test_others_do_not_read_them(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get(PAGE).status_code == 403
