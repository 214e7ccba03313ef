"""The public list of systems: anybody reads it, and it is whole. Source: CSI R. 252-16."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import queries, services
from beffroi.authorise.models import Contact, Order
from beffroi.authorise.services import import_town
from beffroi.plan.models import Camera
from tests.web.authorise.test_pages import DEMO_TOWN, text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def millau(tmp_path: Path) -> None:
    """The demo town, started today, without its buildings."""
    for path in DEMO_TOWN.iterdir():
        if path.is_file() and path.name != "buildings.csv":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    import_town(tmp_path, start_on=TODAY)


@pytest.mark.usefixtures("millau")
def test_every_live_system_is_on_the_public_page_with_its_date_and_its_service(client: Client) -> None:
    page = text_of(client.get("/systemes/"))
    open_gates = [
        gate
        for gate in queries.gates(Camera.objects.values_list("pk", flat=True), at=timezone.now()).values()
        if gate.is_open
    ]
    live = {gate.order for gate in open_gates}
    assert live and all(number in page for number in live)
    assert "renouvellement 007 (jeu fictif)" in page
    assert "Centre de supervision urbain (jeu fictif), Police municipale" in page
    assert "Protection des bâtiments publics et de leurs abords" in page
    assert re.search(r"R-007 \(jeu fictif\).{0,700}? 26 ", page)
    assert "2017-0428-003" not in page, "an order that ran out is not listed"


@pytest.mark.usefixtures("millau")
def test_the_page_is_complete_in_english_and_leads_to_the_residents_rights(client: Client) -> None:
    client.post("/compte/langue/", {"language": "en", "next": "/"})
    answer = client.get("/systemes/")
    page = text_of(answer)
    assert "Authorised video protection systems" in page
    assert not re.search(r"\b(finalités|arrêté|caméras|responsable)\b", page.replace("(jeu fictif)", ""))
    assert 'href="/vos-droits/"' in answer.content.decode()
    assert 'href="/systemes/"' in client.get("/vos-droits/").content.decode()


def test_the_page_tells_nothing_that_a_resident_may_not_know(a_camera: Camera, client: Client) -> None:
    answer = client.get("/systemes/").content.decode()
    assert not re.search(r"<script|<style|\sstyle=", answer)
    assert "c01" not in answer.lower() and "/autorisations/" not in answer


def test_a_system_withdrawn_over_or_expired_leaves_the_list_and_a_suspended_one_says_so(
    a_camera: Camera, client: Client
) -> None:
    order = Order.objects.get()
    assert "2026-1" in text_of(client.get("/systemes/"))
    services.suspend(order, by="7", at=timezone.now())
    assert "suspendu" in text_of(client.get("/systemes/"))
    services.withdraw(order, on=TODAY, by="7", at=timezone.now())
    assert "Aucun système n'est autorisé à ce jour." in text_of(client.get("/systemes/"))
    Order.objects.update(withdrawn_on=None, ends_on=TODAY)
    assert "Aucun système" in text_of(client.get("/systemes/"))
    Order.objects.update(
        ends_on=TODAY + timedelta(days=9), regime="gathering", event="Fête", event_over_at=timezone.now()
    )
    assert "Aucun système" in text_of(client.get("/systemes/"))


def test_without_contacts_the_town_hall_answers(a_camera: Camera, client: Client) -> None:
    assert not Contact.objects.exists()
    assert "À la mairie." in text_of(client.get("/systemes/"))
