"""An order's precautions: written once, held to by the gate, the grants and the recorder. Source: CSI L. 252-2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import queries
from beffroi.authorise.models import Order, Precaution
from beffroi.authorise.precautions import Kind
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import precautions
from beffroi.authorise.services.precautions import NewPrecaution
from beffroi.core.errors import BeffroiError, Conflict, InvalidInput
from beffroi.core.instants import to_us
from beffroi.evidence.queries.holds import reaches
from beffroi.journal.models import Line
from beffroi.operate.models import Device, Node
from beffroi.operate.queries import desired_state
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.web.authorise.test_pages import text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def lay_down(kind: Kind, value: str = "", **more: Any) -> Precaution:
    whole: dict[str, Any] = {"kind": kind, "value": value, "from_on": TODAY - timedelta(days=1)}
    new = NewPrecaution(**(whole | more))
    return precautions.lay_down(Order.objects.get(), new, by="7", at=timezone.now())


def gate(camera: str = "c01") -> queries.CameraGate:
    return queries.gates([camera], at=timezone.now())[camera]


def ask(client: Client, kind: str) -> dict[str, Any]:
    asked = {"requests": [{"camera": "c01", "kind": kind}], "reason": {"code": "watch"}}
    found: dict[str, Any] = client.post("/api/grants", asked, content_type="application/json").json()["grants"][0]
    return found


def test_a_shorter_retention_reaches_the_recorder_and_ends_when_it_is_lifted(device: Device) -> None:
    def kept_days() -> float:
        (camera,) = desired_state(Node.objects.get(), to_us(timezone.now())).cameras
        return camera.retention_s / 86_400

    assert kept_days() == 15
    row = lay_down(Kind.RETENTION_MOST, "7")
    assert kept_days() == 7
    assert [(line.author, line.subject) for line in Line.objects.filter(action="precaution.laid-down")] == [("7", "o1")]
    precautions.end(row, on=TODAY, by="7", at=timezone.now())
    assert kept_days() == 15
    with pytest.raises(Conflict, match="ended on"):
        precautions.end(row, on=TODAY, by="7", at=timezone.now())


def test_what_a_lock_may_shield_follows_the_precaution_of_the_day_filmed(a_camera: Camera) -> None:
    lay_down(Kind.RETENTION_MOST, "7", from_on=TODAY - timedelta(days=2))
    before, after = TODAY - timedelta(days=3), TODAY - timedelta(days=1)
    assert queries.retention_on([("c01", before), ("c01", after), ("c77", after)]) == {
        ("c01", before): 15, ("c01", after): 7, ("c77", after): 0,
    }  # fmt: skip
    at_us = to_us(timezone.now() - timedelta(days=1))
    assert reaches([("c01", at_us)])["c01", at_us].limit_us == 7 * 86_400_000_000


def test_a_least_retention_reaches_the_recorder(device: Device) -> None:
    lay_down(Kind.RETENTION_LEAST, "10")
    (camera,) = desired_state(Node.objects.get(), to_us(timezone.now())).cameras
    assert camera.minimum_retention_s == 10 * 86_400


def test_the_town_s_own_term_gives_way_to_the_order_s_minimum(device: Device) -> None:
    Order.objects.update(retention_days=30, minimum_retention_days=20)
    (camera,) = desired_state(Node.objects.get(), to_us(timezone.now())).cameras
    assert camera.retention_s // 86_400 in {19, 20}
    assert camera.retention_s >= camera.minimum_retention_s


def test_hours_shut_the_gate_outside_them(a_camera: Camera) -> None:
    local = timezone.localtime()
    begins, ends = local + timedelta(hours=2), local + timedelta(hours=3)
    lay_down(Kind.HOURS, f"{begins:%H:%M}-{ends:%H:%M}")
    assert gate().missing == (Shut.OUT_OF_HOURS,)


def test_nobody_turns_a_camera_whose_order_forbids_it(device: Device, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.OPERATOR)
    lay_down(Kind.NO_TURNING, cameras=("c01",))
    refused = ask(client, "ptz")["error"]
    assert refused["kind"] == "barred-by-law"
    assert "interdit de la piloter" in refused["message_fr"]
    assert "token" in ask(client, "live")


def test_pictures_are_kept_for_the_staff_that_the_order_names(device: Device, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.POLICE)  # category c
    assert "token" in ask(client, "live")
    row = lay_down(Kind.STAFF, "d")
    refused = ask(client, "live")["error"]
    assert (refused["kind"], "réserve ses images aux catégories d" in refused["message_fr"]) == ("barred-by-law", True)
    precautions.end(row, on=TODAY, by="7", at=timezone.now())
    lay_down(Kind.STAFF, "c, d")
    assert "token" in ask(client, "live")


@pytest.mark.parametrize(
    ("kind", "value", "more", "field"),
    [
        (Kind.RETENTION_MOST, "31", {}, "value"),
        (Kind.RETENTION_LEAST, "20", {}, "value"),
        (Kind.HOURS, "la nuit", {}, "value"),
        (Kind.NO_TURNING, "", {"cameras": ("c77",)}, "cameras"),
        (Kind.TEXT, "Formation.", {"from_on": TODAY - timedelta(days=40)}, "from_on"),
    ],
)
def test_a_precaution_that_cannot_stand_is_refused_by_its_field(
    a_camera: Camera, kind: Kind, value: str, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        lay_down(kind, value, **more)
    error: BeffroiError = caught.value
    assert (error.field, error.message_fr != error.message) == (field, True)
    assert not Precaution.objects.exists()


def test_what_no_code_holds_to_is_read_on_the_orders_page_and_the_cameras(
    device: Device, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.TECHNICAL)
    typed = {"kind": "text", "value": "Les agents sont formés.", "from_on": TODAY.isoformat()}
    answer = client.post("/autorisations/arretes/o1/precautions/", typed)
    assert answer["Location"] == "/autorisations/arretes/o1/"
    for address in ("/autorisations/arretes/o1/", "/cameras/c01/"):
        page = text_of(client.get(address))
        assert "Les agents sont formés." in page
        assert "À respecter par les agents." in page
    client.post(f"/autorisations/precautions/{Precaution.objects.get().pk}/lever/")
    assert "Levée le" in text_of(client.get("/autorisations/arretes/o1/"))
    assert "Les agents sont formés." not in text_of(client.get("/cameras/c01/"))


def test_a_precaution_that_does_not_read_stands_beside_its_field(
    a_camera: Camera, client_of: Callable[..., Client]
) -> None:
    typed = {"kind": "hours", "value": "20h-6h", "from_on": TODAY.isoformat()}
    answer = client_of(Role.TECHNICAL).post("/autorisations/arretes/o1/precautions/", typed)
    assert (answer.status_code, "s'écrit 20:00-06:00" in text_of(answer)) == (400, True)
