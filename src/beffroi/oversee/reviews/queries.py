"""Reads of the monthly reviews: what the journal says of a month, which months wait."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from beffroi.core.dates import add_months, day_of, day_starts_at
from beffroi.core.errors import InvalidInput, NotFound
from beffroi.core.instants import US_PER_S, from_us, to_us
from beffroi.evidence.models import AccessRequest, Pack, Requisition
from beffroi.evidence.rules import PackState
from beffroi.journal.findings import Report
from beffroi.journal.models import Line
from beffroi.journal.rules import Register
from beffroi.operate.models import View
from beffroi.oversee.models import Review
from beffroi.oversee.reviews import rules
from beffroi.oversee.reviews.rules import Access, Figures
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone

_SEEING = (Register.VIEWING.value, Register.REPLAY.value, Register.EXPORT.value, Register.PTZ.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthView:
    """A month that is over, its review if it was drawn, until when it is signed."""

    month: date
    due_on: date
    review: Review | None
    is_late: bool


def today(now_us: int) -> date:
    """The town's day."""
    return day_of(from_us(now_us), town_zone())


def months(now_us: int) -> list[MonthView]:
    """Every month that is over since the journal or the first review begins, the newest first."""
    reviews = {review.month: review for review in Review.objects.select_related("signed_by")}
    on = today(now_us)
    known = [*reviews, *_first_month()]
    over = list(rules.months_over(min(known), on)) if known else []
    return [
        MonthView(
            month=month,
            due_on=rules.due_on(month),
            review=reviews.get(month),
            is_late=_is_unsigned(reviews.get(month)) and on > rules.due_on(month),
        )
        for month in reversed(over)
    ]


def waiting(now_us: int) -> list[MonthView]:
    """Months whose review is not signed, the oldest first."""
    return [one for one in reversed(months(now_us)) if _is_unsigned(one.review)]


def _is_unsigned(review: Review | None) -> bool:
    return review is None or review.signed_at_us is None


def _first_month() -> list[date]:
    first = Line.objects.order_by("index").values_list("at_us", flat=True).first()
    return [rules.month_of(day_of(from_us(first), town_zone()))] if first is not None else []


def month_from(text: str) -> date:
    """`2026-11` as an address writes it. Errors: InvalidInput."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput("month: write 2026-11.", message_fr="mois : écrivez 2026-11.", field="month") from None


def review_of(month: date) -> Review:
    """The review of a month. Errors: NotFound while it was not drawn."""
    found = Review.objects.select_related("signed_by").filter(month=month).first()
    if found is None:
        raise NotFound(
            "This month has no review yet: it is drawn once the month is over.",
            message_fr="Ce mois n'a pas encore de revue : elle s'établit une fois le mois fini.",
            field="month",
        )
    return found


# -- figures --------------------------------------------------------------------------------------------------


def figures_of(month: date, *, report: Report | None = None) -> Figures:
    """What the journal and the registers say of a month. `report`: of a verification made just now."""
    zone = town_zone()
    span = (to_us(day_starts_at(month, zone)), to_us(day_starts_at(add_months(month, 1), zone)))
    accesses, night, unopened = rules.counted(_accesses(span))
    return Figures(
        accesses=accesses,
        night=night,
        unopened=unopened,
        unknown_numbers=_unknown_numbers(span),
        unhanded=_unhanded(span),
        refusals=_refusals(span),
        gaps=_gaps(span),
        proof=proof_form(report) if report else {},
    )


def proof_form(report: Report) -> dict[str, int]:
    """A verification in numbers."""
    return {name: getattr(report, name) for name in ("lines", "first", "heads", "unsigned", "stamps", "found")}


def _within(span: tuple[int, int], **wanted: str) -> Iterable[Line]:
    return Line.objects.filter(at_us__gte=span[0], at_us__lt=span[1], **wanted).iterator(2000)


def _accesses(span: tuple[int, int]) -> Iterable[Access]:
    roles = {agent.pk: "+".join(agent.role_codes) for agent in Agent.objects.prefetch_related("assignments")}
    opened = {line.subject for line in _within(span, action="view.opened")}
    zone = town_zone()
    for line in _within(span, action="grant.given"):
        if line.register in _SEEING:
            yield Access(
                register=line.register,
                role=roles.get(line.author, ""),
                reason=line.reason,
                hour=from_us(line.at_us).astimezone(zone).hour,
                was_opened=line.subject in opened,
            )


def _unknown_numbers(span: tuple[int, int]) -> int:
    """Views whose reason names a file that no register knows."""
    known: Mapping[str, set[str]] = {
        "requisition": set(Requisition.objects.values_list("pk", flat=True)),
        "access-request": set(AccessRequest.objects.values_list("pk", flat=True)),
    }
    views = View.objects.filter(issued_at_us__gte=span[0], issued_at_us__lt=span[1], reason_code__in=known)
    return sum(reference not in known[code] for code, reference in views.values_list("reason_code", "reason_reference"))


def _unhanded(span: tuple[int, int]) -> int:
    made = Pack.objects.filter(made_at_us__gte=span[0], made_at_us__lt=span[1]).prefetch_related("hand_overs")
    return sum(pack.state is PackState.MADE for pack in made)


def _refusals(span: tuple[int, int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for line in _within(span, action="grant.refused"):
        detail = json.loads(line.detail)
        found[str(detail.get("cause", ""))] += int(detail.get("count", 1))
    found["locked-out"] += sum(1 for _ in _within(span, action="account.locked-out"))
    return {cause: count for cause, count in sorted(found.items()) if count}


def _gaps(span: tuple[int, int]) -> dict[str, tuple[int, int]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in _within(span, action="gap.found"):
        detail = json.loads(line.detail)
        row = found[str(detail.get("cause", ""))]
        row[0] += 1
        row[1] += max(0, int(detail.get("to_at_us", 0)) - int(detail.get("from_at_us", 0))) // US_PER_S
    return {cause: (row[0], row[1]) for cause, row in sorted(found.items())}
