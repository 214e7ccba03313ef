"""Each camera's gate: its papers, states and tests as the rules read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from beffroi.authorise import events, precautions, rules
from beffroi.authorise.assessment.queries import unconsulted_since
from beffroi.authorise.drift import MOVED_M
from beffroi.authorise.models import (
    Declaration,
    LocationNotice,
    OrderCamera,
    Precaution,
    TestedCamera,
    Undertaking,
)
from beffroi.authorise.rules import CameraFile, Declared, OrderTerms, Place, Shut, Window
from beffroi.core.dates import DateSpan, day_of
from beffroi.people.queries import sharing_spans
from beffroi.plan import queries as plan
from beffroi.plan.models import Camera
from beffroi.plan.rules import StateName, spans_in
from beffroi.territory.calc.lambert93 import contains, near_m
from beffroi.territory.queries import town_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraGate:
    """Whether a camera may stream at an instant. When open: until when, under which order, for how long it is kept.

    `missing`: every reason why it is shut. `test_footage`: spans whose footage must not exist any more.
    `staff`: categories of R. 253-3 II that alone may see its pictures; None: all those of the law.
    """

    camera: str
    is_open: bool
    is_test: bool = False
    missing: tuple[Shut, ...] = ()
    closes_at: datetime | None = None
    order: str = ""
    order_id: str = ""
    retention_days: int = 0
    minimum_retention_days: int = 0
    is_turning_barred: bool = False
    staff: frozenset[str] | None = None
    test_footage: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def shut(self) -> Shut | None:
        """The first reason why it is shut."""
        return self.missing[0] if self.missing else None

    @property
    def retention_s(self) -> int:
        """A constant retention, lawful on every day of the year."""
        return rules.safe_retention_s(self.retention_days)


def gates(cameras: Iterable[str], *, at: datetime) -> dict[str, CameraGate]:
    """The gate of each camera id at an instant; an unknown camera's gate is shut."""
    files, zone = camera_files(cameras), town_zone()
    return {camera: _gate(camera, file, at=at, zone=zone) for camera, file in files.items()}


def _gate(camera: str, file: CameraFile, *, at: datetime, zone: ZoneInfo) -> CameraGate:
    verdict = rules.gate_on(file, at=at, zone=zone)
    order, on = verdict.order, day_of(at, zone)
    given = order.precautions if order else ()
    return CameraGate(
        camera=camera,
        is_open=verdict.is_open,
        is_test=verdict.is_test,
        missing=verdict.missing,
        closes_at=verdict.closes_at,
        order=order.number if order else "",
        order_id=order.id if order else "",
        retention_days=precautions.retention_days(order.retention_days, given, on) if order else 0,
        minimum_retention_days=(
            precautions.minimum_retention_days(order.minimum_retention_days, given, on) if order else 0
        ),
        is_turning_barred=precautions.is_turning_barred(given, on),
        staff=precautions.staff_of(given, on),
        test_footage=tuple(rules.test_footage(file.windows, at=at, is_open=verdict.is_open)),
    )


def camera_files(cameras: Iterable[str]) -> dict[str, CameraFile]:
    """The papers, states and tests of each camera id, in as many questions to the database whatever their number."""
    wanted = list(cameras)
    histories, orders, declared = plan.histories(wanted), _orders(wanted), declared_of(wanted)
    windows, receipts, since = _windows(wanted), _receipts(), unconsulted_since()
    testing = {camera: spans_in(histories.get(camera, []), StateName.IN_TEST) for camera in wanted}
    service = {camera: spans_in(histories.get(camera, []), StateName.IN_SERVICE) for camera in wanted}
    lacking = events.lacking_masks(camera for camera in wanted if service[camera] or testing[camera])
    return {
        camera: CameraFile(
            service=service[camera],
            testing=testing[camera],
            lacks_masks=camera in lacking,
            orders=orders.get(camera, ()),
            receipts=receipts,
            declared=declared.get(camera, ()),
            windows=windows.get(camera, ()),
            unconsulted_since=since,
        )
        for camera in wanted
    }


def _orders(cameras: list[str]) -> Mapping[str, list[OrderTerms]]:
    found: dict[str, list[OrderTerms]] = defaultdict(list)
    rows = list(OrderCamera.objects.filter(camera__in=cameras).select_related("order", "camera"))
    laid_down = laid_down_in({row.order_id for row in rows})
    notices = _notices({row.order_id for row in rows if row.order.perimeter is not None})
    shared = sharing_spans() if any(row.camera.controller for row in rows) else {}
    for covered in rows:
        controller = covered.camera.controller
        if controller and covered.camera.own_authorisation != covered.order.number:
            continue  # another controller's camera stands under its own order alone: CSI L. 251-2
        place = _place(covered, notices.get((covered.order_id, covered.camera_id), ()))
        terms = _terms(covered, laid_down.get(covered.order_id, ()), place)
        if controller:
            terms = replace(terms, shared=shared.get(controller.casefold(), ()))
        found[covered.camera_id].append(terms)
    return found


