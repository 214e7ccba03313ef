"""What an order's page shows: its terms, its precautions, its perimeter and where each camera stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.functional import Promise

from beffroi.authorise.models import LocationNotice, Order, OrderCamera, Precaution
from beffroi.authorise.precautions import Kind
from beffroi.authorise.queries import is_where
from beffroi.plan.models import Camera
from beffroi.territory.calc.lambert93 import area_m2, contains, projected
from beffroi.territory.models import Purpose, Street
from beffroi.territory.queries import town

ENFORCED = frozenset(Kind) - {Kind.TEXT}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecautionLine:
    """One precaution, which cameras it is for (none: all), and whether code holds to it that day."""

    row: Precaution
    cameras: Sequence[Camera]
    is_in_force: bool
    is_enforced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLine:
    """A camera of a perimeter: its last notice, and whether that notice names where it stands."""

    camera: Camera
    notice: LocationNotice | None
    is_inside: bool
    is_notified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Perimeter:
    """What an order by perimeter allows, and what is made of it. `share`: percent of the town; None: not known."""

    hectares: float
    share: float | None
    streets: Sequence[str]
    places: Sequence[PlaceLine]
    left: int
    """Cameras that may still be added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One order."""

    covered: Sequence[OrderCamera]
    purposes: Sequence[str | Promise]
    precautions: Sequence[PrecautionLine]
    perimeter: Perimeter | None
    is_standing: bool
    """Neither expired nor withdrawn, its event not over: something may still be decided of it."""


def page(order: Order, on: date) -> Page:
    """The page of an order on a day."""
    covered = list(order.covered.select_related("camera").order_by("camera__number"))
    return Page(
        covered=covered,
        purposes=[Purpose(code).label for code in order.purposes],
        precautions=precaution_lines(order, on),
        perimeter=_perimeter(order, covered),
        is_standing=on < order.ends_on and order.withdrawn_on is None and order.event_over_at is None,
    )


def precaution_lines(order: Order, on: date, *, camera: str = "") -> list[PrecautionLine]:
    """An order's precautions, or those of one of its cameras in force that day."""
    lines = [_line(row, on) for row in order.precautions.all()]
    if not camera:
        return lines
    return [line for line in lines if line.is_in_force and (not line.row.cameras or camera in line.row.cameras)]


def _line(row: Precaution, on: date) -> PrecautionLine:
    is_in_force = row.from_on <= on and (row.until_on is None or on < row.until_on)
    return PrecautionLine(
        row=row,
        cameras=list(Camera.objects.filter(pk__in=row.cameras).order_by("number")),
        is_in_force=is_in_force,
        is_enforced=is_in_force and Kind(row.kind) in ENFORCED,
    )


def _perimeter(order: Order, covered: Sequence[OrderCamera]) -> Perimeter | None:
    if order.perimeter is None:
        return None
    known, hectares = town(), area_m2(order.perimeter) / 10_000
    whole = area_m2(known.boundary) / 10_000 if known and known.boundary else None
    shape = projected(order.perimeter)
    streets = Street.objects.all()
    return Perimeter(
        hectares=hectares,
        share=100 * hectares / whole if whole else None,
        streets=sorted({street.name for street in streets if projected(street.shape).intersects(shape)}),
        places=[_place(order, row.camera, order.notices.all()) for row in covered],
        left=max(0, (order.max_cameras or 0) - len(covered)),
    )


def _place(order: Order, camera: Camera, notices: QuerySet[LocationNotice]) -> PlaceLine:
    last = next((notice for notice in reversed(notices) if notice.camera_id == camera.pk), None)
    return PlaceLine(
        camera=camera,
        notice=last,
        is_inside=contains(order.perimeter or {}, camera.lon, camera.lat),
        is_notified=last is not None and is_where(camera, last),
    )
