"""Acceptance through the test window: pictures and measures come from what the node stored, nobody types them.

The picture is shown to whoever judges it and dies with the window's footage; its hash, instant and verdict stay.
Source: CSI R. 252-17; arrêté of 3 August 2007, art. 1 (judged on the restored picture) and 2.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from beffroi.authorise.queries import tests_closed_to
from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, BeffroiError, InvalidInput
from beffroi.core.instants import US_PER_S, from_us
from beffroi.engine.contract import GrantKind, MaskVerdict
from beffroi.operate import calling, grants, masks, queries
from beffroi.operate.gates import gates
from beffroi.operate.grants import Given, GivenReason, GrantsAsked, Wanted
from beffroi.operate.measures import Measure, measure_of
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.plan import conformity
from beffroi.plan.models import AcceptanceSheet, Camera
from beffroi.plan.queries import declared, demand, streamed
from beffroi.plan.works import services as works
from beffroi.plan.works.rules import CLOCK_S, Item, clock_passes
from beffroi.plan.works.services import NewMeasure
from beffroi.territory.queries import town_zone

PICTURES = (Item.DAY_PICTURE, Item.NIGHT_PICTURE)
BEHIND_US = 3 * US_PER_S
"""What was stored so long ago is on the disk: the picture judged is the restored one."""
DEADLINE_S = 20.0
PICTURE_MAX_BYTES = 16 << 20
VERDICT_S = 3600
_SALT = "acceptance-picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A stored picture, to be judged. `claim` carries its hash and instant, signed, to the verdict."""

    item: Item
    at: datetime
    sha256: str
    jpeg: bytes
    claim: str

    @property
    def address(self) -> str:
        """The picture inside the page: it lies at no address of ours."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"


def is_open_to(agent: Agent, device: Device, now_us: int) -> bool:
    """True while this camera is in service, for its periodic check, or in a test window that names the agent."""
    gate = gates([device], now_us)[device.pk]
    return gate.is_open and device.pk not in tests_closed_to(agent.pk, at=from_us(now_us))


def _sheet(camera: Camera, now_us: int, *, by: str) -> AcceptanceSheet:
    """The last acceptance sheet of the camera's site; a site that has none gets its first."""
    sheet = AcceptanceSheet.objects.filter(site=camera.site_id).order_by("-opened_on").first()
    return sheet or works.open_sheet(camera.site, on=day_of(from_us(now_us), town_zone()), by=by)


