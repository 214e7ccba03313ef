"""Every door of the gateway and every message of a window × every persona × own, foreign and unknown camera.

Web signs for a persona, a real node serves: what leaves it is what the persona's rights say, to the byte. Doors and
messages come from the gateway's own tables; a new one is judged here without a line being written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from beffroi.engine.contract import GrantKind, StreamName, grant_key
from beffroi.engine.gateway.app import DOORS
from beffroi.engine.gateway.door import Door
from beffroi.engine.gateway.live import MESSAGES
from beffroi.evidence.models import Requisition
from beffroi.operate import rules
from beffroi.operate.models import Node
from beffroi.operate.services import DeviceForm, put_device
from beffroi.people.models import Agent
from beffroi.people.rules import RIGHTS, Role
from tests.engine.gateway.windows import Frame, window
from tests.engine.node.town import NODE, Answer, Town, wait_for
from tests.web.project.lawful import requisition_that_may_go
from tests.web.project.matrix import MARK, NOWHERE, PERSONAS, logged_in, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
CAMERAS = ("c01", MARK, NOWHERE)
GUARDED = [door for door in DOORS if door.public is None]
REASON = {"code": "flagrancy"}
MARKED = {"subscribe", "renew"}
"""Messages that carry a grant; the others open nothing."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A node that records c01 and the camera outside the group, and takes web's own grants."""
    running = Town(tmp_path_factory.mktemp("town"), ("c01", MARK))
    key = settings.SITE_KEY
    running.change_before_start(grant_keys=(grant_key(key.grant_key_id, key.grant_key.public_key()),))
    try:
        running.start()
        camera = wait_for(lambda: running.cameras.get(("c01", StreamName.MAIN)))
        wait_for(lambda: camera.sent > 110, seconds=30)
        thumbs = running.folder / "footage" / "thumbnails" / "c01"
        wait_for(lambda: any(thumbs.rglob("*.thumbs")), seconds=20)
        yield running
    finally:
        running.close()


@pytest.fixture
def persona(
    node: Town, agent_with: Callable[..., Agent], make_camera: Callable[..., Any]
) -> Callable[[Role | None], Client]:
    """A persona whose role is held for c01 alone; both cameras record."""
    Node.objects.create(id=NODE, name="Enregistreur", url=f"http://127.0.0.1:{node.port}")
    for camera in ("c01", MARK):
        make_camera(camera)
        put_device(camera, DeviceForm(node=NODE, main_url=f"rtsp://127.0.0.1:5/{camera}"))

    from_at_us, _ = _span(node)
    requisition_that_may_go(agent_with, "c01", from_at_us - 10**8, from_at_us + 10**8)

    def make(role: Role | None) -> Client:
        return logged_in(make_world(agent_with, agent_with(*([role] if role else []))).caller)

    return make


def _span(node: Town) -> tuple[int, int]:
    from_at_us = node.cameras[("c01", StreamName.MAIN)].instants[25]
    return from_at_us, from_at_us + 2_000_000


def tokens(client: Client, node: Town) -> dict[tuple[GrantKind, str], str]:
    """What web signs for this persona, of all there is to ask; exports under a requisition of c01 that may go."""
    looks = [(kind, camera) for kind in GrantKind if kind is not GrantKind.EXPORT for camera in CAMERAS]
    found = _signed(client, node, looks, REASON)
    for camera in CAMERAS:
        reason = {"code": "requisition", "reference": Requisition.objects.get().pk}
        found |= _signed(client, node, [(GrantKind.EXPORT, camera)], reason)
    return found


def _signed(
    client: Client, node: Town, wanted: Sequence[tuple[GrantKind, str]], reason: dict[str, str]
) -> dict[tuple[GrantKind, str], str]:
    from_at_us, _ = _span(node)
    span = {"from_at_us": from_at_us - 10**8, "to_at_us": from_at_us + 10**8}
    requests = [{"camera": camera, "kind": kind.value} | span for kind, camera in wanted]
    answer = client.post("/api/grants", {"requests": requests, "reason": reason}, content_type="application/json")
    if answer.status_code != 200:
        assert answer.status_code == 403
        return {}
    given = answer.json()["grants"]
    return {asked: one["token"] for asked, one in zip(wanted, given, strict=True) if "token" in one}


def visit(node: Town, door: Door, camera: str, *, token: str, now: bool = False) -> Answer:
    from_at_us, to_at_us = _span(node)
    query = {
        "nothing": "",
        "span": f"?from_at_us={from_at_us}&to_at_us={to_at_us}&number=0&folder=other&size=1",
        "instant": f"?at_us={from_at_us}",
    }
    path = door.path.format(camera=camera, stream="main") + ("" if now else query[door.asks])
    return node.ask(door.method, path, token)


