"""Writes of the monthly reviews: drawn once the month is over, signed by the DPO, told when they are late."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date

from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.dates import add_months
from beffroi.core.errors import Conflict
from beffroi.journal.services import Entry, Register, append
from beffroi.journal.verify import verify
from beffroi.oversee.models import Review
from beffroi.oversee.reviews import queries, rules
from beffroi.oversee.reviews.rules import Figures, Remark
from beffroi.people.models import Agent

log = logging.getLogger(__name__)
clock = SystemClock()


def draw(month: date, *, by: str = "system", now_us: int = 0) -> Review:
    """The review of a month that is over, with the whole journal verified now; drawn once, kept as it is.

    Errors: Conflict while the month is under way.
    """
    now_us = now_us or clock.now_us()
    if add_months(month, 1) > queries.today(now_us):
        raise Conflict(
            "This month is not over; its review is drawn afterwards.",
            message_fr="Ce mois n'est pas fini ; sa revue s'établit après.",
            field="month",
        )
    known = Review.objects.filter(month=month).first()
    if known is not None:
        return known
    figures = queries.figures_of(month, report=verify())
    with transaction.atomic():
        review, is_new = Review.objects.get_or_create(
            month=month, defaults={"figures": figures.form, "drawn_at_us": now_us}
        )
        if is_new:
            _tell("review.drawn", review, by, found=figures.proof["found"])
    return review


def sign(review: Review, remarks: Iterable[Remark], *, by: Agent, now_us: int = 0) -> None:
    """The DPO has read it.

    Errors: Conflict when it is signed already, InvalidInput for remarks that cannot stand.
    """
    found = sorted(set(remarks))
    rules.check_remarks(found, is_whole=Figures.of(review.figures).is_whole)
    with transaction.atomic():
        row = Review.objects.select_for_update().get(pk=review.pk)
        if row.signed_at_us is not None:
            raise Conflict("This review is signed already.", message_fr="Cette revue est déjà signée.")
        row.remarks, row.signed_by, row.signed_at_us = list(found), by, now_us or clock.now_us()
        row.save(update_fields=["remarks", "signed_by", "signed_at_us"])
        _tell("review.signed", row, by.pk, remarks="+".join(found))


def watch(now_us: int) -> None:
    """Draws what is over, the oldest first, and says once of each month that nobody signed it in time."""
    for one in queries.waiting(now_us):
        review = one.review or draw(one.month, now_us=now_us)
        if one.is_late and review.late_at_us is None:
            with transaction.atomic():
                Review.objects.filter(pk=review.pk).update(late_at_us=now_us)
                _tell("review.late", review, "system", due_on=one.due_on.isoformat())
            log.error("review.late month=%s due_on=%s", one.month, one.due_on)


def _tell(action: str, review: Review, by: str, **detail: int | str) -> None:
    month = f"{review.month:%Y-%m}"
    append(Entry(register=Register.JOURNAL, action=action, author=by, detail={"month": month, **detail}))
