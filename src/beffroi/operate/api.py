"""Web's JSON: what nodes post (ref/wire.md §3) and what the console asks (§2, §8)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from pydantic import ConfigDict

from beffroi import __version__
from beffroi.core.errors import BeffroiError
from beffroi.core.once import Once
from beffroi.engine.contract import ExchangeReply, ExchangeRequest, GrantKind, decode, encode
from beffroi.operate import events, grants, queries, rules, services, signatures, words
from beffroi.operate.events import Leaving
from beffroi.operate.gates import gates
from beffroi.operate.models import Device, Node
from beffroi.people.answers import error_form
from beffroi.people.permissions import agent_of, by_node, requires
from beffroi.people.rules import Right
from beffroi.people.second_factor import check_fresh
from beffroi.territory import queries as territory

_STRICT = ConfigDict(extra="forbid")
_PLACES_MAX = 12
SEES_CAMERAS = (Right.LIVE, Right.REPLAY, Right.HEALTH, Right.CONFIGURE)
CONFIRMED = frozenset({GrantKind.EXPORT})
"""Kinds that ask for a fresh second factor."""
LOOKS = (Right.LIVE, Right.REPLAY, Right.EXPORT, Right.PATTERN, Right.CONFIGURE)


_once = Once(signatures.CLOCKS_APART_S * rules.US)
"""In memory: web is one process, and a request is as old as five minutes at most."""


def now_us() -> int:
    """Web's clock."""
    return time.time_ns() // 1000


# -- nodes ------------------------------------------------------------------------------------------------


@csrf_exempt
@by_node
@require_POST
def exchange(request: HttpRequest) -> HttpResponse:
    """A node's health and facts against its desired state."""
    node = _signing_node(request)
    asked = decode(ExchangeRequest, request.body)
    acked_seq = services.store_exchange(node, asked, now_us())
    desired = queries.desired_state(node, now_us())
    reply = ExchangeReply(acked_seq=acked_seq, desired=None if desired.version == asked.have_version else desired)
    return HttpResponse(encode(reply), content_type="application/json")


def _signing_node(request: HttpRequest) -> Node:
    node_id, at_us, signature = signatures.node_named(request.headers.get("Authorization", ""))
    node = Node.objects.filter(pk=node_id).exclude(public="").first()
    if node is None or abs(now_us() - at_us) > signatures.CLOCKS_APART_S * rules.US:
        raise signatures.refusal()
    signed = signatures.signed_text("POST", request.path, at_us, body=request.body)
    signatures.check(node.public, signature, signed)
    if not _once.take(signature, now_us()):
        raise signatures.refusal()
    return node


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolAsked:
    """Body of `POST /node/enrol`."""

    __pydantic_config__ = _STRICT
    code: str
    public: str
    name: str
    url: str


@csrf_exempt
@by_node
@require_POST
def enrol(request: HttpRequest) -> HttpResponse:
    """A node gives its key against the code it was told; the code is its proof."""
    asked = decode(EnrolAsked, request.body)
    node = services.enrol(asked.code, public=asked.public, name=asked.name, url=asked.url, now_us=now_us())
    return JsonResponse({"node": node.pk})


# -- console ----------------------------------------------------------------------------------------------


