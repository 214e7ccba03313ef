"""Sharing is off: another authority's camera or agent enters only under both agreements, and leaves with them.

Source: CSI L. 132-14.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import queries as authorise
from beffroi.authorise import services as orders
from beffroi.authorise.rules import Shut
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.people import services
from beffroi.people.models import Agent, Agreement, Habilitation
from beffroi.people.rules import Category, Role
from beffroi.people.services import ActForm, AgreementForm
from beffroi.plan.models import Camera
from tests.web.authorise.test_orders import new_order

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
NAME = "Communauté de communes"


def agreement(**changed: Any) -> Agreement:
    whole: dict[str, Any] = {
        "authority": NAME,
        "town_number": "CC-1",
        "town_on": TODAY - timedelta(days=60),
        "state_number": "PREF-1",
        "state_on": TODAY - timedelta(days=40),
        "last_on": TODAY + timedelta(days=100),
    }
    return services.record_agreement(AgreementForm(**(whole | changed)), by="7")


def act(agreement_id: str | None, *, last_on: date = TODAY + timedelta(days=90)) -> ActForm:
    return ActForm(
        category=Category.AUTHORITY,
        number="A-9",
        signed_on=TODAY,
        signed_by="Le président",
        territory="12145",
        first_on=TODAY,
        last_on=last_on,
        agreement_id=agreement_id,
    )


@pytest.fixture
def guest(agent_with: Callable[..., Agent]) -> Agent:
    """Another authority's operator, without an act yet."""
    agent = agent_with(Role.OPERATOR, username="agent-cc")
    Habilitation.objects.filter(agent=agent).delete()
    return agent


@pytest.fixture
def shared(a_camera: Camera) -> Camera:
    """Another authority's camera, under its own order, in service."""
    Camera.objects.filter(pk=a_camera.pk).update(controller=NAME, own_authorisation="2026-CC-1")
    orders.record_order(new_order(number="2026-CC-1"), by="7", at=timezone.now())
    a_camera.refresh_from_db()
    return a_camera


def missing(camera: Camera) -> tuple[Shut, ...]:
    return authorise.gates([camera.pk], at=timezone.now())[camera.pk].missing


def test_without_agreements_no_agent_of_another_authority_is_habilitated(guest: Agent) -> None:
    for agreement_id in (None, "inconnue"):
        with pytest.raises(BarredByLaw) as refusal:
            services.record_habilitation(guest, act(agreement_id))
        assert (refusal.value.article, refusal.value.field) == ("CSI L132-14", "agreement_id")
    kept = agreement()
    with pytest.raises(BarredByLaw):
        services.record_habilitation(guest, act(kept.pk, last_on=TODAY + timedelta(days=101)))
    services.record_habilitation(guest, act(kept.pk))
    assert Habilitation.objects.get(agent=guest).agreement == kept


def test_an_agreement_not_yet_signed_by_the_state_lets_nobody_in(guest: Agent) -> None:
    kept = agreement(state_on=TODAY + timedelta(days=3))
    with pytest.raises(BarredByLaw):
        services.record_habilitation(guest, act(kept.pk))


def test_another_authority_s_camera_is_shut_until_both_agreements_stand(shared: Camera) -> None:
    assert missing(shared) == (Shut.NO_AGREEMENT,)
    agreement(authority="Une autre communauté")
    assert missing(shared) == (Shut.NO_AGREEMENT,)
    agreement(authority=NAME.upper())
    assert missing(shared) == ()


def test_a_shared_camera_closes_the_day_its_agreement_ends(shared: Camera) -> None:
    kept = agreement(last_on=TODAY + timedelta(days=10))
    closes_at = authorise.gates([shared.pk], at=timezone.now())[shared.pk].closes_at
    assert closes_at is not None and timezone.localtime(closes_at).date() == TODAY + timedelta(days=11)
    services.end_agreement(kept, on=TODAY, number="D-1")
    assert missing(shared) == (Shut.NO_AGREEMENT,)


def test_an_agreement_that_ends_takes_its_agents_acts_with_it(guest: Agent) -> None:
    kept = agreement()
    services.record_habilitation(guest, act(kept.pk))
    services.end_agreement(kept, on=TODAY, number="D-1", by="7")
    assert Habilitation.objects.get(agent=guest).withdrawn_on == TODAY
    told = list(Line.objects.filter(subject=kept.pk).order_by("index").values_list("action", flat=True))
    assert told == ["agreement.recorded", "agreement.ended"]
    with pytest.raises(Conflict):
        services.end_agreement(kept, on=TODAY, number="D-2")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"state_number": " "}, "state_number"),
        ({"town_number": ""}, "town_number"),
        ({"last_on": TODAY - timedelta(days=50)}, "last_on"),
    ],
)
def test_one_agreement_of_the_two_is_not_enough(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        agreement(**changed)
    assert refusal.value.field == field and not Agreement.objects.exists()


def test_an_administrator_writes_them_and_an_inspector_reads_them(
    device: Device, client_of: Callable[..., Client]
) -> None:
    client, days = client_of(Role.ADMIN), {"town_on": TODAY.isoformat(), "state_on": TODAY.isoformat()}
    assert "par défaut" in client.get("/conventions/").content.decode().lower()
    typed = {"authority": NAME, "town_number": "1", "state_number": "2", "last_on": "2099-01-01"} | days
    assert client.post("/conventions/inscrire/", typed).status_code == 302
    page = client_of(Role.INSPECTOR).get("/conventions/").content.decode()
    assert NAME in page and "Finir" not in page
    assert client_of(Role.OPERATOR).get("/conventions/").status_code == 403
