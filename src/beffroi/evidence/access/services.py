"""Writes about requests of filmed people: one transaction, one line each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.dates import add_months, day_of
from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.core.instants import from_us
from beffroi.evidence.access import copies, queries, rules
from beffroi.evidence.access.models import SEALED, AccessRequest, AccessStep
from beffroi.evidence.access.rules import Did, Found, Kind, Regime, Way
from beffroi.evidence.hold_rules import HoldKind
from beffroi.evidence.models import Hold, RegisterYear
from beffroi.evidence.services.holds import HoldRequest, hold_all, hold_id, lockable, release
from beffroi.journal.services import Entry, Register, append
from beffroi.people.models import Agent
from beffroi.people.rules import Right, Role
from beffroi.people.words import refusal
from beffroi.territory.queries import town_zone

clock = SystemClock()
"""Dates what is written; tests put another."""
REASON = "access-request"
_KINDS = (HoldKind.ACCESS.value, HoldKind.LIMITATION.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A request as it came. `regime`: what the DPO says; None for the one that the cameras' purposes propose."""

    kind: Kind
    asker: str
    address: str
    received_on: dt.date
    place: str = ""
    cameras: tuple[str, ...] = ()
    from_at_us: int = 0
    to_at_us: int = 0
    regime: Regime | None = None


def register(new: NewRequest, *, by: Agent) -> AccessRequest:
    """Writes a request down, and shields what it asks about at once, within the order's limit.

    Errors: InvalidInput naming the field.
    """
    today_on = day_of(from_us(clock.now_us()), town_zone())
    _check_new(new, today_on)
    with transaction.atomic():
        RegisterYear.objects.get_or_create(year=today_on.year)
        RegisterYear.objects.select_for_update().get(year=today_on.year)  # numbers are given one at a time
        rank = AccessRequest.objects.filter(year=today_on.year).count() + 1
        row = AccessRequest.objects.create(
            number=f"A-{today_on.year}-{rank:03}",
            year=today_on.year,
            rank=rank,
            kind=new.kind.value,
            regime=(new.regime or rules.proposed_regime(queries.purposes_of(new.cameras))).value,
            asker=settings.SITE_KEY.seal(new.asker.strip(), purpose=SEALED),
            address=settings.SITE_KEY.seal(new.address.strip(), purpose=SEALED),
            received_on=new.received_on,
            place=new.place.strip(),
            cameras=list(new.cameras),
            from_at_us=new.from_at_us,
            to_at_us=new.to_at_us,
        )
        _step(row, Did.RECEIVED, by=by)
        _shield(row, HoldKind.ACCESS, by=by)
    return row


def _check_new(new: NewRequest, today_on: dt.date) -> None:
    for name in ("asker", "address"):
        if not getattr(new, name).strip():
            raise InvalidInput(
                "Write who asks and where the answer goes.",
                message_fr="Écrivez qui demande et où envoyer la réponse.",
                field=name,
            )
    if new.received_on > today_on:
        raise InvalidInput(
            "This day has not come yet.", message_fr="Ce jour n'est pas encore venu.", field="received_on"
        )
    if new.from_at_us > new.to_at_us or to_days(new.to_at_us - new.from_at_us) > 1:
        raise InvalidInput(
            "Give a span of one day at most: its start before its end.",
            message_fr="Donnez une période d'un jour au plus : début avant la fin.",
            field="to_at",
        )


def to_days(span_us: int) -> float:
    """Days of a span."""
    return span_us / 86_400_000_000


def _shield(row: AccessRequest, kind: HoldKind, *, by: Agent, until_at_us: int = 0) -> None:
    """Holds every camera asked about; what is past its retention is no fault: the answer says so."""
    if not row.cameras or not row.to_at_us:
        return
    requests = [
        HoldRequest(
            id=hold_id(f"{kind.value}-{row.number}", camera),
            camera=camera,
            from_at_us=row.from_at_us,
            to_at_us=row.to_at_us,
            until_at_us=until_at_us,
            subject=row.number,
            kind=kind,
            signed_by=by if kind is HoldKind.LIMITATION else None,
        )
        for camera in row.cameras
    ]
    if kind is HoldKind.ACCESS:
        requests = lockable(requests)
    if not requests:
        return
    hold_all(requests, by=by.pk)
    _step(row, Did.LOCKED if kind is HoldKind.ACCESS else Did.LIMITED, by=by)