def _expected(role: Role | None) -> set[GrantKind]:
    rights = RIGHTS[role] if role else frozenset()
    return {kind for kind in GrantKind if rules.RIGHT_FOR[kind] in rights}


def _ways(door: Door) -> list[tuple[frozenset[GrantKind], bool]]:
    return [(door.kinds, False)] + ([(door.kinds_now, True)] if door.kinds_now else [])


@pytest.mark.parametrize("role", PERSONAS, ids=str)
def test_each_persona_opens_the_doors_of_its_rights_on_its_cameras_and_no_byte_of_another(
    role: Role | None, node: Town, persona: Callable[..., Client]
) -> None:
    signed = tokens(persona(role), node)
    assert set(signed) == {(kind, "c01") for kind in _expected(role)}
    wrong: list[tuple[Any, ...]] = []
    for door in GUARDED:
        for kinds, now in _ways(door):
            for kind, token in [(None, ""), *((kind, token) for (kind, _), token in signed.items())]:
                own, foreign, unknown = (visit(node, door, camera, token=token, now=now) for camera in CAMERAS)
                opens = kind in kinds
                if (
                    (own.status in {200, 503}) != opens
                    or foreign.status != unknown.status
                    or foreign.body != unknown.body
                ):
                    wrong.append((door.path, kind, now, own.status, foreign.status, unknown.status))
                if foreign.status not in {401, 403} or set(json.loads(foreign.body)) != {"error"}:
                    wrong.append((door.path, kind, now, "bytes of a foreign camera"))
    assert wrong == []


@pytest.mark.parametrize("role", PERSONAS, ids=str)
def test_each_persona_sees_live_what_its_rights_say_and_no_frame_of_another_camera(
    role: Role | None, node: Town, persona: Callable[..., Client]
) -> None:
    signed = tokens(persona(role), node)
    grants = {"": None} | {token: kind for (kind, _), token in signed.items()}
    with window(node) as browser:
        for token, kind in grants.items():
            answers = []
            for camera in CAMERAS:
                browser.subscribe(1, camera, token)
                if camera == "c01" and kind is GrantKind.LIVE:
                    browser.until("stream")
                    assert browser.take_frames(1)
                    browser.say(type="unsubscribe", tile=1)
                    browser.until("end")
                    continue
                ended = browser.next()
                assert isinstance(ended, dict) and ended["type"] == "end" and not isinstance(ended, Frame)
                answers.append(ended["error"])
            assert answers[-1] == answers[-2] and answers[-1]["kind"] in {"not-permitted", "not-authenticated"}


def test_a_tile_is_not_carried_to_another_camera_by_any_message(node: Town, persona: Callable[..., Client]) -> None:
    """Each message there is, with each grant of the operator, on a tile of her own camera."""
    signed = tokens(persona(Role.OPERATOR), node)
    live = signed[GrantKind.LIVE, "c01"]
    with window(node) as browser:
        browser.subscribe(1, "c01", live)
        browser.until("stream")
        for kind in set(MESSAGES) - {"unsubscribe"}:
            for token in ["", *signed.values()] if kind in MARKED else [""]:
                fields: dict[str, Any] = {"type": kind, "tile": 2, "camera": MARK, "stream": "main", "grant": token}
                known = {name: fields[name] for name in MESSAGES[kind].__dataclass_fields__ if name in fields}
                browser.say(**known, **({"sent_ms": 1.0} if kind == "ping" else {}))
        assert {frame.tile for frame in browser.take_frames(20)} == {1}


@pytest.mark.parametrize("kind", sorted(MESSAGES))
def test_every_message_with_a_field_that_is_not_its_own_closes_the_window(node: Town, kind: str) -> None:
    with window(node) as browser:
        values = {"tile": 1, "camera": "c01", "stream": "main", "grant": "", "sent_ms": 1.0}
        known = {name: values[name] for name in MESSAGES[kind].__dataclass_fields__ if name in values}
        browser.say(type=kind, **known, agent="somebody-else")
        assert browser.closes()


def test_a_grant_is_for_its_agent_only_while_they_may_look(node: Town, persona: Callable[..., Client]) -> None:
    """What web has signed dies with the agent's revocation, on every door."""
    client = persona(Role.CHIEF)
    signed = tokens(client, node)
    agent = Agent.objects.get(username="chief")
    node.web.desired = replace(
        node.web.desired, version="revoked", revoked_agents={agent.pk: time.time_ns() // 1000 + 1}
    )
    node.ask("POST", "/control/nudge")
    wait_for(lambda: node.web.health is not None and node.web.health.desired_version == "revoked")
    for door in GUARDED:
        for kinds, now in _ways(door):
            for kind in kinds & {kind for kind, _ in signed}:
                answer = visit(node, door, "c01", token=signed[kind, "c01"], now=now)
                assert answer.status in {401, 403}, (door.path, kind)
