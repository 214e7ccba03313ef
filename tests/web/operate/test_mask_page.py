"""The page of a camera's masks: drawn by list without script, refused in words, its history and its proofs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from shapely.geometry import box

from beffroi.authorise.queries import gates
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us
from beffroi.engine.contract import (
    CameraHealth,
    CameraState,
    EngineFact,
    ExchangeRequest,
    FactKind,
    MaskDriver,
    MaskPolygon,
    MaskState,
)
from beffroi.engine.outbox import Detail
from beffroi.journal.models import Line
from beffroi.operate import mask_rows, mask_rules, masks, queries, rows, services
from beffroi.operate.mask_rules import View
from beffroi.operate.models import Device, MaskVersion
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from beffroi.territory.models import Building
from tests.web.operate.test_exchange import health, now_us

pytestmark = pytest.mark.django_db
TEXT = "1000,1000 3000,1000 3000,4000\n5000,5000 6000,5000 6000,9000"


def typed(**changed: str) -> dict[str, str]:
    return {"polygons": TEXT, "driver": "node", "reason": "dwelling", "after": "0", **changed}


def path(device: Device) -> str:
    return f"/cameras/{device.pk}/masques/"


def test_masks_are_drawn_by_their_list_without_script(client_of: Callable[..., Client], device: Device) -> None:
    client = client_of(Role.TECHNICAL)
    assert client.post(path(device), typed()).status_code == 302
    version = MaskVersion.objects.get()
    assert [one["points"][0] for one in version.polygons] == [[1000, 1000], [5000, 5000]]
    page = client.get(path(device)).content.decode()
    assert "5000,5000 6000,5000 6000,9000" in page and "Intérieur ou entrée" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"polygons": "1,2 x,y"}, "Ligne 1"),
        ({"polygons": "0,0 9000,9000 9000,0 0,9000"}, "se croise"),
        ({"reason": ""}, "motif"),
        ({"driver": "paint"}, "incrustés"),
        ({"after": "7"}, "entre-temps"),
        ({"polygons": ""}, "sans masque"),
    ],
)
def test_what_is_refused_is_said_and_what_was_typed_is_kept(
    client_of: Callable[..., Client], device: Device, changed: dict[str, str], said: str
) -> None:
    answer = client_of(Role.TECHNICAL).post(path(device), typed(**changed))
    assert answer.status_code == 400 and said in answer.content.decode()
    assert typed(**changed)["polygons"].split("\n")[0] in answer.content.decode()
    assert not MaskVersion.objects.exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.POLICE])
def test_who_does_not_configure_draws_nothing(client_of: Callable[..., Client], device: Device, role: Role) -> None:
    assert client_of(role).post(path(device), typed()).status_code in (403, 404)
    assert not MaskVersion.objects.exists()


def test_presets_survive_the_list() -> None:
    found = (
        MaskPolygon(points=((0, 0), (9, 0), (9, 9)), preset="portail nord"),
        MaskPolygon(points=((1, 1), (2, 2), (3, 3))),
    )
    assert mask_rows.from_text(mask_rows.as_text(found)) == found


def test_a_withheld_camera_is_an_alarm_and_says_what_to_do(client_of: Callable[..., Client], device: Device) -> None:
    masks.draw(
        device,
        masks.Drawing(polygons=mask_rows.from_text(TEXT), driver=MaskDriver.CAMERA, reason="dwelling"),
        by="system",
        now_us=now_us(),
    )
    camera = CameraHealth(
        id=device.pk, state=CameraState.BARRED, since_at_us=now_us(), last_at_us=0, masks=MaskState.WITHHELD
    )
    detail: Detail = {
        "stream": "main",
        "version": 1,
        "driver": "camera",
        "verdict": "failed",
        "cause": "shows",
        "levels": 90,
    }
    fact = EngineFact(seq=1, kind=FactKind.MASK_PROOF, at_us=now_us(), camera=device.pk, detail=detail)
    services.store_exchange(
        device.node,
        ExchangeRequest(health=replace(health("n1", camera), mask_slots=2), facts=(fact,), have_version=""),
        now_us(),
    )
    client = client_of(Role.TECHNICAL)
    page = client.get(path(device)).content.decode()
    assert "ni montrée ni enregistrée" in page and "quelque chose se voit sous un masque" in page
    (row,) = [one for one in rows.camera_rows(client_agent(client), now_us()) if one.id == device.pk]
    assert row.is_withheld and row.tone == "bad"
    assert rows.summary([row])["in_trouble"] == rows.summary([row])["total"] == 1
    assert Line.objects.get(action="node.mask-slots").subject == "n1"


def client_agent(client: Client) -> Agent:
    return Agent.objects.get(pk=client.session["_auth_user_id"])


# -- masks first ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("east", "north", "is_seen"),
    [(0.0, 10.0, True), (0.0, -10.0, False), (0.0, 60.0, False), (20.0, 5.0, False), (4.0, 12.0, True)],
)
def test_a_dwelling_is_in_view_within_the_field_and_the_range(east: float, north: float, is_seen: bool) -> None:
    lat, lon = 44.1, 3.07
    y, x = lat + north / 111_320, lon + east / (111_320 * 0.718)
    footprint = box(x - 1e-5, y - 1e-5, x + 1e-5, y + 1e-5)
    view = View(bearing_deg=0, hfov_deg=60, range_m=40, turns=False)
    assert mask_rules.ground_in_view(lat, lon, view).intersects(footprint) is is_seen
    assert mask_rules.ground_in_view(lat, lon, replace(view, turns=True)).intersects(footprint) is (north < 60)


def a_dwelling_before(camera: Camera) -> None:
    masks._touches_any.cache_clear()
    masks._dwellings.cache_clear()
    lat, lon = camera.lat, camera.lon
    shape = box(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4).__geo_interface__
    Building.objects.create(id="b1", shape=shape, height_m=9)


def is_open(device: Device) -> bool:
    state = queries.desired_state(device.node, now_us())
    asked = device.pk in {camera.id for camera in state.cameras}
    assert asked is gates([device.pk], at=from_us(now_us()))[device.pk].is_open
    assert asked is not (device.pk in state.barred)
    return asked


FOUND = masks.Drawing(polygons=(), driver=MaskDriver.NODE, reason=mask_rules.NOTHING)


def test_a_camera_in_service_stays_shut_while_a_dwelling_in_view_has_neither_masks_nor_a_finding(
    device: Device, a_camera: Camera, client_of: Callable[..., Client]
) -> None:
    assert is_open(device) and masks.lacking([a_camera.pk]) == frozenset()
    a_dwelling_before(a_camera)
    assert not is_open(device)
    asked = {"requests": [{"camera": "c01", "kind": "live"}], "reason": {"code": "watch"}}
    answer = client_of(Role.CHIEF).post("/api/grants", asked, content_type="application/json")
    error = answer.json()["grants"][0]["error"]
    assert (error["kind"], error["article"]) == ("barred-by-law", "CSI L251-3")
    assert "reste fermée" in client_of(Role.TECHNICAL).get("/cameras/c01/masques/").content.decode()
    masks.draw(device, FOUND, by="agent-1", now_us=now_us())
    assert is_open(device)


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({"bearing_deg": 18}, True),
        ({"bearing_deg": 25}, False),
        ({"tilt_deg": 25}, False),
        ({"hfov_deg": 70}, False),
        ({"lat": 44.1001}, False),
        ({"kind": "ptz"}, False),
    ],
)
def test_a_finding_holds_for_the_pose_it_was_made_of(
    device: Device, a_camera: Camera, changed: dict[str, Any], *, holds: bool
) -> None:
    a_dwelling_before(a_camera)
    masks.draw(device, FOUND, by="agent-1", now_us=now_us())
    Camera.objects.filter(pk=a_camera.pk).update(**changed)
    assert is_open(device) is holds


def test_a_finding_is_signed_by_somebody(device: Device) -> None:
    with pytest.raises(InvalidInput) as refusal:
        masks.draw(device, FOUND, by="system", now_us=now_us())
    assert refusal.value.field == "author"