@requires()
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Who is logged in, where, with which rights."""
    agent = agent_of(request)
    town = territory.town()
    return JsonResponse(
        {
            "agent": {"id": agent.pk, "name": agent.name, "title": agent.title, "language": agent.language},
            "town": {
                "name": town.name if town else "",
                "time_zone": town.time_zone if town else settings.TIME_ZONE,
                "fictional": bool(town and town.is_fictional),
            },
            "rights": sorted(agent.rights),
            "console": {"version": __version__},
        }
    )


@requires(*SEES_CAMERAS)
@require_GET
def cameras(request: HttpRequest) -> HttpResponse:
    """Everything about the cameras this agent may know of."""
    agent = agent_of(request)
    devices = queries.devices_for(agent)
    now = now_us()
    conditions = queries.conditions(devices, queries.nodes(now), now)
    open_gates = gates(devices, now)
    forms = [
        _camera_form(device)
        | _condition_form(conditions[device.pk])
        | {"retention_s": open_gates[device.pk].retention_s}
        | {"replay_days": agent.permit.replay_days(Right.REPLAY, device.pk)}
        | ({"name": open_gates[device.pk].name} if open_gates[device.pk].is_test else {})
        | {"streams": _streams(device, conditions[device.pk])}
        for device in devices
    ]
    return JsonResponse({"cameras": forms})


def _camera_form(device: Device) -> dict[str, Any]:
    common = {"id": device.pk, "node": device.node_id, "node_url": device.node.url, "workshop": device.is_workshop}
    camera = device.camera
    if camera is None:
        return common | _workshop_form(device)
    return common | {
        "number": camera.number,
        "name": camera.name,
        "short_name": camera.short_name,
        "site": camera.site_id,
        "zone": camera.site.zone_id,
        "lat": camera.lat,
        "lon": camera.lon,
        "approximate": camera.site.confidence in {"approximate", "rough"},
        "bearing_deg": camera.bearing_deg,
        "hfov_deg": camera.hfov_deg,
        "range_m": rules.range_m(camera.width_px, camera.hfov_deg, camera.target_class),
        "kind": camera.kind,
    }


def _workshop_form(device: Device) -> dict[str, Any]:
    town = territory.town()
    return {
        "number": "ESSAI",
        "name": device.name,
        "short_name": device.name[:40],
        "site": "",
        "zone": "",
        "lat": town.lat if town else 0.0,
        "lon": town.lon if town else 0.0,
        "approximate": True,
        "bearing_deg": 0.0,
        "hfov_deg": 0.0,
        "range_m": 0.0,
        "kind": "fixed",
    }


def _streams(device: Device, condition: queries.Condition) -> list[dict[str, Any]]:
    known = {stream.stream.value: stream for stream in condition.streams}
    names = ["main", "sub"] if device.sub_url else ["main"]
    return [
        {
            "stream": name,
            "codec": known[name].codec if name in known else "",
            "width_px": known[name].width_px if name in known else 0,
            "height_px": known[name].height_px if name in known else 0,
            "fallback": name in known and known[name].fallback,
        }
        for name in names
    ]


def _condition_form(condition: queries.Condition) -> dict[str, Any]:
    return {
        "id": condition.camera,
        "state": condition.state,
        "since_at_us": condition.since_at_us,
        "last_at_us": condition.last_at_us,
        "message": words.cause(condition.message, condition.message_fr),
        "clock_offset_ms": condition.clock_offset_ms,
    }


@requires(*SEES_CAMERAS)
@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """The changing part of `cameras`, and the nodes."""
    now = now_us()
    nodes = queries.nodes(now)
    conditions = queries.conditions(queries.devices_for(agent_of(request)), nodes, now)
    return JsonResponse(
        {
            "now_at_us": now,
            "cameras": [_condition_form(condition) for condition in conditions.values()],
            "nodes": [
                {
                    "id": node.id,
                    "name": node.name,
                    "url": node.url,
                    "state": node.state,
                    "at_us": node.at_us,
                    "disk_free_bytes": node.health.disk_free_bytes if node.health else 0,
                }
                for node in nodes
            ],
            "visitors": events.visitors(),
        }
    )


@requires()
@require_GET
def reasons(request: HttpRequest) -> HttpResponse:
    """The closed list of reasons, in the agent's language."""
    french = translation.get_language() == "fr"
    return JsonResponse(
        {
            "reasons": [
                {"code": reason.code, "label": reason.label_fr if french else reason.label_en}
                for reason in rules.REASONS
            ]
        }
    )


@requires(*SEES_CAMERAS, Right.PROGRAMME)
@require_GET
def base_map(request: HttpRequest) -> HttpResponse:
    """Streets, water and places."""
    layers = territory.map_layers()
    places = [{"name": place.name, "lat": place.lat, "lon": place.lon} for place in queries.places()]
    return JsonResponse({"streets": layers["streets"], "water": layers["water"], "places": places, "approximate": True})


@requires(*SEES_CAMERAS, Right.PROGRAMME)
@require_GET
def places(request: HttpRequest) -> HttpResponse:
    """Answers to "où ?"."""
    asked = request.GET.get("q", "")[: territory.MAX_ASKED]
    found = [
        {"name": camera.name, "kind": "camera", "lat": camera.lat, "lon": camera.lon}
        for camera in queries.cameras_named(agent_of(request), asked)
    ]
    found += [
        {"name": place.name, "kind": place.kind, "lat": place.lat, "lon": place.lon}
        for place in territory.search_places(asked, limit=_PLACES_MAX)
    ]
    return JsonResponse({"places": found[:_PLACES_MAX]})


@requires(*LOOKS)
@require_POST
def give_grants(request: HttpRequest) -> HttpResponse:
    """Signs what this agent may look at, for the reason given."""
    asked = decode(grants.GrantsAsked, request.body)
    exports = [wanted for wanted in asked.requests if wanted.kind in CONFIRMED]
    if exports:
        check_fresh(request)
    agent = agent_of(request)
    for wanted in exports if Right.EXPORT in agent.rights else ():
        events.check_leaving(
            Leaving(
                reason=asked.reason.code,
                reference=asked.reason.reference,
                camera=wanted.camera,
                from_at_us=wanted.from_at_us,
                to_at_us=wanted.to_at_us,
            )
        )
    answers = grants.give(agent, asked, now_us())
    forms = [
        {"camera": wanted.camera, "kind": wanted.kind, "error": error_form(answer)}
        if isinstance(answer, BeffroiError)
        else grants.given_form(answer)
        for wanted, answer in zip(asked.requests, answers, strict=True)
    ]
    return JsonResponse({"grants": forms})
