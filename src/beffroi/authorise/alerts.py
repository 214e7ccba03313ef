"""What will close, lapse or be refused, told months before. Pure; days are the town's days.

Source: CSI L. 252-4 (five years), R. 252-15 (a prefect silent for four months has refused), R. 252-17 (declaration
beforehand); prefectures want a renewal filed four months before the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from beffroi.core.dates import DateSpan, add_months

RENEWAL_MONTHS = (9, 6, 4)
SILENCE_MONTHS = 4
SILENCE_WARNED_MONTHS = 3
DECLARATION_AHEAD = timedelta(days=30)


class AlertKind(StrEnum):
    """What an alert is about."""

    EXPIRED = "expired"
    RENEWAL = "renewal"
    IMPLIED_REFUSAL = "implied-refusal"
    DECLARATION = "declaration"


class Urgency(StrEnum):
    """How much an alert asks: to know, to act in time, to act now."""

    KNOWN = "known"
    SOON = "soon"
    NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to know or to do. `subject`: id of an order or a phase; `last_on`: the day by which to act.

    `falls_on`: the day on which cameras close, or on which silence is refusal.
    """

    kind: AlertKind
    urgency: Urgency
    subject: str
    cameras: tuple[str, ...]
    last_on: date
    falls_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
    """An order, its cameras, and its first day without it: its end, or the day it was withdrawn."""

    id: str
    span: DateSpan
    cameras: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFile:
    """A phase not yet in service: the day meant for it, its cameras that wait for a declaration."""

    id: str
    commissioning_on: date
    undeclared: tuple[str, ...]


def alerts_on(
    on: date,
    *,
    orders: Sequence[OrderFile] = (),
    served: Iterable[str] = (),
    filed: Mapping[str, date] | None = None,
    phases: Iterable[PhaseFile] = (),
) -> list[Alert]:
    """Every alert of a day, the most urgent first.

    Attributes:
        served: cameras in service that day.
        filed: the day on which the dossier of each camera that waits for its order was filed.
    """
    found = [
        *_of_orders(on, orders, frozenset(served)),
        *_of_silence(on, filed or {}),
        *_of_declarations(on, phases),
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
        refused_on = add_months(filed_on, SILENCE_MONTHS)
        urgency = Urgency.KNOWN
        if on >= refused_on:
            urgency = Urgency.NOW
        elif on >= add_months(filed_on, SILENCE_WARNED_MONTHS):
            urgency = Urgency.SOON
        cameras = tuple(sorted(camera for camera, day in filed.items() if day == filed_on))
        yield Alert(
            kind=AlertKind.IMPLIED_REFUSAL,
            urgency=urgency,
            subject=cameras[0],
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
