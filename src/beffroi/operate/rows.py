"""What tables of the pages show: one record a line, words already chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beffroi.authorise import queries as authorise
from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.engine.contract import CameraState, MaskState, NodeHealth, StreamHealth
from beffroi.operate import queries, words
from beffroi.operate.models import Gap
from beffroi.people.models import Agent
from beffroi.plan import queries as plan
from beffroi.territory import queries as territory

GAPS_SHOWN = 50
ASTRAY_MS = 1000
_ORDER = {"bad": 0, "warn": 1}
"""Of tones, the most pressing first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRow:
    """A camera and what it does now."""

    id: str
    number: str
    name: str
    node: str
    state: CameraState
    word: str | Promise
    tone: str
    shape: str
    since_at: datetime | None
    last_at: datetime | None
    cause: str
    mend: str
    clock_offset_ms: int | None
    is_workshop: bool
    workshop_until_at: datetime | None
    streams: tuple[StreamHealth, ...]
    is_withheld: bool
    """Its gate is open, its masks are neither proved nor burnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A recorder and how it fares."""

    id: str
    name: str
    url: str
    word: str | Promise
    tone: str
    shape: str
    at: datetime | None
    is_enrolled: bool
    health: NodeHealth | None
    oldest_at: datetime | None
    started_at: datetime | None
    disk_used_percent: int
    clock: str | Promise
    is_clock_bad: bool
    streams: tuple[tuple[str, StreamHealth], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """A span without footage."""

    stream: str
    from_at: datetime
    to_at: datetime
    seconds: float
    cause: str


def today() -> date:
    """The town's day."""
    return day_of(timezone.now(), territory.town_zone())


def phases() -> list[plan.PhaseFigures]:
    """Planned and real, by phase."""
    return plan.phase_figures(today())


def in_service(figures: list[plan.PhaseFigures]) -> dict[str, int]:
    """Sites and cameras of the town's first programme: in service and planned. Extensions are counted apart."""
    first = [phase for phase in figures if phase.programme == figures[0].programme]
    return {
        "sites": sum(phase.sites_in_service for phase in first),
        "sites_planned": sum(len(phase.sites) for phase in first),
        "cameras": sum(phase.cameras_in_service for phase in first),
        "cameras_planned": sum(phase.cameras_planned for phase in first),
    }


def orders() -> list[authorise.OrderView]:
    """The orders, the first to expire first."""
    return [order for order in authorise.orders_on(today()) if order.is_in_force]


def camera_rows(agent: Agent, now_us: int) -> list[CameraRow]:
    """Every camera this agent may know of, those in trouble first, then by number."""
    devices = {device.pk: device for device in queries.devices_for(agent)}
    conditions = queries.conditions(devices.values(), queries.nodes(now_us), now_us)
    found = []
    for condition in conditions.values():
        device = devices[condition.camera]
        is_withheld = condition.masks is MaskState.WITHHELD
        tone, shape = words.SHAPES[CameraState.SILENT if is_withheld else condition.state]
        if tone == "ok" and is_astray(condition.clock_offset_ms):
            tone, shape = "warn", "s-warn"
        found.append(
            CameraRow(
                id=device.pk,
                number=device.camera.number if device.camera else _("ESSAI"),
                name=device.camera.name if device.camera else device.name,
                node=device.node_id,
                state=condition.state,
                word=words.WITHHELD if is_withheld else words.STATES[condition.state],
                tone=tone,
                shape=shape,
                since_at=_instant(condition.since_at_us),
                last_at=_instant(condition.last_at_us),
                cause=words.cause(condition.message, condition.message_fr) or _clock_cause(condition.clock_offset_ms),
                mend=words.mend(condition.state, condition.message),
                clock_offset_ms=condition.clock_offset_ms,
                is_workshop=device.is_workshop,
                workshop_until_at=_instant(device.workshop_until_at_us or 0),
                streams=condition.streams,
                is_withheld=is_withheld,
            )
        )
    return sorted(found, key=lambda row: (_ORDER.get(row.tone, 2), row.number))


def is_astray(offset_ms: int | None) -> bool:
    """A camera's clock more than a second from its recorder's. Source: arrêté of 3 August 2007, annex 1 §3; ours."""
    return offset_ms is not None and abs(offset_ms) > ASTRAY_MS


def _clock_cause(offset_ms: int | None) -> str:
    if not is_astray(offset_ms):
        return ""
    assert offset_ms is not None
    seconds = f"{offset_ms / 1000:+.1f}"
    return _("Son horloge s'écarte de %(seconds)s s : régler son serveur de temps.") % {"seconds": seconds}


def summary(rows: Iterable[CameraRow]) -> dict[str, int]:
    """How many cameras, workshop ones apart, are in each state; `total`: those whose gate is open."""
    counts = Counter("withheld" if row.is_withheld else row.state.value for row in rows if not row.is_workshop)
    return {
        "total": sum(counts.values()) - counts["barred"],
        "in_trouble": counts["silent"] + counts["refused"] + counts["withheld"],
        **counts,
    }


def node_rows(now_us: int) -> list[NodeRow]:
    """Every recorder."""
    return [_node_row(node) for node in queries.nodes(now_us)]


def node_row(node_id: str, now_us: int) -> NodeRow:
    """One recorder.

    Errors: NotFound.
    """
    return _node_row(queries.node_view(node_id, now_us))


def _node_row(node: queries.NodeView) -> NodeRow:
    tone, shape = words.NODE_SHAPES[node.state] if node.is_enrolled else ("wait", "s-wait")
    health = node.health
    used = health.disk_total_bytes - health.disk_free_bytes if health else 0
    return NodeRow(
        id=node.id,
        name=node.name,
        url=node.url,
        word=words.NODE_STATES[node.state] if node.is_enrolled else _("attend son inscription"),
        tone=tone,
        shape=shape,
        at=_instant(node.at_us),
        is_enrolled=node.is_enrolled,
        health=health,
        oldest_at=_instant(health.oldest_at_us) if health else None,
        started_at=_instant(health.started_at_us) if health else None,
        clock=words.CLOCKS.get(health.clock_state, health.clock_state) if health else "",
        is_clock_bad=bool(health and health.clock_state == "unsynchronised"),
        disk_used_percent=round(100 * used / health.disk_total_bytes) if health and health.disk_total_bytes else 0,
        streams=tuple((camera.id, stream) for camera in health.cameras for stream in camera.streams) if health else (),
    )


def gap_rows(camera_id: str) -> list[GapRow]:
    """The latest spans without footage of a camera, newest first."""
    gaps = Gap.objects.filter(camera=camera_id).order_by("-to_at_us")[:GAPS_SHOWN]
    return [
        GapRow(
            stream=gap.stream,
            from_at=from_us(gap.from_at_us),
            to_at=from_us(gap.to_at_us),
            seconds=(gap.to_at_us - gap.from_at_us) / 1e6,
            cause=str(words.GAP_CAUSES.get(gap.cause, gap.cause)),
        )
        for gap in gaps
    ]


def _instant(at_us: int) -> datetime | None:
    return from_us(at_us) if at_us else None
