"""Sign-in by an identity provider: every spoilt answer is refused, nobody is made an agent by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from beffroi.journal.models import Line
from beffroi.people.models import Agent, Identity
from beffroi.people.rules import Role
from tests.web.people.provider import CLIENT, SECRET, Provider, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Any, tmp_path: Path) -> Iterator[Provider]:
    (tmp_path / "oidc.secret").write_text(SECRET)
    with running() as started:
        people = replace(
            settings.BEFFROI.people,
            oidc_issuer=started.issuer,
            oidc_client=CLIENT,
            oidc_secret_file=str(tmp_path / "oidc.secret"),
        )
        settings.BEFFROI = replace(settings.BEFFROI, people=people)
        yield started


@pytest.fixture
def linked(provider: Provider, agent_with: Callable[..., Agent]) -> Agent:
    agent = agent_with(Role.OPERATOR)
    Identity.objects.create(agent=agent, issuer=provider.issuer, subject="person-1")
    return agent


def leave(client: Client, path: str = "/compte/oidc/") -> dict[str, str]:
    """What the provider is asked."""
    answer = client.get(path)
    assert answer.status_code == 302, answer.content.decode()
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def come_back(client: Client, **query: str) -> int:
    return client.get("/compte/oidc/retour/", query).status_code


def sign_in(provider: Provider) -> Client:
    client = Client()
    asked = leave(client)
    come_back(client, state=asked["state"], code=provider.code(asked["nonce"]))
    return client


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_whoever_is_linked_enters(provider: Provider, linked: Agent) -> None:
    assert is_in(sign_in(provider))


def test_only_known_parameters_leave_and_secrets_are_long(provider: Provider) -> None:
    asked = leave(Client())
    assert set(asked) == {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"}
    assert min(len(asked["state"]), len(asked["nonce"])) >= 32
    assert leave(Client())["nonce"] != asked["nonce"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"iss": "https://elsewhere.example"},
        {"nonce": "another-nonce-of-more-than-thirty-two"},
        {"nonce": None},
        pytest.param({"exp": int(time.time()) - 3600}, id="expired"),
        {"exp": None},
        pytest.param({"iat": int(time.time()) + 3600}, id="issued in an hour"),
        {"sub": None},
    ],
    ids=str,
)
def test_a_wrong_claim_lets_nobody_in(provider: Provider, linked: Agent, claims: dict[str, Any]) -> None:
    provider.claims = claims
    assert not is_in(sign_in(provider))


@pytest.mark.parametrize("forge", ["none", "HS256", "other key", "unknown kid", "changed", "crit"])
def test_a_forged_token_lets_nobody_in(provider: Provider, linked: Agent, forge: str) -> None:
    provider.forge = forge
    assert not is_in(sign_in(provider))


def test_a_provider_that_calls_itself_otherwise_is_not_followed(provider: Provider, linked: Agent) -> None:
    provider.told_issuer = "https://elsewhere.example"
    assert Client().get("/compte/oidc/").status_code == 401


def test_a_code_and_a_state_serve_once(provider: Provider, linked: Agent) -> None:
    client = Client()
    asked = leave(client)
    code = provider.code(asked["nonce"])
    come_back(client, state=asked["state"], code=code)
    client.post("/compte/deconnexion/")
    assert come_back(client, state=asked["state"], code=code) == 401
    again = leave(client)
    assert come_back(client, state=again["state"], code=code) == 401
    assert not is_in(client)


@pytest.mark.parametrize("state", ["", "wrong"])
def test_an_answer_of_another_sign_in_is_refused(provider: Provider, linked: Agent, state: str) -> None:
    client = Client()
    asked = leave(client)
    assert come_back(client, state=state, code=provider.code(asked["nonce"])) == 401
    assert come_back(Client(), state=asked["state"], code=provider.code(asked["nonce"])) == 401
    assert not is_in(client)


def test_a_sign_in_begun_too_long_ago_is_refused(
    provider: Provider, linked: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    asked = leave(client)
    later = time.time() + 601
    monkeypatch.setattr("beffroi.people.oidc.time.time", lambda: later)
    assert come_back(client, state=asked["state"], code=provider.code(asked["nonce"])) == 401


def test_an_unknown_subject_makes_no_account_even_with_a_known_address(
    provider: Provider, agent_with: Callable[..., Agent]
) -> None:
    agent = agent_with(Role.OPERATOR)
    Agent.objects.filter(pk=agent.pk).update(email="anne@ville.example")
    provider.claims = {"email": "anne@ville.example", "email_verified": True}
    assert not is_in(sign_in(provider))
    assert Agent.objects.count() == 1
    assert not Identity.objects.exists()


def test_a_closed_account_stays_closed(provider: Provider, linked: Agent) -> None:
    Agent.objects.update(is_active=False)
    assert not is_in(sign_in(provider))


def test_an_agent_links_itself_once_and_the_journal_says_so(
    provider: Provider, client_of: Callable[..., Client], agent_with: Callable[..., Agent]
) -> None:
    for role in (Role.OPERATOR, Role.CHIEF):
        client = client_of(role)
        asked = leave(client, "/compte/oidc/lier/")
        come_back(client, state=asked["state"], code=provider.code(asked["nonce"]))
    assert Identity.objects.get().agent == agent_with(Role.OPERATOR)
    assert Line.objects.filter(action="identity.linked").count() == 1
    client_of(Role.OPERATOR).post("/compte/oidc/delier/")
    assert not Identity.objects.exists()


def test_rights_come_from_the_town_never_from_the_provider(provider: Provider, linked: Agent) -> None:
    provider.claims = {"roles": ["admin"], "groups": ["admin"]}
    assert sign_in(provider).get("/agents/").status_code == 403


def test_without_a_provider_there_is_no_such_sign_in() -> None:
    assert Client().get("/compte/oidc/").status_code == 404
