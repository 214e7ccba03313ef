"""What nodes measured of the stored footage, against what each camera must store. Source: arrêté of 3 August 2007."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beffroi.core.dates import day_of
from beffroi.core.instants import US_PER_S, from_us, to_us
from beffroi.engine.contract import FactKind
from beffroi.operate.models import NodeFact
from beffroi.plan import conformity
from beffroi.plan.conformity import Demand
from beffroi.plan.models import Camera
from beffroi.plan.queries import cameras_on, demand, streamed
from beffroi.plan.rules import StateName
from beffroi.territory.queries import town_zone

DAY_US = 86_400 * US_PER_S
ENOUGH = 5
"""Measures of one day that have seen the street both busy and still: its true rate is the best of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What some seconds of stored footage held. `true_fps`: different pictures a second, low in a still street."""

    at: datetime
    width_px: int
    height_px: int
    fps: float
    true_fps: float
    repeated: int
    frames: int


def measure_of(at_us: int, told: Mapping[str, Any]) -> Measure:
    """A node's words, taken in."""
    return Measure(
        at=from_us(at_us),
        width_px=int(told.get("width_px", 0)),
        height_px=int(told.get("height_px", 0)),
        fps=int(told.get("fps_thousandths", 0)) / 1000,
        true_fps=int(told.get("true_fps_thousandths", 0)) / 1000,
        repeated=int(told.get("repeated", 0)),
        frames=int(told.get("frames", 0)),
    )


def of_day(at: datetime, camera: str | None = None) -> dict[str, list[Measure]]:
    """What was measured in the day before an instant, by camera, oldest first."""
    until_us = to_us(at)
    rows = NodeFact.objects.filter(kind=FactKind.STREAM_MEASURED, at_us__gt=until_us - DAY_US, at_us__lte=until_us)
    if camera is not None:
        rows = rows.filter(camera=camera)
    found: dict[str, list[Measure]] = defaultdict(list)
    for fact in rows.order_by("at_us"):
        found[fact.camera].append(measure_of(fact.at_us, fact.detail))
    return found


def stored_fps(measures: Sequence[Measure]) -> float:
    """Pictures really taken a second: those stored, fewer when a whole day never had so many different ones."""
    last = measures[-1].fps
    return min(last, max(one.true_fps for one in measures)) if len(measures) >= ENOUGH else last


def faults(camera: Camera, measures: Sequence[Measure]) -> tuple[str, ...]:
    """Rules that what a camera stores breaks; none without a measure."""
    if not measures:
        return ()
    last = measures[-1]
    stream = streamed(camera, width_px=last.width_px, height_px=last.height_px, fps=stored_fps(measures))
    return conformity.faults(demand(camera), stream)


def below_standard(at: datetime) -> frozenset[str]:
    """Cameras in service whose stored footage was measured below what their class asks."""
    served = {one.id for one in cameras_on(day_of(at, town_zone())) if one.state is StateName.IN_SERVICE}
    measured = of_day(at)
    cameras = Camera.objects.filter(pk__in=served & measured.keys()).select_related("site__zone")
    return frozenset(camera.pk for camera in cameras if faults(camera, measured[camera.pk]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a camera must store and what it was last measured to store; `last` None: nothing lately."""

    demand: Demand
    last: Measure | None
    faults: tuple[str, ...]


def standing(camera: Camera, at: datetime) -> Standing:
    """For the camera's page."""
    found = of_day(at, camera.pk).get(camera.pk, [])
    return Standing(demand=demand(camera), last=found[-1] if found else None, faults=faults(camera, found))
