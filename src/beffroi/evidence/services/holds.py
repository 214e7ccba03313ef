"""Writes of locks. A lock is one committed row; the nodes learn of it at once and keep the whole files it touches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from beffroi.authorise.queries import is_test_footage
from beffroi.core.clock import SystemClock
from beffroi.core.dates import add_months, day_of, day_starts_at
from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.core.ids import checked_slug
from beffroi.core.instants import from_us, to_us
from beffroi.evidence import hold_rules
from beffroi.evidence.hold_rules import HoldKind, Term
from beffroi.evidence.models import Hold, Requisition
from beffroi.evidence.queries.holds import Reach, reaches
from beffroi.journal.services import Entry, Register, append_all
from beffroi.operate import nudges
from beffroi.operate.models import Node
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone

clock = SystemClock()
"""Dates what is written; tests put another."""
_ID_MAX, _DIGITS = 63, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """A span of one camera to keep until an instant; `id` makes asking twice the same as asking once.

    Attributes:
        until_at_us: the end asked for, shortened to what the kind may; 0 for the longest.
        called_at_us: of a telephone lock; 0 for now.
        signed_by: the DPO, of a limitation.
    """

    id: str
    camera: str
    from_at_us: int
    to_at_us: int
    until_at_us: int
    subject: str
    kind: HoldKind = HoldKind.INCIDENT
    requisition: Requisition | None = None
    called_at_us: int = 0
    signed_by: Agent | None = None


def hold_id(number: str, camera: str) -> str:
    """The one lock of a requisition or an access request on a camera; long names never fall together."""
    whole = f"{number}-{camera}".lower()
    digest = hashlib.sha256(camera.encode()).hexdigest()[:_DIGITS]
    return whole if len(whole) <= _ID_MAX else f"{number}-{digest}".lower()


def hold(request: HoldRequest, *, by: str = "system") -> Hold:
    """Keep this span.

    Errors: InvalidInput when the span is empty or has no end date after it, BarredByLaw when it touches a test, is
    past its retention, or its kind lacks what the law asks for.
    """
    return hold_all([request], by=by)[0]


def hold_all(requests: Sequence[HoldRequest], *, by: str = "system") -> list[Hold]:
    """Keep these spans, all or none. Errors: as `hold`."""
    now_us = clock.now_us()
    ends = _checked_ends(requests, now_us)
    with transaction.atomic():
        made = [_put(request, until_at_us, now_us) for request, until_at_us in zip(requests, ends, strict=True)]
        _tell_nodes(row.camera_id for row, _ in made)
        append_all([_entry(row, "hold.made" if is_new else "hold.changed", by) for row, is_new in made])
    return [row for row, _ in made]


def lockable(requests: Sequence[HoldRequest]) -> list[HoldRequest]:
    """Those of these spans that may be kept; what is gone, or of a test, is left out."""
    now_us = clock.now_us()
    found = []
    for request in requests:
        with suppress(BarredByLaw, InvalidInput):
            _checked_ends([request], now_us)
            found.append(request)
    return found


def _checked_ends(requests: Sequence[HoldRequest], now_us: int) -> list[int]:
    known = reaches([(request.camera, request.from_at_us) for request in requests])
    return [_checked_end(request, known[request.camera, request.from_at_us], now_us) for request in requests]


def _checked_end(request: HoldRequest, reach: Reach, now_us: int) -> int:
    checked_slug(request.id, field="id")
    is_ended = not request.until_at_us or request.until_at_us >= request.to_at_us
    if not (request.from_at_us < request.to_at_us and is_ended):
        raise _no_end()
    hold_rules.check_tied(request.kind, request.requisition.inquiry if request.requisition else None)
    if request.kind is HoldKind.LIMITATION:
        signer = request.signed_by.pk if request.signed_by else ""
        hold_rules.check_limitation(is_allowed=settings.BEFFROI.evidence.limitation, signed_by=signer)
    if is_test_footage(request.camera, from_us(request.from_at_us), from_us(request.to_at_us)):
        raise _is_a_test()
    if not _is_kept_already(request, now_us):
        gone_us = reach.destroyed_before_us(now_us)
        hold_rules.check_not_past(request.from_at_us, request.to_at_us, destroyed_before_us=gone_us)
    term = Term(
        asked_until_at_us=request.until_at_us,
        limit_at_us=request.from_at_us + reach.limit_us,
        called_at_us=request.called_at_us or now_us,
        telephone_days=settings.BEFFROI.evidence.telephone_days,
        review_at_us=_review_at_us(now_us),
        inquiry_months=settings.BEFFROI.evidence.inquiry_months,
    )
    until_at_us = hold_rules.hold_ends_at(request.kind, term)
    if until_at_us <= now_us:
        raise _no_end()
    return until_at_us


def _review_at_us(now_us: int) -> int:
    """The end of the last day to which a lock beyond the order's limit may be asked for today."""
    zone = town_zone()
    last_on = add_months(day_of(from_us(now_us), zone), settings.BEFFROI.evidence.inquiry_months)
    return to_us(day_starts_at(last_on + timedelta(days=1), zone))


