"""`beffroi status`: what records and what does not, from the data folder."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core import ports as open_ports
from beffroi.core.config import Config
from beffroi.core.instants import to_rfc3339

if TYPE_CHECKING:
    from beffroi.operate import queries

WIDTH = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLine:
    """One node; `state`: up, late, down; `vault_mirror`: none, whole, failed, empty when unknown."""

    id: str
    name: str
    state: str
    at: str
    disk_free_bytes: int
    disk_total_bytes: int
    footage_bytes: int
    oldest_at: str
    clock: str
    clock_error_ms: float | None
    outbox_facts: int
    vault_mirror: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLine:
    """One camera; `state`: recording, silent, refused, barred. Instants are RFC 3339 UTC, empty when unknown."""

    id: str
    name: str
    state: str
    since_at: str
    last_at: str
    clock_offset_ms: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortLine:
    """A TCP port that `serve` holds open on this machine; `use`: web, node, or empty when nothing configures it."""

    port: int
    address: str
    use: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole answer. `ready`: every enrolled node answers; what each camera does is its own line's to say.

    `ports`: none while `serve` does not run here.
    """

    ready: bool
    ports: tuple[PortLine, ...]
    nodes: tuple[NodeLine, ...]
    cameras: tuple[CameraLine, ...]

    @property
    def is_whole(self) -> bool:
        """Ready, and nothing that should record is without pictures."""
        return self.ready and all(camera.state in {"recording", "barred"} for camera in self.cameras)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi status`."""
    parser.description = (
        "What records and what does not, read from the data folder. Ready: every enrolled node has spoken within "
        "6 seconds. Exit code 0 when ready and every camera whose gate is open records, 1 when not."
    )
    civil.add_data_argument(parser)
    parser.add_argument("--json", action="store_true", help="report in JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints the report; returns the exit code."""
    config = civil.configured(arguments.data)
    civil.check_database(config)
    civil.open_civil()
    found = replace(report(), ports=ports(config))
    if arguments.json:
        print_json(asdict(found))
    else:
        _print(found)
    return 0 if found.is_whole else 1


def report() -> Report:
    """What the civil database knows now; Django must be ready."""
    from beffroi.operate import queries, words
    from beffroi.operate.models import Device

    now_us = time.time_ns() // 1000
    nodes = [node for node in queries.nodes(now_us) if node.is_enrolled]
    devices = list(Device.objects.select_related("camera"))
    conditions = queries.conditions(devices, queries.nodes(now_us), now_us)
    cameras = tuple(
        CameraLine(
            id=device.pk,
            name=device.camera.name if device.camera else device.name,
            state=conditions[device.pk].state.value,
            since_at=_instant(conditions[device.pk].since_at_us),
            last_at=_instant(conditions[device.pk].last_at_us),
            clock_offset_ms=conditions[device.pk].clock_offset_ms,
            message=words.cause(conditions[device.pk].message, conditions[device.pk].message_fr),
        )
        for device in devices
    )
    return Report(
        ports=(),
        ready=bool(nodes) and all(node.state == "up" for node in nodes),
        nodes=tuple(_node_line(node) for node in nodes),
        cameras=cameras,
    )


def ports(config: Config) -> tuple[PortLine, ...]:
    """What the processes of this folder's `serve` listen on. Source: ANSSI-PA-72 (what is not used is closed)."""
    nodes = open_ports.running("beffroi.cli.child", "node", str(config.data / "node"))
    roots = {open_ports.parent(pid) for pid in nodes} - {0}
    uses = {config.web.port: "web", config.node_port: "node"}
    held = {found for root in roots for found in open_ports.listening(open_ports.family(root))}
    return tuple(
        PortLine(port=found.port, address=found.address, use=uses.get(found.port, "")) for found in sorted(held)
    )


def _node_line(node: queries.NodeView) -> NodeLine:
    health = node.health
    return NodeLine(
        id=node.id,
        name=node.name,
        state=node.state,
        at=_instant(node.at_us),
        disk_free_bytes=health.disk_free_bytes if health else 0,
        disk_total_bytes=health.disk_total_bytes if health else 0,
        footage_bytes=health.footage_bytes if health else 0,
        oldest_at=_instant(health.oldest_at_us) if health else "",
        clock=health.clock_state if health else "",
        clock_error_ms=health.clock_error_ms if health else None,
        outbox_facts=health.outbox_facts if health else 0,
        vault_mirror=health.vault_mirror.value if health else "",
        version=health.version if health else "",
    )


def _print(found: Report) -> None:
    for node in found.nodes:
        mirror = ", THE MIRROR OF ITS KEYS FAILED" if node.vault_mirror == "failed" else ""
        clock = f", clock {node.clock or 'not told'}"
        print(f"{node.name}: {node.state}, {node.disk_free_bytes / 1e9:.1f} GB free{clock}{mirror}")
    for port in found.ports:
        print(f"port {port.port} on {port.address}: {port.use or 'NOT CONFIGURED, close it'}")
    for camera in found.cameras:
        said = f"{camera.last_at} {_clock(camera)}{camera.message}"
        print(f"{camera.id:<16} {camera.name[:WIDTH]:<{WIDTH}} {camera.state:<10} {said}")
    recording = sum(camera.state == "recording" for camera in found.cameras)
    print(f"{recording} of {len(found.cameras)} cameras record; {'ready' if found.ready else 'not ready'}.")


def _clock(camera: CameraLine) -> str:
    """A camera's clock, when it is more than a second off."""
    from beffroi.operate.rows import is_astray

    return f"clock {camera.clock_offset_ms} ms off " if is_astray(camera.clock_offset_ms) else ""


def _instant(at_us: int) -> str:
    return to_rfc3339(at_us) if at_us else ""
