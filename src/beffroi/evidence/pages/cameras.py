"""The cameras of a requisition, one a line: what it could see, what it recorded, what was decided, and why."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from beffroi.engine.contract import StreamName
from beffroi.evidence import words
from beffroi.evidence.models import Choice, Requisition
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Aside
from beffroi.evidence.sight import Sight
from beffroi.operate import queries as operate
from beffroi.operate.models import Gap
from beffroi.plan.models import Camera
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName, spans_in

WIDTH = 120.0
NEAR = 1.5
"""Cameras within so many radii that could not see are shown, each with its reason: "no camera saw it, because…"."""
_ASIDES = dict(Choice.ASIDES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRow:
    """One camera. `gaps`: (x, width) on a bar of `WIDTH`. `proposed`: the reason to set it aside by itself, if any."""

    number: int
    camera: str
    name: str
    said: str
    could_see: bool
    is_near: bool
    is_kept: bool
    is_aside: bool
    is_open: bool
    decision: str
    recorded: str
    gaps: tuple[tuple[float, float], ...]
    has_footage: bool
    px_per_m: float
    distance_m: float
    clock: str
    proposed: str


def camera_rows(requisition: Requisition, *, everything: bool = False) -> list[CameraRow]:
    """Cameras decided on, those that could see, those near that could not; kept ones first."""
    sights = {sight.camera: sight for sight in cases.sights_of(requisition)}
    chosen = cases.choices_of(requisition)
    near = {one.camera for one in sights.values() if one.could_see or one.distance_m <= NEAR * requisition.radius_m}
    held = {hold.camera_id for hold in cases.active_holds(requisition)}
    wanted = set(sights) if everything else near | set(chosen) | held
    if not sights:
        wanted |= {viewer.id for viewer in cases.viewers()} if everything else set()
    cameras = list(Camera.objects.filter(pk__in=wanted).select_related("site"))
    facts = _Recorded(requisition, [camera.pk for camera in cameras])
    clocks = _clocks([camera.pk for camera in cameras])

    def order(camera: Camera) -> tuple[bool, bool, float, str]:
        choice, sight = chosen.get(camera.pk), sights.get(camera.pk)
        return (
            not (choice.is_kept if choice else bool(sight and sight.could_see)),
            choice is None,
            sight.distance_m if sight else 0.0,
            camera.number,
        )

    return [
        _row(
            number,
            camera,
            chosen.get(camera.pk),
            is_near=camera.pk in near | held | set(chosen),
            sight=sights.get(camera.pk),
            facts=facts,
            clock=clocks.get(camera.pk),
        )
        for number, camera in enumerate(sorted(cameras, key=order), 1)
    ]


def _row(
    number: int,
    camera: Camera,
    choice: Choice | None,
    *,
    is_near: bool,
    sight: Sight | None,
    facts: _Recorded,
    clock: int | None,
) -> CameraRow:
    gaps = facts.gaps(camera.pk)
    lost_us = facts.lost_us(camera.pk)
    has_footage = lost_us < facts.total_us
    aside = choice.get_reason_display() if choice and not choice.is_kept else ""
    return CameraRow(
        number=number,
        camera=camera.pk,
        name=f"{camera.number} · {camera.name}",
        said=aside or _sight_said(sight),
        could_see=sight is None or sight.could_see,
        is_near=is_near,
        is_kept=bool(choice and choice.is_kept),
        is_aside=bool(choice and not choice.is_kept),
        is_open=choice is None,
        decision=_decision(choice),
        recorded=_recorded_said(facts.total_us, lost_us, facts.causes(camera.pk)),
        gaps=gaps,
        has_footage=has_footage,
        px_per_m=sight.px_per_m if sight and sight.could_see else 0.0,
        distance_m=sight.distance_m if sight else 0.0,
        clock=f"{clock / 1000:+.1f} s".replace("-", "−") if clock is not None else "–",
        proposed=_proposed(sight, facts, camera.pk),
    )


def _decision(choice: Choice | None) -> str:
    if choice is None:
        return _("À décider")
    return _("Retenue") if choice.is_kept else _("Écartée")


def _sight_said(sight: Sight | None) -> str:
    if sight is None:
        return ""
    if sight.aside is not None:
        return str(_ASIDES[sight.aside.value])
    return _("pourrait voir le point, à %(metres)s m") % {"metres": round(sight.distance_m)}


def _proposed(sight: Sight | None, facts: _Recorded, camera: str) -> str:
    """Why it says by itself that it has nothing to give."""
    if facts.lost_us(camera) >= facts.total_us:
        return Aside.DEAD.value if facts.causes(camera) else Aside.NO_FOOTAGE.value
    return sight.aside.value if sight and sight.aside else ""


def _recorded_said(total_us: int, lost_us: int, causes: tuple[str, ...]) -> str:
    if lost_us >= total_us:
        return _("aucune image enregistrée")
    whole = words.lasting(total_us - lost_us)
    if not lost_us:
        return _("%(whole)s, aucun trou signalé") % {"whole": whole}
    return _("%(whole)s, trou %(lost)s (%(causes)s)") % {
        "whole": whole,
        "lost": words.lasting(lost_us),
        "causes": ", ".join(causes),
    }


class _Recorded:
    """What cameras recorded of a span, by what nodes told of their gaps; a camera not in service recorded nothing."""

    def __init__(self, requisition: Requisition, cameras: list[str]) -> None:
        self._from, self._to = requisition.from_at_us, requisition.to_at_us
        self.total_us = self._to - self._from
        day = words.local(self._from).date()
        service = {camera: spans_in(states, StateName.IN_SERVICE) for camera, states in histories(cameras).items()}
        self._served = {camera for camera, spans in service.items() if any(day in span for span in spans)}
        self._gaps: dict[str, list[tuple[int, int, str]]] = {}
        rows = Gap.objects.filter(camera__in=cameras, stream=StreamName.MAIN.value)
        for gap in rows.filter(from_at_us__lt=self._to, to_at_us__gt=self._from).order_by("from_at_us"):
            clipped = (max(gap.from_at_us, self._from), min(gap.to_at_us, self._to), gap.cause)
            self._gaps.setdefault(gap.camera, []).append(clipped)

    def gaps(self, camera: str) -> tuple[tuple[float, float], ...]:
        scale = WIDTH / self.total_us
        spans = self._gaps.get(camera, ())
        return tuple((round((a - self._from) * scale, 1), round(max(1.5, (b - a) * scale), 1)) for a, b, _why in spans)

    def lost_us(self, camera: str) -> int:
        """Overlapping gaps count once."""
        if camera not in self._served:
            return self.total_us
        lost_us, reached = 0, self._from
        for start, end, _why in self._gaps.get(camera, ()):
            lost_us += max(0, end - max(start, reached))
            reached = max(reached, end)
        return lost_us

    def causes(self, camera: str) -> tuple[str, ...]:
        return tuple(sorted({cause for _a, _b, cause in self._gaps.get(camera, ())}))


def _clocks(cameras: list[str]) -> dict[str, int]:
    """The offset of each camera's clock as its recorder last measured it, milliseconds."""
    found = {}
    for node in operate.nodes(cases.clock.now_us()):
        for camera in node.health.cameras if node.health else ():
            offsets = [one.clock_offset_ms for one in camera.streams if one.stream is StreamName.MAIN]
            if camera.id in cameras and offsets and offsets[0] is not None:
                found[camera.id] = offsets[0]
    return found
