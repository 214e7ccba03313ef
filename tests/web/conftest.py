"""A small town in the civil database, people of every role, a recorder with its key.

On SQLite in memory, or on PostgreSQL when BEFFROI_TEST_DATABASE_URL names a server.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.auth.hashers import make_password
from django.db import connections
from django.test import Client
from django.utils import timezone

from beffroi.authorise.dossier import keeping
from beffroi.authorise.models import Assessment, Declaration, Order, OrderCamera, Undertaking
from beffroi.cli import demo_masks
from beffroi.core.base64url import b64
from beffroi.operate import services, signatures
from beffroi.operate.models import Device, Node
from beffroi.operate.services import DeviceForm
from beffroi.people.models import Agent, Assignment, Habilitation
from beffroi.people.rules import CATEGORIES, Role
from beffroi.plan.models import AcceptanceMeasure, AcceptanceSheet, Camera, CameraState, Phase, Programme, Site
from beffroi.plan.rules import StateName
from beffroi.plan.works.rules import OF_CAMERA, OF_SITE, Item
from beffroi.territory.models import Town, Zone
from beffroi.territory.queries import town_zone
from beffroi.web.databases import postgresql

PASSWORD = "un beffroi sur la place"
CAMERA_PASSWORD = "s3cret-of-the-camera"
SQUARE = {"type": "Polygon", "coordinates": [[[3.0, 44.0], [3.1, 44.0], [3.1, 44.1], [3.0, 44.0]]]}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """PostgreSQL by one variable; tests that run side by side have a database each."""
    url = os.environ.get("BEFFROI_TEST_DATABASE_URL")
    if url:
        name = f"test_beffroi_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
        chosen = connections.configure_settings({"default": postgresql(url) | {"TEST": {"NAME": name}}})
        connections.settings["default"] = chosen["default"]
        del connections["default"]


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: object) -> None:
    """Argon2 takes 90 ms a password on purpose; one test of its own checks that it is in use."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture
def town(db: None) -> Town:
    return Town.objects.create(
        insee_code="12145", name="Ville d'essai", lat=44.1, lon=3.07, started_on=date(2020, 1, 1), is_fictional=True
    )


@pytest.fixture
def make_camera(town: Town) -> Callable[..., Camera]:
    """A camera in service under an order, or planned only."""
    today = timezone.localdate()
    programme = Programme.objects.create(id="p", rank=1, name="Programme", decided_on=date(2016, 1, 1))
    phase = Phase.objects.create(
        id="p1", programme=programme, rank=1, name="Phase 1", starts_on=date(2017, 1, 1), planned_on=date(2017, 6, 1)
    )
    zone = Zone.objects.create(id="z1", number=1, name="Centre", shape=SQUARE, proposer="ville", purpose="safety")
    spot = {"lat": 44.1, "lon": 3.07}
    site = Site.objects.create(
        id="s1", rank=1, mark="1", name="Place", zone=zone, phase=phase, confidence="approximate", **spot
    )
    order = Order.objects.create(
        id="o1",
        number="2026-1",
        name="arrêté",
        signed_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=300),
        purposes=["safety"],
        retention_days=15,
        recipients=["police"],
    )
    Undertaking.objects.create(id="e1", sent_on=today, receipt_number="1", receipt_on=today)
    Declaration.objects.create(
        id="d1", phase=phase, order=order, letter_number="1", sent_on=today, commissioning_on=today
    )

    assessment = Assessment.objects.create(
        number=1, opened_on=today, approved_on=today, approved_at=timezone.now(), approved_by="La maire"
    )
    assessment.phases.add(phase)

    def make(camera_id: str = "c01", *, in_service: bool = True) -> Camera:
        camera = Camera.objects.create(
            id=camera_id,
            number=camera_id.upper(),
            name=f"Place → {camera_id}",
            short_name="PLACE",
            site=site,
            phase=phase,
            bearing_deg=10,
            tilt_deg=10,
            height_m=6,
            hfov_deg=60,
            width_px=1280,
            height_px=720,
            fps=12,
            codec="h264",
            kind="fixed",
            target_class="observe",
            role="suivre les déplacements sur la place",
            **spot,
        )
        state = StateName.IN_SERVICE if in_service else StateName.PLANNED
        CameraState.objects.create(camera=camera, step=1, state=state, on=today - timedelta(days=20))
        OrderCamera.objects.create(order=order, camera=camera, purposes=["safety"])
        assessment.cameras[camera.pk] = phase.pk
        assessment.save()
        return camera

    return make


