"""Viewing grants at the byte source: who may look at what, until when, and the facts owed for it.

Contract: no byte leaves a door before `admit()` returned a view, and `admit()` returns only when the fact
that it was opened is on the recorder's disk. Source: ref/wire.md §2.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from beffroi.core.clock import Clock
from beffroi.core.errors import BarredByLaw, BeffroiError, Exhausted, NotAuthenticated, NotPermitted, Unavailable
from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import (
    GRANT_LIVE_S,
    FactKind,
    GrantKind,
    ViewingGrant,
    public_key,
    verify,
)
from beffroi.engine.gateway.replies import Counters
from beffroi.engine.gateway.uplink import Uplink
from beffroi.engine.link_records import LinkDesired
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

SWEEP_S = 0.5
LINGER_S = 5
"""A live view without a tile for this long has ended: changing main to sub is not a second viewing."""
VIEWS_MAX = 4096
_CLOCK_SKEW_US = 30 * US_PER_S
_REPORT_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a door is asked for: a camera, the kinds that open this door, and the span when there is one."""

    camera: str
    kinds: frozenset[GrantKind]
    from_at_us: int = 0
    to_at_us: int = 0


class View:
    """An opened grant and what was served under it."""

    def __init__(self, grant: ViewingGrant, clock: Clock) -> None:
        self.grant = grant
        self.frames = 0
        self.bytes = 0
        self.ended: BeffroiError | None = None
        self.last_at_us = clock.now_us()
        self._clock = clock
        self._cuts: list[Callable[[BeffroiError], None]] = []

    @property
    def in_use(self) -> bool:
        """True while a tile, a download or a request is being served."""
        return bool(self._cuts)

    def served(self, size_bytes: int, *, frames: int = 0) -> None:
        """Count what was sent."""
        self.bytes += size_bytes
        self.frames += frames

    def hold(self, cut: Callable[[BeffroiError], None]) -> None:
        """Something is served under this view; `cut` is called when the view must end."""
        self._cuts.append(cut)

    def release(self, cut: Callable[[BeffroiError], None]) -> None:
        """What was held with `cut` is over."""
        if cut in self._cuts:
            self._cuts.remove(cut)
            self.last_at_us = self._clock.now_us()

    @contextmanager
    def use(self, cut: Callable[[BeffroiError], None]) -> Iterator[None]:
        """`hold()` and `release()` around a block."""
        self.hold(cut)
        try:
            yield
        finally:
            self.release(cut)

    def cut(self, error: BeffroiError) -> None:
        """End now: everything served under this view stops."""
        self.ended = error
        if self._cuts:
            self.last_at_us = self._clock.now_us()
        for cut in list(self._cuts):
            cut(error)


