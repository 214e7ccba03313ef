"""Web's document is current, and what it says holds against generated questions: no fault, nothing for nobody."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.middleware.csrf import _get_new_csrf_string
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks

from beffroi.core.openapi import written
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.web.openapi import ASKED, openapi, programs
from tests.web.conftest import Recorder
from tests.web.project.matrix import logged_in, make_world, routes

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]
SCHEMA = schemathesis.openapi.from_dict(openapi(with_pages=True))
WEB = SCHEMA.app = get_wsgi_application()
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]
CHECKS = [
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
    checks.ignored_auth,
]
MOST = [Role.ADMIN, Role.TECHNICAL, Role.CHIEF, Role.DPO]
"""Together they enter everywhere."""


def test_the_document_is_current() -> None:
    path = ROOT / "ref" / "openapi-web.json"
    assert path.read_text() == written(openapi()), f"python -m beffroi.web.openapi > {path.name}"


def test_everything_that_programs_call_says_its_json() -> None:
    called = {route.name for route in routes() if route.path.startswith(("/api/", "/node/"))}
    assert called - set(programs()) == set()
    assert set(programs()) | set(ASKED) <= {route.name for route in routes()}


class Signed:
    """Web, with the signature of a recorder put on what it is sent, where one is wanted."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        if environ.get("HTTP_AUTHORIZATION") == "Beffroi-Node sign":
            at_us = time.time_ns() // 1000
            environ["HTTP_AUTHORIZATION"] = self._recorder.header(environ["PATH_INFO"], body, at_us=at_us)
        return WEB(environ, start)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_generated_questions_are_answered_as_the_document_says(
    operation: Any, device: Device, recorder: Recorder, agent_with: Callable[..., Agent]
) -> None:
    """By somebody who enters everywhere, and a recorder that signs."""
    world = make_world(agent_with, agent_with(*MOST))
    client = logged_in(world.caller)
    csrf = _get_new_csrf_string()
    cookies = {
        django_settings.SESSION_COOKIE_NAME: client.cookies[django_settings.SESSION_COOKIE_NAME].value,
        django_settings.CSRF_COOKIE_NAME: csrf,
    }
    headers = {"X-CSRFToken": csrf, "Accept-Language": "en"}
    if operation.path.startswith("/node/"):
        headers["Authorization"] = "Beffroi-Node sign"
    SCHEMA.app = Signed(recorder)
    is_program = operation.path.startswith(("/api/", "/node/"))
    wanted = CHECKS if is_program else CHECKS[2:]  # a page may be a file to keep, in its own format

    @settings(
        max_examples=20 if is_program else 4,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        with transaction.atomic():
            answer = case.call_and_validate(headers=headers, cookies=cookies, checks=wanted)
            transaction.set_rollback(True)
        assert answer.status_code < 500
        assert answer.headers["cache-control"] == ["no-store"]

    ask()
