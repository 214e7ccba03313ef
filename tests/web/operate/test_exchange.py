"""What a recorder posts: its signature, its facts once, its desired state."""

from __future__ import annotations

import json
import string
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client
from django.utils import translation

from beffroi.cli import status
from beffroi.core.base64url import b64, unb64
from beffroi.engine.contract import (
    CameraHealth,
    CameraState,
    EngineFact,
    ExchangeReply,
    ExchangeRequest,
    FactKind,
    KeptCamera,
    MirrorState,
    NodeHealth,
    StreamHealth,
    StreamName,
    decode,
    encode,
)
from beffroi.evidence.models import Hold
from beffroi.journal.models import Line
from beffroi.operate import queries, services, words
from beffroi.operate.models import Device, Gap, Node, NodeFact, View
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.people.services import change_agent
from beffroi.plan.models import Camera
from tests.web.conftest import CAMERA_PASSWORD, Recorder

pytestmark = pytest.mark.django_db
PATH = "/node/exchange"
ALPHABET = string.ascii_letters + string.digits + "-_"


def now_us() -> int:
    return time.time_ns() // 1000


def health(node: str = "n1", *cameras: CameraHealth) -> NodeHealth:
    return NodeHealth(
        node=node,
        version="0.1.0",
        started_at_us=now_us(),
        at_us=now_us(),
        desired_version="",
        disk_free_bytes=10**9,
        disk_total_bytes=10**10,
        footage_bytes=0,
        oldest_at_us=0,
        pool_bytes=0,
        pool_max_bytes=0,
        rss_bytes=0,
        cpu_s=0.0,
        outbox_facts=0,
        cameras=cameras,
    )


def gap(seq: int) -> EngineFact:
    detail: dict[str, str | int | bool] = {"stream": "main", "from_at_us": seq * 10, "to_at_us": seq * 10 + 5}
    return EngineFact(seq=seq, kind=FactKind.GAP, at_us=seq * 10, camera="c01", detail=detail | {"cause": "connect"})


def body(*facts: EngineFact, have_version: str = "", document: NodeHealth | None = None) -> bytes:
    return encode(ExchangeRequest(health=document or health(), facts=facts, have_version=have_version))


def post(client: Client, recorder: Recorder, payload: bytes, **changed: Any) -> Any:
    header = changed.get("header") or recorder.header(PATH, payload, at_us=changed.get("at_us", now_us()))
    return client.post(PATH, payload, content_type="application/json", headers={"Authorization": header})


def reply(client: Client, recorder: Recorder, payload: bytes) -> ExchangeReply:
    answer = post(client, recorder, payload)
    assert answer.status_code == 200, answer.content
    return decode(ExchangeReply, answer.content)


def test_a_recorder_learns_what_it_must_do(client: Client, recorder: Recorder, device: Device) -> None:
    desired = reply(client, recorder, body()).desired
    assert desired is not None
    (camera,) = desired.cameras
    assert (camera.id, camera.retention_s) == ("c01", 15 * 86_400)
    assert {(one.stream, one.password) for one in camera.sources} == {
        ("main", CAMERA_PASSWORD),
        ("sub", CAMERA_PASSWORD),
    }
    assert desired.origins[0] == "http://localhost:8400"
    assert desired.grant_keys[0].id == settings.SITE_KEY.grant_key_id


def test_the_state_it_has_is_not_sent_again(client: Client, recorder: Recorder, device: Device) -> None:
    desired = reply(client, recorder, body()).desired
    assert desired is not None
    assert reply(client, recorder, body(have_version=desired.version)).desired is None
    services.remove_device(device)
    assert reply(client, recorder, body(have_version=desired.version)).desired is not None


def test_a_camera_whose_gate_is_closed_is_known_but_not_opened(
    client: Client, recorder: Recorder, make_camera: Callable[..., Camera]
) -> None:
    camera = make_camera("c09", in_service=False)
    services.put_device(camera.pk, services.DeviceForm(node="n1", main_url="rtsp://127.0.0.1/x"))
    desired = reply(client, recorder, body()).desired
    assert desired is not None
    assert (desired.cameras, desired.barred) == ((), ("c09",))
    assert desired.kept == (KeptCamera(camera="c09", holds=()),)


def test_a_lock_on_a_camera_whose_order_expired_reaches_its_node(
    client: Client, recorder: Recorder, make_camera: Callable[..., Camera]
) -> None:
    camera = make_camera("c09", in_service=False)
    services.put_device(camera.pk, services.DeviceForm(node="n1", main_url="rtsp://127.0.0.1/x"))
    Hold.objects.create(id="h1", camera=camera, kind="incident", from_at_us=1, to_at_us=2, until_at_us=now_us() + 10**9,
                        subject="essai", made_at_us=1)  # fmt: skip
    desired = reply(client, recorder, body()).desired
    assert desired is not None
    assert [hold.id for kept in desired.kept for hold in kept.holds] == ["h1"]