def limit(row: AccessRequest, until_at_us: int, *, by: Agent) -> None:
    """The DPO keeps the minutes asked about beyond the order's limit, until a date, as proof of the request.

    Errors: BarredByLaw where limitations are off or for anybody else, InvalidInput without an end date, Conflict once
    closed. Source: LIL 106 III 2°.
    """
    rules.check_not_closed(queries.done(row))
    if Role.DPO.value not in by.role_codes:
        raise _not_the_dpo()
    with transaction.atomic():
        _shield(row, HoldKind.LIMITATION, by=by, until_at_us=until_at_us)


def _not_the_dpo() -> BarredByLaw:
    return BarredByLaw(
        "A limitation is signed by the DPO alone; ask them to.",
        message_fr="Une limitation est signée par le DPO seul ; demandez-le-lui.",
        article="LIL 106",
        field="limit",
    )


def note_receipt(row: AccessRequest, *, by: Agent) -> None:
    """The dated receipt was sent."""
    _step(row, Did.RECEIPT, by=by)


def confirm_identity(row: AccessRequest, *, by: Agent) -> None:
    """Somebody saw who asks. A yes with date and author; no copy of a paper is kept."""
    _step(row, Did.IDENTIFIED, by=by)


def extend(row: AccessRequest, *, by: Agent) -> None:
    """Two months more, told within the first. Errors: BarredByLaw."""
    steps = queries.done(row)
    today_on = day_of(from_us(clock.now_us()), town_zone())
    is_extended = rules.last(steps, Did.EXTENDED) is not None
    rules.check_extension(Regime(row.regime), row.received_on, today_on, is_extended=is_extended)
    _step(row, Did.EXTENDED, by=by)


def note_found(row: AccessRequest, found: str, *, by: Agent) -> None:
    """What the replay gave. Errors: InvalidInput for another word, Conflict once it is answered."""
    rules.check_open(queries.done(row))
    _step(row, Did.LOOKED, by=by, code=_of(Found, found, "found"))


def grant(row: AccessRequest, way: str, *, by: Agent) -> None:
    """The request is granted. Errors: as `rules.check_decision`."""
    chosen = Way(_of(Way, way, "way"))
    rules.check_decision(Kind(row.kind), queries.done(row), chosen)
    _step(row, Did.GRANTED, by=by, code=chosen.value)


def refuse(row: AccessRequest, ground: str, *, by: Agent) -> None:
    """The request is refused, on a ground of the closed list. Errors: BarredByLaw, Conflict."""
    found = rules.checked_ground(ground, Regime(row.regime), Kind(row.kind))
    rules.check_open(queries.done(row))
    _step(row, Did.REFUSED, by=by, code=found.code)


def appoint(row: AccessRequest, on: dt.datetime, *, by: Agent) -> None:
    """When the person comes to watch."""
    _step(row, Did.APPOINTED, by=by, on=on)


def note_watched(row: AccessRequest, *, by: Agent) -> None:
    """The person came and watched."""
    _step(row, Did.WATCHED, by=by, register=Register.COMMUNICATION)


def draw(row: AccessRequest, camera: str, tracks: Sequence[rules.Track], *, by: Agent) -> None:
    """The rectangles that a hand drew on one camera; the worker burns them in. A copy made before counts no more.

    Errors: InvalidInput, NotPermitted for who may not export.
    """
    if camera not in row.cameras:
        raise InvalidInput("Choose a camera of the request.", message_fr="Choisissez une caméra de la demande.",
                           field="camera")  # fmt: skip
    if not by.permit.over(Right.EXPORT, camera):
        raise refusal(by.permit, Right.EXPORT)
    steps = queries.done(row)
    rules.check_not_closed(steps)
    looked = rules.last(steps, Did.LOOKED)
    is_alone = looked is not None and looked.code == Found.ALONE
    rules.checked_tracks(tracks, row.from_at_us, row.to_at_us, is_alone=is_alone)
    granted = rules.last(steps, Did.GRANTED)
    if granted is None or granted.code != Way.COPY:
        raise _not_answered()
    with transaction.atomic():
        row.tracks = row.tracks | {camera: [[asdict(mark) for mark in track] for track in tracks]}
        row.save(update_fields=["tracks"])
        _step(row, Did.DRAWN, by=by, code=camera, tracks=len(tracks))


def copy_made(row: AccessRequest, camera: str, sha256: str, *, by: Agent) -> None:
    """The worker made the copy of one camera."""
    _step(row, Did.COVERED, by=by, code=camera, register=Register.EXPORT, sha256=sha256)


