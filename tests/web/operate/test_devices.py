"""The form that adds a camera, and the password that nobody reads back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from beffroi.core.errors import DataLoss
from beffroi.core.site_key import SiteKey
from beffroi.operate.models import Device
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.web.conftest import CAMERA_PASSWORD, Recorder

pytestmark = pytest.mark.django_db


def typed(**changed: str) -> dict[str, str]:
    return {
        "camera": "c01",
        "node": "n1",
        "main_url": "rtsp://127.0.0.1:5/main",
        "transport": "tcp",
        "username": "viewer",
        "password": CAMERA_PASSWORD,
        **changed,
    }


def test_a_camera_is_added_by_its_address(
    client_of: Callable[..., Client], recorder: Recorder, a_camera: Camera
) -> None:
    answer = client_of(Role.TECHNICAL).post("/cameras/ajouter/", typed(save="1"))
    assert answer.status_code == 302
    device = Device.objects.get()
    assert (device.pk, device.camera_id, device.is_workshop) == ("c01", "c01", False)
    assert settings.SITE_KEY.unseal(bytes(device.sealed_password), purpose="device.c01") == CAMERA_PASSWORD


def test_a_workshop_camera_is_added_with_its_name(
    client_of: Callable[..., Client], recorder: Recorder, a_camera: Camera
) -> None:
    client = client_of(Role.TECHNICAL)
    assert client.post("/cameras/ajouter/", typed(camera="workshop", save="1")).status_code == 400
    assert client.post("/cameras/ajouter/", typed(camera="workshop", name="Atelier", save="1")).status_code == 302
    assert Device.objects.get().is_workshop


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.4/x",
        "rtsp://",
        "rtsp://admin:pw@10.0.0.4/x",
        "rtsp://10.0.0.4:99999/x",
        "file:///etc/passwd",
        "rtsp://10.0.0.4/a\nb",
        "exec:touch /tmp/x",
    ],
)
def test_an_address_that_cannot_be_is_refused_beside_its_field(
    client_of: Callable[..., Client], recorder: Recorder, a_camera: Camera, url: str
) -> None:
    answer = client_of(Role.TECHNICAL).post("/cameras/ajouter/", typed(main_url=url, save="1"))
    assert answer.status_code == 400
    assert 'id="id_main_url_error"' in answer.content.decode()
    assert not Device.objects.exists()


def test_the_password_is_never_sent_back_nor_written_in_clear(client_of: Callable[..., Client], device: Device) -> None:
    client = client_of(Role.ADMIN, Role.TECHNICAL, Role.CHIEF)
    seen = [
        client.get(path).content.decode()
        for path in ("/cameras/", "/cameras/c01/", "/cameras/c01/modifier/", "/api/cameras", "/api/state")
    ]
    seen.append(client.post("/cameras/c01/modifier/", typed(main_url="nonsense")).content.decode())
    assert not [text for text in seen if CAMERA_PASSWORD in text]
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed_password FROM operate_device")
        assert CAMERA_PASSWORD.encode() not in bytes(cursor.fetchone()[0])


def test_an_empty_password_keeps_the_sealed_one(client_of: Callable[..., Client], device: Device) -> None:
    client_of(Role.TECHNICAL).post("/cameras/c01/modifier/", typed(password="", username="other", save="1"))
    device.refresh_from_db()
    assert device.username == "other"
    assert settings.SITE_KEY.unseal(bytes(device.sealed_password), purpose="device.c01") == CAMERA_PASSWORD


def test_a_sealed_password_opens_for_its_own_camera_and_key_only(device: Device) -> None:
    sealed = bytes(device.sealed_password)
    for key, purpose in ((settings.SITE_KEY, "device.c02"), (SiteKey(bytes(32)), "device.c01")):
        with pytest.raises(DataLoss):
            key.unseal(sealed, purpose=purpose)


def test_a_recorder_that_does_not_answer_the_test_is_said_beside_its_field(
    client_of: Callable[..., Client], recorder: Recorder, a_camera: Camera
) -> None:
    answer = client_of(Role.TECHNICAL).post("/cameras/ajouter/", typed(test="1"))
    assert answer.status_code == 400
    assert 'id="id_node_error"' in answer.content.decode()
    assert not Device.objects.exists()


def test_names_are_shown_as_text(client_of: Callable[..., Client], device: Device) -> None:
    Camera.objects.update(name="<script>alert(1)</script>")
    page = client_of(Role.TECHNICAL).get("/cameras/").content.decode()
    assert "<script>" not in page


def test_the_console_answers_its_questions(client_of: Callable[..., Client], device: Device) -> None:
    client = client_of(Role.OPERATOR)
    (camera,) = client.get("/api/cameras").json()["cameras"]
    assert (camera["number"], camera["node"], camera["state"], camera["retention_s"]) == (
        "C01",
        "n1",
        "silent",
        1_296_000,
    )
    assert [stream["stream"] for stream in camera["streams"]] == ["main", "sub"]
    assert client.get("/api/me").json()["rights"] == ["health", "live", "lock", "ptz", "replay"]
    assert client.get("/api/state").json()["nodes"][0]["state"] == "down"
    assert {reason["code"] for reason in client.get("/api/reasons").json()["reasons"]} > {"watch", "requisition"}
    assert client.get("/api/places", {"q": "c01"}).json()["places"][0]["kind"] == "camera"


def test_the_console_may_call_the_recorders_and_only_them(client_of: Callable[..., Client], device: Device) -> None:
    answer = client_of(Role.OPERATOR).get("/poste/")
    if answer.status_code == 503:
        assert "make setup" in answer.content.decode()
    else:
        policy = answer["Content-Security-Policy"]
        assert "connect-src 'self' http://127.0.0.1:9 ws://127.0.0.1:9" in policy


@pytest.mark.parametrize("button", ["save", "test"])
@pytest.mark.parametrize(
    ("field", "url"),
    [
        ("main_url", "rtsp://127.0.0.2:5/c01/main"),
        ("sub_url", "rtsp://127.0.0.1:6/c01/sub"),
        ("main_url", "rtsps://127.0.0.1:5/c01/main"),
    ],
)
def test_the_sealed_password_is_never_sent_to_another_machine(
    client_of: Callable[..., Client], device: Device, button: str, field: str, url: str
) -> None:
    moved = typed(password="", **{field: url, button: "1"})
    answer = client_of(Role.TECHNICAL).post("/cameras/c01/modifier/", moved)
    assert answer.status_code == 400
    assert 'id="id_password_error"' in answer.content.decode()
    device.refresh_from_db()
    assert device.main_url == "rtsp://127.0.0.1:5/c01/main"
