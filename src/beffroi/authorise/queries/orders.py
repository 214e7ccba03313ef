"""Orders as of a day, and what of the papers closes, lapses or must be declared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models

from beffroi.authorise.alerts import Alert, AskedFile, OrderFile, PhaseFile, RequestFile, alerts_on
from beffroi.authorise.models import (
    Dossier,
    Order,
    OrderCamera,
    PrefectRequest,
)
from beffroi.authorise.queries.camera_gates import declared_of
from beffroi.core.dates import DateSpan, day_of
from beffroi.plan import queries as plan
from beffroi.plan.models import Phase
from beffroi.plan.rules import StateName
from beffroi.territory.queries import town_zone


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
    is_withdrawn: bool = False
    suspended_at: datetime | None = None
    is_temporary: bool = False
    event: str = ""
    event_over_at: datetime | None = None


def orders_on(on: date) -> list[OrderView]:
    """Every order as of a day, the first to expire first among those in force."""
    views = [_order_view(order, on) for order in Order.objects.prefetch_related("cameras")]
    return sorted(views, key=lambda view: (not view.is_in_force, view.ends_on))


def _order_view(order: Order, on: date) -> OrderView:
    is_withdrawn = order.withdrawn_on is not None and order.withdrawn_on <= on
    is_over = order.event_over_at is not None and day_of(order.event_over_at, town_zone()) <= on
    return OrderView(
        id=order.pk,
        number=order.number,
        name=order.name,
        signed_on=order.signed_on,
        ends_on=order.ends_on,
        is_in_force=order.signed_on <= on < order.ends_on and not is_withdrawn and not is_over,
        cameras=len(order.cameras.all()),
        retention_days=order.retention_days,
        days_left=max(0, (order.ends_on - on).days),
        is_withdrawn=is_withdrawn,
        suspended_at=order.suspended_at,
        is_temporary=order.is_temporary,
        event=order.event,
        event_over_at=order.event_over_at,
    )


def systems_on(on: date) -> list[Order]:
    """The orders in force on a day: what the town hall lists for the public. Source: CSI R. 252-16."""
    in_force = {view.id for view in orders_on(on) if view.is_in_force}
    return list(
        Order.objects.filter(pk__in=in_force).prefetch_related("covered__camera").order_by("-signed_on", "number")
    )


def alerts(on: date) -> list[Alert]:
    """What closes, lapses or must be declared, as of a day."""
    states, asked = plan.cameras_on(on), _asked_files(on)
    told = {camera for one in asked for camera in one.cameras}
    waiting = [camera for camera in states if camera.state is StateName.FILED and camera.id not in told]
    return alerts_on(
        on,
        orders=_order_files(on, temporary=False),
        served=[camera.id for camera in states if camera.state is StateName.IN_SERVICE],
        filed={camera.id: camera.since_on for camera in waiting if camera.since_on},
        asked=asked,
        phases=_phase_files(on, states),
        temporary=_order_files(on, temporary=True),
        requests=_request_files(on),
    )


def _asked_files(on: date) -> list[AskedFile]:
    """Dossiers with a receipt and without a decision on a day; also a renewal's, whose cameras are in service."""
    undecided = models.Q(decided_on__isnull=True) | models.Q(decided_on__gt=on)
    return [
        AskedFile(
            id=dossier.pk,
            receipt_on=dossier.receipt_on,
            cameras=tuple(sorted(camera.pk for camera in dossier.cameras.all())),
        )
        for dossier in Dossier.objects.filter(undecided, receipt_on__lte=on).prefetch_related("cameras")
        if dossier.receipt_on is not None
    ]


def _request_files(on: date) -> list[RequestFile]:
    """Requests known on a day and not refused; what came of them later is not known yet."""
    return [
        RequestFile(
            id=row.pk,
            received_on=row.received_on,
            voted_on=row.voted_on if row.voted_on and row.voted_on <= on else None,
            agreed_on=row.agreed_on if row.agreed_on and row.agreed_on <= on else None,
        )
        for row in PrefectRequest.objects.filter(received_on__lte=on)
        if not (row.is_accepted is False and row.voted_on and row.voted_on <= on)
    ]


def _order_files(on: date, *, temporary: bool) -> list[OrderFile]:
    """Orders known on a day, lasting or temporary. One signed later is not known yet."""
    covered: dict[str, set[str]] = defaultdict(set)
    for order, camera in OrderCamera.objects.values_list("order_id", "camera_id"):
        covered[order].add(camera)
    filed = Dossier.objects.filter(kind="renewal", filed_on__lte=on).exclude(
        decision__in=("refused", "implied-refusal")
    )
    renewed = set(filed.values_list("replaces", flat=True))
    return [
        OrderFile(
            id=order.pk,
            span=DateSpan(from_on=order.signed_on, until_on=_ends_on(order)),
            cameras=frozenset(covered[order.pk]),
            is_renewal_filed=order.pk in renewed,
        )
        for order in Order.objects.filter(signed_on__lte=on)
        if order.is_temporary is temporary
    ]


def _ends_on(order: Order) -> date:
    """The first day without it: its end, or that of a withdrawal, or of its event."""
    over_on = day_of(order.event_over_at, town_zone()) if order.event_over_at else order.ends_on
    return min(order.ends_on, order.withdrawn_on or order.ends_on, over_on)


def _phase_files(on: date, states: list[plan.CameraView]) -> list[PhaseFile]:
    coming = {camera.id: camera.phase for camera in states if _awaits_declaration(camera)}
    declared = declared_of(list(coming))
    return [
        PhaseFile(
            id=phase.pk,
            commissioning_on=phase.expected_on or phase.planned_on,
            undeclared=tuple(
                camera
                for camera, of_phase in coming.items()
                if of_phase == phase.pk and not any(letter.sent_on <= on for letter in declared[camera])
            ),
        )
        for phase in Phase.objects.all()
    ]


def _awaits_declaration(camera: plan.CameraView) -> bool:
    return camera.state in (StateName.AUTHORISED, StateName.INSTALLED)