def _is_kept_already(request: HoldRequest, now_us: int) -> bool:
    """Pictures past the order's limit exist where a lock has kept all of them; a call does not renew another's."""
    same = Hold.objects.filter(camera=request.camera, until_at_us__gt=now_us, released_at_us__isnull=True)
    if request.kind is HoldKind.TELEPHONE:
        same = same.filter(pk=request.id)
    return same.filter(from_at_us__lte=request.from_at_us, to_at_us__gte=request.to_at_us).exists()


def _no_end() -> InvalidInput:
    return InvalidInput(
        "A hold needs a span, then an end date after it.",
        message_fr="Un verrou demande une période, puis une date de fin qui la suit.",
        field="until_at_us",
    )


def _is_a_test() -> BarredByLaw:
    return BarredByLaw(
        "This span touches a test window: footage of a test is destroyed at its end and cannot be held.",
        message_fr="Cette période touche une fenêtre d'essai : les images d'un essai sont détruites à sa fin et ne "
        "peuvent pas être verrouillées.",
        article="CSI L252-5",
        field="from_at_us",
    )


def _put(request: HoldRequest, until_at_us: int, now_us: int) -> tuple[Hold, bool]:
    values = {
        "camera_id": request.camera,
        "subject": request.subject,
        "from_at_us": request.from_at_us,
        "to_at_us": request.to_at_us,
        "until_at_us": until_at_us,
        "kind": request.kind.value,
        "requisition": request.requisition,
        "signed_by": request.signed_by,
        "released_at_us": None,
    }
    return Hold.objects.update_or_create(
        pk=request.id, defaults=values, create_defaults=values | {"made_at_us": now_us}
    )


def release(holds: Iterable[Hold], *, by: str = "system") -> None:
    """Lift locks before their end: what they kept goes with its retention."""
    rows = [row for row in holds if row.released_at_us is None]
    with transaction.atomic():
        Hold.objects.filter(pk__in=[row.pk for row in rows]).update(released_at_us=clock.now_us())
        _tell_nodes(row.camera_id for row in rows)
        append_all([_entry(row, "hold.released", by) for row in rows])


def _tell_nodes(cameras: Iterable[str]) -> None:
    nudges.after_commit(Node.objects.filter(devices__in=list(cameras)).distinct())


def _entry(row: Hold, action: str, by: str) -> Entry:
    detail: dict[str, int | str] = {name: getattr(row, name) for name in ("from_at_us", "to_at_us", "until_at_us")}
    if row.requisition_id:
        detail["requisition"] = row.requisition_id
    return Entry(
        register=Register.LOCK,
        action=action,
        author=by,
        reason=row.kind,
        camera=row.camera_id,
        subject=row.pk,
        detail=detail,
    )
