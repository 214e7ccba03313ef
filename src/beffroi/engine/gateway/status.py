"""Health, metrics and the nudge: doors that show nothing of any camera's pictures."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from typing_extensions import TypedDict

from beffroi import __version__
from beffroi.core.errors import NotPermitted, Unavailable
from beffroi.engine.contract import MirrorState, NodeHealth, StreamHealth, decode
from beffroi.engine.gateway.gate import Gate

_NODE_GAUGES = (
    "disk_free_bytes",
    "disk_total_bytes",
    "footage_bytes",
    "oldest_at_us",
    "pool_bytes",
    "pool_max_bytes",
    "rss_bytes",
    "cpu_s",
    "outbox_facts",
    "started_at_us",
)
_STREAM_GAUGES = (
    "frames",
    "lost_packets",
    "malformed",
    "reconnections",
    "viewers",
    "bit_s",
    "fps",
    "last_at_us",
    "clock_offset_ms",
)


class Ready(TypedDict):
    """For probes: this gateway serves."""

    node: str
    version: str
    ready: bool


async def health(gate: Gate, request: Request) -> Response:
    """`GET /health`: for probes; says nothing of cameras."""
    desired = gate.uplink.desired
    is_ready = desired is not None and not gate.uplink.gone.is_set()
    told = Ready(node=desired.node if desired else "", version=__version__, ready=is_ready)
    return JSONResponse(told)


async def metrics(gate: Gate, request: Request) -> Response:
    """`GET /metrics`: Prometheus text, for the addresses allowed."""
    if not _may_read(request.client.host if request.client else "", gate.settings.metrics_from):
        raise NotPermitted(
            "Metrics are for the addresses of node.metrics_from.",
            message_fr="Les mesures sont pour les adresses de node.metrics_from.",
        )
    lines = [
        f"beffroi_gateway_{name.replace(chr(45), chr(95))}_total {count}"
        for name, count in sorted(gate.counters.items())
    ]
    lines += [f"beffroi_gateway_windows {gate.windows}", f"beffroi_gateway_views {len(gate.views)}"]
    try:
        document = await gate.uplink.ask("health")
        lines += _recorder_lines(decode(NodeHealth, json.dumps(document)))
    except Unavailable:
        lines.append("beffroi_node_up 0")
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


async def nudge(gate: Gate, request: Request) -> Response:
    """`POST /control/nudge`: the recorder exchanges with web now."""
    await gate.uplink.ask("nudge")
    return Response(status_code=204)


def _may_read(host: str, allowed: tuple[str, ...]) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or any(address in ip_network(network, strict=False) for network in allowed)


def _recorder_lines(health: NodeHealth) -> list[str]:
    lines = ["beffroi_node_up 1"]
    lines += [f"beffroi_node_{name} {getattr(health, name)}" for name in _NODE_GAUGES]
    lines.append(f"beffroi_node_vault_mirror_failed {int(health.vault_mirror is MirrorState.FAILED)}")
    for camera in health.cameras:
        for stream in camera.streams:
            lines += _stream_lines(camera.id, stream)
    return lines


def _stream_lines(camera: str, stream: StreamHealth) -> list[str]:
    label = f'{{camera="{camera}",stream="{stream.stream.value}"}}'
    states = f'{{camera="{camera}",stream="{stream.stream.value}",state="{stream.state.value}"}}'
    lines = [f"beffroi_stream_state{states} 1"]
    for name in _STREAM_GAUGES:
        value = getattr(stream, name)
        if value is not None:
            lines.append(f"beffroi_stream_{name}{label} {value}")
    return lines
