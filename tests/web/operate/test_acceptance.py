"""Acceptance pictures come through the test window, from what the node stored; nobody types their date or hash."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise.models import Declaration
from beffroi.authorise.services import windows
from beffroi.authorise.services.windows import NewWindow
from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.core.instants import from_us, to_us
from beffroi.engine.contract import MaskDriver, MaskPolygon
from beffroi.operate import calling, masks
from beffroi.operate.models import Device, MaskProof, View
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import AcceptanceMeasure, Camera, CameraState
from beffroi.plan.rules import StateName
from beffroi.plan.services import record_state
from beffroi.plan.works.forms import MeasureForm
from beffroi.plan.works.services import open_sheet
from tests.web.conftest import pass_sheet

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8 a street by night"
PAGE = "/cameras/c01/reception/"
AgentWith = Callable[..., Agent]
ClientOf = Callable[..., Client]


class Reply(io.BytesIO):
    """A node's answer."""

    def __init__(self, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(body)
        self.headers = headers


class Recorded:
    """A node that stored something: what it answers, what it was asked."""

    def __init__(self) -> None:
        self.stored = {"at_us": 0, "width_px": 1280, "height_px": 720, "frames": 72, "repeated": 0,
                       "fps_thousandths": 12_000, "true_fps_thousandths": 12_000}  # fmt: skip
        self.asked: list[str] = []

    @contextmanager
    def fetched(self, url: str, path: str, query: dict[str, int], *, token: str, deadline_s: float) -> Iterator[Reply]:
        self.asked.append(path)
        now_us = to_us(timezone.now())
        if path.startswith("/snapshot/"):
            yield Reply(JPEG, {"X-Beffroi-At-Us": str(query["at_us"] - 40_000)})
        else:
            yield Reply(json.dumps(self.stored | {"at_us": now_us - 1_000_000}).encode(), {})


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    monkeypatch.setattr(calling, "fetched", recorded.fetched)
    return recorded


@pytest.fixture
def tested(device: Device) -> Device:
    """A camera in test, its sheet opened."""
    today = timezone.localdate()
    CameraState.objects.all().delete()
    for step, state in enumerate(("declared", "in-test"), 1):
        CameraState.objects.create(camera_id="c01", step=step, state=state, on=today - timedelta(days=1))
    Declaration.objects.update(commissioning_on=today + timedelta(days=30))
    assert device.camera is not None
    open_sheet(device.camera.site, on=today, by="system")
    return device


@pytest.fixture
def window(tested: Device, agent_with: AgentWith) -> None:
    new = NewWindow(cameras=("c01",), hours=24, reason="essais")
    windows.open_window(new, by=agent_with(Role.CHIEF), at=timezone.now())


def claim_of(page: bytes) -> str:
    return page.decode().split('name="claim" value="')[1].split('"')[0]


def test_a_picture_is_taken_from_the_disk_judged_and_only_its_hash_and_instant_stay(
    window: None, node: Recorded, client_of: ClientOf
) -> None:
    client = client_of(Role.CHIEF)
    taken = client.post(PAGE, {"act": "picture", "item": "night-picture"})
    assert taken.status_code == 200 and b"data:image/jpeg;base64," in taken.content
    assert node.asked == ["/snapshot/c01"]
    assert not AcceptanceMeasure.objects.exists()
    verdict = {"act": "verdict", "claim": claim_of(taken.content), "verdict": "passed", "seen": "visages lisibles"}
    assert client.post(PAGE, verdict).status_code == 302
    row = AcceptanceMeasure.objects.get()
    assert (row.item, row.is_passed, row.measured) == ("night-picture", True, "visages lisibles")
    assert row.sha256 == hashlib.sha256(JPEG).hexdigest()
    assert timedelta(seconds=3) <= timezone.now() - row.at < timedelta(seconds=30)
    view = View.objects.get()
    assert (view.kind, view.reason_code) == ("snapshot", "maintenance")
    assert from_us(view.to_at_us) < timezone.now()
    shown = client.get(PAGE).content.decode()
    assert row.sha256[:16] in shown and "data:image" not in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"claim": "typed"}, "trop ancienne"), ({"seen": " "}, "en quelques mots")],
)
def test_a_verdict_without_its_picture_or_its_words_is_refused(
    window: None, node: Recorded, client_of: ClientOf, changed: dict[str, str], said: str
) -> None:
    client = client_of(Role.CHIEF)
    claim = claim_of(client.post(PAGE, {"act": "picture", "item": "day-picture"}).content)
    answer = client.post(PAGE, {"act": "verdict", "claim": claim, "verdict": "passed", "seen": "nette"} | changed)
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not AcceptanceMeasure.objects.exists()


def test_nothing_is_taken_without_a_window_nor_by_somebody_it_does_not_name(
    tested: Device, node: Recorded, client_of: ClientOf, agent_with: AgentWith
) -> None:
    answer = client_of(Role.CHIEF).post(PAGE, {"act": "picture", "item": "day-picture"})
    assert answer.status_code == 400 and "R. 252-17" in answer.content.decode()
    new = NewWindow(cameras=("c01",), hours=24, reason="essais")
    windows.open_window(new, by=agent_with(Role.CHIEF), at=timezone.now())
    assert client_of(Role.OPERATOR).post(PAGE, {"act": "stream"}).status_code == 400
    assert node.asked == []


