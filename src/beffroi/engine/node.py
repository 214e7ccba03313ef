"""A recording node: inputs, hubs, footage, the link to the gateway and the conversation with web, wired."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from beffroi import __version__
from beffroi.core.clock import SystemClock, synchronisation
from beffroi.core.errors import Unavailable
from beffroi.core.lifecycle import age_s, running, stop_event
from beffroi.engine.clock_report import ClockReport, state_of
from beffroi.engine.contract import CameraState, DesiredState, FactKind, NodeHealth, StreamName
from beffroi.engine.control import Exchange, ExchangeSeat, WebAddress
from beffroi.engine.gateway_child import GatewayChild, listen
from beffroi.engine.hub import Hub
from beffroi.engine.inputs import open_input
from beffroi.engine.keys import open_ring
from beffroi.engine.lanes import LaneKey, Lanes, OpenInput, StateChange
from beffroi.engine.link import PENDING_FIELDS, RecorderLink
from beffroi.engine.link_records import Ask, LinkCamera, LinkDesired, LinkState, Report
from beffroi.engine.masks.guard import MaskSeat
from beffroi.engine.masks.guards import MaskGuards, burner
from beffroi.engine.masks.looking import look
from beffroi.engine.masks.proofs import ProofPictures
from beffroi.engine.masks.slots import MaskSlots, customary
from beffroi.engine.onvif.asking import push
from beffroi.engine.outbox import Detail, NewFact
from beffroi.engine.record.retention import RetentionPolicy
from beffroi.engine.record.work import PendingFragment
from beffroi.engine.seat import NodeSettings, Seat, socket_path, take_seat
from beffroi.engine.stream import FrameSink
from beffroi.engine.upkeep import Upkeep
from beffroi.engine.view_reports import ViewReports
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

WATCH_S = 0.5
CLOCKS_S = 5.0
VIEW_FACTS = frozenset({FactKind.VIEW_OPENED, FactKind.VIEW_ENDED})
STALLED_GATEWAY_BYTES = 8 << 20
STALLED_GATEWAY_S = 15.0


class Recorder:
    """The recorder process. `start()` returns when cameras of the sealed cache are being opened."""

    def __init__(self, seat: Seat, child: dict[str, Any], open_input: OpenInput) -> None:
        self._seat = seat
        self._clock = seat.clock
        self._outbox = seat.outbox
        self._facts = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._views = ViewReports(self._outbox, self._facts)
        self._desired: DesiredState | None = None
        self._opened: dict[str, int] = {}
        self._started_at_us = self._clock.now_us()
        self._watching: asyncio.Task[None] | None = None
        self._stalled_s = self._clocks_at_s = 0.0
        self._own_clock = synchronisation()
        self._clock_report = ClockReport()
        settings = seat.settings
        self.proofs = ProofPictures(settings.footage, open_ring(settings.folder), clock=self._clock)
        self._upkeep = Upkeep(
            settings.footage,
            self.proofs.folder,
            clock=self._clock,
            destroyed=lambda camera, detail: self.fact(FactKind.FOOTAGE_DESTROYED, camera, detail),
        )
        self.masks = MaskGuards(self._mask_seat(open_input))
        self.lanes = Lanes(self.masks.open_input, self._sink, clock=self._clock)
        self.link = RecorderLink(socket_path(settings.folder), self, clock=self._clock)
        told = {"socket": str(socket_path(settings.folder)), "vault": str(settings.folder)}
        self.child = GatewayChild(child.pop("listener"), child | told, on_gone=self._gateway_gone)
        self.exchange = Exchange(
            ExchangeSeat(
                enrolment=seat.enrolment,
                web=WebAddress(url=seat.enrolment.web, ca=settings.web_ca),
                key=seat.key,
                health=self.health,
                have_version=lambda: self._desired.version if self._desired else "",
                apply=self.take,
            ),
            self._outbox,
            clock=self._clock,
        )

    def _mask_seat(self, open_input: OpenInput) -> MaskSeat:
        asked = self._seat.settings.mask_slots
        return MaskSeat(
            clock=self._clock,
            slots=MaskSlots(customary() if asked is None else asked),
            open_input=open_input,
            open_burner=burner(self._clock),
            look=look,
            push=push,
            tell=lambda kind, camera, detail, at_us: self.fact(kind, camera, detail, at_us=at_us),
            keep=self.proofs.keep,
        )

    async def start(self) -> None:
        now_us = self._clock.now_us()
        self._outbox.close_views("node-restarted", now_us)
        self._opened = self._outbox.opened(now_us)
        self.fact(FactKind.NODE_STARTED, "", {"version": __version__})
        await self._seat.footage.start()
        cached = self._seat.cache.load()
        if cached is not None:
            await self._use(cached)
        await self.link.start()
        await self.child.start()
        await self.exchange.start()
        self._watching = vital(self._watch_for_ever(), name="watch")

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        await self.child.close()
        await self.link.close()
        await self.lanes.close()
        await self._seat.footage.close()
        self.fact(FactKind.NODE_STOPPED, "", {})
        await self._in_outbox(lambda: None)
        await self.exchange.close()
        self._facts.shutdown(wait=True)
        self._outbox.close()

    async def take(self, desired: DesiredState) -> None:
        """A desired state from web: keep it, then follow it."""
        if desired.node != self._seat.enrolment.node:
            log.error("desired.refused node=%s", desired.node)
            return
        for camera in desired.cameras:
            if camera.retention_s <= 0:
                log.error("desired.refused camera=%s retention_s=%s", camera.id, camera.retention_s)
                return
        await asyncio.to_thread(self._seat.cache.keep, desired)
        await self._use(desired)

    async def _use(self, desired: DesiredState) -> None:
        self._desired = desired
        self.link.push(self.desired())
        for camera in desired.cameras:
            self._seat.footage.apply(camera.id, RetentionPolicy.of(camera))
        for kept in desired.kept:
            self._seat.footage.keep(kept.camera, kept.holds)
        self._seat.footage.erase(desired.erasures)
        self._seat.footage.set_cap(desired.footage_max_bytes)
        await self.lanes.apply(desired)
        self._tell_changes()

    # -- what the link asks ---------------------------------------------------------------------------------

    def hub(self, camera: str, stream: StreamName) -> Hub | None:
        return self.lanes.hub((camera, stream))

    def desired(self) -> LinkDesired:
        now_us = self._clock.now_us()
        self._opened = {grant: ends_at_us for grant, ends_at_us in self._opened.items() if ends_at_us > now_us}
        desired = self._desired
        if desired is None:
            return LinkDesired(node=self._seat.enrolment.node, opened=self._opened)
        return LinkDesired(
            node=desired.node,
            cameras=tuple(
                LinkCamera(
                    id=camera.id,
                    streams=tuple(source.stream for source in camera.sources),
                    not_after_us=camera.not_after_us,
                )
                for camera in desired.cameras
            ),
            barred=desired.barred,
            grant_keys=desired.grant_keys,
            origins=desired.origins,
            revoked_agents=desired.revoked_agents,
            opened=self._opened,
        )

    def states(self) -> list[LinkState]:
        return self.lanes.states()

    async def answer(self, question: Ask) -> Any:
        match question.what:
            case "health":
                return asdict(self.health())
            case "nudge":
                self.exchange.nudge()
                return None
            case "fragments":
                pending = self._seat.footage.pending_fragments(question.camera, StreamName(question.stream))
                return [_fragment_fields(fragment) for fragment in pending]
            case _:
                raise Unavailable(
                    "The recorder does not know this question.",
                    message_fr="L'enregistreur ne connaît pas cette question.",
                )

    async def report(self, fact: Report) -> None:
        """Keep a fact of the gateway; when it returns, one of a view is durable."""
        if fact.kind not in VIEW_FACTS:
            self.fact(fact.kind, fact.camera, fact.detail, at_us=fact.at_us)
            return
        kept = NewFact(kind=fact.kind, at_us=fact.at_us, camera=fact.camera, detail=fact.detail)
        await self._views.keep(kept, fact.ends_at_us)
        if fact.kind is FactKind.VIEW_OPENED:
            self._opened[str(fact.detail["grant"])] = fact.ends_at_us

    # -- facts and health -----------------------------------------------------------------------------------

    def fact(self, kind: FactKind, camera: str, detail: Detail, *, at_us: int = 0) -> None:
        """Keep a fact of the node itself, in the background and in order; of now, unless told of when."""
        fact = NewFact(kind=kind, at_us=at_us or self._clock.now_us(), camera=camera, detail=detail)
        self._facts.submit(self._outbox.put, fact)

    def health(self) -> NodeHealth:
        """The health document of this moment."""
        footage, disk = self._seat.footage, os.statvfs(self._seat.settings.footage)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        gateway = _usage_of(self.child.pid)
        return NodeHealth(
            node=self._seat.enrolment.node,
            version=__version__,
            started_at_us=self._started_at_us,
            at_us=self._clock.now_us(),
            desired_version=self._desired.version if self._desired else "",
            disk_free_bytes=disk.f_bavail * disk.f_frsize,
            disk_total_bytes=disk.f_blocks * disk.f_frsize,
            footage_bytes=self._upkeep.footage_bytes,
            oldest_at_us=self._upkeep.oldest_at_us,
            pool_bytes=footage.pool.bytes,
            pool_max_bytes=footage.pool.max_bytes,
            rss_bytes=_usage_of(os.getpid())[1] + gateway[1],
            cpu_s=round(usage.ru_utime + usage.ru_stime + gateway[0], 3),
            outbox_facts=len(self._outbox),
            clock_state=state_of(self._own_clock),
            clock_error_ms=self._own_clock.error_ms,
            mask_slots=self.masks.seat.slots.limit,
            mask_slots_free=self.masks.seat.slots.free,
            vault_mirror=footage.vault_mirror,
            cameras=tuple(replace(camera, masks=self.masks.state(camera.id)) for camera in self.lanes.health()),
        )

    async def _in_outbox(self, work: Callable[[], Any]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._facts, work)

    def _sink(self, key: LaneKey) -> FrameSink:
        return self._seat.footage.recorder(*key)

    def _gateway_gone(self) -> None:
        self._facts.submit(self._outbox.close_views, "gateway-restarted", self._clock.now_us())

    async def _watch_for_ever(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            await self.lanes.check_gates()
            self._tell_changes()
            self._check_gateway()
            self._tell_clocks()
            await self.proofs.write()
            await self._upkeep.turn(self._desired)

    def _tell_changes(self) -> None:
        for change in self.lanes.changes():
            self.link.push(change.state)
            if change.is_camera:
                self.fact(FactKind.CAMERA_STATE, change.state.camera, _state_detail(change))

    def _tell_clocks(self) -> None:
        monotonic_s = self._clock.monotonic_s()
        if monotonic_s < self._clocks_at_s:
            return
        self._clocks_at_s = monotonic_s + CLOCKS_S
        self._own_clock = synchronisation()
        for kind, camera, detail in self._clock_report.look(monotonic_s, self._own_clock, self.lanes.health()):
            self.fact(kind, camera, detail)

    def _check_gateway(self) -> None:
        """A gateway that leaves the link unread for long is stuck: end it, it is started again."""
        if self.link.waiting_bytes < STALLED_GATEWAY_BYTES:
            self._stalled_s = 0.0
            return
        self._stalled_s += WATCH_S
        if self._stalled_s > STALLED_GATEWAY_S:
            self._stalled_s = 0.0
            self.child.kill()


def _fragment_fields(fragment: PendingFragment) -> dict[str, Any]:
    """What the gateway needs of a fragment not yet indexed."""
    return {name: getattr(fragment, name) for name in PENDING_FIELDS}


def _state_detail(change: StateChange) -> Detail:
    state = change.state
    told: Detail = {"state": state.state.value, "cause": state.cause.value if state.cause else ""}
    if state.state is CameraState.RECORDING:
        return told | {"message": "", "message_fr": ""}
    return told | {"message": change.message, "message_fr": change.message_fr}


def _usage_of(pid: int) -> tuple[float, int]:
    """CPU seconds and resident bytes of a process; zeros when it is gone. Source: proc(5)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, int(fields[21]) * resource.getpagesize()


async def run(settings: NodeSettings, *, on_ready: Callable[[], None]) -> None:
    """Record until a signal comes.

    Errors: as `take_seat()` and `listen()`.
    """
    loaded_s = age_s()
    listener = listen(settings.host, settings.port)
    seat = take_seat(settings, clock=SystemClock())
    recovered_s = age_s()
    child = {
        "listener": listener,
        "footage": str(settings.footage),
        "tls_cert": settings.tls_cert,
        "tls_key": settings.tls_key,
        "metrics_from": list(settings.metrics_from),
        "log_level": settings.log_level,
        "measure_every_s": settings.measure_every_s,
    }
    stopping = stop_event()
    async with running(Recorder(seat, child, open_input(seat.clock)), close_deadline_s=20):
        log.info("node.started loaded_s=%.2f recovered_s=%.2f open_s=%.2f", loaded_s, recovered_s, age_s())
        on_ready()
        await stopping.wait()
