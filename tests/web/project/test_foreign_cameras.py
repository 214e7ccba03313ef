"""A camera outside an agent's group: no route tells of it, no grant opens it, and no answer betrays that it exists."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from beffroi.engine.contract import GrantKind
from beffroi.operate.api import LOOKS
from beffroi.operate.models import Device, View
from beffroi.operate.services import DeviceForm, put_device
from beffroi.people.models import Assignment, CameraGroup
from beffroi.people.rules import RIGHTS, Right, Role
from tests.web.project.test_permissions import FOR_AGENTS, address

pytestmark = pytest.mark.django_db
MARK = "zz-tour9"
"""In the id, the name and the address of the camera outside."""
WATCHERS = sorted(role for role, rights in RIGHTS.items() if Right.HEALTH in rights or Right.LIVE in rights)
SEEING_EVERYTHING = {Right.PROGRAMME, Right.PEOPLE}
"""The plan of the town names every camera, as its dossier does; so does the form that makes groups."""


@pytest.fixture
def foreign(device: Device, make_camera: Callable[..., Any]) -> str:
    make_camera(MARK)
    put_device(MARK, DeviceForm(node="n1", main_url=f"rtsp://127.0.0.1:5/{MARK}/main"))
    return MARK


@pytest.fixture
def within(client_of: Callable[..., Client], foreign: str) -> Callable[[Role], Client]:
    """Somebody whose role holds in a group that has c01 alone."""
    group = CameraGroup.objects.create(id="g", name="Le centre", cameras=["c01"])

    def make(role: Role) -> Client:
        client = client_of(role)
        Assignment.objects.filter(agent__username=role.value).update(group=group)
        return client

    return make


@pytest.mark.parametrize("role", [role for role in WATCHERS if not RIGHTS[role] & SEEING_EVERYTHING], ids=str)
def test_no_route_tells_of_a_camera_outside_the_group(role: Role, within: Callable[[Role], Client]) -> None:
    client = within(role)
    told = []
    for pattern in FOR_AGENTS:
        for query in ("", f"?q={MARK}", f"?camera={MARK}"):
            body = client.get(address(pattern) + query).content.decode()
            shown = body.replace(f"q={MARK}", "").replace(f"camera={MARK}", "").replace(f"camera%3D{MARK}", "")
            if MARK in shown.replace(f"q%3D{MARK}", ""):
                told.append(address(pattern) + query)
    assert told == []


@pytest.mark.parametrize("role", WATCHERS, ids=str)
def test_every_route_about_a_camera_answers_as_if_a_foreign_one_were_not_there(
    role: Role, within: Callable[[Role], Client]
) -> None:
    client = within(role)
    routes = [address(pattern) for pattern in FOR_AGENTS if "<slug:camera_id>" in str(pattern.pattern)]
    assert routes
    for route in routes:
        for method in (client.get, client.post):
            foreign, unknown = (method(route.replace("c01", one)) for one in (MARK, "nulle-part"))
            assert foreign.status_code == unknown.status_code != 200, route


@pytest.mark.parametrize("kind", list(GrantKind), ids=str)
def test_no_kind_of_grant_opens_a_foreign_camera(kind: GrantKind, within: Callable[[Role], Client]) -> None:
    now_us = time.time_ns() // 1000
    for role in (one for one in WATCHERS if RIGHTS[one] & set(LOOKS)):
        client = within(role)
        asked = [
            {"camera": camera, "kind": kind.value, "from_at_us": now_us - 10**8, "to_at_us": now_us}
            for camera in (MARK, "nulle-part")
        ]
        reason = {"code": "requisition", "reference": "R-1"}
        answer = client.post("/api/grants", {"requests": asked, "reason": reason}, content_type="application/json")
        foreign, unknown = answer.json()["grants"]
        assert foreign["error"] == unknown["error"]
        assert "token" not in foreign
    assert not View.objects.exists()