@pytest.fixture
def a_camera(make_camera: Callable[..., Camera]) -> Camera:
    return make_camera()


def pass_sheet(site: str, on: date) -> None:
    """Everything that the acceptance of a site asks for was measured and passed that day, never later than now."""
    at = min(timezone.now(), datetime.combine(on, time(12), tzinfo=town_zone()))
    sheet = AcceptanceSheet.objects.create(site_id=site, opened_on=on)
    asked: list[tuple[Item, Camera | None]] = [(item, None) for item in OF_SITE]
    asked += [(item, camera) for camera in sheet.site.cameras.all() for item in OF_CAMERA]
    AcceptanceMeasure.objects.bulk_create(
        AcceptanceMeasure(sheet=sheet, camera=camera, item=item, measured="ok", is_passed=True, by="system", at=at)
        for item, camera in asked
    )


def draw_demo_masks(town_folder: Path) -> None:
    """The demo's masks and findings on its imported town, as it draws them once cameras and people are there."""
    for name in ("cheffe", "technique"):
        Agent.objects.create(username=name, name=name)
    services.add_node("n1", name="Enregistreur")
    form = DeviceForm(node="n1", main_url="rtsp://127.0.0.1:5/x")
    services.put_devices(dict.fromkeys(Camera.objects.values_list("pk", flat=True), form))
    demo_masks.draw(town_folder)


@dataclass
class Recorder:
    """A recorder in the civil database, and the key it signs with."""

    node: Node
    key: Ed25519PrivateKey = field(repr=False)

    def header(self, path: str, body: bytes, *, at_us: int) -> str:
        signed = signatures.signed_text("POST", path, at_us, body=body)
        return signatures.header(self.node.pk, self.key, at_us, signed=signed)


@pytest.fixture
def recorder(db: None) -> Recorder:
    key = Ed25519PrivateKey.generate()
    public = b64(key.public_key().public_bytes_raw())
    return Recorder(services.add_node("n1", name="Enregistreur", url="http://127.0.0.1:9", public=public), key)


@pytest.fixture
def device(a_camera: Camera, recorder: Recorder) -> Device:
    return services.put_device(
        a_camera.pk,
        DeviceForm(
            node="n1",
            main_url="rtsp://127.0.0.1:5/c01/main",
            sub_url="rtsp://127.0.0.1:5/c01/sub",
            username="viewer",
            password=CAMERA_PASSWORD,
        ),
    )


@pytest.fixture
def agent_with(db: None) -> Callable[..., Agent]:
    """An agent with these roles and the acts they need; `agent_with()` is an outsider: an account without any role."""
    hashed = make_password(PASSWORD, hasher="md5")

    today = timezone.localdate()
    act = {"territory": "12145", "signed_by": "Le maire", "number": "A-1", "approval_number": "P-1"}
    days = {"signed_on": today, "first_on": today - timedelta(days=30), "last_on": today + timedelta(days=300)}

    def make(*roles: Role, username: str = "") -> Agent:
        username = username or "-".join(roles) or "outsider"
        agent, _ = Agent.objects.get_or_create(username=username, defaults={"name": username, "password": hashed})
        for role in roles:
            Assignment.objects.get_or_create(agent=agent, role=role)
            if role in CATEGORIES:
                category = max(CATEGORIES[role])
                Habilitation.objects.get_or_create(agent=agent, category=category, defaults={**act, **days})
        return agent

    return make


@pytest.fixture
def client_of(agent_with: Callable[..., Agent]) -> Iterator[Callable[..., Client]]:
    """A browser in which this persona is logged in."""

    def make(*roles: Role) -> Client:
        client = Client()
        client.force_login(agent_with(*roles), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    yield make


@pytest.fixture
def papers_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of a dossier's course: its papers stand as made, which takes a minute; others make them."""
    monkeypatch.setattr(keeping, "whole_build", lambda _: [])
