"""Reads of the authorisations: each camera's gate, as the engine's desired state and the pages need it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from beffroi.authorise import rules
from beffroi.authorise.models import Order, OrderCamera
from beffroi.authorise.rules import OrderTerms
from beffroi.core.dates import DateSpan, day_of
from beffroi.plan.queries import service_spans
from beffroi.territory.queries import town_zone


class Shut(StrEnum):
    """Why a gate is closed."""

    NOT_IN_SERVICE = "not-in-service"
    NO_ORDER = "no-order"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraGate:
    """Whether a camera may stream at an instant. When open: until when, under which order, for how long it is kept."""

    camera: str
    is_open: bool
    shut: Shut | None = None
    closes_at: datetime | None = None
    order: str = ""
    retention_days: int = 0
    minimum_retention_days: int = 0

    @property
    def retention_s(self) -> int:
        """A constant retention, lawful on every day of the year."""
        return rules.safe_retention_s(self.retention_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order and what is left of it on a day."""

    id: str
    number: str
    name: str
    signed_on: date
    ends_on: date
    is_in_force: bool
    cameras: int
    retention_days: int
    days_left: int


def gates(cameras: Iterable[str], *, at: datetime) -> dict[str, CameraGate]:
    """The gate of each camera id at an instant; an unknown camera's gate is closed."""
    wanted = list(cameras)
    zone, spans, orders = town_zone(), service_spans(wanted), _orders(wanted)
    return {camera: _gate(camera, spans.get(camera, ()), orders.get(camera, ()), at=at, zone=zone) for camera in wanted}


def _gate(
    camera: str, spans: tuple[DateSpan, ...], orders: Iterable[OrderTerms], *, at: datetime, zone: ZoneInfo
) -> CameraGate:
    on, terms = day_of(at, zone), list(orders)
    if not any(on in span for span in spans):
        return CameraGate(camera=camera, is_open=False, shut=Shut.NOT_IN_SERVICE)
    order = rules.order_on(terms, on)
    if order is None:
        return CameraGate(camera=camera, is_open=False, shut=Shut.NO_ORDER)
    return CameraGate(
        camera=camera,
        is_open=True,
        closes_at=rules.closes_at(spans, terms, at=at, zone=zone),
        order=order.number,
        retention_days=order.retention_days,
        minimum_retention_days=order.minimum_retention_days,
    )


def _orders(cameras: list[str]) -> Mapping[str, list[OrderTerms]]:
    found: dict[str, list[OrderTerms]] = defaultdict(list)
    for covered in OrderCamera.objects.filter(camera__in=cameras).select_related("order"):
        order = covered.order
        found[covered.camera_id].append(
            OrderTerms(
                number=order.number,
                span=DateSpan(from_on=order.signed_on, until_on=order.ends_on),
                retention_days=order.retention_days,
                minimum_retention_days=order.minimum_retention_days or 0,
            )
        )
    return found


def orders_on(on: date) -> list[OrderView]:
    """Every order as of a day, the first to expire first among those in force."""
    views = [
        OrderView(
            id=order.pk,
            number=order.number,
            name=order.name,
            signed_on=order.signed_on,
            ends_on=order.ends_on,
            is_in_force=order.signed_on <= on < order.ends_on,
            cameras=len(order.cameras.all()),
            retention_days=order.retention_days,
            days_left=max(0, (order.ends_on - on).days),
        )
        for order in Order.objects.prefetch_related("cameras")
    ]
    return sorted(views, key=lambda view: (not view.is_in_force, view.ends_on))
