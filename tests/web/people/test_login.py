"""Login, lock-out, language, and accounts without any default."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.people import services
from beffroi.people.models import Agent
from beffroi.people.rules import IMAGE_RIGHTS, Role, rights_of
from beffroi.web import settings as project

PASSWORD = "un beffroi sur la place"
LOGIN = "/compte/connexion/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def anne() -> Agent:
    return services.add_agent("anne", PASSWORD, [Role.OPERATOR], name="Anne", email="anne@ville.example")


def log_in(client: Client, login: str, password: str, address: str = "10.0.0.1") -> int:
    return client.post(LOGIN, {"login": login, "password": password}, REMOTE_ADDR=address).status_code


@pytest.mark.parametrize("login", ["anne", "ANNE", "anne@ville.example"])
def test_an_agent_logs_in_by_name_or_by_address(anne: Agent, client: Client, login: str) -> None:
    assert log_in(client, login, PASSWORD) == 302
    assert client.get("/").status_code == 200


def test_a_wrong_password_shows_the_form_again(anne: Agent, client: Client) -> None:
    answer = client.post(LOGIN, {"login": "anne", "password": "wrong"})
    assert answer.status_code == 200
    assert 'class="notice bad"' in answer.content.decode()


def test_five_wrong_passwords_lock_the_account_for_that_address_only(anne: Agent, client: Client) -> None:
    for login in ("anne", "ANNE", "anne@ville.example", "anne"):
        assert log_in(client, login, "wrong") == 200
    assert log_in(client, "anne", "wrong") == 429
    answer = client.post(LOGIN, {"login": "anne", "password": PASSWORD}, REMOTE_ADDR="10.0.0.1")
    assert answer.status_code == 429
    assert "dix minutes" in answer.content.decode()
    assert log_in(client, "anne", PASSWORD, address="10.0.0.2") == 302


def test_an_inactive_agent_cannot_log_in(anne: Agent, client: Client) -> None:
    Agent.objects.update(is_active=False)
    log_in(client, "anne", PASSWORD)
    assert client.get("/").status_code == 302


def test_there_is_no_sign_up(client: Client) -> None:
    answer = client.get(reverse("account_signup"))
    assert answer.status_code == 200
    assert "<form" not in answer.content.decode().split("<main", 1)[1]


def test_a_fresh_database_has_no_account() -> None:
    assert not Agent.objects.exists()


def test_passwords_are_kept_by_argon2() -> None:
    assert project.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.mark.parametrize("password", ["short", "password1234", "anne-durand-12"])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.add_agent("anne-durand", password, [], name="Anne")
    assert refused.value.field == "password"


def test_a_name_taken_in_another_case_is_refused(anne: Agent) -> None:
    with pytest.raises(Conflict):
        services.add_agent("Anne", PASSWORD, [], name="Autre")


def test_closing_an_account_ends_its_sessions(anne: Agent, client: Client, agent_with: Callable[..., Agent]) -> None:
    agent_with(Role.ADMIN)
    log_in(client, "anne", PASSWORD)
    services.change_agent(anne, title="", is_active=False)
    assert client.get("/").status_code == 302


def test_the_last_administrator_cannot_leave(agent_with: Callable[..., Agent]) -> None:
    with pytest.raises(Conflict):
        services.change_agent(agent_with(Role.ADMIN), title="", is_active=False)


def test_pages_speak_the_language_an_agent_chose(anne: Agent, client: Client) -> None:
    log_in(client, "anne", PASSWORD)
    client.post("/compte/langue/", {"language": "en", "next": "/"})
    assert "Hello, Anne" in client.get("/", HTTP_ACCEPT_LANGUAGE="fr").content.decode()


def test_the_language_form_never_leads_elsewhere(client: Client) -> None:
    answer = client.post("/compte/langue/", {"language": "en", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_only_those_who_watch_see_images() -> None:
    seers = {role for role in Role if rights_of([role]) & IMAGE_RIGHTS}
    assert seers == {Role.OPERATOR, Role.CHIEF, Role.POLICE, Role.OPJ, Role.MAYOR_WITH_PICTURES, Role.PARTNER}
