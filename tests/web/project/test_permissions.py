"""Every address against every persona: what is not declared is refused, what is declared is enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from beffroi.operate.models import Device
from beffroi.people.permissions import Access, declared
from beffroi.people.rules import Role, rights_of

pytestmark = pytest.mark.django_db


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


ALL = list(patterns(get_resolver("beffroi.web.urls")))
FILLERS = {"<slug:camera_id>": "c01", "<slug:node_id>": "n1", "<slug:agent_id>": "x", "<int:assignment_id>": "1"}
FILLERS |= {
    "<slug:session_id>": "x",
    "<slug:habilitation_id>": "x",
    "<slug:group_id>": "x",
    "<int:pk>": "1",
    "<slug:pair>": "dpo-people",
}
FILLERS |= {"<slug:order_id>": "o1", "<int:window_id>": "1"}


def address(pattern: URLPattern) -> str:
    path = "/" + str(pattern.pattern)
    for hole, value in FILLERS.items():
        path = path.replace(hole, value)
    assert "<" not in path, path
    return path


def access_of(pattern: URLPattern) -> Access:
    access = declared(pattern.callback)
    assert access is not None
    return access


@pytest.mark.parametrize("pattern", ALL, ids=str)
def test_every_view_declares_its_access(pattern: URLPattern) -> None:
    assert declared(pattern.callback) is not None


def test_only_login_help_health_fonts_and_language_are_public() -> None:
    found = {pattern.name for pattern in ALL if access_of(pattern).who == "public"}
    assert found == {
        *("account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password"),
        *("account_email", "set_language", "health", "fonts"),
        *("mfa_authenticate", "mfa_login_webauthn", "oidc", "oidc-back"),
    }


FOR_AGENTS = [one for one in ALL if access_of(one).who == "agent"]


@pytest.mark.parametrize("role", [None, *Role], ids=str)
def test_each_persona_enters_where_its_rights_lead_and_nowhere_else(
    role: Role | None, client_of: Callable[..., Client], device: Device
) -> None:
    roles = [role] if role else []
    client = client_of(*roles)
    wrong = []
    for pattern in FOR_AGENTS:
        answer = client.get(address(pattern))
        wanted = access_of(pattern).any_of
        may_enter = not wanted or bool(rights_of(roles) & wanted)
        if (answer.status_code != 403) != may_enter or answer["Cache-Control"] != "no-store":
            wrong.append((address(pattern), answer.status_code))
    assert not wrong


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_enters_without_a_login(method: str, client: Client, device: Device) -> None:
    for pattern in FOR_AGENTS:
        answer = getattr(client, method)(address(pattern))
        if address(pattern).startswith("/api/"):
            assert answer.status_code == 401
            assert answer.json()["error"]["kind"] == "not-authenticated"
        else:
            assert answer.status_code == 302
            assert answer["Location"].startswith("/compte/connexion/")


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