class Views:
    """All opened grants of this gateway."""

    def __init__(self, uplink: Uplink, *, clock: Clock, counters: Counters) -> None:
        self._uplink = uplink
        self._clock = clock
        self._counters = counters
        self._open: dict[str, View] = {}
        self._opening: dict[str, asyncio.Task[View]] = {}
        self._used: dict[str, int] = {}
        self._reports: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        uplink.on_desired.append(self._desired_changed)
        if uplink.desired is not None:
            self._desired_changed(uplink.desired)

    async def start(self) -> None:
        self._sweeper = vital(self._sweep_for_ever(), name="sweep")

    async def close(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        for view in list(self._open.values()):
            self._end(view, "gateway-stopped", _stopping())
        if self._reports:
            await asyncio.wait(self._reports, timeout=2)

    def __len__(self) -> int:
        return len(self._open)

    async def admit(self, token: str, wanted: Wanted) -> View:
        """The view a token opens, or keeps open.

        Errors: NotAuthenticated, NotPermitted, BarredByLaw; Unavailable when the opening cannot be journalled.
        """
        desired = self._desired()
        grant = verify(token, {key.id: public_key(key) for key in desired.grant_keys})
        refusal = self._mismatch(grant, wanted) or self._standing(grant)
        if refusal is not None:
            raise refusal
        view = self._open.get(grant.id)
        if view is not None:
            return view
        now_us = self._clock.now_us()
        if grant.id not in self._used and now_us > grant.open_before_us:
            raise _too_late()
        opening = self._opening.get(grant.id)
        if opening is None:
            if len(self._open) + len(self._opening) >= VIEWS_MAX:
                raise Exhausted(
                    "Too many views are open on this node.", message_fr="Trop de visionnages sont ouverts sur ce nœud."
                )
            opening = asyncio.get_running_loop().create_task(self._open_view(grant))
            self._opening[grant.id] = opening
            opening.add_done_callback(lambda _: self._opening.pop(grant.id, None))
        return await asyncio.shield(opening)

    async def _open_view(self, grant: ViewingGrant) -> View:
        await self._uplink.report(
            FactKind.VIEW_OPENED,
            at_us=self._clock.now_us(),
            camera=grant.camera,
            detail={
                "grant": grant.id,
                "agent": grant.agent,
                "kind": grant.kind.value,
                "reason": grant.reason.code,
                "reference": grant.reason.reference,
            },
            ends_at_us=grant.ends_at_us,
        )
        self._used[grant.id] = grant.ends_at_us
        view = self._open[grant.id] = View(grant, self._clock)
        self._counters["views_opened"] += 1
        return view

    def _mismatch(self, grant: ViewingGrant, wanted: Wanted) -> BeffroiError | None:
        if grant.node != self._desired().node:
            return _not_for("another node", "un autre nœud")
        if grant.camera != wanted.camera:
            return _not_for("another camera", "une autre caméra")
        if grant.kind not in wanted.kinds:
            return _not_for("another use", "un autre usage")
        if wanted.to_at_us and not grant.from_at_us <= wanted.from_at_us <= wanted.to_at_us <= grant.to_at_us:
            return _not_for("another span", "une autre période")
        return None

    def _standing(self, grant: ViewingGrant) -> BeffroiError | None:
        """Why this grant serves nothing at this instant, whatever it is used for; None when it does."""
        desired, now_us = self._desired(), self._clock.now_us()
        camera = next((camera for camera in desired.cameras if camera.id == grant.camera), None)
        if camera is None or camera.id in desired.barred or now_us >= camera.not_after_us:
            return _gate_closed()
        if grant.issued_at_us <= desired.revoked_agents.get(grant.agent, -1):
            return _revoked()
        if now_us >= min(grant.ends_at_us, grant.issued_at_us + GRANT_LIVE_S * US_PER_S):
            return _ended()
        if grant.issued_at_us > now_us + _CLOCK_SKEW_US:
            return _too_late()
        return None

    def _desired(self) -> LinkDesired:
        if self._uplink.desired is None:
            raise Unavailable(
                "The recorder has not told the gateway what to serve yet.",
                message_fr="L'enregistreur n'a pas encore dit à la passerelle ce qu'elle sert.",
            )
        return self._uplink.desired

    def _desired_changed(self, desired: LinkDesired) -> None:
        self._used.update(desired.opened)
        self.sweep()

    def sweep(self) -> None:
        """End every view whose time, camera or agent is over."""
        now_us = self._clock.now_us()
        for view in list(self._open.values()):
            refusal = self._standing(view.grant)
            if refusal is not None:
                self._end(view, _CAUSES[refusal.kind], refusal)
            elif self._has_lingered(view, now_us):
                self._end(view, "closed", _ended())
        self._used = {grant: ends_at_us for grant, ends_at_us in self._used.items() if ends_at_us > now_us}

    @staticmethod
    def _has_lingered(view: View, now_us: int) -> bool:
        is_idle = view.grant.kind == GrantKind.LIVE and not view.in_use
        return is_idle and now_us - view.last_at_us > LINGER_S * US_PER_S

    def _end(self, view: View, cause: str, error: BeffroiError) -> None:
        del self._open[view.grant.id]
        view.cut(error)
        task = asyncio.get_running_loop().create_task(self._report_end(view, cause))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def _report_end(self, view: View, cause: str) -> None:
        grant = view.grant
        for _ in range(_REPORT_TRIES):
            try:
                await self._uplink.report(
                    FactKind.VIEW_ENDED,
                    at_us=view.last_at_us,
                    camera=grant.camera,
                    detail={
                        "grant": grant.id,
                        "agent": grant.agent,
                        "kind": grant.kind.value,
                        "cause": cause,
                        "frames": view.frames,
                        "bytes": view.bytes,
                    },
                    ends_at_us=grant.ends_at_us,
                )
                return
            except Unavailable:
                await asyncio.sleep(1)
        # The recorder closes the views of a gateway it lost, so this end is not forgotten.
        log.error("view.end_not_reported grant=%s", grant.id)

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep()


_CAUSES = {"barred-by-law": "camera-closed", "not-permitted": "agent-revoked", "not-authenticated": "grant-ended"}


def _not_for(what: str, what_fr: str) -> NotPermitted:
    return NotPermitted(
        f"This viewing grant is for {what}; ask for a new one.",
        message_fr=f"Cette autorisation de visionnage vaut pour {what_fr} ; demandez-en une nouvelle.",
    )


def _gate_closed() -> BarredByLaw:
    return BarredByLaw(
        "This camera is not authorised now; nothing of it can be shown.",
        message_fr="Cette caméra n'est pas autorisée actuellement ; rien ne peut en être montré.",
        article="CSI L252-1",
    )


def _revoked() -> NotPermitted:
    return NotPermitted("Your access was withdrawn.", message_fr="Votre accès a été retiré.")


def _ended() -> NotAuthenticated:
    return NotAuthenticated(
        "This viewing grant has ended; ask for a new one.",
        message_fr="Cette autorisation de visionnage est terminée ; demandez-en une nouvelle.",
    )


def _too_late() -> NotAuthenticated:
    return NotAuthenticated(
        "This viewing grant was not opened in time; ask for a new one.",
        message_fr="Cette autorisation de visionnage n'a pas été ouverte à temps ; demandez-en une nouvelle.",
    )


def _stopping() -> Unavailable:
    return Unavailable("The node is stopping.", message_fr="Le nœud s'arrête.")
