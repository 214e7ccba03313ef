"""Second factor: one-time codes computed here, recovery codes, freshness, who must have one."""

from __future__ import annotations

import base64
import hmac
import html
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.people import services
from beffroi.people.models import Agent, Revocation
from beffroi.people.rules import Role

PASSWORD = "un beffroi sur la place"
LOGIN = "/compte/connexion/"
GIVEN = "/compte/facteurs/donne/"
"""Opened by the console in a window of its own."""
pytestmark = pytest.mark.django_db


def code_of(secret: str) -> str:
    """Source: RFC 6238, RFC 4226 section 5.3; apart from the library under test."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def chief(agent_with: Callable[..., Agent], device: Device) -> Agent:
    agent_with(Role.ADMIN)
    return agent_with(Role.CHIEF)


def enter(agent: Agent) -> Client:
    client = Client()
    client.post(LOGIN, {"login": agent.username, "password": PASSWORD})
    return client


def set_up(client: Client) -> tuple[str, list[str]]:
    """The secret of the application and the recovery codes shown once."""
    client.post("/compte/confirmer/", {"password": PASSWORD})
    page = client.get("/compte/facteurs/code/").content.decode()
    found = re.search(r'id="totp-secret">(\w+)<', page)
    assert found, page
    assert client.post("/compte/facteurs/code/", {"code": code_of(found[1])}).status_code == 302
    return found[1], re.findall(r"<code>(\d{8})</code>", client.get("/compte/facteurs/secours/").content.decode())


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: now)


def test_a_code_is_asked_after_the_password_and_serves_once(chief: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, _ = set_up(enter(chief))
    later(monkeypatch, 120)
    client = enter(chief)
    assert client.get("/").status_code == 302
    assert client.post("/compte/facteur/", {"code": "000000"}).status_code == 200
    assert client.get("/").status_code == 302
    client.post("/compte/facteur/", {"code": code_of(secret)})
    assert client.get("/").status_code == 200
    other = enter(chief)
    other.post("/compte/facteur/", {"code": code_of(secret)})
    assert other.get("/").status_code == 302


def test_each_recovery_code_serves_once_and_is_shown_once(chief: Agent) -> None:
    client = enter(chief)
    _, codes = set_up(client)
    assert len(set(codes)) == 10
    assert codes[0] not in client.get("/compte/facteurs/secours/").content.decode()
    first, again = enter(chief), enter(chief)
    first.post("/compte/facteur/", {"code": codes[0]})
    again.post("/compte/facteur/", {"code": codes[0]})
    assert (first.get("/").status_code, again.get("/").status_code) == (200, 302)


def test_secrets_lie_sealed_in_the_database(chief: Agent) -> None:
    secret, codes = set_up(enter(chief))
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert codes[0] not in stored
    assert base64.b64encode(secret.encode()).decode() not in stored


def test_where_it_is_required_nothing_else_comes_first(chief: Agent, settings: Any, set_required: None) -> None:
    client = enter(chief)
    for page in ("/", "/poste/", "/cameras/", "/programme/"):
        assert client.get(page)["Location"] == "/compte/facteurs/"
    answer = client.get("/api/cameras")
    assert (answer.status_code, answer.json()["error"]["field"]) == (403, "second_factor")
    set_up(client)
    assert client.get("/").status_code == 200


@pytest.fixture
def set_required(settings: Any) -> None:
    from dataclasses import replace

    people = replace(settings.BEFFROI.people, second_factor="required")
    settings.BEFFROI = replace(settings.BEFFROI, people=people)


def export(client: Client) -> Any:
    now_us = time.time_ns() // 1000
    wanted = {"camera": "c01", "kind": "export", "from_at_us": now_us - 10**8, "to_at_us": now_us}
    asked = {"requests": [wanted], "reason": {"code": "flagrancy"}}
    return client.post("/api/grants", asked, content_type="application/json")


def test_an_export_asks_for_the_factor_again_after_five_minutes(chief: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    client = enter(chief)
    secret, _ = set_up(client)
    later(monkeypatch, 60)
    fresh = enter(chief)
    fresh.post("/compte/facteur/", {"code": code_of(secret)})
    assert export(fresh).status_code == 200
    later(monkeypatch, 301)
    assert export(fresh).json()["error"]["field"] == "second_factor"
    assert fresh.get(GIVEN)["Location"].startswith("/compte/facteurs/confirmer/?next=")
    fresh.post("/compte/facteurs/confirmer/", {"code": code_of(secret)})
    assert export(fresh).status_code == 200
    assert "C'est confirmé" in html.unescape(fresh.get(GIVEN).content.decode())


def test_who_has_no_factor_exports_where_none_is_required(chief: Agent) -> None:
    assert export(enter(chief)).status_code == 200


def test_changes_to_people_ask_for_the_factor_again(agent_with: Callable[..., Agent]) -> None:
    admin, other = agent_with(Role.ADMIN), agent_with()
    client = enter(admin)
    set_up(client)
    page = f"/agents/{other.pk}/role/"
    assert client.get("/agents/").status_code == 200
    answer = client.post(page, {"role": "operator"})
    assert answer["Location"].startswith("/compte/facteurs/confirmer/")
    assert not other.assignments.exists()


def test_a_factor_is_not_removed_with_the_password_alone(chief: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    client = enter(chief)
    set_up(client)
    later(monkeypatch, 301)
    answer = client.post("/compte/facteurs/code/retirer/")
    assert answer["Location"].startswith("/compte/facteurs/confirmer/")
    assert client.get("/compte/confirmer/").status_code == 302
    assert Authenticator.objects.filter(type="totp").exists()


def test_the_administrator_drops_lost_factors_and_the_journal_keeps_every_change(
    chief: Agent, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    client = enter(chief)
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    services.drop_factors(chief, by="someone")
    assert client.get("/").status_code == 302
    told = list(Line.objects.filter(subject=chief.pk).order_by("index").values_list("action", flat=True))
    assert told == ["session.opened", "factor.added", "factor.added", "factor.dropped"]


def test_a_changed_password_kills_what_the_old_one_had_opened(chief: Agent) -> None:
    client = enter(chief)
    typed = {"oldpassword": PASSWORD, "password1": "une autre phrase longue", "password2": "une autre phrase longue"}
    client.post("/compte/mot-de-passe/", typed)
    assert Revocation.objects.get().agent == chief
    assert client.get("/").status_code == 200
