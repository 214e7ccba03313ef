"""Writes about nodes, devices, facts and views. One transaction each."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from beffroi.core.base64url import unb64
from beffroi.core.config import is_loopback
from beffroi.core.errors import BarredByLaw, BeffroiError, InvalidInput, NotAuthenticated, NotFound, NotPermitted
from beffroi.core.ids import checked_slug, new_id
from beffroi.engine.contract import (
    FACT_DETAILS,
    EngineFact,
    ExchangeRequest,
    FactKind,
    NodeHealth,
    ViewingGrant,
    decode,
    encode,
)
from beffroi.journal.services import Entry, append, append_all
from beffroi.operate import masks, nudges, registers, rules
from beffroi.operate.models import Device, Gap, Node, NodeFact, View

_PUBLIC_BYTES = 32
_NODE_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")


# -- nodes ------------------------------------------------------------------------------------------------


def add_node(node_id: str, *, name: str, url: str = "", public: str = "", now_us: int = 0, by: str = "system") -> Node:
    """A node; with `public` it is enrolled at once (the node of this machine), again only when it changed."""
    checked_slug(node_id, field="node")
    if public:
        _check_public(public)
    with transaction.atomic():
        node, is_new = Node.objects.get_or_create(pk=node_id, defaults={"name": name, "url": url})
        is_moved = bool(url) and node.url != url
        is_enrolled = bool(public) and node.public != public
        if is_moved:
            node.url = url
        if is_enrolled:
            node.public, node.enrolled_at_us, node.acked_seq = public, now_us, 0
        node.save()
        if is_new or is_moved or is_enrolled:
            action = "node.added" if is_new else "node.changed"
            append(registers.of_change(action, by, node_id, enrolled=is_enrolled))
    return node


def make_enrol_code(node: Node, now_us: int, *, by: str = "system") -> str:
    """A code that serves once, for one hour. Shown once; only its hash is kept."""
    code = secrets.token_urlsafe(24)
    node.enrol_code_sha256 = _hash(code)
    node.enrol_until_at_us = now_us + rules.ENROL_S * rules.US
    with transaction.atomic():
        node.save(update_fields=["enrol_code_sha256", "enrol_until_at_us"])
        append(registers.of_change("node.code-made", by, node.pk))
    return code


def enrol(code: str, *, public: str, name: str, url: str, now_us: int) -> Node:
    """The node whose code this is now has this key and address; the code is used up.

    Errors: NotAuthenticated when the code is unknown, used or too old.
    """
    _check_public(public)
    checked_url(url)
    with transaction.atomic():
        node = Node.objects.select_for_update().filter(enrol_code_sha256=_hash(code)).first() if code else None
        if node is None or node.enrol_until_at_us < now_us:
            raise NotAuthenticated(
                "This enrolment code is unknown, used or too old; make a new one on the recorders' page.",
                message_fr="Ce code d'inscription est inconnu, déjà utilisé ou trop ancien ; faites-en un nouveau sur "
                "la page des enregistreurs.",
                field="code",
            )
        node.public, node.url, node.name = public, url.rstrip("/"), name[:120] or node.name
        node.enrol_code_sha256, node.enrol_until_at_us = "", 0
        node.enrolled_at_us, node.acked_seq = now_us, 0
        node.save()
        append(registers.of_change("node.enrolled", f"node:{node.pk}", node.pk))
    return node


def checked_url(url: str) -> str:
    """`url` when it can be the address of a node: a host and a port, in https beyond this machine.

    It stands in pages' policies, and camera passwords go there.
    """
    found = _NODE_URL.fullmatch(url.rstrip("/"))
    if found is None or (found["scheme"] == "http" and not is_loopback(found["host"].strip("[]"))):
        raise InvalidInput(
            "Write the node's address as https://name:port; beyond this machine a node speaks HTTPS only.",
            message_fr="Écrivez l'adresse du nœud sous la forme https://nom:port ; hors de cette machine un nœud ne "
            "parle que HTTPS.",
            field="url",
        )
    return url


def store_exchange(node: Node, request: ExchangeRequest, now_us: int) -> int:
    """Keeps the health and the facts of one exchange; returns the last sequence number stored.

    A fact delivered again changes nothing.
    """
    rules.check_fresh(request.health, node.pk)
    with transaction.atomic():
        acked_seq = Node.objects.select_for_update().values_list("acked_seq", flat=True).get(pk=node.pk)
        fresh = [_within_contract(fact) for fact in request.facts if fact.seq > acked_seq]
        last = max((fact.seq for fact in fresh), default=acked_seq)
        if fresh:
            NodeFact.objects.bulk_create((_row(node, fact) for fact in fresh), ignore_conflicts=True)
            _keep_gaps(fresh)
            _keep_views(node, fresh)
            masks.keep_proofs(fresh)
        Node.objects.filter(pk=node.pk).update(
            health_json=encode(request.health).decode(), health_at_us=now_us, acked_seq=Greatest(F("acked_seq"), last)
        )
        append_all([registers.of_fact(node.pk, fact) for fact in fresh])
        slots_before = _mask_slots(node)
        if slots_before != request.health.mask_slots:
            append(
                registers.of_change(
                    "node.mask-slots", f"node:{node.pk}", node.pk, before=slots_before, now=request.health.mask_slots
                )
            )
    return last


def _mask_slots(node: Node) -> int:
    """How many cameras it said it may burn, the last time."""
    return decode(NodeHealth, node.health_json).mask_slots if node.health_json else 0


def _within_contract(fact: EngineFact) -> EngineFact:
    """What the contract lets a fact say; a node that says more is not listened to further."""
    return replace(fact, detail={key: value for key, value in fact.detail.items() if key in FACT_DETAILS[fact.kind]})


def _row(node: Node, fact: EngineFact) -> NodeFact:
    return NodeFact(
        node=node, seq=fact.seq, kind=fact.kind, at_us=fact.at_us, camera=fact.camera, detail=dict(fact.detail)
    )


def _keep_gaps(facts: Iterable[EngineFact]) -> None:
    rows = [
        Gap(
            camera=fact.camera,
            stream=str(fact.detail.get("stream", "")),
            from_at_us=int(fact.detail.get("from_at_us", 0)),
            to_at_us=int(fact.detail.get("to_at_us", 0)),
            cause=str(fact.detail.get("cause", "")),
        )
        for fact in facts
        if fact.kind is FactKind.GAP
    ]
    Gap.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["camera", "stream", "from_at_us"],
        update_fields=["to_at_us", "cause"],
    )


def _keep_views(node: Node, facts: Iterable[EngineFact]) -> None:
    for fact in facts:
        view = View.objects.filter(pk=str(fact.detail.get("grant", "")), node=node)
        if fact.kind is FactKind.VIEW_OPENED:
            view.filter(opened_at_us=0).update(opened_at_us=fact.at_us)
        elif fact.kind is FactKind.VIEW_ENDED:
            view.update(
                ended_at_us=fact.at_us,
                end_cause=str(fact.detail.get("cause", ""))[:40],
                frames=int(fact.detail.get("frames", 0)),
                sent_bytes=int(fact.detail.get("bytes", 0)),
            )


# -- devices ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceForm:
    """What a person types about a device. `password` None keeps the sealed one."""

    node: str
    main_url: str
    sub_url: str = ""
    onvif_url: str = ""
    transport: str = "tcp"
    username: str = ""
    password: str | None = None


def put_device(device_id: str, form: DeviceForm, *, workshop: str = "", now_us: int = 0, by: str = "system") -> Device:
    """Creates or changes the device of a camera; tells its node. `workshop` names a workshop camera, open 24 hours.

    Errors: InvalidInput naming the field, NotFound when there is no such node.
    """
    checked_slug(device_id, field="id")
    node = _node(form.node)
    values = _device_values(device_id, form) | {"node": node}
    if workshop:
        values |= {"name": workshop, "workshop_until_at_us": now_us + rules.WORKSHOP_S * rules.US}
    else:
        values["camera_id"] = device_id
    with transaction.atomic():
        before = Device.objects.select_related("node").filter(pk=device_id).first()
        device, _ = Device.objects.update_or_create(pk=device_id, defaults=values)
        nudges.after_commit([node] if before is None else [node, before.node])
        append(_device_entry("device.added" if before is None else "device.changed", device, form, by=by))
    return device


def put_devices(forms: Mapping[str, DeviceForm], *, by: str = "system") -> None:
    """Many devices of cameras at once, in one transaction; each node is told once."""
    with transaction.atomic():
        for device_id, form in forms.items():
            put_device(device_id, form, by=by)


def change_device(device: Device, form: DeviceForm, *, by: str = "system") -> Device:
    """New address, node or password of a device, camera or workshop; a workshop camera keeps its end."""
    node = _node(form.node)
    with transaction.atomic():
        before = device.node
        Device.objects.filter(pk=device.pk).update(**_device_values(device.pk, form), node=node)
        nudges.after_commit([node, before])
        append(_device_entry("device.changed", device, form, by=by))
    device.refresh_from_db()
    return device


def _device_entry(action: str, device: Device, form: DeviceForm, *, by: str) -> Entry:
    has_password = form.password is not None
    return registers.of_change(
        action, by, device.pk, node=form.node, password=has_password, workshop=device.is_workshop
    )


def _node(node_id: str) -> Node:
    node = Node.objects.filter(pk=node_id).first()
    if node is None:
        raise NotFound("There is no such recorder.", message_fr="Cet enregistreur n'existe pas.", field="node")
    return node


def _device_values(device_id: str, form: DeviceForm) -> dict[str, Any]:
    values: dict[str, Any] = {
        "main_url": form.main_url,
        "sub_url": form.sub_url,
        "onvif_url": form.onvif_url,
        "transport": form.transport,
        "username": form.username,
    }
    if form.password is not None:
        values["sealed_password"] = settings.SITE_KEY.seal(form.password, purpose=f"device.{device_id}")
    return values


def remove_device(device: Device, *, by: str = "system") -> None:
    """The node closes the camera; its footage lives on to its term."""
    with transaction.atomic():
        node, device_id = device.node, device.pk
        device.delete()
        nudges.after_commit([node])
        append(registers.of_change("device.removed", by, device_id, node=node.pk))


# -- views ------------------------------------------------------------------------------------------------


def keep_grants(grants: Iterable[ViewingGrant]) -> None:
    """Journals grants before they are handed out."""
    grants = list(grants)
    with transaction.atomic():
        View.objects.bulk_create(map(_view, grants))
        append_all([registers.of_grant(grant) for grant in grants])


def tell_refusals(agent: str, reason: str, errors: Iterable[BeffroiError]) -> None:
    """Journals what was asked for and refused for want of a right or by law; a camera that is away is no refusal."""
    causes = Counter(error.kind for error in errors if isinstance(error, NotPermitted | BarredByLaw))
    if causes:
        append_all(registers.of_refusals(agent, reason, causes))


def _view(grant: ViewingGrant) -> View:
    return View(
        grant=grant.id,
        agent_id=grant.agent,
        camera=grant.camera,
        node_id=grant.node,
        kind=grant.kind,
        reason_code=grant.reason.code,
        reason_reference=grant.reason.reference,
        from_at_us=grant.from_at_us,
        to_at_us=grant.to_at_us,
        issued_at_us=grant.issued_at_us,
    )


def new_grant_id() -> str:
    """Identifier of a grant, and of its line in the log."""
    return new_id()


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _check_public(public: str) -> None:
    try:
        fits = len(unb64(public)) == _PUBLIC_BYTES
    except ValueError:
        fits = False
    if not fits:
        raise InvalidInput(
            "public: 32 bytes, base64url without padding.",
            message_fr="public : 32 octets, base64url sans remplissage.",
            field="public",
        )
