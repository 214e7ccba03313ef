"""What the law wants told is told: by whom, when, why, about what; and no word about a person."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import beffroi
from beffroi.authorise.services import import_town
from beffroi.engine.contract import EngineFact, FactKind, GrantKind, Reason, ViewingGrant
from beffroi.evidence.services import HoldRequest, hold
from beffroi.journal import rules
from beffroi.journal.models import Line
from beffroi.journal.rules import Entry
from beffroi.operate import registers, services
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.web.conftest import PASSWORD, Recorder
from tests.web.journal.conftest import whole
from tests.web.operate.test_exchange import body, gap, post

pytestmark = pytest.mark.django_db
AT_US = 1_790_000_000_000_000


def told(action: str) -> dict[str, Any]:
    """The one line of this action."""
    line = Line.objects.get(action=action)
    names = ("register", "author", "reason", "camera", "subject")
    return {name: getattr(line, name) for name in names} | {"detail": json.loads(line.detail)}


def a_grant(agent: str, kind: GrantKind = GrantKind.REPLAY) -> ViewingGrant:
    return ViewingGrant(
        id="ab" * 16,
        node="n1",
        agent=agent,
        camera="c01",
        kind=kind,
        reason=Reason(code="requisition", reference="PV 2026/123, M. Dupont"),
        issued_at_us=AT_US,
        ends_at_us=AT_US + 5,
        from_at_us=AT_US - 9,
        to_at_us=AT_US - 1,
    )


def test_a_grant_is_told_with_its_reason_and_span_and_without_its_free_reference(
    device: Device, agent_with: Callable[..., Agent]
) -> None:
    agent = agent_with(Role.OPERATOR)
    services.keep_grants([a_grant(agent.pk)])
    line = told("grant.given")
    assert (line["register"], line["author"], line["reason"]) == ("replay", agent.pk, "requisition")
    assert (line["camera"], line["subject"]) == ("c01", "ab" * 16)
    assert (line["detail"]["from_at_us"], line["detail"]["to_at_us"]) == (AT_US - 9, AT_US - 1)
    assert not [row for row in Line.objects.values() if "Dupont" in str(row) or "PV" in str(row)]
    whole()


@pytest.mark.parametrize(
    ("kind", "register"),
    [
        (GrantKind.LIVE, "viewing"),
        (GrantKind.SNAPSHOT, "viewing"),
        (GrantKind.COVERAGE, "replay"),
        (GrantKind.THUMBNAILS, "replay"),
        (GrantKind.EXPORT, "export"),
        (GrantKind.PTZ, "ptz"),
        (GrantKind.TEST_PATTERN, "viewing"),
    ],
)
def test_each_kind_of_grant_has_its_register(kind: GrantKind, register: str) -> None:
    assert registers.of_grant(a_grant("a1", kind)).register == register


def test_facts_of_a_recorder_are_told_once(client: Client, recorder: Recorder, device: Device) -> None:
    for _ in range(2):
        post(client, recorder, body(gap(1), gap(2)))
    lines = Line.objects.filter(action="gap.found")
    assert [(line.author, line.camera, json.loads(line.detail)["cause"]) for line in lines] == [
        ("node:n1", "c01", "connect"),
        ("node:n1", "c01", "connect"),
    ]
    whole()


@pytest.mark.parametrize("kind", list(FactKind))
def test_every_kind_of_fact_makes_a_line_of_codes_whatever_the_recorder_says(kind: FactKind) -> None:
    detail: dict[str, str | int | bool] = {
        "message": "Monsieur Dupont est passé",
        "plate": "AB-123-CD",
        "Not A Key": 1,
        "cause": "silent",
        "files": 3,
        "huge": 1 << 70,
        "agent": "a1",
        "grant": "g1",
        "kind": "replay",
        "reason": "incident",
    }
    entry: Entry = registers.of_fact("n1", EngineFact(seq=1, kind=kind, at_us=5, camera="c01", detail=detail))
    rules.check(entry)
    assert (entry.detail["cause"], entry.detail["files"]) == ("silent", 3)
    assert not {"message", "plate", "huge", "Not A Key"} & set(entry.detail)
    if kind in {FactKind.VIEW_OPENED, FactKind.VIEW_ENDED}:
        assert (entry.register, entry.author, entry.subject, entry.reason) == ("replay", "a1", "g1", "incident")


def test_a_hold_is_told_with_its_span_and_end(a_camera: Camera) -> None:
    now_us = time.time_ns() // 1000
    first, last, end = now_us - 20_000_000, now_us - 10_000_000, now_us + 60_000_000
    asked = HoldRequest(
        id="h1", camera="c01", from_at_us=first, to_at_us=last, until_at_us=end, subject="feu rue Dupont"
    )
    hold(asked, by="a1")
    assert told("hold.made") == {
        "register": "lock",
        "author": "a1",
        "reason": "incident",
        "camera": "c01",
        "subject": "h1",
        "detail": {"from_at_us": first, "to_at_us": last, "until_at_us": end},
    }


def test_devices_and_recorders_are_told(device: Device, recorder: Recorder) -> None:
    services.remove_device(device, by="a1")
    code = services.make_enrol_code(recorder.node, AT_US, by="a1")
    services.enrol(code, public=recorder.node.public, name="x", url="https://n1:8401", now_us=AT_US)
    assert told("node.added")["subject"] == told("device.added")["detail"]["node"] == "n1"
    assert told("device.added")["detail"]["password"] is True
    assert (told("device.removed")["author"], told("node.code-made")["author"]) == ("a1", "a1")
    assert told("node.enrolled")["author"] == "node:n1"


def test_logins_logouts_and_lock_outs_are_told_and_nothing_that_was_typed(
    client: Client, agent_with: Callable[..., Agent]
) -> None:
    agent = agent_with(Role.DPO)
    address = "/compte/connexion/"
    client.post(address, {"login": agent.username, "password": PASSWORD})
    client.post("/compte/deconnexion/")
    assert told("session.opened")["author"] == told("session.closed")["author"] == agent.pk
    for _ in range(5):
        client.post(address, {"login": agent.username, "password": "mot de passe tapé trop vite"})
    assert Line.objects.filter(action="account.locked-out").first().subject == agent.pk  # type: ignore[union-attr]
    assert not [row for row in Line.objects.values() if "vite" in str(row)]


def test_an_import_is_told_and_a_dry_run_is_not(db: None) -> None:
    folder = Path(beffroi.__file__).parent / "demo_town"
    import_town(folder, is_dry_run=True)
    assert not Line.objects.exists()
    import_town(folder)
    assert told("town.imported")["detail"]["created"] > 44
    whole()