def test_a_workshop_camera_ends_after_a_day(recorder: Recorder, town: object) -> None:
    start = now_us()
    form = services.DeviceForm(node="n1", main_url="rtsp://127.0.0.1/x")
    services.put_device("essai-1", form, workshop="Atelier", now_us=start)
    node = Node.objects.get()
    (camera,) = queries.desired_state(node, start).cameras
    assert camera.not_after_us == start + 24 * 3600 * 1_000_000
    assert queries.desired_state(node, camera.not_after_us).barred == ("essai-1",)


def test_a_revoked_agent_is_named_for_as_long_as_a_grant_of_theirs_may_serve(
    client_of: Callable[..., Client], agent_with: Callable[..., Agent], device: Device
) -> None:
    client = client_of(Role.OPERATOR)
    asked = {"reason": {"code": "incident", "reference": "MC-1"}, "requests": [{"camera": "c01", "kind": "live"}]}
    assert client.post("/api/grants", json.dumps(asked), content_type="application/json").status_code == 200
    view = View.objects.get()
    agent_with(Role.ADMIN)
    change_agent(Agent.objects.get(pk=view.agent_id), title="", is_active=False)
    longest_us = 15 * 60 * 1_000_000
    named = queries.desired_state(device.node, view.issued_at_us + longest_us).revoked_agents
    assert list(named) == [view.agent_id] and named[str(view.agent_id)] >= view.issued_at_us
    assert queries.desired_state(device.node, view.issued_at_us + 2 * longest_us).revoked_agents == {}


def test_facts_delivered_twice_are_kept_once(client: Client, recorder: Recorder, device: Device) -> None:
    assert reply(client, recorder, body(gap(1), gap(2))).acked_seq == 2
    assert reply(client, recorder, body(gap(1), gap(2), gap(3))).acked_seq == 3
    assert reply(client, recorder, body(gap(2))).acked_seq == 3
    assert list(NodeFact.objects.values_list("seq", flat=True).order_by("seq")) == [1, 2, 3]
    assert Gap.objects.count() == 3


def test_a_clock_more_than_a_second_off_is_an_alarm_on_the_page_and_a_line_of_the_journal(
    client: Client, client_of: Callable[..., Client], recorder: Recorder, device: Device
) -> None:
    stream = StreamHealth(
        stream=StreamName.MAIN, state=CameraState.RECORDING, since_at_us=5, last_at_us=6, clock_offset_ms=-40_000
    )
    camera = CameraHealth(id="c01", state=CameraState.RECORDING, since_at_us=5, last_at_us=6, streams=(stream,))
    document = replace(health("n1", camera), clock_state="unsynchronised")
    told = [
        EngineFact(seq=1, kind=FactKind.CLOCK_STATE, at_us=5, detail={"state": "unsynchronised", "cameras": 1}),
        EngineFact(
            seq=2, kind=FactKind.CAMERA_CLOCK, at_us=6, camera="c01", detail={"offset_ms": -40_000, "is_astray": True}
        ),
    ]
    reply(client, recorder, body(*told, document=document))
    maintainer = client_of(Role.MAINTAINER)
    assert "s&#x27;écarte de -40.0 s" in maintainer.get("/cameras/").content.decode()
    assert "non synchronisée" in maintainer.get("/enregistreurs/n1/").content.decode()
    lines = [(line.action, line.camera) for line in Line.objects.filter(register="clock").order_by("index")]
    assert lines == [("clock.state", ""), ("clock.camera", "c01")]


def test_health_says_what_each_camera_does(client: Client, recorder: Recorder, device: Device) -> None:
    stream = StreamHealth(
        stream=StreamName.MAIN,
        state=CameraState.REFUSED,
        since_at_us=5,
        message="Wrong password.",
        message_fr="Mauvais mot de passe.",
        clock_offset_ms=40,
    )
    camera = CameraHealth(id="c01", state=CameraState.REFUSED, since_at_us=5, last_at_us=4, streams=(stream,))
    reply(client, recorder, body(document=health("n1", camera)))
    now = now_us()
    condition = queries.conditions([device], queries.nodes(now), now)["c01"]
    assert (condition.state, condition.message, condition.clock_offset_ms) == ("refused", "Wrong password.", 40)
    assert words.cause(condition.message, condition.message_fr) == "Mauvais mot de passe."
    with translation.override("en"):
        assert words.cause(condition.message, condition.message_fr) == "Wrong password."
    later = now + 60_000_000
    assert queries.conditions([device], queries.nodes(later), later)["c01"].message == "node-down"


