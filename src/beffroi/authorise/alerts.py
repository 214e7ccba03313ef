"""What will close, lapse or be refused, told months before. Pure; days are the town's days.

Source: CSI L. 252-4 (five years), R. 252-15 (a prefect silent for four months has refused), R. 252-17 (declaration
beforehand); prefectures want a renewal filed four months before the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from beffroi.authorise import requests as requests_rules
from beffroi.core.dates import DateSpan, add_months

RENEWAL_MONTHS = (9, 6, 4)
SILENCE_MONTHS = 4
SILENCE_WARNED_MONTHS = 3
DECLARATION_AHEAD = timedelta(days=30)
EVENT_WARNED = timedelta(days=7)


class AlertKind(StrEnum):
    """What an alert is about."""

    EXPIRED = "expired"
    RENEWAL = "renewal"
    IMPLIED_REFUSAL = "implied-refusal"
    DECLARATION = "declaration"
    EVENT = "event"
    VOTE = "vote"
    AGREEMENT = "agreement"


class Urgency(StrEnum):
    """How much an alert asks: to know, to act in time, to act now."""

    KNOWN = "known"
    SOON = "soon"
    NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to know or to do. `subject`: id of an order, a phase or a request of the prefect.

    `last_on`: the day by which to act. `falls_on`: the day on which cameras close, or on which silence is refusal.
    """

    kind: AlertKind
    urgency: Urgency
    subject: str
    cameras: tuple[str, ...]
    last_on: date
    falls_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
    """An order, its cameras, and its first day without it: its end, or the day it was withdrawn.

    `is_renewal_filed`: its renewal is at the prefecture; the prefect's answer is waited for, not the town's act.
    """

    id: str
    span: DateSpan
    cameras: frozenset[str]
    is_renewal_filed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFile:
    """A phase not yet in service: the day meant for it, its cameras that wait for a declaration."""

    id: str
    commissioning_on: date
    undeclared: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFile:
    """A dossier at the prefecture without an answer: its receipt, from which silence runs, and its cameras."""

    id: str
    receipt_on: date
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFile:
    """A request of the prefect that was not refused, and what came of it."""

    id: str
    received_on: date
    voted_on: date | None = None
    agreed_on: date | None = None


def alerts_on(
    on: date,
    *,
    orders: Sequence[OrderFile] = (),
    served: Iterable[str] = (),
    filed: Mapping[str, date] | None = None,
    asked: Iterable[AskedFile] = (),
    phases: Iterable[PhaseFile] = (),
    temporary: Iterable[OrderFile] = (),
    requests: Iterable[RequestFile] = (),
) -> list[Alert]:
    """Every alert of a day, the most urgent first.

    Attributes:
        served: cameras in service that day.
        temporary: orders that end with an event and are not renewed.
        filed: the day since which each camera waits for its order, those of `asked` apart.
    """
    found = [
        *_of_orders(on, orders, frozenset(served)),
        *_of_silence(on, filed or {}),
        *(_silence(on, since_on=one.receipt_on, subject=one.id, cameras=one.cameras) for one in asked),
        *_of_declarations(on, phases),
        *_of_events(on, temporary, frozenset(served)),
        *(alert for one in requests for alert in _of_request(on, one)),
    ]
    return sorted(found, key=lambda alert: (-list(Urgency).index(alert.urgency), alert.last_on, alert.subject))


def _of_orders(on: date, orders: Sequence[OrderFile], served: frozenset[str]) -> Iterator[Alert]:
    for order in orders:
        ends = order.span.until_on
        if ends is None or on < order.span.from_on:
            continue
        others = (other for other in orders if other.id != order.id and max(ends, on) in other.span)
        covered = {camera for other in others for camera in other.cameras}
        left = tuple(sorted((order.cameras & served) - covered))
        months = [months for months in RENEWAL_MONTHS if add_months(ends, -months) <= on]
        if not left or not months:
            continue
        is_over = ends <= on
        if order.is_renewal_filed and not is_over:
            continue
        is_last = is_over or months[-1] == RENEWAL_MONTHS[-1]
        yield Alert(
            kind=AlertKind.EXPIRED if is_over else AlertKind.RENEWAL,
            urgency=Urgency.NOW if is_last else Urgency.SOON if len(months) > 1 else Urgency.KNOWN,
            subject=order.id,
            cameras=left,
            last_on=add_months(ends, -RENEWAL_MONTHS[-1]),
            falls_on=ends,
        )


