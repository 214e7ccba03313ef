"""What the console's timeline is told of locks: those in force, of cameras the agent may look back at, no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from beffroi.evidence import services
from beffroi.evidence.services import HoldRequest
from beffroi.evidence.services.holds import clock
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db

HOUR_US = 3_600_000_000


@pytest.fixture
def evening(device: Device) -> int:
    """When a lock of an hour on the camera begins; another, before it, ended."""
    start = clock.now_us() - 5 * HOUR_US
    for name, from_at_us, until_at_us in (
        ("fire", start, start + 48 * HOUR_US),
        ("next", start + 2 * HOUR_US, start + 48 * HOUR_US),
    ):
        services.hold(
            HoldRequest(
                id=name,
                camera=device.pk,
                from_at_us=from_at_us,
                to_at_us=from_at_us + HOUR_US,
                until_at_us=until_at_us,
                subject="feu de poubelle",
            )
        )
    return start


def client_of(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def asked(client: Client, camera: str, from_at_us: int | str, to_at_us: int) -> Any:
    return client.get("/api/holds", {"camera": camera, "from_at_us": from_at_us, "to_at_us": to_at_us})


def test_the_locks_that_touch_the_span_are_told_with_their_end(
    evening: int, device: Device, agent_with: Callable[..., Agent]
) -> None:
    client = client_of(agent_with(Role.OPERATOR))
    (told,) = asked(client, device.pk, evening - HOUR_US, evening + HOUR_US).json()["holds"]
    assert told["id"] == "fire" and told["number"] == "" and told["kind"] == "incident"
    assert told["until_at_us"] == evening + 48 * HOUR_US
    assert len(asked(client, device.pk, evening, evening + 3 * HOUR_US).json()["holds"]) == 2
    assert asked(client, device.pk, evening - 2 * HOUR_US, evening).json()["holds"] == []


def test_who_cannot_look_back_is_told_nothing_and_an_unknown_camera_is_none(
    evening: int, device: Device, agent_with: Callable[..., Agent]
) -> None:
    assert asked(client_of(agent_with(Role.DPO)), device.pk, evening, evening + HOUR_US).status_code == 403
    assert asked(client_of(agent_with(Role.OPERATOR)), "nowhere", evening, evening + HOUR_US).status_code == 404
    assert asked(Client(), device.pk, evening, evening + HOUR_US).status_code == 401


@pytest.mark.parametrize("instant", ["", "-1", "x", "1e9", "9" * 30, "٣"])
def test_an_instant_that_is_none_is_refused(instant: str, device: Device, agent_with: Callable[..., Agent]) -> None:
    answer = asked(client_of(agent_with(Role.OPERATOR)), device.pk, instant, 5)
    assert answer.status_code == 400 and answer.json()["error"]["field"] == "from_at_us"
