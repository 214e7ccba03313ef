"""The sign-in as an attacker tries it: where it leads, whose session it gives, what it tells."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from beffroi.people import services
from beffroi.people.models import Agent
from beffroi.people.rules import Role

PASSWORD = "un beffroi sur la place"
LOGIN = "/compte/connexion/"
pytestmark = pytest.mark.django_db
ELSEWHERE = [
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//localhost@evil.example/", "http:evil"),
    *("https:evil.example", "http://localhost.evil.example/", "/%09/evil.example", "//evil%E3%80%82example"),
    *("ftp://evil", "\thttps://evil.example"),
]
FOREIGN = ["evil.example", "localhost@evil.example", "localhost:8400.evil.example", "localhost evil", ""]


@pytest.fixture
def anne() -> Agent:
    return services.add_agent("anne", PASSWORD, [Role.OPERATOR], name="Anne", email="anne@ville.example")


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_login_leads_to_no_other_place(anne: Agent, where: str) -> None:
    for query, form in ((f"?next={where}", {}), ("", {"next": where})):
        answer = Client().post(LOGIN + query, {"login": "anne", "password": PASSWORD, **form})
        assert answer.status_code == 302
        assert re.match(r"/(?![/\\])[^\s]*$", answer["Location"]), answer["Location"]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_neither_logout_nor_language_leads_to_another_place(anne: Agent, where: str) -> None:
    client = Client()
    client.post(LOGIN, {"login": "anne", "password": PASSWORD})
    for path, form in (("/compte/langue/", {"language": "en"}), ("/compte/deconnexion/", {})):
        answer = client.post(path, {**form, "next": where})
        assert answer.status_code == 302
        assert re.match(r"/(?![/\\])[^\s]*$", answer["Location"]), answer["Location"]


def test_a_session_that_somebody_planted_is_not_the_one_that_is_given(anne: Agent) -> None:
    planted = Client()
    session = planted.session
    session["x"] = 1
    session.save()
    key = session.session_key
    assert key
    victim = Client()
    victim.cookies[settings.SESSION_COOKIE_NAME] = key
    assert victim.post(LOGIN, {"login": "anne", "password": PASSWORD}).status_code == 302
    assert victim.cookies[settings.SESSION_COOKIE_NAME].value != key
    planted.cookies[settings.SESSION_COOKIE_NAME] = key
    assert planted.get("/").status_code == 302  # to the login


def test_the_cookie_is_for_pages_of_this_site_and_no_script(anne: Agent) -> None:
    client = Client()
    client.post(LOGIN, {"login": "anne", "password": PASSWORD})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


@pytest.mark.parametrize("host", FOREIGN)
def test_a_page_is_no_other_host_s(host: str, client: Client) -> None:
    answer = client.get(LOGIN, HTTP_HOST=host)
    assert answer.status_code == 400 and "evil" not in answer.content.decode()


def test_no_header_says_who_asks_or_under_which_name(anne: Agent, client: Client) -> None:
    """A lock-out holds for the peer's address, whatever it claims."""
    for number in range(6):
        forged = {"X-Forwarded-For": f"10.9.9.{number}", "X-Forwarded-Host": "evil.example"}
        answer = client.post(LOGIN, {"login": "anne", "password": "wrong"}, REMOTE_ADDR="10.0.0.7", headers=forged)
        assert "evil" not in answer.content.decode()
    assert answer.status_code == 429


def test_an_unknown_name_and_a_wrong_password_are_told_alike(anne: Agent) -> None:
    def told(login: str) -> tuple[int, str]:
        answer = Client().post(LOGIN, {"login": login, "password": "wrong"}, REMOTE_ADDR=f"10.1.1.{len(login)}")
        body = re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.content.decode())
        return answer.status_code, body

    assert told("anne") == told("personne")


@pytest.mark.parametrize("path", ["/compte/deconnexion/", "/compte/langue/"])
def test_nothing_changes_by_following_a_link(anne: Agent, path: str) -> None:
    client = Client()
    client.post(LOGIN, {"login": "anne", "password": PASSWORD})
    client.get(path)
    assert client.get("/").status_code == 200
