"""Reads of the authorisations: each camera's gate, test windows, as the desired state and the pages need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models

from beffroi.authorise import events, precautions, rules
from beffroi.authorise.alerts import Alert, AskedFile, OrderFile, PhaseFile, RequestFile, alerts_on
from beffroi.authorise.assessment.queries import unconsulted_since
from beffroi.authorise.drift import MOVED_M, Authorised, Finding, Pose, drift_of
from beffroi.authorise.models import (
    Declaration,
    Dossier,
    Drift,
    LocationNotice,
    Order,
    OrderCamera,
    Precaution,
    PrefectRequest,
    TestedCamera,
    TestWindow,
    Undertaking,
)
from beffroi.authorise.rules import CameraFile, Declared, OrderTerms, Place, Shut, Window
from beffroi.core.dates import DateSpan, day_of
from beffroi.plan import queries as plan
from beffroi.plan.models import Camera, Phase, PoseSurvey
from beffroi.plan.rules import StateName, spans_in
from beffroi.territory.calc.lambert93 import contains, near_m
from beffroi.territory.queries import town_zone

_STANDING = frozenset(
    {StateName.INSTALLED, StateName.DECLARED, StateName.IN_TEST, StateName.ACCEPTED, StateName.IN_SERVICE}
)


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


# -- gates ------------------------------------------------------------------------------------------------


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
    histories, orders, declared = plan.histories(wanted), _orders(wanted), _declared(wanted)
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
    laid_down = _laid_down({row.order_id for row in rows})
    notices = _notices({row.order_id for row in rows if row.order.perimeter is not None})
    for covered in rows:
        if covered.camera.controller and covered.camera.own_authorisation != covered.order.number:
            continue  # another controller's camera stands under its own order alone: CSI L. 251-2
        place = _place(covered, notices.get((covered.order_id, covered.camera_id), ()))
        found[covered.camera_id].append(_terms(covered, laid_down.get(covered.order_id, ()), place))
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


def _laid_down(orders: Iterable[str]) -> Mapping[str, list[Precaution]]:
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


def _declared(cameras: list[str]) -> Mapping[str, list[Declared]]:
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


# -- tests ------------------------------------------------------------------------------------------------


def _open_tests(at: datetime) -> models.QuerySet[TestedCamera]:
    under_way = TestedCamera.objects.filter(window__opened_at__lte=at, window__ends_at__gt=at)
    return under_way.filter(models.Q(closed_at__isnull=True) | models.Q(closed_at__gt=at)).select_related("window")


def tests_closed_to(agent: str, *, at: datetime) -> frozenset[str]:
    """Cameras under test at an instant whose pictures are not for this agent."""
    not_theirs = _open_tests(at).exclude(window__agents=agent)
    return frozenset(not_theirs.values_list("camera_id", flat=True))


def is_test_footage(camera: str, from_at: datetime, to_at: datetime) -> bool:
    """Whether a span touches a test of a camera: its footage dies with the test, and cannot be held."""
    tests = TestedCamera.objects.filter(camera=camera, window__opened_at__lt=to_at, window__ends_at__gt=from_at)
    return tests.filter(models.Q(closed_at__isnull=True) | models.Q(closed_at__gt=from_at)).exists()


def windows(*, at: datetime) -> list[TestWindow]:
    """Test windows with a camera still under test, the last opened first."""
    open_ones = set(_open_tests(at).values_list("window_id", flat=True))
    found = TestWindow.objects.filter(pk__in=open_ones).select_related("opened_by")
    return list(found.prefetch_related("tested__camera", "agents"))


# -- orders and alerts ------------------------------------------------------------------------------------


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
    declared = _declared(list(coming))
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


# -- drift ------------------------------------------------------------------------------------------------


def findings(on: date, *, streaming: Iterable[str], below: Iterable[str] = ()) -> list[Finding]:
    """How the town differs from its orders on a day. `streaming`: cameras whose pictures come now.

    `below`: cameras whose stored footage was measured below the technical standards.
    """
    states = {camera.id: camera.state for camera in plan.cameras_on(on)}
    named = set(OrderCamera.objects.values_list("camera_id", flat=True))
    return drift_of(
        _authorised(on),
        named=named,
        standing=[camera for camera, state in states.items() if state in _STANDING],
        streaming=streaming,
        below=below,
    )


def _authorised(on: date) -> dict[str, Authorised]:
    """What the order that holds on a day fixes for each camera it covers, and what is found of it."""
    surveys = {survey.camera_id: survey for survey in PoseSurvey.objects.filter(on__lte=on).order_by("on")}
    found: dict[str, Authorised] = {}
    rows = OrderCamera.objects.filter(order__signed_on__lte=on, order__ends_on__gt=on)
    laid_down = _laid_down(set(rows.values_list("order_id", flat=True)))
    for covered in rows.select_related("order", "camera__site__zone").order_by("order__signed_on", "order__number"):
        camera, order = covered.camera, covered.order
        planned = pose_of(camera)
        given = precautions_of(laid_down.get(order.pk, ()), camera.pk)
        days = precautions.retention_days(order.retention_days, given, on)
        least_days = precautions.minimum_retention_days(order.minimum_retention_days or 0, given, on)
        found[camera.pk] = Authorised(
            baseline=Pose(**covered.baseline) if covered.baseline else planned,
            poses=(planned, *_seen(planned, surveys.get(camera.pk))),
            purposes=frozenset(covered.purposes),
            purpose=camera.site.zone.purpose,
            kept_days=min(days, max(settings.BEFFROI.retention.max_days, least_days)),
            retention_days=days,
            minimum_retention_days=least_days,
        )
    return found


def pose_of(camera: Camera) -> Pose:
    """A camera as it is planned."""
    return Pose(
        lat=camera.lat,
        lon=camera.lon,
        bearing_deg=camera.bearing_deg,
        tilt_deg=camera.tilt_deg,
        hfov_deg=camera.hfov_deg,
        kind=camera.kind,
    )


def _seen(planned: Pose, survey: PoseSurvey | None) -> tuple[Pose, ...]:
    """The camera as it was last seen to look; a survey measures its bearing and its tilt."""
    return (replace(planned, bearing_deg=survey.bearing_deg, tilt_deg=survey.tilt_deg),) if survey else ()


def open_drift(camera: str = "") -> list[Drift]:
    """Differences not yet mended, of one camera or of all."""
    rows = Drift.objects.filter(cleared_at__isnull=True)
    return list(rows.filter(camera=camera) if camera else rows)
