"""Masks of a camera: drawn as versions, told to its node, proofs kept; what is refused."""

from __future__ import annotations

import json

import pytest

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.engine.contract import (
    DesiredState,
    EngineFact,
    ExchangeRequest,
    FactKind,
    MaskDriver,
    MaskPolygon,
    decode,
    encode,
)
from beffroi.engine.outbox import Detail
from beffroi.journal.models import Line
from beffroi.operate import mask_rules, masks, queries, services
from beffroi.operate.masks import Drawing
from beffroi.operate.models import Device, MaskProof
from tests.web.operate.test_exchange import health, now_us

pytestmark = pytest.mark.django_db
WINDOW = MaskPolygon(points=((1000, 1000), (3000, 1000), (3000, 4000)))
DOOR = MaskPolygon(points=((5000, 5000), (6000, 5000), (6000, 9000), (5000, 9000)))


def drawing(*polygons: MaskPolygon, after: int = 0, reason: str = "dwelling") -> Drawing:
    return Drawing(polygons=polygons, driver=MaskDriver.NODE, reason=reason, after=after)


def test_masks_reach_the_node_and_change_the_version_of_its_state(device: Device) -> None:
    before = queries.desired_state(device.node, now_us())
    assert before.cameras[0].masks is None
    masks.draw(device, drawing(WINDOW), by="agent-1", now_us=now_us())
    state = queries.desired_state(device.node, now_us())
    told = state.cameras[0].masks
    assert told is not None and told.polygons == (WINDOW,) and told.version == 1
    assert state.version != before.version
    assert decode(DesiredState, encode(state)) == state


def test_a_drawing_is_a_version_and_a_line_of_the_journal_without_a_word_of_it(device: Device) -> None:
    masks.draw(device, drawing(WINDOW), by="agent-1", now_us=now_us())
    masks.draw(device, drawing(WINDOW, DOOR, after=1), by="agent-2", now_us=now_us())
    line = Line.objects.filter(action="mask.drawn").latest("pk")
    assert (line.author, line.reason, line.camera) == ("agent-2", "dwelling", device.pk)
    assert (detail := json.loads(line.detail))["version"] == 2 and detail["polygons"] == 2
    assert detail["sha256"] == mask_rules.digest((WINDOW, DOOR))


def test_who_drew_over_an_older_version_is_told_and_nothing_is_written(device: Device) -> None:
    masks.draw(device, drawing(WINDOW), by="agent-1", now_us=now_us())
    with pytest.raises(Conflict):
        masks.draw(device, drawing(DOOR), by="agent-2", now_us=now_us())
    assert masks.latest([device.pk])[device.pk].author == "agent-1"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (drawing(WINDOW, reason="because"), "reason"),
        (drawing(), "reason"),
        (drawing(WINDOW, reason=mask_rules.NOTHING), "reason"),
        (drawing(MaskPolygon(points=((0, 0), (9000, 9000), (9000, 0), (0, 9000)))), "polygons"),
        (drawing(MaskPolygon(points=((0, 0), (9000, 9000)))), "polygons"),
        (drawing(MaskPolygon(points=((0, 0), (11000, 0), (0, 9000)))), "polygons"),
        (drawing(MaskPolygon(points=WINDOW.points, preset="gate")), "polygons"),
        (drawing(*([WINDOW] * 33)), "polygons"),
    ],
)
def test_what_is_no_mask_is_refused_by_its_field(device: Device, asked: Drawing, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        masks.draw(device, asked, by="agent-1", now_us=now_us())
    assert refusal.value.field == field and refusal.value.message_fr != refusal.value.message
    assert not masks.latest([device.pk])


def test_nothing_to_mask_is_a_version_too_and_opens_the_camera_bare(device: Device) -> None:
    masks.draw(device, drawing(WINDOW), by="agent-1", now_us=now_us())
    masks.draw(device, drawing(after=1, reason=mask_rules.NOTHING), by="agent-1", now_us=now_us())
    assert queries.desired_state(device.node, now_us()).cameras[0].masks is None


def test_masks_in_force_over_a_span_are_those_of_then(device: Device) -> None:
    masks.draw(device, drawing(WINDOW), by="agent-1", now_us=1000)
    masks.draw(device, drawing(DOOR, after=1), by="agent-2", now_us=2000)
    masks.draw(device, drawing(after=2, reason=mask_rules.NOTHING), by="agent-2", now_us=3000)
    spans = {
        (a, b): queries.masks_in_force(device.pk, a, b) for a, b in ((0, 1000), (0, 1500), (1500, 2001), (2000, 9000))
    }
    numbers = {span: [found.masks.version for found in answer] for span, answer in spans.items()}
    assert numbers == {(0, 1000): [], (0, 1500): [1], (1500, 2001): [1, 2], (2000, 9000): [2, 3]}
    first = spans[0, 1500][0]
    assert (first.from_at_us, first.to_at_us, first.masks.polygons) == (1000, 2000, (WINDOW,))
    assert spans[2000, 9000][-1].to_at_us == 0 and not spans[2000, 9000][-1].masks.polygons


def test_a_proof_is_kept_once_and_journalled_with_its_hash(device: Device) -> None:
    detail: Detail = {
        "stream": "main",
        "version": 1,
        "driver": "camera",
        "verdict": "failed",
        "levels": 90,
        "sha256": "a" * 64,
    }
    fact = EngineFact(seq=1, kind=FactKind.MASK_PROOF, at_us=5, camera=device.pk, detail=detail)
    asked = ExchangeRequest(health=health(), facts=(fact,), have_version="")
    for _ in range(2):
        services.store_exchange(device.node, asked, now_us())
    proof = MaskProof.objects.get()
    assert (proof.verdict, proof.levels, proof.at_us, proof.sha256) == ("failed", 90, 5, "a" * 64)
    line = Line.objects.get(action="mask.looked-at")
    assert line.camera == device.pk and json.loads(line.detail)["verdict"] == "failed"


def test_the_address_of_the_onvif_service_is_as_set_or_the_customary_one(device: Device) -> None:
    assert masks.onvif_url(device) == "http://127.0.0.1/onvif/device_service"
    device.main_url = "rtsp://[fd00::4]:554/a"
    assert masks.onvif_url(device) == "http://[fd00::4]/onvif/device_service"
    device.onvif_url = "https://10.0.0.4:8443/onvif/device_service"
    assert masks.onvif_url(device) == "https://10.0.0.4:8443/onvif/device_service"