def _of_silence(on: date, filed: Mapping[str, date]) -> Iterator[Alert]:
    for filed_on in sorted(set(filed.values())):
        cameras = tuple(sorted(camera for camera, day in filed.items() if day == filed_on))
        yield _silence(on, since_on=filed_on, subject=cameras[0], cameras=cameras)


def _silence(on: date, *, since_on: date, subject: str, cameras: tuple[str, ...]) -> Alert:
    """A prefect silent for four months has refused. Source: CSI R. 252-15."""
    refused_on = add_months(since_on, SILENCE_MONTHS)
    urgency = Urgency.KNOWN
    if on >= refused_on:
        urgency = Urgency.NOW
    elif on >= add_months(since_on, SILENCE_WARNED_MONTHS):
        urgency = Urgency.SOON
    return Alert(
        kind=AlertKind.IMPLIED_REFUSAL,
        urgency=urgency,
        subject=subject,
        cameras=cameras,
        last_on=refused_on,
        falls_on=refused_on,
    )


def _of_declarations(on: date, phases: Iterable[PhaseFile]) -> Iterator[Alert]:
    for phase in phases:
        if phase.undeclared and phase.commissioning_on - DECLARATION_AHEAD <= on:
            yield Alert(
                kind=AlertKind.DECLARATION,
                urgency=Urgency.NOW if phase.commissioning_on <= on else Urgency.SOON,
                subject=phase.id,
                cameras=phase.undeclared,
                last_on=phase.commissioning_on - timedelta(days=1),
                falls_on=phase.commissioning_on,
            )


def _of_events(on: date, temporary: Iterable[OrderFile], served: frozenset[str]) -> Iterator[Alert]:
    """A temporary system still at work: somebody must say when the event is over."""
    for order in temporary:
        ends, cameras = order.span.until_on, tuple(sorted(order.cameras & served))
        if ends is not None and on in order.span and cameras:
            is_last = ends - EVENT_WARNED <= on
            yield Alert(
                kind=AlertKind.EVENT,
                urgency=Urgency.SOON if is_last else Urgency.KNOWN,
                subject=order.id,
                cameras=cameras,
                last_on=ends,
                falls_on=ends,
            )


def _of_request(on: date, asked: RequestFile) -> Iterator[Alert]:
    """The council's three months, then an agreement that is missing or ends. Source: CSI L. 223-8, R. 223-2."""
    if asked.voted_on is None:
        last_on = requests_rules.vote_by_on(asked.received_on)
        warned_on = add_months(asked.received_on, requests_rules.VOTE_WARNED_MONTHS)
        urgency = Urgency.NOW if on >= last_on else Urgency.SOON if on >= warned_on else Urgency.KNOWN
        yield _asked(AlertKind.VOTE, urgency, asked, last_on=last_on)
    elif asked.agreed_on is None:
        last_on = requests_rules.vote_by_on(asked.received_on)
        yield _asked(AlertKind.AGREEMENT, Urgency.SOON, asked, last_on=last_on)
    else:
        ends_on = requests_rules.agreement_until_on(asked.agreed_on)
        if on >= add_months(ends_on, -requests_rules.AGREEMENT_WARNED_MONTHS):
            yield _asked(AlertKind.AGREEMENT, Urgency.NOW if on >= ends_on else Urgency.SOON, asked, last_on=ends_on)


def _asked(kind: AlertKind, urgency: Urgency, asked: RequestFile, *, last_on: date) -> Alert:
    return Alert(kind=kind, urgency=urgency, subject=asked.id, cameras=(), last_on=last_on, falls_on=last_on)
