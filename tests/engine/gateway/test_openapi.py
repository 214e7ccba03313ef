"""The gateway's document is current, and what it says holds against generated questions."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from beffroi.core.openapi import written
from beffroi.engine.contract import GrantKind, StreamName
from beffroi.engine.gateway.app import DOORS
from beffroi.engine.gateway.openapi import openapi
from tests.engine.node.town import Town, wait_for

ROOT = Path(__file__).parents[3]
SCHEMA = schemathesis.openapi.from_dict(openapi())
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]
DOOR_OF = {(door.method, door.path): door for door in DOORS}
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.ignored_auth,
]


def test_the_document_is_current() -> None:
    path = ROOT / "ref" / "openapi-gateway.json"
    assert path.read_text() == written(openapi()), f"python -m beffroi.engine.gateway.openapi > {path.name}"


def test_every_door_says_what_it_gives() -> None:
    assert [door.path for door in DOORS if not door.gives] == ["/control/nudge"]
    assert set(DOOR_OF) == {(one.method.upper(), one.path) for one in OPERATIONS}


@pytest.fixture(scope="module")
def recorded(running: Town) -> Town:
    camera = running.cameras[("c01", StreamName.MAIN)]
    wait_for(lambda: camera.sent > 110, seconds=20)
    return running


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_generated_questions_are_answered_as_the_document_says(recorded: Town, operation: Any) -> None:
    """Half of them about a camera that records and a span that has footage."""
    start_us = recorded.cameras[("c01", StreamName.MAIN)].instants[25]
    door = DOOR_OF[operation.method.upper(), operation.path]
    span: dict[str, Any] = {"from_at_us": start_us - 10**9, "to_at_us": start_us + 10**9}
    kinds = [recorded.token(kind=kind, **span if kind is not GrantKind.LIVE else {}) for kind in GrantKind]
    good = [recorded.token(kind=kind, **span) for kind in sorted(door.kinds)] or kinds

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(), near=st.booleans(), at=st.integers(0, 4_000_000), token=st.integers(0, 99))
    def ask(case: Any, near: bool, at: int, token: int) -> None:
        if near and door.kinds:
            case.path_parameters["camera"] = "c01"
            instants = {"from_at_us": start_us, "to_at_us": start_us + at, "at_us": start_us + at, "number": at % 3}
            case.query.update({name: value for name, value in instants.items() if name in case.query})
        tokens = good if near else kinds
        headers = {"Authorization": f"Beffroi-Grant {tokens[token % len(tokens)]}"} if door.kinds else {}
        answer = case.call_and_validate(
            base_url=f"http://127.0.0.1:{recorded.port}", headers=headers, checks=CHECKS, timeout=10
        )
        assert answer.status_code != 500
        assert answer.headers["cache-control"] == ["no-store"]

    ask()


def test_a_field_that_the_document_does_not_know_is_found(recorded: Town) -> None:
    """The judge can say no: without `oldest_at_us` in the document, a right answer is a wrong one."""
    wrong = copy.deepcopy(openapi())
    coverage = wrong["components"]["schemas"]["Coverage"]
    del coverage["properties"]["oldest_at_us"]
    coverage["required"].remove("oldest_at_us")
    start_us = recorded.cameras[("c01", StreamName.MAIN)].instants[25]
    path = "/replay/{camera}/{stream}/coverage"
    case = schemathesis.openapi.from_dict(wrong)[path]["get"].Case(
        path_parameters={"camera": "c01", "stream": "main"},
        query={"from_at_us": start_us, "to_at_us": start_us + 1_000_000},
    )
    headers = {"Authorization": f"Beffroi-Grant {recorded.token(kind=GrantKind.COVERAGE)}"}
    with pytest.raises(FailureGroup, match="oldest_at_us"):
        case.call_and_validate(base_url=f"http://127.0.0.1:{recorded.port}", headers=headers, checks=CHECKS)