def copy_failed(row: AccessRequest, kind: str, *, by: Agent) -> None:
    """It could not."""
    _step(row, Did.FAILED, by=by, code=kind, register=Register.EXPORT)


def note_fetched(row: AccessRequest, camera: str, *, by: Agent) -> None:
    """Somebody took the copy out, to check or to hand over."""
    append(
        Entry(
            register=Register.COMMUNICATION,
            action="access-request.fetched",
            author=by.pk,
            reason=REASON,
            camera=camera,
            subject=row.number,
        )
    )


def check_copy(row: AccessRequest, *, by: Agent) -> None:
    """A second person has looked at all of the copy. Errors: BarredByLaw."""
    steps = queries.done(row)
    rules.check_second(steps, by=by.pk)
    if not all(by.permit.over(Right.LOCK, one.code) for one in steps if one.did is Did.COVERED):
        raise refusal(by.permit, Right.LOCK)
    _step(row, Did.CHECKED, by=by)


def hand_over(row: AccessRequest, *, by: Agent) -> None:
    """The covered copy goes to who asked. Errors: BarredByLaw."""
    rules.check_hand_over(queries.done(row))
    _step(row, Did.HANDED, by=by, register=Register.COMMUNICATION)


def close(row: AccessRequest, *, by: Agent) -> None:
    """It is answered: its locks are lifted. Errors: Conflict when it is not answered yet."""
    steps = queries.done(row)
    if rules.next_of(Kind(row.kind), steps) is not rules.Next.CLOSE:
        raise _not_answered()
    with transaction.atomic():
        release(Hold.objects.filter(subject=row.number), by=by.pk)
        _step(row, Did.CLOSED, by=by)
    _destroy_copies(row)


def purge_copies(now_us: int) -> list[str]:
    """Destroys the copies of requests that are closed, or whose locks are over: none outlives what it was made from."""
    gone = []
    for number in copies.numbers():
        row = AccessRequest.objects.filter(pk=number).first()
        kept = Hold.objects.filter(subject=number, kind__in=_KINDS, until_at_us__gt=now_us, released_at_us__isnull=True)
        if row is not None and not kept.exists():
            _destroy_copies(row)
            gone.append(number)
    return gone


def _destroy_copies(row: AccessRequest) -> None:
    """The line, then the files: a kill in between is finished by the next pass."""
    if copies.folder_of(row).exists():
        append(
            Entry(
                register=Register.ERASURE,
                action="access-request.copies-destroyed",
                author="system",
                reason=REASON,
                subject=row.number,
            )
        )
        copies.destroy(row)


def _not_answered() -> InvalidInput:
    return InvalidInput(
        "It is not answered to its end yet; see what is awaited.",
        message_fr="Elle n'a pas encore sa réponse entière ; voyez ce qui est attendu.",
        field="close",
    )


def forget_due(now_us: int) -> list[str]:
    """Empties name and address of requests closed a year ago; their numbers."""
    today_on = day_of(from_us(now_us), town_zone())
    forgotten = []
    closed = AccessStep.objects.filter(did=Did.CLOSED.value).exclude(request__asker=b"").select_related("request")
    for step in closed:
        if add_months(day_of(from_us(step.at_us), town_zone()), rules.KEPT_MONTHS) <= today_on:
            with transaction.atomic():
                AccessRequest.objects.filter(pk=step.request_id).update(asker=b"", address=b"", tracks={})
                _step(step.request, Did.FORGOTTEN, by=None, register=Register.ERASURE)
            forgotten.append(step.request_id)
    return forgotten


def _of(kind: Any, text: str, field: str) -> str:
    if text not in {one.value for one in kind}:
        raise InvalidInput("Choose from the list.", message_fr="Choisissez dans la liste.", field=field)
    return text


def _step(
    row: AccessRequest,
    did: Did,
    *,
    by: Agent | None,
    code: str = "",
    on: dt.datetime | None = None,
    register: Register = Register.COMMUNICATION,
    **detail: int | str,
) -> None:
    """One step and its line, together."""
    with transaction.atomic():
        AccessStep.objects.create(request=row, did=did.value, code=code, on=on, by=by, at_us=clock.now_us())
        append(
            Entry(
                register=register,
                action=f"access-request.{did.value}",
                author=by.pk if by else "system",
                reason=REASON,
                subject=row.number,
                detail={**detail, **({"code": code} if code else {})},
            )
        )
