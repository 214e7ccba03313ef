"""What pages show of the authorisations: what is left of each order, every paper and what is missing, what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count

from django.utils.functional import Promise

from beffroi.authorise import queries, requests, rules, words
from beffroi.authorise.duties import DriftLine, decisions, drift_lines, is_note, note
from beffroi.authorise.models import (
    Declaration,
    Order,
    OrderCamera,
    PrefectRequest,
    TestWindow,
    Undertaking,
)
from beffroi.authorise.order_page import PrecautionLine, precaution_lines
from beffroi.core.dates import add_months
from beffroi.people.events import Duty
from beffroi.plan import queries as plan
from beffroi.plan.events import Panel
from beffroi.plan.rules import StateName
from beffroi.territory.models import Purpose

MOST_SHOWN = 7
_GATED = frozenset({StateName.IN_TEST, StateName.IN_SERVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """An order in force and what is left of it; `share`: percent of its time that is gone."""

    order: queries.OrderView
    months_left: int
    share: int
    tone: str
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLine:
    """A camera that would stream if a paper were there; each missing one with its mend and its article."""

    camera: str
    name: str
    missing: tuple[tuple[str | Promise, str | Promise, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the authorisations stand on a day."""

    on: date
    decisions: tuple[Duty, ...]
    more: int
    orders: tuple[OrderLine, ...]
    notes: tuple[str, ...]
    drift: tuple[DriftLine, ...]


def standing(on: date) -> Standing:
    """What the programme's page shows of a day."""
    names = {camera.id: f"{camera.number} · {camera.name}" for camera in plan.cameras_on(on)}
    alerts, drift = queries.alerts(on), drift_lines(on, names)
    known = [alert for alert in alerts if is_note(alert)]
    to_decide = decisions(alerts, drift, names=names, on=on)
    orders = [order for order in queries.orders_on(on) if order.is_in_force]
    return Standing(
        on=on,
        decisions=tuple(to_decide[:MOST_SHOWN]),
        more=max(0, len(to_decide) - MOST_SHOWN),
        orders=tuple(_order_line(order, on) for order in orders),
        notes=tuple(note(alert, names) for alert in known),
        drift=tuple(drift),
    )


def panel(on: date) -> Panel:
    """The programme's page shows it."""
    return Panel(template="authorise/standing.html", style="authorise/authorise.css", content=standing(on))


def _order_line(order: queries.OrderView, on: date) -> OrderLine:
    months = next(months for months in count() if add_months(order.ends_on, -months - 1) < on)
    gone = (on - order.signed_on).days / (order.ends_on - order.signed_on).days
    tone, shape = ("bad", "s-bad") if months < 4 or order.suspended_at else ("warn", "s-warn")
    is_soon = months < 9 or order.suspended_at is not None
    return OrderLine(
        order=order,
        months_left=months,
        share=round(100 * gone),
        tone=tone if is_soon else "",
        shape=shape if is_soon else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationsPage:
    """Every paper, and what is missing."""

    standing: Standing
    past_orders: tuple[queries.OrderView, ...]
    shut: tuple[GateLine, ...]
    undertakings: tuple[Undertaking, ...]
    declarations: tuple[Declaration, ...]
    requests: tuple[RequestLine, ...]
    windows: tuple[TestWindow, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """A request of the prefect and its days."""

    row: PrefectRequest
    vote_by_on: date
    is_late: bool
    agreement_until_on: date | None


def authorisations(on: date, *, at: datetime) -> AuthorisationsPage:
    """The page as of now."""
    orders = queries.orders_on(on)
    return AuthorisationsPage(
        standing=standing(on),
        past_orders=tuple(order for order in orders if not order.is_in_force),
        shut=tuple(_shut_lines(on, at)),
        undertakings=tuple(Undertaking.objects.all()),
        declarations=tuple(Declaration.objects.select_related("phase", "order")),
        requests=tuple(_request_line(row, on) for row in PrefectRequest.objects.all()),
        windows=tuple(queries.windows(at=at)),
    )


def _request_line(row: PrefectRequest, on: date) -> RequestLine:
    vote_by_on = requests.vote_by_on(row.received_on)
    return RequestLine(
        row=row,
        vote_by_on=vote_by_on,
        is_late=on >= vote_by_on,
        agreement_until_on=requests.agreement_until_on(row.agreed_on) if row.agreed_on else None,
    )


def _shut_lines(on: date, at: datetime) -> list[GateLine]:
    """Cameras ready to stream whose gate is shut."""
    ready = {camera.id: camera for camera in plan.cameras_on(on) if camera.state in _GATED}
    found = queries.gates(ready, at=at)
    return [
        GateLine(
            camera=gate.camera, name=f"{ready[gate.camera].number} · {ready[gate.camera].name}", missing=_papers(gate)
        )
        for gate in found.values()
        if not gate.is_open
    ]


def _papers(gate: queries.CameraGate) -> tuple[tuple[str | Promise, str | Promise, str], ...]:
    return tuple((words.SHUT[shut], words.SHUT_MENDS[shut], rules.ARTICLES[shut]) for shut in gate.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPapers:
    """What a camera's page shows of its authorisation."""

    order: OrderLine | None
    purposes: tuple[str | Promise, ...]
    closes_at: datetime | None
    is_test: bool
    missing: tuple[tuple[str | Promise, str | Promise, str], ...]
    drift: tuple[DriftLine, ...]
    precautions: tuple[PrecautionLine, ...] = ()


def camera_papers(camera: str, on: date, *, at: datetime) -> CameraPapers:
    """The papers of one camera, its gate, its differences."""
    gate = queries.gates([camera], at=at)[camera]
    order = next((view for view in queries.orders_on(on) if view.id == gate.order_id), None)
    covered = OrderCamera.objects.select_related("order").get(order=order.id, camera=camera) if order else None
    return CameraPapers(
        order=_order_line(order, on) if order else None,
        purposes=tuple(Purpose(code).label for code in covered.purposes) if covered else (),
        closes_at=gate.closes_at,
        is_test=gate.is_test,
        missing=_papers(gate),
        drift=tuple(drift_lines(on, {}, camera)),
        precautions=tuple(precaution_lines(covered.order, on, camera=camera)) if covered else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system in force, as a resident reads it."""

    order: Order
    purposes: tuple[str | Promise, ...]
    cameras: int


def public_systems(orders: Iterable[Order]) -> list[System]:
    """Each order in force in plain words."""
    return [
        System(
            order=order,
            purposes=tuple(Purpose(code).label for code in order.purposes),
            cameras=len(order.covered.all()),
        )
        for order in orders
    ]
