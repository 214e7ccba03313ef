"""Temporary systems: four months at most, tied to an event, shut the instant it is over.

Source: CSI L. 252-6, L. 223-4.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import queries, services
from beffroi.authorise.alerts import AlertKind
from beffroi.authorise.limits import limits_on
from beffroi.authorise.models import Declaration, Order, OrderCamera
from beffroi.authorise.rules import Regime, Shut
from beffroi.authorise.services import NewOrder, aftermath
from beffroi.core.dates import day_starts_at
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.core.instants import to_us
from beffroi.journal.models import Line
from beffroi.operate.models import Device, Node
from beffroi.operate.queries import desired_state
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone
from tests.web.authorise.test_pages import text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def new_order(**changed: Any) -> NewOrder:
    whole: dict[str, Any] = {
        "number": "T-1",
        "name": "Fête",
        "signed_on": TODAY - timedelta(days=2),
        "ends_on": TODAY + timedelta(days=20),
        "purposes": ("safety",),
        "retention_days": 10,
        "cameras": {"c01": ()},
        "regime": Regime.GATHERING,
        "event": "Fête de la cité",
    }
    return NewOrder(**(whole | changed))


@pytest.fixture
def temporary(a_camera: Camera) -> Order:
    """A camera in service whose only order is temporary, and declared."""
    OrderCamera.objects.all().delete()
    order = services.record_order(new_order(), by="7", at=timezone.now())
    Declaration.objects.update(order=order)
    aftermath.follow(["c01"], at=timezone.now())
    return order


def test_a_temporary_order_lasts_four_months_at_most(a_camera: Camera) -> None:
    signed_on = new_order().signed_on
    latest = limits_on(signed_on).latest_end(signed_on, Regime.GATHERING)
    with pytest.raises(BarredByLaw, match="over four months") as caught:
        services.record_order(new_order(ends_on=latest + timedelta(days=1)), by="7", at=timezone.now())
    assert (caught.value.article, caught.value.field) == ("CSI L252-6", "ends_on")
    services.record_order(new_order(ends_on=latest), by="7", at=timezone.now())


def test_a_temporary_order_names_its_event(a_camera: Camera) -> None:
    with pytest.raises(InvalidInput, match="name it") as caught:
        services.record_order(new_order(event=" "), by="7", at=timezone.now())
    assert caught.value.field == "event"


def test_the_engine_is_told_the_end_of_the_order_and_nothing_once_the_event_is_over(
    temporary: Order, device: Device
) -> None:
    now = timezone.now()
    (desired,) = desired_state(Node.objects.get(), to_us(now)).cameras
    assert desired.not_after_us == to_us(day_starts_at(temporary.ends_on, town_zone()))
    services.end_event(temporary, by="7", at=now)
    told = desired_state(Node.objects.get(), to_us(now))
    assert (told.cameras, told.barred) == ((), ("c01",))


def test_the_end_of_the_event_shuts_at_once_for_good_and_is_journalled(temporary: Order) -> None:
    services.end_event(temporary, by="7", at=timezone.now())
    gate = queries.gates(["c01"], at=timezone.now())["c01"]
    assert gate.missing == (Shut.EVENT_OVER,)
    line = Line.objects.get(action="order.event-over")
    assert (line.author, line.subject) == ("7", temporary.pk)
    assert Line.objects.filter(action="gate.shut", camera="c01").exists()
    with pytest.raises(Conflict, match="over already"):
        services.end_event(temporary, by="7", at=timezone.now())


def test_a_camera_with_a_lasting_order_goes_on_under_it_after_the_event(temporary: Order) -> None:
    lasting = Order.objects.get(number="2026-1")
    OrderCamera.objects.create(order=lasting, camera_id="c01", purposes=["safety"])
    Declaration.objects.create(
        id="d2", phase_id="p1", order=lasting, letter_number="2", sent_on=TODAY, commissioning_on=TODAY
    )
    assert queries.gates(["c01"], at=timezone.now())["c01"].order == "T-1"
    services.end_event(temporary, by="7", at=timezone.now())
    gate = queries.gates(["c01"], at=timezone.now())["c01"]
    assert (gate.is_open, gate.order) == (True, "2026-1")


def test_only_a_temporary_order_ends_with_an_event(a_camera: Camera) -> None:
    with pytest.raises(InvalidInput, match="withdraw this one instead"):
        services.end_event(Order.objects.get(), by="7", at=timezone.now())


def test_a_temporary_system_is_not_renewed_and_somebody_is_asked_when_its_event_is_over(temporary: Order) -> None:
    told = {alert.kind for alert in queries.alerts(TODAY) if alert.subject == temporary.pk}
    assert told == {AlertKind.EVENT}
    services.end_event(temporary, by="7", at=timezone.now())
    assert not [alert for alert in queries.alerts(TODAY) if alert.subject == temporary.pk]


def test_one_button_of_the_orders_page_ends_the_event(temporary: Order, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.TECHNICAL)
    address = f"/autorisations/arretes/{temporary.pk}/"
    assert "L'événement est terminé : fermer ses caméras" in text_of(client.get(address))
    client.post(f"{address}fini/")
    page = text_of(client.get(address))
    assert "Événement terminé le" in page
    assert "fermer ses caméras" not in page
    assert client_of(Role.OPERATOR).post(f"{address}fini/").status_code == 403


def test_an_unlawful_temporary_order_is_refused_beside_its_field(
    a_camera: Camera, client_of: Callable[..., Client]
) -> None:
    typed = {
        "number": "T-2", "name": "Fête", "signed_on": TODAY.isoformat(), "retention_days": "10", "regime": "gathering",
        "ends_on": (TODAY + timedelta(days=200)).isoformat(), "purposes": ["safety"], "cameras": ["c01"],
    }  # fmt: skip
    answer = client_of(Role.TECHNICAL).post("/autorisations/arretes/ajouter/", typed)
    assert answer.status_code == 400
    assert all(said in text_of(answer) for said in ("dépasse quatre mois", "cesse avec son événement"))
