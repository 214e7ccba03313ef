"""Viewing grants: a right, a reason, an open gate; every one in the log before it leaves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from beffroi.engine.contract import EngineFact, FactKind, verify
from beffroi.operate import rules, services
from beffroi.operate.models import Device, Node, View
from beffroi.people.rules import Role
from beffroi.plan.models import Camera

pytestmark = pytest.mark.django_db
WATCH = {"code": "watch"}


def ask(client: Client, *requests: dict[str, Any], reason: dict[str, str] | None = None) -> Any:
    asked = {"requests": list(requests), "reason": WATCH if reason is None else reason}
    return client.post("/api/grants", asked, content_type="application/json")


def live(camera: str = "c01") -> dict[str, Any]:
    return {"camera": camera, "kind": "live"}


def span(kind: str, hours: float = 1) -> dict[str, Any]:
    now_us = time.time_ns() // 1000
    return {"camera": "c01", "kind": kind, "from_at_us": now_us - round(hours * 3600e6), "to_at_us": now_us}


def first(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()["grants"][0]
    return found


def test_a_grant_carries_agent_camera_reason_and_is_in_the_log(
    client_of: Callable[..., Client], device: Device
) -> None:
    given = first(ask(client_of(Role.OPERATOR), live(), reason={"code": "incident", "reference": "MC-12"}))
    key = settings.SITE_KEY
    grant = verify(given["token"], {key.grant_key_id: key.grant_key.public_key()})
    assert (grant.camera, grant.node, grant.kind, grant.reason.reference) == ("c01", "n1", "live", "MC-12")
    assert grant.ends_at_us - grant.issued_at_us == 15 * 60 * 1_000_000
    view = View.objects.get()
    assert (view.grant, view.agent_id, view.reason_code) == (grant.id, grant.agent, "incident")
    assert given["node_url"] == device.node.url


def test_the_recorder_tells_when_a_view_opened_and_ended(client_of: Callable[..., Client], device: Device) -> None:
    ask(client_of(Role.OPERATOR), live())
    view = View.objects.get()
    opened = EngineFact(seq=1, kind=FactKind.VIEW_OPENED, at_us=7, camera="c01", detail={"grant": view.grant})
    ended = EngineFact(
        seq=2, kind=FactKind.VIEW_ENDED, at_us=9, camera="c01", detail={"grant": view.grant, "frames": 3, "bytes": 40}
    )
    services._keep_views(Node.objects.get(), [opened, ended])
    view.refresh_from_db()
    assert (view.opened_at_us, view.ended_at_us, view.frames, view.sent_bytes) == (7, 9, 3, 40)


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (Role.OPERATOR, "live", None),
        (Role.OPERATOR, "replay", None),
        (Role.OPERATOR, "coverage", None),
        (Role.OPERATOR, "export", "not-permitted"),
        (Role.CHIEF, "export", "barred-by-law"),
        (Role.POLICE, "live", None),
        (Role.POLICE, "replay", "not-permitted"),
        (Role.POLICE, "coverage", "not-permitted"),
        (Role.TECHNICAL, "live", "not-permitted"),
        (Role.ADMIN, "replay", "not-permitted"),
    ],
)
def test_each_kind_needs_its_right(
    client_of: Callable[..., Client], device: Device, role: Role, *, kind: str, status: str | None
) -> None:
    answer = first(ask(client_of(role), span(kind), reason={"code": "flagrancy"}))
    assert answer.get("error", {}).get("kind") == status
    assert View.objects.count() == (status is None)


@pytest.mark.parametrize("role", [Role.MAYOR, Role.DPO, Role.INSPECTOR])
def test_those_who_see_figures_only_get_no_grant_at_all(
    client_of: Callable[..., Client], device: Device, role: Role
) -> None:
    assert ask(client_of(role), live()).status_code == 403


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ({"code": ""}, "reason.code"),
        ({"code": "curiosity"}, "reason.code"),
        ({"code": "requisition"}, "reason.reference"),
        ({"code": "watch", "reference": "x" * 121}, "reason.reference"),
        ({}, "reason.code"),
    ],
)
def test_no_view_without_a_reason_from_the_list(
    client_of: Callable[..., Client], device: Device, reason: dict[str, str], field: str
) -> None:
    answer = ask(client_of(Role.OPERATOR), live(), reason=reason)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert not View.objects.exists()


OF_THE_ROAD = [one.code for one in rules.REASONS if not one.needs_reference]


@pytest.mark.parametrize("code", OF_THE_ROAD)
def test_pictures_of_the_road_leave_on_a_requisition_whatever_else_is_said(
    client_of: Callable[..., Client], device: Device, code: str
) -> None:
    error = first(ask(client_of(Role.CHIEF), span("export"), reason={"code": code}))["error"]
    assert (error["kind"], error["article"], error["field"]) == ("barred-by-law", "CPP 60-1", "reason.code")
    assert "Lock them now" in error["message"] and "Verrouillez-les" in error["message_fr"]
    assert not View.objects.exists()


def test_a_workshop_cameras_pictures_leave_for_its_adjustment(
    client_of: Callable[..., Client], recorder: object
) -> None:
    form = services.DeviceForm(node="n1", main_url="rtsp://127.0.0.1:5/essai")
    services.put_device("essai", form, workshop="Atelier", now_us=time.time_ns() // 1000)
    asked = span("export") | {"camera": "essai"}
    assert "token" in first(ask(client_of(Role.CHIEF), asked, reason={"code": "maintenance"}))
    assert first(ask(client_of(Role.CHIEF), asked, reason={"code": "flagrancy"}))["error"]["article"] == "CPP 60-1"


def test_a_camera_without_order_is_barred_with_its_article(
    client_of: Callable[..., Client], recorder: object, make_camera: Callable[..., Camera]
) -> None:
    make_camera("c02", in_service=False)
    services.put_device("c02", services.DeviceForm(node="n1", main_url="rtsp://127.0.0.1/x"))
    error = first(ask(client_of(Role.CHIEF), live("c02")))["error"]
    assert (error["kind"], error["article"]) == ("barred-by-law", "CSI L252-1")


def test_one_refusal_leaves_the_others_and_the_order(client_of: Callable[..., Client], device: Device) -> None:
    grants = ask(client_of(Role.OPERATOR), live("c99"), live()).json()["grants"]
    assert [grant["camera"] for grant in grants] == ["c99", "c01"]
    assert grants[0]["error"]["kind"] == "not-found"
    assert "token" in grants[1]


@pytest.mark.parametrize("hours", [0, -1, 24 * 32])
def test_a_replay_needs_a_sensible_span(client_of: Callable[..., Client], device: Device, hours: float) -> None:
    assert first(ask(client_of(Role.OPERATOR), span("replay", hours)))["error"]["field"] == "from_at_us"


@pytest.mark.parametrize("count", [0, 65])
def test_at_most_64_views_are_asked_at_once(client_of: Callable[..., Client], device: Device, count: int) -> None:
    assert ask(client_of(Role.OPERATOR), *[live()] * count).status_code == 400


def test_an_unknown_field_or_kind_is_refused(client_of: Callable[..., Client], device: Device) -> None:
    client = client_of(Role.OPERATOR)
    assert ask(client, live() | {"extra": 1}).status_code == 400
    assert ask(client, live() | {"kind": "sound"}).status_code == 400
