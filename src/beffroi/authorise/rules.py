"""When a camera's gate is open: in service, and under an order in force. Pure; days are the town's days.

Source: CSI L. 252-1 (prior authorisation), L. 252-4 (five years), L. 252-5 and R. 253-4 (retention).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from beffroi.core.dates import DateSpan, add_months, day_of, day_starts_at

MAX_RETENTION_DAYS = 30
"""No order may ask for more; the calendar month, which may be shorter, is applied by `destroy_by`."""
MAX_ORDER_MONTHS = 60
_DAY_S = 86_400
SHORTEST_MONTH_S = 28 * _DAY_S - 3600
"""From 27 February to 27 March, in a year whose clocks go forward on 25 March."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What an order fixes for a camera. In force on `span`, whose end is the first day without it."""

    number: str
    span: DateSpan
    retention_days: int
    minimum_retention_days: int = 0


def is_gate_open(service: Sequence[DateSpan], orders: Sequence[OrderTerms], *, at: datetime, zone: ZoneInfo) -> bool:
    """True when the camera is in service and an order is in force, on the town's day of `at`."""
    on = day_of(at, zone)
    return any(on in span for span in service) and order_on(orders, on) is not None


def closes_at(
    service: Sequence[DateSpan], orders: Sequence[OrderTerms], *, at: datetime, zone: ZoneInfo
) -> datetime | None:
    """The first instant after `at` at which an open gate closes: midnight of the town.

    Orders that follow each other without a gap carry on. None when nothing closes it, which cannot happen with
    orders (each one ends). Raises ValueError when the gate is closed at `at`.
    """
    if not is_gate_open(service, orders, at=at, zone=zone):
        raise ValueError("the gate is closed")
    on = day_of(at, zone)
    ends = (_covered_until(service, on), _covered_until([order.span for order in orders], on))
    first = min((end for end in ends if end is not None), default=None)
    return None if first is None else day_starts_at(first, zone)


def order_on(orders: Sequence[OrderTerms], on: date) -> OrderTerms | None:
    """The order in force on a day; of several, the one signed last."""
    standing = [order for order in orders if on in order.span]
    return max(standing, key=lambda order: (order.span.from_on, order.number), default=None)


def _covered_until(spans: Sequence[DateSpan], on: date) -> date | None:
    """The first day after `on` that no span covers; None when there is none. `on` is covered."""
    day = on
    while covering := [span for span in spans if day in span]:
        ends = [span.until_on for span in covering if span.until_on is not None]
        if len(ends) < len(covering):
            return None
        day = max(ends)
    return day


def destroy_by(recorded_at: datetime, retention_days: int, *, zone: ZoneInfo) -> datetime:
    """The last instant at which a recording may exist: the order's days, never more than one calendar month.

    Source: CSI L. 252-5, R. 253-4. One month after 31 January at 10:00 is 28 (or 29) February at 10:00.
    """
    local = recorded_at.astimezone(zone)
    month = datetime.combine(add_months(local.date(), 1), local.time(), tzinfo=zone)
    return min(recorded_at + timedelta(days=retention_days), month)


def safe_retention_s(retention_days: int) -> int:
    """A constant length that is lawful on every day of the year: the shortest month caps it."""
    return min(retention_days * _DAY_S, SHORTEST_MONTH_S)


def latest_end(signed_on: date) -> date:
    """The first day on which an order signed that day can no longer be in force. Source: CSI L. 252-4."""
    return add_months(signed_on, MAX_ORDER_MONTHS)