@pytest.mark.parametrize(
    ("target_class", "changed", "failed"),
    [
        ("observe", {}, set()),
        ("identify", {}, set()),
        ("identify", {"width_px": 640, "height_px": 480}, {"resolution"}),
        ("identify", {"true_fps_thousandths": 6_000, "repeated": 36}, {"rate"}),
        ("observe", {"fps_thousandths": 5_000}, {"rate"}),
        ("observe", {"width_px": 1024}, {"resolution"}),
    ],
)
def test_the_stored_stream_is_measured_against_its_class_and_against_what_was_declared(
    window: None, node: Recorded, client_of: ClientOf, target_class: str, changed: dict[str, int], failed: set[str]
) -> None:
    Camera.objects.update(target_class=target_class)
    node.stored |= changed
    assert client_of(Role.CHIEF).post(PAGE, {"act": "stream"}).status_code == 302
    rows = {row.item: row for row in AcceptanceMeasure.objects.all()}
    assert rows.keys() == {"resolution", "rate"}
    assert {item for item, row in rows.items() if not row.is_passed} == failed


def prove(verdict: str, version: int, *, at_us: int) -> None:
    MaskProof.objects.create(
        camera="c01", stream="main", version=version, driver="camera", verdict=verdict, levels=2, at_us=at_us
    )


def test_the_proof_of_the_masks_in_force_is_measured_with_the_stream(
    window: None, node: Recorded, client_of: ClientOf, device: Device
) -> None:
    square = MaskPolygon(points=((0, 0), (4000, 0), (4000, 4000), (0, 4000)))
    now_us = to_us(timezone.now())
    drawing = masks.Drawing(polygons=(square,), driver=MaskDriver.CAMERA, reason="dwelling")
    first = masks.draw(device, drawing, by="system", now_us=now_us - 9_000_000)
    prove("proved", first.number, at_us=now_us - 8_000_000)
    second = masks.draw(device, replace(drawing, after=first.number), by="system", now_us=now_us - 7_000_000)
    client = client_of(Role.CHIEF)
    client.post(PAGE, {"act": "stream"})
    assert not AcceptanceMeasure.objects.filter(item="mask-proof").exists(), "a former version proves nothing"
    prove("failed", second.number, at_us=now_us - 6_000_000)
    client.post(PAGE, {"act": "stream"})
    prove("proved", second.number, at_us=now_us - 5_000_000)
    client.post(PAGE, {"act": "stream"})
    rows = AcceptanceMeasure.objects.filter(item="mask-proof").order_by("at")
    assert [(row.is_passed, row.at) for row in rows] == [
        (False, from_us(now_us - 6_000_000)),
        (True, from_us(now_us - 5_000_000)),
    ]


def test_a_masked_camera_is_not_accepted_without_the_proof_of_its_masks(tested: Device) -> None:
    today = timezone.localdate()
    Camera.objects.get().site.sheets.all().delete()
    pass_sheet("s1", today)
    AcceptanceMeasure.objects.filter(item="mask-proof").delete()
    square = MaskPolygon(points=((0, 0), (4000, 0), (4000, 4000), (0, 4000)))
    drawing = masks.Drawing(polygons=(square,), driver=MaskDriver.CAMERA, reason="dwelling")
    masks.draw(tested, drawing, by="system", now_us=to_us(timezone.now()))
    with pytest.raises(InvalidInput, match=r"First, .*mask proof"):
        record_state("c01", StateName.ACCEPTED, on=today)


def test_a_camera_below_its_class_is_not_accepted_and_the_article_is_named(
    window: None, node: Recorded, client_of: ClientOf
) -> None:
    today = timezone.localdate()
    AcceptanceMeasure.objects.all().delete()
    Camera.objects.get().site.sheets.all().delete()
    pass_sheet("s1", today)
    AcceptanceMeasure.objects.update(at=timezone.now() - timedelta(hours=1))
    node.stored |= {"width_px": 640, "height_px": 480}
    client_of(Role.CHIEF).post(PAGE, {"act": "stream"})
    with pytest.raises(BarredByLaw, match=r"arrêté du 3 août 2007, art\. 2") as caught:
        record_state("c01", StateName.ACCEPTED, on=today)
    assert "en dessous de ce qu'exige sa classe" in caught.value.message_fr
    node.stored |= {"width_px": 1280, "height_px": 720}
    client_of(Role.CHIEF).post(PAGE, {"act": "stream"})
    record_state("c01", StateName.ACCEPTED, on=today)


def test_pictures_size_and_rate_cannot_be_typed(a_camera: Camera) -> None:
    offered = {value for value, _ in MeasureForm(a_camera.site).fields["item"].choices}  # type: ignore[attr-defined]
    assert not offered & {"day-picture", "night-picture", "resolution", "rate"}
    typed: dict[str, Any] = {"item": "night-picture", "camera": "c01", "measured": "nette", "is_passed": "on"}
    assert not MeasureForm(a_camera.site, typed).is_valid()
