"""Writes about holds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from beffroi.authorise.queries import is_test_footage
from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.core.ids import checked_slug
from beffroi.core.instants import from_us
from beffroi.evidence.models import Hold
from beffroi.journal.services import Entry, Register, append


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """A span of one camera to keep until an instant; `id` makes asking twice the same as asking once."""

    id: str
    camera: str
    from_at_us: int
    to_at_us: int
    until_at_us: int
    subject: str


def hold(request: HoldRequest, *, by: str = "system") -> Hold:
    """Keep this span. The nodes learn of it at their next exchange.

    Errors: InvalidInput when the span is empty or has no end date after it, BarredByLaw when it touches a test.
    """
    checked_slug(request.id, field="id")
    if not request.from_at_us < request.to_at_us <= request.until_at_us:
        raise InvalidInput(
            "A hold needs a span, then an end date after it.",
            message_fr="Un verrou demande une période, puis une date de fin qui la suit.",
            field="until_at_us",
        )
    if is_test_footage(request.camera, from_us(request.from_at_us), from_us(request.to_at_us)):
        raise BarredByLaw(
            "This span touches a test window: footage of a test is destroyed at its end and cannot be held.",
            message_fr="Cette période touche une fenêtre d'essai : les images d'un essai sont détruites à sa fin et ne "
            "peuvent pas être verrouillées.",
            article="CSI L252-5",
            field="from_at_us",
        )
    spans = {name: getattr(request, name) for name in ("from_at_us", "to_at_us", "until_at_us")}
    with transaction.atomic():
        row, is_new = Hold.objects.update_or_create(
            pk=request.id, defaults={"camera_id": request.camera, "subject": request.subject, **spans}
        )
        append(
            Entry(
                register=Register.LOCK,
                action="hold.made" if is_new else "hold.changed",
                author=by,
                camera=request.camera,
                subject=request.id,
                detail=spans,
            )
        )
    return row