def retention_on(camera_days: Iterable[tuple[str, date]]) -> dict[tuple[str, date], int]:
    """Days that pictures a camera takes on a day may live, by its order of that day and its precautions; 0 without one.

    Of several orders the one signed last counts; a withdrawn one to its withdrawal, a temporary one to its event's day.
    """
    asked = list(camera_days)
    orders = _orders(list({camera for camera, _ in asked}))
    return {(camera, on): _retention_on(orders.get(camera, ()), on) for camera, on in asked}


def _retention_on(orders: Iterable[OrderTerms], on: date) -> int:
    zone = town_zone()
    standing = [
        order
        for order in orders
        if (order.withdrawn_on is None or on < order.withdrawn_on)
        and (order.event_over_at is None or on <= day_of(order.event_over_at, zone))
    ]
    order = rules.order_on(standing, on)
    return precautions.retention_days(order.retention_days, order.precautions, on) if order else 0


def laid_down_in(orders: Iterable[str]) -> Mapping[str, list[Precaution]]:
    found: dict[str, list[Precaution]] = defaultdict(list)
    for row in Precaution.objects.filter(order__in=list(orders)):
        found[row.order_id].append(row)
    return found


def _notices(orders: set[str]) -> Mapping[tuple[str, str], list[LocationNotice]]:
    """By order and camera, the first sent first; without an order by perimeter nothing is asked of the database."""
    found: dict[tuple[str, str], list[LocationNotice]] = defaultdict(list)
    for notice in LocationNotice.objects.filter(order__in=list(orders)) if orders else ():
        found[notice.order_id, notice.camera_id].append(notice)
    return found


def _place(covered: OrderCamera, notices: Iterable[LocationNotice]) -> Place | None:
    perimeter, camera = covered.order.perimeter, covered.camera
    if perimeter is None:
        return None
    return Place(
        is_inside=contains(perimeter, camera.lon, camera.lat),
        notices=tuple((notice.sent_on, is_where(camera, notice)) for notice in notices),
    )


def is_where(camera: Camera, notice: LocationNotice) -> bool:
    """The notice names the place where the camera stands."""
    return near_m((camera.lon, camera.lat), (notice.lon, notice.lat)) <= MOVED_M


def precautions_of(rows: Iterable[Precaution], camera: str) -> tuple[precautions.Precaution, ...]:
    """Those of one camera, as the rules read them."""
    return precautions.of_rows(row for row in rows if not row.cameras or camera in row.cameras)


def _terms(covered: OrderCamera, laid_down: Iterable[Precaution], place: Place | None) -> OrderTerms:
    order = covered.order
    return OrderTerms(
        id=order.pk,
        number=order.number,
        span=DateSpan(from_on=order.signed_on, until_on=order.ends_on),
        retention_days=order.retention_days,
        minimum_retention_days=order.minimum_retention_days or 0,
        purposes=frozenset(order.purposes),
        camera_purposes=frozenset(covered.purposes),
        withdrawn_on=order.withdrawn_on,
        suspended_at=order.suspended_at,
        event_over_at=order.event_over_at,
        precautions=precautions_of(laid_down, covered.camera_id),
        place=place,
    )


def _receipts() -> tuple[date, ...]:
    found = Undertaking.objects.exclude(receipt_number="").values_list("receipt_on", flat=True)
    return tuple(day for day in found if day is not None)


def declared_of(cameras: list[str]) -> Mapping[str, list[Declared]]:
    """A declaration names the cameras of its phase that its order covers."""
    phases = dict(Camera.objects.filter(pk__in=cameras).values_list("pk", "phase_id"))
    covered: dict[str, set[str]] = defaultdict(set)
    for camera, order in OrderCamera.objects.filter(camera__in=cameras).values_list("camera_id", "order_id"):
        covered[camera].add(order)
    letters = list(Declaration.objects.all())
    return {
        camera: [
            Declared(sent_on=letter.sent_on, commissioning_on=letter.commissioning_on)
            for letter in letters
            if letter.phase_id == phase and letter.order_id in covered[camera]
        ]
        for camera, phase in phases.items()
    }


def _windows(cameras: list[str]) -> Mapping[str, list[Window]]:
    found: dict[str, list[Window]] = defaultdict(list)
    for tested in TestedCamera.objects.filter(camera__in=cameras).select_related("window"):
        window = tested.window
        found[tested.camera_id].append(
            Window(opened_at=window.opened_at, ends_at=window.ends_at, closed_at=tested.closed_at)
        )
    return found
