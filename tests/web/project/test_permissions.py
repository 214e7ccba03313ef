"""Every address against every persona: what is not declared is refused, what is declared is enforced.

The addresses come from the resolver (`matrix.py`): a new one is judged here without a line being written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from tests.web.project.matrix import MARK, OTHER, PERSONAS, Route, foreign_camera, logged_in, make_world, own, routes

pytestmark = pytest.mark.django_db

ALL = routes()
FOR_AGENTS = [route for route in ALL if route.who == "agent"]
FOR_NODES = [route for route in ALL if route.who == "node"]
PUBLIC = {
    *("account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password"),
    *("account_email", "set_language", "health", "fonts", "rights", "public-systems"),
    *("mfa_authenticate", "mfa_login_webauthn", "oidc", "oidc-back"),
}


@pytest.mark.parametrize("route", ALL, ids=str)
def test_every_view_declares_its_access(route: Route) -> None:
    assert route.access is not None


def test_only_login_help_health_fonts_language_residents_rights_and_the_list_of_systems_are_public() -> None:
    assert {route.name for route in ALL if route.who == "public"} == PUBLIC


def _asked(client: Client, method: str, path: str) -> Any:
    """An answer whose writes are undone: each address is asked in the same town."""
    with transaction.atomic():
        before = Line.objects.count()
        answer: Any = getattr(client, method)(path)
        answer.lines = Line.objects.count() - before
        transaction.set_rollback(True)
    return answer


@pytest.mark.parametrize("role", PERSONAS, ids=str)
def test_each_persona_enters_where_its_rights_lead_and_nowhere_else(
    role: Role | None, agent_with: Callable[..., Agent], device: Device, make_camera: Callable[..., Any]
) -> None:
    foreign_camera(make_camera)
    world = make_world(agent_with, agent_with(*([role] if role else [])))
    client = logged_in(world.caller)
    client.get("/nowhere")  # writes its session once: what is asked next is undone
    wrong = []
    for route in FOR_AGENTS:
        path = route.filled(own(route, world))
        for method in ("get", "post"):
            answer = _asked(client, method, path)
            told = answer.content.decode("utf-8", "replace")
            if answer["Cache-Control"] != "no-store" or answer.status_code >= 500:
                wrong.append((method, path, answer.status_code))
            elif not route.admits(role):
                if answer.status_code != 403 or MARK in told or OTHER in told or answer.lines:
                    wrong.append((method, path, answer.status_code))
            elif method == "get" and answer.status_code in ({403, 404} if route.holes else {403}):
                wrong.append((method, path, answer.status_code))
    assert not wrong


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_nobody_enters_without_a_login(
    method: str, client: Client, agent_with: Callable[..., Agent], device: Device
) -> None:
    world = make_world(agent_with, agent_with(Role.OPERATOR))
    for route in FOR_AGENTS:
        path = route.filled(own(route, world))
        answer = getattr(client, method)(path)
        if path.startswith("/api/"):
            assert answer.status_code == 401
            assert answer.json()["error"]["kind"] == "not-authenticated"
        else:
            assert answer.status_code == 302
            assert answer["Location"].startswith("/compte/connexion/")
        assert not answer.content or path.startswith("/api/")


@pytest.mark.parametrize("role", PERSONAS, ids=str)
def test_no_persona_passes_for_a_recorder(role: Role | None, client_of: Callable[..., Client], device: Device) -> None:
    client = client_of(*([role] if role else []))
    for route in FOR_NODES:
        assert client.get(route.path).status_code == 405
        answer = client.post(route.path, b"{}", content_type="application/json")
        assert answer.status_code in {400, 401}, route
        assert set(answer.json()) == {"error"}


def test_a_form_from_another_site_is_refused(client_of: Callable[..., Client], device: Device) -> None:
    client = client_of(Role.ADMIN)
    client.handler.enforce_csrf_checks = True
    assert client.post("/cameras/c01/retirer/").status_code == 403
    assert Device.objects.filter(pk="c01").exists()


def test_pages_allow_no_inline_script_and_no_other_host(client: Client) -> None:
    policy = client.get("/compte/connexion/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere", "/node/nowhere"])
def test_an_unknown_address_is_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert path == "/nowhere" or answer.json()["error"]["kind"] == "not-found"