@pytest.mark.parametrize("spoilt", ["other-key", "other-body", "old", "future", "unknown-node", "no-header", "garbage"])
def test_a_wrong_signature_is_refused_and_nothing_is_kept(
    client: Client, recorder: Recorder, device: Device, spoilt: str
) -> None:
    payload = body(gap(1))
    stranger = Recorder(recorder.node, Ed25519PrivateKey.generate())
    header = {
        "other-key": stranger.header(PATH, payload, at_us=now_us()),
        "other-body": recorder.header(PATH, payload + b" ", at_us=now_us()),
        "old": recorder.header(PATH, payload, at_us=now_us() - 301_000_000),
        "future": recorder.header(PATH, payload, at_us=now_us() + 301_000_000),
        "unknown-node": recorder.header(PATH, payload, at_us=now_us()).replace("id=n1", "id=n2"),
        "no-header": " ",
        "garbage": "Beffroi-Node id=n1, at=x, sig=y",
    }[spoilt]
    answer = post(client, recorder, payload, header=header)
    assert answer.status_code == 401
    assert answer.json()["error"]["kind"] == "not-authenticated"
    assert not NodeFact.objects.exists()


def test_a_request_that_was_overheard_is_not_taken_again(client: Client, recorder: Recorder, device: Device) -> None:
    """Its answer would hold the cameras' passwords."""
    payload = body(gap(1))
    header = recorder.header(PATH, payload, at_us=now_us())
    assert post(client, recorder, payload, header=header).status_code == 200
    signature = header[-86:]
    for spelled in (
        signature,
        *(signature[:-1] + letter for letter in ALPHABET if same(signature[:-1] + letter, signature)),
    ):
        answer = post(client, recorder, payload, header=header[:-86] + spelled)
        assert answer.status_code == 401 and CAMERA_PASSWORD not in answer.content.decode()


def same(one: str, other: str) -> bool:
    """Whether two texts are the same bytes: the last letter of a signature has four bits that say nothing."""
    return unb64(one) == unb64(other)


@pytest.mark.parametrize(
    "url",
    [
        "http://n7.ville.example:8401",  # plain, beyond this machine
        "https://n7.ville.example:8401; script-src *",
        "https://n7.ville.example/path",
        "https://user@n7.ville.example",
        "https://n7.ville.example:8401\r\nX: y",
        "ftp://n7.ville.example",
        "https://",
    ],
)
def test_a_node_s_address_is_a_host_in_https_and_nothing_more(client: Client, db: None, url: str) -> None:
    code = services.make_enrol_code(services.add_node("n7", name="Autre"), now_us())
    public = b64(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    asked = {"code": code, "public": public, "name": "Autre", "url": url}
    assert client.post("/node/enrol", asked, content_type="application/json").status_code == 400
    assert not Node.objects.get(pk="n7").public


def test_a_message_with_an_unknown_field_is_refused(client: Client, recorder: Recorder) -> None:
    payload = json.dumps(json.loads(body()) | {"extra": 1}).encode()
    answer = post(client, recorder, payload)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "extra")


def test_health_of_another_node_is_refused(client: Client, recorder: Recorder) -> None:
    assert post(client, recorder, body(document=health("n2"))).status_code == 400


def test_an_enrolment_code_serves_once_and_for_an_hour(client: Client, db: None) -> None:
    node = services.add_node("n7", name="Autre")
    public = b64(Ed25519PrivateKey.generate().public_key().public_bytes_raw())

    def enrol(code: str) -> int:
        asked = {"code": code, "public": public, "name": "Autre", "url": "https://n7.ville.example:8401"}
        return client.post("/node/enrol", asked, content_type="application/json").status_code

    code = services.make_enrol_code(node, now_us())
    assert enrol("wrong") == 401
    assert enrol("") == 401
    assert enrol(code) == 200
    assert enrol(code) == 401
    old = services.make_enrol_code(node, now_us() - 3601 * 1_000_000)
    assert enrol(old) == 401
    assert Node.objects.get(pk="n7").public == public


def test_a_failed_mirror_of_its_keys_is_said_by_page_journal_and_command(
    client: Client, recorder: Recorder, client_of: Callable[..., Client]
) -> None:
    failed = EngineFact(seq=1, kind=FactKind.VAULT_MIRROR, at_us=now_us(), detail={"state": "failed", "cause": "full"})
    reply(client, recorder, body(failed, document=replace(health(), vault_mirror=MirrorState.FAILED)))
    admin = client_of(Role.TECHNICAL)
    for page in ("/enregistreurs/n1/", "/enregistreurs/"):
        assert "coffre des clés" in admin.get(page).content.decode()
    assert "notice bad" in admin.get("/enregistreurs/n1/").content.decode()
    assert Line.objects.filter(action="vault.mirror", author="node:n1").exists()
    (node,) = status.report().nodes
    assert node.vault_mirror == "failed"
    reply(client, recorder, body(document=replace(health(), vault_mirror=MirrorState.WHOLE)))
    assert "notice bad" not in admin.get("/enregistreurs/n1/").content.decode()
