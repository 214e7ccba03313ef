"""An extraction asked for from the replay arrives with its cameras and hours filled in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
PAGE = "/requisitions/appel/"


def us(when: str) -> int:
    return round(datetime.fromisoformat(when).timestamp()) * 1_000_000


@pytest.fixture
def client(agent_with: Callable[..., Agent]) -> Client:
    made = Client()
    made.force_login(agent_with(Role.CHIEF))
    return made


def field(page: str, name: str) -> str:
    (found,) = re.findall(rf'<input[^>]*name="{name}"[^>]*>', page)
    (value,) = re.findall(r'value="([^"]*)"', found) or [""]
    return str(value)


def test_camera_day_and_hours_are_filled_in_town_time_and_hold_the_whole_span(client: Client, device: Device) -> None:
    span: dict[str, int | str] = {"from_at_us": us("2026-11-05T20:38:20Z"), "to_at_us": us("2026-11-05T20:54:01Z")}
    page = client.get(PAGE, span | {"cameras": device.pk}).content.decode()
    assert [field(page, name) for name in ("on", "from_hour", "to_hour")] == ["2026-11-05", "21:38", "21:55"]
    (box,) = re.findall(rf'<input[^>]*name="cameras"[^>]*value="{device.pk}"[^>]*>', page)
    assert "checked" in box


@pytest.mark.parametrize(
    "asked", [{}, {"from_at_us": "x", "to_at_us": "1"}, {"cameras": "nowhere", "to_at_us": "9" * 30}]
)
def test_what_cannot_be_read_fills_nothing_in(client: Client, asked: dict[str, str]) -> None:
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200 and field(answer.content.decode(), "from_hour") == ""
