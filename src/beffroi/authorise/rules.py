"""When a camera may stream: in service or in a test window, with every paper the law asks for. Pure.

Days are the town's days. Source: CSI L. 251-2 (purposes), L. 252-1 (prior authorisation), L. 252-4 (five years),
L. 252-5 and R. 253-4 (retention), R. 252-17 (declaration, notice of location), R. 253-7 (undertaking), R. 254-2
(suspension), L. 252-2 (precautions), R. 252-3 (perimeter), L. 252-6 and L. 223-4 (temporary systems).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from beffroi.authorise import precautions
from beffroi.authorise.precautions import Precaution
from beffroi.core.dates import DateSpan, add_months, day_of, day_starts_at

MAX_RETENTION_DAYS = 30
"""The database holds no more; the calendar month, which may be shorter, is applied by `destroy_by`."""
TEST_MAX = timedelta(hours=48)
TEST_REASON = "essais"
SETTLING = timedelta(minutes=1)
"""After a test the gate stays shut this long, more than a node takes to hear of it: test footage has an end."""
_DAY_S = 86_400
SHORTEST_MONTH_S = 28 * _DAY_S - 3600
"""From 27 February to 27 March, in a year whose clocks go forward on 25 March."""


class Shut(StrEnum):
    """One thing that a gate asks for and that is missing; the first one is told first."""

    NOT_IN_SERVICE = "not-in-service"
    NO_WINDOW = "no-window"
    SETTLING = "settling"
    NO_ORDER = "no-order"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    EVENT_OVER = "event-over"
    OUT_OF_HOURS = "out-of-hours"
    OUTSIDE_PERIMETER = "outside-perimeter"
    NO_NOTICE = "no-notice"
    NO_PURPOSE = "no-purpose"
    NO_RECEIPT = "no-receipt"
    NO_DECLARATION = "no-declaration"
    BEFORE_COMMISSIONING = "before-commissioning"
    NO_MASKS = "no-masks"
    HIGH_RISK = "high-risk"
    NO_AGREEMENT = "no-agreement"


ARTICLES = MappingProxyType(
    {
        Shut.NOT_IN_SERVICE: "CSI L252-1",
        Shut.NO_WINDOW: "CSI R252-17",
        Shut.SETTLING: "CSI L252-5",
        Shut.NO_ORDER: "CSI L252-1",
        Shut.WITHDRAWN: "CSI R254-2",
        Shut.SUSPENDED: "CSI R254-2",
        Shut.EVENT_OVER: "CSI L252-6",
        Shut.OUT_OF_HOURS: "CSI L252-2",
        Shut.OUTSIDE_PERIMETER: "CSI R252-3",
        Shut.NO_NOTICE: "CSI R252-17",
        Shut.NO_PURPOSE: "CSI L251-2",
        Shut.NO_RECEIPT: "CSI R253-7",
        Shut.NO_DECLARATION: "CSI R252-17",
        Shut.BEFORE_COMMISSIONING: "CSI R252-17",
        Shut.NO_MASKS: "CSI L251-3",
        Shut.HIGH_RISK: "LIL 90",
        Shut.NO_AGREEMENT: "CSI L132-14",
    }
)


class Regime(StrEnum):
    """For how long, and on what ground, the prefect authorises."""

    STANDARD = "standard"
    GATHERING = "gathering"  # a large gathering: L. 252-6
    URGENCY = "urgency"  # against terrorism: L. 223-4


_LONG = MappingProxyType({60: ("five years", "cinq ans"), 4: ("four months", "quatre mois")})
_TERMS = MappingProxyType({Regime.STANDARD: "L252-4", Regime.GATHERING: "L252-6", Regime.URGENCY: "L223-4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a camera stands under an order by perimeter. `notices`: day sent, and whether it names where it is now."""

    is_inside: bool
    notices: tuple[tuple[date, bool], ...] = ()

    def is_notified(self, on: date) -> bool:
        """The last notice sent by that day names this place."""
        sent = [is_here for sent_on, is_here in sorted(self.notices) if sent_on <= on]
        return bool(sent) and sent[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """What an order fixes for a camera. In force on `span`, whose end is the first day without it.

    `camera_purposes` are those of this camera; they stand only inside the order's `purposes`.
    """

    number: str
    span: DateSpan
    retention_days: int
    id: str = ""
    minimum_retention_days: int = 0
    purposes: frozenset[str] = frozenset()
    camera_purposes: frozenset[str] = frozenset()
    withdrawn_on: date | None = None
    suspended_at: datetime | None = None
    event_over_at: datetime | None = None
    precautions: tuple[Precaution, ...] = ()
    """Those of this camera."""
    place: Place | None = None
    """None: the order names points."""
    shared: tuple[DateSpan, ...] | None = None
    """None: the town's own camera. Else the days on which agreements let another authority's enter here."""

    def is_over(self, at: datetime) -> bool:
        """The event of a temporary order is over: it says nothing any more, as if it had run out."""
        return self.event_over_at is not None and self.event_over_at <= at

    @property
    def has_purpose(self) -> bool:
        """The camera has a purpose, and none outside the order."""
        return bool(self.camera_purposes) and self.camera_purposes <= self.purposes


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A commissioning declaration that names the camera."""

    sent_on: date
    commissioning_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A test of one camera; `closed_at` when it was closed before its end."""

    opened_at: datetime
    ends_at: datetime
    closed_at: datetime | None = None

    @property
    def over_at(self) -> datetime:
        """The end of the test."""
        return self.ends_at if self.closed_at is None else min(self.closed_at, self.ends_at)

    def is_open(self, at: datetime) -> bool:
        """The test is under way."""
        return self.opened_at <= at < self.over_at

    def is_settling(self, at: datetime) -> bool:
        """The test is under way or so lately over that a node may not know it."""
        return self.opened_at <= at < self.over_at + SETTLING


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFile:
    """Everything a gate asks about one camera. `receipts`: days on which the CNIL acknowledged an undertaking."""

    service: Sequence[DateSpan] = ()
    testing: Sequence[DateSpan] = ()
    orders: Sequence[OrderTerms] = ()
    receipts: Sequence[date] = ()
    declared: Sequence[Declared] = ()
    windows: Sequence[Window] = ()
    lacks_masks: bool = False
    """A dwelling is in view, with neither masks nor a finding that nothing of it shows."""
    unconsulted_since: date | None = None
    """A residual risk is high since that day, and the CNIL has not answered: what serves goes on, nothing joins it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A gate at an instant: open until `closes_at` (None: nothing closes it), or shut for all that is `missing`."""

    missing: tuple[Shut, ...]
    order: OrderTerms | None
    is_test: bool
    closes_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return not self.missing


def gate_on(file: CameraFile, *, at: datetime, zone: ZoneInfo) -> Verdict:
    """What the gate of a camera is at `at`, and when an open one closes.

    It closes at the first instant, of all at which something of the file begins or ends, where anything is missing:
    orders that follow each other without a gap carry on.
    """
    verdict = _verdict(file, at=at, zone=zone)
    if not verdict.is_open:
        return verdict
    later = sorted({turn for turn in (*_turns(file, zone), *_hours(file, day_of(at, zone), zone)) if turn > at})
    closes_at = next((turn for turn in later if not _verdict(file, at=turn, zone=zone).is_open), None)
    return Verdict(missing=(), order=verdict.order, is_test=verdict.is_test, closes_at=closes_at)


def _verdict(file: CameraFile, *, at: datetime, zone: ZoneInfo) -> Verdict:
    on = day_of(at, zone)
    lasting = [order for order in file.orders if not order.is_over(at)]
    order = order_on(lasting, on) or order_on(file.orders, on)
    is_test = any(on in span for span in file.testing)
    missing = (
        *_missing_time(file, at=at, on=on, is_test=is_test),
        *_missing_order(order, at=at, on=on),
        *((Shut.OUT_OF_HOURS,) if order and precautions.is_out_of_hours(order.precautions, at, zone) else ()),
        *_missing_letters(file, on=on, is_test=is_test),
        *((Shut.NO_MASKS,) if file.lacks_masks else ()),
        *((Shut.HIGH_RISK,) if _awaits_cnil(file, on) else ()),
    )
    return Verdict(missing=missing, order=order, is_test=is_test)


def _missing_time(file: CameraFile, *, at: datetime, on: date, is_test: bool) -> Iterator[Shut]:
    if is_test:
        if not any(window.is_open(at) for window in file.windows):
            yield Shut.NO_WINDOW
    elif not any(on in span for span in file.service):
        yield Shut.NOT_IN_SERVICE
    elif any(window.is_settling(at) for window in file.windows):
        yield Shut.SETTLING


def _missing_order(order: OrderTerms | None, *, at: datetime, on: date) -> Iterator[Shut]:
    if order is None:
        yield Shut.NO_ORDER
        return
    if order.withdrawn_on is not None and order.withdrawn_on <= on:
        yield Shut.WITHDRAWN
    elif order.suspended_at is not None and order.suspended_at <= at:
        yield Shut.SUSPENDED
    elif order.is_over(at):
        yield Shut.EVENT_OVER
    if order.place is not None and not order.place.is_inside:
        yield Shut.OUTSIDE_PERIMETER
    elif order.place is not None and not order.place.is_notified(on):
        yield Shut.NO_NOTICE
    if not order.has_purpose:
        yield Shut.NO_PURPOSE
    if order.shared is not None and not any(on in span for span in order.shared):
        yield Shut.NO_AGREEMENT


def _missing_letters(file: CameraFile, *, on: date, is_test: bool) -> Iterator[Shut]:
    if not any(receipt <= on for receipt in file.receipts):
        yield Shut.NO_RECEIPT
    sent = [declared for declared in file.declared if declared.sent_on <= on]
    if not sent:
        yield Shut.NO_DECLARATION
    elif not is_test and not any(declared.commissioning_on <= on for declared in sent):
        yield Shut.BEFORE_COMMISSIONING


def _awaits_cnil(file: CameraFile, on: date) -> bool:
    """The camera was not in service before the risk was known. Source: LIL 90."""
    since = file.unconsulted_since
    return since is not None and since <= on and not any(span.from_on < since for span in file.service)


def _turns(file: CameraFile, zone: ZoneInfo) -> Iterator[datetime]:
    """Every instant at which something of the file begins or ends."""
    spans = [span for order in file.orders for span in (order.span, *(order.shared or ()))]
    days = {day for span in (*file.service, *file.testing, *spans) for day in (span.from_on, span.until_on)}
    days |= {order.withdrawn_on for order in file.orders} | {file.unconsulted_since}
    days |= {day for order in file.orders if order.place for day, _is_here in order.place.notices}
    yield from (day_starts_at(day, zone) for day in days if day is not None)
    for order in file.orders:
        yield from (at for at in (order.suspended_at, order.event_over_at) if at is not None)
    for window in file.windows:
        yield from (window.opened_at, window.over_at)


def _hours(file: CameraFile, on: date, zone: ZoneInfo) -> Iterator[datetime]:
    """When hours laid down begin and end: from today, from the order's first day, from their own first day."""
    for order in file.orders:
        for one in order.precautions:
            first = {on, max(on, order.span.from_on), max(on, one.span.from_on)}
            ends = [one.span.until_on] if one.span.until_on else []
            yield from (day_starts_at(day, zone) for day in (one.span.from_on, *ends))
            for day in first:
                yield from precautions.turns([one], day, zone)


def order_on(orders: Sequence[OrderTerms], on: date) -> OrderTerms | None:
    """The order that holds on a day: of several, the one signed last, be it withdrawn or suspended."""
    standing = [order for order in orders if on in order.span]
    return max(standing, key=lambda order: (order.span.from_on, order.number), default=None)


def test_footage(windows: Sequence[Window], *, at: datetime, is_open: bool) -> list[tuple[datetime, datetime]]:
    """The spans whose footage must not exist any more: those of the tests that are over, oldest first.

    While the gate is shut a span runs to the test's planned end, for a node that did not hear of an earlier one may
    have gone on until then; once the gate is open again, what follows the test is lawful footage.
    """
    over = sorted((window for window in windows if window.over_at <= at), key=lambda window: window.opened_at)
    settled = ((window, window.over_at + SETTLING) for window in over)
    return [(window.opened_at, end if is_open else max(end, window.ends_at)) for window, end in settled]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the law bounds an order by on the day it is signed: dated data (see `limits`)."""

    retention_days: int
    months: Mapping[Regime, int]
    purposes: frozenset[str]

    def latest_end(self, signed_on: date, regime: Regime = Regime.STANDARD) -> date:
        """The first day on which an order signed that day can no longer be in force. Source: L. 252-4, L. 252-6."""
        return add_months(signed_on, self.months[regime])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a paper cannot stand: the field, what is wrong with it and the mend, in words that follow its name."""

    field: str
    message: str
    message_fr: str
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an order says of itself, as far as the law bounds it."""

    signed_on: date
    ends_on: date
    retention_days: int
    minimum_retention_days: int | None = None
    regime: Regime = Regime.STANDARD
    event: str = ""
    has_perimeter: bool = False
    max_cameras: int | None = None
    purposes: frozenset[str] = frozenset()


def order_faults(asked: Asked, limits: Limits) -> Iterator[Fault]:
    """Everything that the law of its day does not let an order say."""
    yield from _term_faults(asked, limits)
    yield from _retention_faults(asked.retention_days, asked.minimum_retention_days, most=limits.retention_days)
    if gone := sorted(asked.purposes - limits.purposes):
        yield Fault(
            field="purposes",
            message=f"hold what the law does not know on {asked.signed_on} (CSI L. 251-2): {', '.join(gone)}",
            message_fr=f"comptent ce que la loi ne connaît pas au {asked.signed_on} (CSI L. 251-2) : {', '.join(gone)}",
            article="CSI L251-2",
        )
    if asked.regime is not Regime.STANDARD and not asked.event.strip():
        yield Fault(
            field="event",
            message="is missing: a temporary system ends with its event (CSI L. 252-6); name it",
            message_fr="manque : un système provisoire cesse avec son événement (CSI L. 252-6) ; nommez-le",
        )
    if asked.has_perimeter and not asked.max_cameras:
        yield Fault(
            field="max_cameras",
            message="is missing: a perimeter says how many cameras at most (CSI R. 252-3)",
            message_fr="manque : un périmètre dit le nombre de caméras au plus (CSI R. 252-3)",
        )


def _term_faults(asked: Asked, limits: Limits) -> Iterator[Fault]:
    latest, article = limits.latest_end(asked.signed_on, asked.regime), _TERMS[asked.regime]
    said, months = article.replace("L", "L. "), limits.months[asked.regime]
    long, long_fr = _LONG.get(months, (f"{months} months", f"{months} mois"))
    if asked.ends_on <= asked.signed_on:
        yield Fault(field="ends_on", message="must come after the signature", message_fr="doit suivre la signature")
    if asked.ends_on > latest:
        yield Fault(
            field="ends_on",
            message=f"is over {long} after the signature (CSI {said}); {latest} at the latest",
            message_fr=f"dépasse {long_fr} après la signature (CSI {said}) ; {latest} au plus tard",
            article=f"CSI {article}",
        )


def _retention_faults(retention_days: int, minimum_retention_days: int | None, *, most: int) -> Iterator[Fault]:
    if retention_days > most:
        long, long_fr = (
            ("one month", "d'un mois") if most == MAX_RETENTION_DAYS else (f"{most} days", f"de {most} jours")
        )
        yield Fault(
            field="retention_days",
            message=f"is {retention_days}, over {long} (CSI L. 252-5); {most} at most",
            message_fr=f"vaut {retention_days}, plus {long_fr} (CSI L. 252-5) ; {most} au plus",
            article="CSI L252-5",
        )
    if (minimum_retention_days or 0) > retention_days:
        yield Fault(
            field="minimum_retention_days",
            message="is over the retention; lower it",
            message_fr="dépasse la conservation ; baissez-la",
        )


def receipt_faults(sent_on: date, receipt_number: str, receipt_on: date | None) -> Iterator[Fault]:
    """What an undertaking cannot say of its receipt."""
    if bool(receipt_number) != (receipt_on is not None):
        yield Fault(
            field="receipt_number",
            message="goes with the day of the receipt; give both or neither",
            message_fr="va avec le jour du récépissé ; donnez les deux ou aucun",
        )
    elif receipt_on is not None and receipt_on < sent_on:
        yield Fault(field="receipt_on", message="comes before the sending", message_fr="précède l'envoi")


def declaration_faults(sent_on: date, commissioning_on: date, *, signed_on: date) -> Iterator[Fault]:
    """What a declaration under an order signed that day cannot say."""
    if sent_on < signed_on:
        yield Fault(
            field="sent_on",
            message=f"comes before the order, signed on {signed_on}",
            message_fr=f"précède l'arrêté, signé le {signed_on}",
        )
    if commissioning_on < sent_on:
        yield Fault(
            field="commissioning_on",
            message="comes before the sending; the prefect is told beforehand (CSI R. 252-17)",
            message_fr="précède l'envoi ; le préfet est prévenu avant (CSI R. 252-17)",
            article="CSI R252-17",
        )


def notice_faults(sent_on: date, *, signed_on: date, ends_on: date, on: date) -> Iterator[Fault]:
    """What a notice of location, under an order of these days, written down on `on`, cannot say."""
    if sent_on < signed_on:
        yield Fault(
            field="sent_on",
            message=f"comes before the order, signed on {signed_on}",
            message_fr=f"précède l'arrêté, signé le {signed_on}",
        )
    elif sent_on >= ends_on:
        yield Fault(
            field="sent_on",
            message=f"comes after the order, which ended on {ends_on}",
            message_fr=f"suit l'arrêté, qui a pris fin le {ends_on}",
        )
    elif sent_on > on:
        yield Fault(
            field="sent_on",
            message="is not come yet; write the letter down once it is sent",
            message_fr="n'est pas arrivé ; inscrivez le courrier une fois envoyé",
        )
