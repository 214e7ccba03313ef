"""Reads: what a node must do, what cameras do, what an agent may see."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.conf import settings

from beffroi.core.errors import NotFound
from beffroi.engine.contract import (
    CameraHealth,
    CameraMasks,
    CameraState,
    DesiredCamera,
    DesiredState,
    Hold,
    KeptCamera,
    MaskDriver,
    MaskState,
    NodeHealth,
    StreamHealth,
    StreamName,
    StreamSource,
    Transport,
    decode,
    encode,
    grant_key,
)
from beffroi.operate import masks, rules
from beffroi.operate.events import holds_of
from beffroi.operate.gates import Gate, gates
from beffroi.operate.models import Device, MaskVersion, Node
from beffroi.people import queries as people
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan.models import Camera
from beffroi.territory.models import Place

KNOWING = frozenset({Right.LIVE, Right.REPLAY, Right.HEALTH, Right.CONFIGURE})
"""Rights over a camera that tell of its existence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a camera's stream does now, for people and for programs."""

    camera: str
    node: str
    state: CameraState
    since_at_us: int = 0
    last_at_us: int = 0
    message: str = ""
    """A code of `words.CAUSES`, or the node's own sentence."""
    message_fr: str = ""
    clock_offset_ms: int | None = None
    masks: MaskState | None = None
    streams: tuple[StreamHealth, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node as pages and programs see it; `health` is None until it has spoken."""

    id: str
    name: str
    url: str
    state: rules.NodeState
    at_us: int
    is_enrolled: bool
    health: NodeHealth | None


def desired_state(node: Node, now_us: int) -> DesiredState:
    """All that `node` must know now. Equal states have equal versions (a hash of the content)."""
    cameras, barred = [], []
    devices = list(node.devices.select_related("camera"))
    open_gates = gates(devices, now_us)
    held, masked = holds_of(open_gates, now_us), masks.desired(devices)
    for device in devices:
        gate = open_gates[device.pk]
        if gate.is_open:
            desired = _desired_camera(device, gate, held.get(device.pk, ()))
            cameras.append(replace(desired, masks=masked.get(device.pk)))
        else:
            barred.append(device.pk)
    state = DesiredState(
        version="",
        node=node.pk,
        cameras=tuple(cameras),
        barred=tuple(barred),
        kept=tuple(KeptCamera(camera=camera, holds=held.get(camera, ())) for camera in barred),
        grant_keys=(grant_key(settings.SITE_KEY.grant_key_id, settings.SITE_KEY.grant_key.public_key()),),
        origins=tuple(settings.BEFFROI.origins),
        revoked_agents=people.revocations(now_us),
        footage_max_bytes=round(settings.BEFFROI.node.footage_max_gib * 2**30),
        erasures=tuple(erasure for gate in open_gates.values() for erasure in gate.erasures),
    )
    return replace(state, version=hashlib.sha256(encode(state)).hexdigest()[:32])


def _desired_camera(device: Device, gate: Gate, holds: tuple[Hold, ...]) -> DesiredCamera:
    password = settings.SITE_KEY.unseal(bytes(device.sealed_password), purpose=f"device.{device.pk}")
    urls = ((StreamName.MAIN, device.main_url), (StreamName.SUB, device.sub_url))
    sources = tuple(
        StreamSource(
            stream=stream,
            url=url,
            transport=Transport(device.transport),
            username=device.username,
            password=password,
        )
        for stream, url in urls
        if url
    )
    return DesiredCamera(
        id=device.pk,
        name=gate.name,
        sources=sources,
        retention_s=gate.retention_s,
        not_after_us=gate.not_after_us,
        minimum_retention_s=gate.minimum_retention_s,
        holds=holds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MasksInForce:
    """What a camera was not to show over a span: [from, to), `to_at_us` 0 for a version still in force."""

    camera: str
    from_at_us: int
    to_at_us: int
    masks: CameraMasks
    reason: str
    author: str


def masks_in_force(camera: str, from_at_us: int, to_at_us: int) -> list[MasksInForce]:
    """The versions of a camera's masks in force during [from, to), oldest first; those without a polygon too."""
    versions = list(MaskVersion.objects.filter(camera=camera).order_by("number"))
    ends = [version.made_at_us for version in versions[1:]] + [0]
    return [
        MasksInForce(
            camera=camera,
            from_at_us=version.made_at_us,
            to_at_us=end_at_us,
            masks=CameraMasks(
                version=version.number, driver=MaskDriver(version.driver), polygons=masks.polygons_of(version)
            ),
            reason=version.reason,
            author=version.author,
        )
        for version, end_at_us in zip(versions, ends, strict=False)
        if version.made_at_us < to_at_us and (not end_at_us or from_at_us < end_at_us)
    ]


def nodes(now_us: int) -> list[NodeView]:
    """Every node with its last health."""
    return [_node_view(node, now_us) for node in Node.objects.all()]


def node_view(node_id: str, now_us: int) -> NodeView:
    """One node.

    Errors: NotFound.
    """
    node = Node.objects.filter(pk=node_id).first()
    if node is None:
        raise NotFound("There is no such recorder.", message_fr="Cet enregistreur n'existe pas.")
    return _node_view(node, now_us)


def _node_view(node: Node, now_us: int) -> NodeView:
    return NodeView(
        id=node.pk,
        name=node.name,
        url=node.url,
        state=rules.node_state(node.health_at_us, now_us),
        at_us=node.health_at_us,
        is_enrolled=bool(node.public),
        health=decode(NodeHealth, node.health_json) if node.health_json else None,
    )


def conditions(devices: Iterable[Device], seen: Iterable[NodeView], now_us: int) -> dict[str, Condition]:
    """What each device does now, by camera id. A silent node makes its cameras silent: nobody vouches for them."""
    devices = list(devices)
    reported = {node.id: (node, {camera.id: camera for camera in _cameras(node)}) for node in seen}
    open_gates = gates(devices, now_us)
    found = {}
    for device in devices:
        node, cameras = reported[device.node_id]
        found[device.pk] = _condition(device, open_gates[device.pk], node=node, camera=cameras.get(device.pk))
    return found


def _cameras(node: NodeView) -> tuple[CameraHealth, ...]:
    return node.health.cameras if node.health else ()


def _condition(device: Device, gate: Gate, *, node: NodeView, camera: CameraHealth | None) -> Condition:
    plain = Condition(camera=device.pk, node=device.node_id, state=CameraState.SILENT)
    if not gate.is_open:
        return replace(
            plain, state=CameraState.BARRED, message=gate.message, last_at_us=camera.last_at_us if camera else 0
        )
    if camera is None:
        return replace(plain, message="waiting-for-node", since_at_us=node.at_us)
    main = next((stream for stream in camera.streams if stream.stream is StreamName.MAIN), None)
    known = replace(
        plain,
        state=camera.state,
        since_at_us=camera.since_at_us,
        last_at_us=camera.last_at_us,
        message=main.message if main else "",
        message_fr=main.message_fr if main else "",
        clock_offset_ms=main.clock_offset_ms if main else None,
        masks=camera.masks,
        streams=camera.streams,
    )
    if node.state == "down":
        return replace(known, state=CameraState.SILENT, since_at_us=node.at_us, message="node-down", message_fr="")
    return known


def devices_for(agent: Agent) -> list[Device]:
    """Devices whose existence this agent may know of: those it watches, keeps or configures, within its groups."""
    known = agent.rights & KNOWING
    if not known:
        return []
    devices = Device.objects.select_related("camera__site", "node")
    return [device for device in devices if any(agent.permit.over(right, device.pk) for right in known)]


def device_for(agent: Agent, device_id: str) -> Device:
    """One of `devices_for`.

    Errors: NotFound, the same for one that does not exist and one this agent may not know of.
    """
    found = next((device for device in devices_for(agent) if device.pk == device_id), None)
    if found is None:
        raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="camera")
    return found


def cameras_named(agent: Agent, asked: str) -> list[Camera]:
    """Cameras whose number or name holds every word asked, by number."""
    words = _folded(asked).split()
    if not words:
        return []
    cameras = (device.camera for device in devices_for(agent) if device.camera)
    return [camera for camera in cameras if all(word in _folded(f"{camera.number} {camera.name}") for word in words)]


def places() -> list[Place]:
    """The gazetteer."""
    return list(Place.objects.all())


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
