"""What is outside an agent's reach: no route tells of it, no grant opens it, and no answer betrays that it exists."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from beffroi.engine.contract import GrantKind
from beffroi.operate.api import LOOKS
from beffroi.operate.models import Device, View
from beffroi.people.models import Agent
from beffroi.people.rules import RIGHTS, Right, Role
from tests.web.project.matrix import (
    MARK,
    NOWHERE,
    PERSONAS,
    World,
    foreign_camera,
    hole,
    logged_in,
    make_world,
    normal,
    own,
)
from tests.web.project.test_permissions import FOR_AGENTS

pytestmark = pytest.mark.django_db
WATCHERS = sorted(role for role, rights in RIGHTS.items() if Right.HEALTH in rights or Right.LIVE in rights)
SEEING_EVERYTHING = {Right.PROGRAMME, Right.PEOPLE}
"""The plan of the town names every camera, as its dossier does; so does the form that makes groups."""
WITH_FOREIGN = [(route, name) for route in FOR_AGENTS for name in route.holes if hole(route, name).foreign]


@pytest.fixture
def within(
    agent_with: Callable[..., Agent], device: Device, make_camera: Callable[..., Any]
) -> Callable[[Role | None], tuple[Client, World]]:
    """Somebody whose role holds in a group that has c01 alone."""
    foreign_camera(make_camera)

    def make(role: Role | None) -> tuple[Client, World]:
        world = make_world(agent_with, agent_with(*([role] if role else [])))
        return logged_in(world.caller), world

    return make


Within = Callable[[Role | None], tuple[Client, World]]


@pytest.mark.parametrize("role", [role for role in WATCHERS if not RIGHTS[role] & SEEING_EVERYTHING], ids=str)
def test_no_route_tells_of_a_camera_outside_the_group(role: Role, within: Within) -> None:
    client, world = within(role)
    told = []
    for route in FOR_AGENTS:
        path = route.filled(own(route, world))
        for query in ("", f"?q={MARK}", f"?camera={MARK}"):
            body = client.get(path + query).content.decode("utf-8", "replace")
            shown = body.replace(f"q={MARK}", "").replace(f"camera={MARK}", "").replace(f"camera%3D{MARK}", "")
            if MARK in shown.replace(f"q%3D{MARK}", ""):
                told.append(path + query)
    assert told == []


@pytest.mark.parametrize("role", PERSONAS, ids=str)
def test_what_is_somebody_else_s_answers_as_if_it_were_not_there(role: Role | None, within: Within) -> None:
    client, world = within(role)
    betrayed = []
    for route, name in WITH_FOREIGN:
        if not route.admits(role):
            continue
        filler = hole(route, name)
        assert filler.foreign is not None
        foreign, unknown = str(filler.foreign(world)), filler.unknown
        for method in (client.get, client.post):
            answers = [
                normal(method(route.filled(own(route, world) | {name: one})), foreign, unknown)
                for one in (foreign, unknown)
            ]
            if answers[0] != answers[1] or answers[0][0] == 200:
                betrayed.append((str(route), name, answers[0][0], answers[1][0]))
    assert betrayed == []


@pytest.mark.parametrize("kind", list(GrantKind), ids=str)
def test_no_kind_of_grant_opens_a_foreign_camera(kind: GrantKind, within: Within) -> None:
    now_us = time.time_ns() // 1000
    for role in (one for one in WATCHERS if RIGHTS[one] & set(LOOKS)):
        client, _ = within(role)
        asked = [
            {"camera": camera, "kind": kind.value, "from_at_us": now_us - 10**8, "to_at_us": now_us}
            for camera in (MARK, NOWHERE)
        ]
        reason = {"code": "flagrancy", "reference": "I-1"}
        answer = client.post("/api/grants", {"requests": asked, "reason": reason}, content_type="application/json")
        foreign, unknown = answer.json()["grants"]
        assert foreign["error"] == unknown["error"]
        assert "token" not in foreign
    assert not View.objects.exists()
