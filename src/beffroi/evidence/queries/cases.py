"""Reads about one requisition: its cameras, what holds them, when they go, where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db import models

from beffroi.core.clock import SystemClock
from beffroi.core.dates import day_of, day_starts_at
from beffroi.core.errors import NotFound
from beffroi.core.instants import from_us, to_us
from beffroi.evidence import hold_rules, rules
from beffroi.evidence.frames import Frame, frame_of
from beffroi.evidence.models import Choice, Hold, Pack, Requisition, Step
from beffroi.evidence.queries.holds import reaches
from beffroi.evidence.rules import Asked, CaseFacts, Done, Held, StepKind
from beffroi.evidence.sight import Sight, Viewer, sights
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan.models import Camera, CameraKind
from beffroi.territory.models import Building
from beffroi.territory.queries import building_layer, town_zone

clock = SystemClock()
READS = (Right.LOCK, Right.EXPORT, Right.VALIDATE, Right.JOURNAL)
"""Rights by which a requisition may be read: those who serve it, those who oversee it."""
_WALL_M = 3.0
"""Lower buildings hide nothing from a mast."""


# -- which ones ---------------------------------------------------------------------------------------------


def requisitions_for(agent: Agent) -> list[Requisition]:
    """The requisitions this agent may read, the last first: all, or those of its cameras."""
    rows = list(Requisition.objects.all())
    scopes = [scope for right in READS for scope in agent.permit.scopes.get(right, ())]
    if not rows or any(scope.cameras is None for scope in scopes):
        return rows if scopes else []
    theirs = {camera for scope in scopes for camera in scope.cameras or ()}
    named = {*Hold.objects.filter(camera__in=theirs).values_list("requisition_id", flat=True)}
    named |= {*Choice.objects.filter(camera__in=theirs).values_list("requisition_id", flat=True)}
    opened = {*Step.objects.filter(by=agent).values_list("requisition_id", flat=True)}
    return [row for row in rows if row.pk in named | opened]


def requisition_for(agent: Agent, number: str) -> Requisition:
    """One of `requisitions_for`.

    Errors: NotFound, the same for one that does not exist and one this agent may not read.
    """
    found = next((row for row in requisitions_for(agent) if row.pk == number), None)
    if found is None:
        raise NotFound(
            "There is no such requisition; look it up in the register.",
            message_fr="Cette réquisition n'existe pas ; cherchez-la au registre.",
            field="number",
        )
    return found


# -- cameras ------------------------------------------------------------------------------------------------


def viewers() -> list[Viewer]:
    """Every connected camera of the plan, as it stands."""
    cameras = Camera.objects.filter(pk__in=Device.objects.filter(camera__isnull=False).values("camera_id"))
    return [
        Viewer(
            id=camera.pk,
            at=(camera.lon, camera.lat),
            bearing_deg=camera.bearing_deg,
            hfov_deg=camera.hfov_deg,
            width_px=camera.width_px,
            turns=camera.kind == CameraKind.PTZ.value,
        )
        for camera in cameras
    ]


def sights_of(requisition: Requisition) -> list[Sight]:
    """What each camera could see of the place, those that could first; nothing without a place on the map."""
    if requisition.lat is None or requisition.lon is None:
        return []
    return sights(viewers(), (requisition.lon, requisition.lat), requisition.radius_m, walls=walls())


def walls() -> list[list[tuple[float, float]]]:
    """Outer rings of the buildings that may hide a view."""
    return _walls(*Building.objects.aggregate(models.Count("pk"), models.Sum("height_m")).values())


@lru_cache(maxsize=1)
def _walls(count: int, height_m: float | None) -> list[list[tuple[float, float]]]:
    """Read once for as long as the buildings are the same ones."""
    return [
        [(lon, lat) for lon, lat, *_ in feature["geometry"]["coordinates"][0]]
        for feature in building_layer()["features"]
        if feature["properties"]["height_m"] >= _WALL_M and feature["geometry"]["type"] == "Polygon"
    ]


def could_see(requisition: Requisition) -> list[str]:
    """Cameras that could see the place or stand in it, façades left out of account: a lock is never too wide."""
    if requisition.lat is None or requisition.lon is None:
        return []
    found = sights(viewers(), (requisition.lon, requisition.lat), requisition.radius_m)
    return [sight.camera for sight in found if sight.could_see or sight.distance_m <= requisition.radius_m]


def choices_of(requisition: Requisition) -> dict[str, Choice]:
    """The last decision on each camera."""
    return {choice.camera_id: choice for choice in requisition.choices.select_related("camera", "by")}


def kept(requisition: Requisition) -> list[str]:
    """Cameras kept."""
    return [camera for camera, choice in choices_of(requisition).items() if choice.is_kept]


def scope_of(requisition: Requisition) -> list[str]:
    """The cameras at stake: those kept, else those locked, else those that could see."""
    chosen = choices_of(requisition)
    if chosen:
        return [camera for camera, choice in chosen.items() if choice.is_kept]
    held = [row.camera_id for row in requisition.holds.all() if row.released_at_us is None]
    return held or could_see(requisition)


# -- what holds, what goes ----------------------------------------------------------------------------------


def active_holds(requisition: Requisition) -> list[Hold]:
    """Its locks in force."""
    now_us = clock.now_us()
    return [row for row in requisition.holds.all() if row.released_at_us is None and row.until_at_us > now_us]


def is_held(requisition: Requisition, camera: str) -> bool:
    """A lock of this requisition covers its whole span on a camera."""
    return any(
        row.camera_id == camera and row.from_at_us <= requisition.from_at_us and row.to_at_us >= requisition.to_at_us
        for row in active_holds(requisition)
    )


def may_exist(requisition: Requisition, cameras: Iterable[str]) -> bool:
    """Some picture of the span is not past its retention yet."""
    cameras, now_us = list(cameras), clock.now_us()
    found = reaches((camera, requisition.from_at_us) for camera in cameras)
    return any(requisition.to_at_us > reach.destroyed_before_us(now_us) for reach in found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fading:
    """When the first picture of the scope would go without a lock. `total_us`: how long it lives."""

    overwritten_at_us: int
    total_us: int


def fading(requisition: Requisition, cameras: Collection[str]) -> Fading | None:
    """Of these cameras, the first to lose a picture; None of none."""
    found = reaches((camera, requisition.from_at_us) for camera in cameras)
    lives_us = min((reach.kept_us for reach in found.values()), default=0)
    return Fading(overwritten_at_us=requisition.from_at_us + lives_us, total_us=lives_us) if lives_us else None


def unheld(requisition: Requisition, cameras: Iterable[str]) -> list[str]:
    """Those of these cameras whose pictures may exist and nothing keeps."""
    return [camera for camera in cameras if not is_held(requisition, camera) and may_exist(requisition, [camera])]


def due_at_us(requisition: Requisition) -> int | None:
    """The deadline."""
    asked = requisition.asked_by_on
    asked_at_us = to_us(day_starts_at(asked, town_zone())) + hold_rules.US_PER_DAY if asked else None
    at_risk = unheld(requisition, scope_of(requisition))
    soon = fading(requisition, at_risk)
    return rules.due_at_us(asked_at_us, [soon.overwritten_at_us] if soon else [])


# -- where it stands ----------------------------------------------------------------------------------------


def frame_on(requisition: Requisition) -> Frame | None:
    """Its legal frame, once known."""
    if not requisition.frame:
        return None
    return frame_of(requisition.frame, requisition.dated_on or day_of(from_us(requisition.opened_at_us), town_zone()))


def missing(requisition: Requisition) -> tuple[Asked, ...]:
    """Pieces that its frame asks for and are not here."""
    frame = frame_on(requisition)
    if frame is None:
        return (Asked(any_of=(rules.PieceKind.REQUISITION,)),)
    held = [
        Held(
            kind=rules.PieceKind(piece.kind),
            dated_on=piece.dated_on,
            reference=piece.reference,
            signed_by=piece.signed_by,
        )
        for piece in requisition.pieces.all()
    ]
    return rules.missing_pieces(frame.pieces, held, requisition.dated_on)


def missing_fields(requisition: Requisition) -> tuple[str, ...]:
    """Fields that an export asks for and are empty. Source: CPP 60-1."""
    return (*requisition.inquiry.lacks, *(() if requisition.procedure else ("procedure",)))


def newest_pack(requisition: Requisition) -> Pack | None:
    """The pack that counts."""
    return requisition.packs.prefetch_related("hand_overs").order_by("asked_at_us", "pk").last()


def facts_of(requisition: Requisition) -> CaseFacts:
    """All that lane and next act depend on."""
    steps = tuple(
        Done(kind=StepKind(step.kind), by=step.by_id or "", at_us=step.at_us, code=step.code)
        for step in requisition.steps.all()
    )
    pack = newest_pack(requisition)
    counts = pack is not None and not is_stale(pack, steps)
    is_over = any(step.kind in (StepKind.CLOSED, StepKind.HANDED_OVER) for step in steps)
    is_negative = rules.CaseFacts(steps=steps).result is rules.Result.NEGATIVE
    is_at_risk = not (is_over or is_negative) and bool(unheld(requisition, scope_of(requisition)))
    return CaseFacts(
        steps=steps,
        is_at_risk=is_at_risk,
        missing=bool(missing(requisition) or missing_fields(requisition)),
        pack=pack.state if pack and counts else None,
    )


def is_stale(pack: Pack, steps: Iterable[Done]) -> bool:
    """It was asked for before the cameras or the result became what they are."""
    chosen = rules.CaseFacts(steps=tuple(steps)).chosen
    return chosen is not None and pack.asked_at_us < chosen.at_us


def attending(requisition: Requisition) -> Step | None:
    """The OPJ's look that is under way."""
    kinds = (StepKind.ATTENDED.value, StepKind.ATTENDED_END.value)
    last = requisition.steps.filter(kind__in=kinds).order_by("at_us", "pk").last()
    return last if last is not None and last.kind == StepKind.ATTENDED.value else None


def today() -> date:
    """The town's day."""
    return day_of(from_us(clock.now_us()), town_zone())


def check_known(cameras: Iterable[str]) -> None:
    """Nothing, when the plan knows all of these cameras.

    Errors: NotFound.
    """
    wanted = set(cameras)
    if Camera.objects.filter(pk__in=wanted).count() != len(wanted):
        raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="cameras")