def take_picture(agent: Agent, device: Device, item: Item, *, now_us: int) -> Picture:
    """The picture stored some seconds ago, read back from the node under a grant.

    Errors: BarredByLaw without a test window that names the agent; those of grants and of the node.
    """
    _check_open(agent, device, now_us)
    at_us = now_us - BEHIND_US
    given = _granted(agent, device, span=(at_us - BEHIND_US, at_us + 1), now_us=now_us)
    query = {"at_us": at_us}
    path = f"/snapshot/{device.pk}"
    with calling.fetched(given.node_url, path, query, token=given.token, deadline_s=DEADLINE_S) as reply:
        jpeg = reply.read(PICTURE_MAX_BYTES)
        taken_us = int(reply.headers.get("X-Beffroi-At-Us") or at_us)
    sha256 = hashlib.sha256(jpeg).hexdigest()
    told = {"camera": device.pk, "item": item.value, "at_us": taken_us, "sha256": sha256, "agent": agent.pk}
    claim = signing.dumps(told, salt=_SALT)
    return Picture(item=item, at=from_us(taken_us), sha256=sha256, jpeg=jpeg, claim=claim)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an agent says of a picture: whether it serves its purpose, and what it shows of its target."""

    claim: str
    is_passed: bool
    seen: str


def judge_picture(agent: Agent, device: Device, verdict: Verdict, *, now_us: int) -> None:
    """What the agent says of the picture taken: on the sheet, with the picture's own hash and instant.

    Errors: InvalidInput for a claim of another picture, agent or hour, or without words.
    """
    try:
        told = signing.loads(verdict.claim, salt=_SALT, max_age=VERDICT_S)
    except signing.BadSignature:
        told = {}
    if told.get("camera") != device.pk or told.get("agent") != agent.pk:
        raise InvalidInput(
            "This picture is too old or not yours; take it again.",
            message_fr="Cette image est trop ancienne ou n'est pas la vôtre ; prenez-la de nouveau.",
            field="claim",
        )
    if not verdict.seen.strip():
        raise InvalidInput(
            "Say in a few words what the picture shows of its target.",
            message_fr="Dites en quelques mots ce que l'image montre de sa cible.",
            field="seen",
        )
    camera = _camera(device)
    measure = NewMeasure(
        item=Item(told["item"]), camera=device.pk, expected=camera.role[:80], measured=verdict.seen.strip()[:80],
        is_passed=verdict.is_passed, sha256=told["sha256"], at=from_us(told["at_us"]),
    )  # fmt: skip
    works.record_measures(_sheet(camera, now_us, by=agent.pk), [measure], by=agent.pk)


def measure_stream(agent: Agent, device: Device, *, now_us: int) -> tuple[NewMeasure, ...]:
    """Resolution, rate, clock offset and masks as the node last judged them, on the sheet with their verdict.

    Errors: as `take_picture`.
    """
    _check_open(agent, device, now_us)
    camera = _camera(device)
    given = _granted(agent, device, span=(0, 0), now_us=now_us)
    with calling.fetched(given.node_url, f"/stored/{device.pk}", {}, token=given.token, deadline_s=DEADLINE_S) as reply:
        told = json.loads(reply.read(calling.ANSWER_MAX_BYTES))
    found = (*_of_stream(camera, measure_of(int(told["at_us"]), told)), *_of_clock(device, now_us), *_of_masks(device))
    works.record_measures(_sheet(camera, now_us, by=agent.pk), found, by=agent.pk)
    return found


def _of_stream(camera: Camera, stored: Measure) -> tuple[NewMeasure, NewMeasure]:
    """The verdicts: what the class asks, and what was declared. Repeated pictures count for none."""
    asked, said = demand(camera), declared(camera)
    fps = min(stored.fps, stored.true_fps)
    stream = streamed(camera, width_px=stored.width_px, height_px=stored.height_px, fps=fps)
    broken = conformity.faults(asked, stream)
    is_large = stream.width_px >= said.width_px and stream.height_px >= said.height_px
    is_fast = fps >= said.fps * conformity.RATE_SHARE
    size = NewMeasure(
        item=Item.RESOLUTION, camera=camera.pk, at=stored.at,
        expected=f"{said.width_px} × {said.height_px} ; exigé {asked.width_px} × {asked.height_px}",
        measured=f"{stored.width_px} × {stored.height_px}",
        is_passed=is_large and not {"TEC-9", "TEC-11"} & set(broken),
    )  # fmt: skip
    rate = NewMeasure(
        item=Item.RATE, camera=camera.pk, at=stored.at,
        expected=f"{said.fps:g} images/s ; exigé {asked.fps:g}".replace(".", ","),
        measured=f"{fps:.1f} images/s ; {stored.repeated} répétées sur {stored.frames}".replace(".", ","),
        is_passed=is_fast and not {"TEC-12", "TEC-13"} & set(broken),
    )  # fmt: skip
    return size, rate


def _of_clock(device: Device, now_us: int) -> tuple[NewMeasure, ...]:
    """The camera's clock against the recorder's, when the camera tells its own."""
    offset_ms = queries.conditions([device], queries.nodes(now_us), now_us)[device.pk].clock_offset_ms
    if offset_ms is None:
        return ()
    offset_s = offset_ms / 1000
    return (
        NewMeasure(
            item=Item.CLOCK_OFFSET, camera=device.pk, expected=f"{CLOCK_S:g} s au plus",
            measured=f"{offset_s:.2f} s".replace(".", ","), is_passed=clock_passes(offset_s),
        ),
    )  # fmt: skip


def _of_masks(device: Device) -> tuple[NewMeasure, ...]:
    """What the node's last judged picture says of the masks in force; their proof is renewed each day."""
    proof = masks.last_proof(device.pk)
    if proof is None:
        return ()
    is_proved = proof.verdict == MaskVerdict.PROVED
    measured = f"prouvés, écart de {proof.levels} sur 255" if is_proved else "sans preuve : voir la page des masques"
    return (
        NewMeasure(
            item=Item.MASK_PROOF, camera=device.pk, expected=f"masques, version {proof.version}", measured=measured,
            is_passed=is_proved, sha256=proof.sha256, at=from_us(proof.at_us),
        ),
    )  # fmt: skip


def _check_open(agent: Agent, device: Device, now_us: int) -> None:
    if not is_open_to(agent, device, now_us):
        raise BarredByLaw(
            "Before its service a camera's pictures are taken in a test window that names you (CSI R. 252-17); open "
            "one.",
            message_fr="Avant sa mise en service, les images d'une caméra se prennent dans une fenêtre d'essai qui "
            "vous nomme (CSI R. 252-17) ; ouvrez-en une.",
            article="CSI R252-17",
            field="camera",
        )


def _granted(agent: Agent, device: Device, *, span: tuple[int, int], now_us: int) -> Given:
    wanted = Wanted(camera=device.pk, kind=GrantKind.SNAPSHOT, from_at_us=span[0], to_at_us=span[1])
    asked = GrantsAsked(requests=(wanted,), reason=GivenReason(code="maintenance"))
    answer = grants.give(agent, asked, now_us)[0]
    if isinstance(answer, BeffroiError):
        raise answer
    return answer


def _camera(device: Device) -> Camera:
    assert device.camera_id is not None, "a workshop camera has no gate in test"
    return Camera.objects.select_related("site__zone").get(pk=device.camera_id)
