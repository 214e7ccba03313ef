"""Writes from the call to the result: the number, the lock, what was received, the cameras, what the replay gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from beffroi.core.dates import day_of, day_starts_at
from beffroi.core.errors import Conflict, InvalidInput, NotPermitted
from beffroi.core.instants import from_us, to_us
from beffroi.evidence import hold_rules, rules
from beffroi.evidence.frames import frame_of
from beffroi.evidence.hold_rules import HoldKind
from beffroi.evidence.models import Choice, Hold, Recipient, RegisterYear, Requisition
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Aside, Negative, Result, StepKind
from beffroi.evidence.services.holds import HoldRequest, hold_all, hold_id, lockable, release
from beffroi.evidence.services.steps import Told, clock, record
from beffroi.journal.services import Register
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

SPAN_MAX = timedelta(days=31)
INQUIRY_DAYS = 60
"""What an inquiry's lock lasts when the requisition names no date; renewable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to keep pictures, or a requisition that came without one.

    `cameras`: those to lock; none: every camera that could see the place.
    """

    facts: str
    place: str
    from_at_us: int
    to_at_us: int
    lat: float | None = None
    lon: float | None = None
    radius_m: int = 60
    officer: str = ""
    unit: str = ""
    phone: str = ""
    asked_by_on: date | None = None
    cameras: tuple[str, ...] = ()


def note_call(call: Call, *, by: Agent, locks: bool = True, at_us: int = 0) -> Requisition:
    """Gives the number and locks at once, in one transaction; nothing to lock is no fault: the answer may be negative.

    Errors: InvalidInput naming the field, BarredByLaw when every picture of the span is gone and cameras are named,
    NotPermitted for a camera beyond the agent's right to lock.
    """
    check_texts(call)
    check_span(call.from_at_us, call.to_at_us)
    at_us = at_us or clock.now_us()
    with transaction.atomic():
        requisition = _numbered(call, at_us)
        record(requisition, Told(kind=StepKind.CALLED), by=by, at_us=at_us)
        cameras = call.cameras or tuple(cases.could_see(requisition))
        within = tuple(one for one in cameras if by.permit.over(Right.LOCK, one))
        if call.cameras and set(within) != set(cameras):
            raise _beyond("cameras")
        if locks and (call.cameras or cases.may_exist(requisition, within)):
            lock(requisition, within, by=by, at_us=at_us)
    return requisition


def check_texts(call: Call) -> None:
    """Nothing, when a call says what happened and where, in words that fit.

    Errors: InvalidInput naming the field.
    """
    if not call.facts.strip() or not call.place.strip():
        field = "facts" if not call.facts.strip() else "place"
        raise InvalidInput(
            "Write what happened and where, in a few words.",
            message_fr="Écrivez en quelques mots ce qui s'est passé et où.",
            field=field,
        )
    for field, longest in _LONGEST.items():
        text = getattr(call, field)
        if len(text) > longest or not text.isprintable():
            raise InvalidInput(
                f"Write at most {longest} characters, on one line.",
                message_fr=f"Écrivez {longest} caractères au plus, sur une ligne.",
                field=field,
            )


_LONGEST = {"facts": 120, "place": 120, "officer": 120, "unit": 120, "phone": 40}


def check_span(from_at_us: int, to_at_us: int) -> None:
    """Nothing, when a span may be asked for: begun, and a month at most.

    Errors: InvalidInput.
    """
    if not 0 < from_at_us < to_at_us or to_at_us - from_at_us > SPAN_MAX // timedelta(microseconds=1):
        raise InvalidInput(
            "Give a span: its start before its end, 31 days at most.",
            message_fr="Donnez une période : début avant la fin, 31 jours au plus.",
            field="to_at",
        )
    if from_at_us > clock.now_us():
        raise InvalidInput(
            "This span has not begun: pictures of the future are recorded, not requisitioned.",
            message_fr="Cette période n'a pas commencé : on ne requiert pas des images à venir.",
            field="from_at",
        )


def _numbered(call: Call, at_us: int) -> Requisition:
    """The next number of the year. The year's row is locked until the commit: no gap, no number twice."""
    year = day_of(from_us(at_us), town_zone()).year
    RegisterYear.objects.get_or_create(pk=year)
    counter = RegisterYear.objects.select_for_update().get(pk=year)
    counter.last_rank += 1
    counter.save()
    return Requisition.objects.create(
        number=rules.number_of(year, counter.last_rank),
        year=year,
        rank=counter.last_rank,
        opened_at_us=at_us,
        **{name: getattr(call, name) for name in _OF_A_CALL},
    )


_OF_A_CALL = (
    *("facts", "place", "lat", "lon", "radius_m", "from_at_us", "to_at_us"),
    *("officer", "unit", "phone", "asked_by_on"),
)


def _beyond(field: str) -> NotPermitted:
    return NotPermitted(
        "Some of these cameras are beyond your right to lock; leave them out, or ask your chief.",
        message_fr="Certaines de ces caméras dépassent votre droit de verrouiller ; retirez-les, ou demandez à votre "
        "chef.",
        field=field,
    )


# -- locks --------------------------------------------------------------------------------------------------


def lock(requisition: Requisition, cameras: Collection[str], *, by: Agent, at_us: int = 0) -> list[Hold]:
    """Locks these cameras over the span asked for: by telephone until the inquiry is known, then by the inquiry.

    Errors: as `hold`, NotPermitted for a camera beyond the agent's right, InvalidInput of none.
    """
    _check_open(requisition)
    if not cameras:
        raise InvalidInput(
            "No camera sees this place: choose some from the list, or note a negative answer.",
            message_fr="Aucune caméra ne voit ce lieu : choisissez-en dans la liste, ou notez une réponse négative.",
            field="cameras",
        )
    if not all(by.permit.over(Right.LOCK, camera) for camera in cameras):
        raise _beyond("cameras")
    kind = HoldKind.TELEPHONE if requisition.inquiry.lacks else HoldKind.INQUIRY
    until_at_us = 0 if kind is HoldKind.TELEPHONE else _inquiry_until_at_us(requisition)
    with transaction.atomic():
        asked = [_request(requisition, camera, kind, until_at_us=until_at_us) for camera in sorted(cameras)]
        held = hold_all(lockable(asked) or asked, by=by.pk)  # one camera past its retention loses no other's pictures
        detail: dict[str, int | bool | str] = {"cameras": len(held), "until_at_us": held[0].until_at_us}
        told = Told(kind=StepKind.LOCKED, code=kind.value, detail=detail, register=Register.LOCK)
        record(requisition, told, by=by, at_us=at_us)
    return held


def _request(requisition: Requisition, camera: str, kind: HoldKind, *, until_at_us: int) -> HoldRequest:
    return HoldRequest(
        id=hold_id(requisition.pk, camera),
        camera=camera,
        from_at_us=requisition.from_at_us,
        to_at_us=requisition.to_at_us,
        until_at_us=until_at_us,
        subject=f"{requisition.pk} {requisition.facts}",
        kind=kind,
        requisition=requisition,
        called_at_us=requisition.opened_at_us,
    )


def _inquiry_until_at_us(requisition: Requisition) -> int:
    """The end of the inquiry's locks as they stand, else `INQUIRY_DAYS` from now."""
    ends = requisition.holds.filter(kind=HoldKind.INQUIRY.value, released_at_us__isnull=True)
    known = max(ends.values_list("until_at_us", flat=True), default=0)
    return max(known, _day_after_us(day_of(from_us(clock.now_us()), town_zone()) + timedelta(days=INQUIRY_DAYS)))


def _day_after_us(last_on: date) -> int:
    return to_us(day_starts_at(last_on + timedelta(days=1), town_zone()))


def extend(requisition: Requisition, until_on: date, *, by: Agent, at_us: int = 0) -> None:
    """The inquiry asks for the pictures until the end of a day, some months away at most; renewable.

    Errors: BarredByLaw without a whole inquiry and its reference, InvalidInput for a day that is past or too far.
    """
    _check_open(requisition)
    hold_rules.check_renewal(requisition.inquiry, requisition.procedure)
    until_at_us = _day_after_us(until_on)
    if until_at_us <= clock.now_us():
        raise InvalidInput(
            "This day is past; write a day to come.",
            message_fr="Ce jour est passé ; écrivez un jour à venir.",
            field="until_on",
        )
    cameras = _still_there(requisition)
    if not cameras:
        raise InvalidInput(
            "Nothing is locked: lock the cameras first.",
            message_fr="Rien n'est verrouillé : verrouillez d'abord les caméras.",
            field="until_on",
        )
    with transaction.atomic():
        hold_all(
            [_request(requisition, camera, HoldKind.INQUIRY, until_at_us=until_at_us) for camera in cameras], by=by.pk
        )
        detail: dict[str, int | bool | str] = {"cameras": len(cameras), "until_at_us": until_at_us}
        record(requisition, Told(kind=StepKind.EXTENDED, detail=detail, register=Register.LOCK), by=by, at_us=at_us)


def lift(requisition: Requisition, cameras: Iterable[str] | None = None, *, by: Agent | None, at_us: int = 0) -> None:
    """Lifts the locks of a requisition, of all its cameras or of some."""
    rows = requisition.holds.filter(released_at_us__isnull=True)
    found = list(rows if cameras is None else rows.filter(camera__in=list(cameras)))
    if not found:
        return
    with transaction.atomic():
        release(found, by=by.pk if by else "system")
        told = Told(kind=StepKind.RELEASED, detail={"cameras": len(found)}, register=Register.LOCK)
        record(requisition, told, by=by, at_us=at_us)


# -- what was received --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A written requisition. What is empty stays to be completed; the lock stays too."""

    officer: str = ""
    unit: str = ""
    frame: str = ""
    procedure: str = ""
    dated_on: date | None = None
    asked_by_on: date | None = None
    until_on: date | None = None


def receive(requisition: Requisition, received: Received, *, by: Agent, at_us: int = 0) -> None:
    """Writes the fields of the requisition; once they name an inquiry, its locks are the inquiry's.

    Errors: InvalidInput for an unknown frame or a date to come.
    """
    _check_open(requisition)
    at_us = at_us or clock.now_us()
    today_on = day_of(from_us(clock.now_us()), town_zone())
    if received.dated_on and received.dated_on > today_on:
        raise InvalidInput(
            "A requisition is not dated in the future.",
            message_fr="Une réquisition n'est pas datée de l'avenir.",
            field="dated_on",
        )
    if received.frame:
        frame_of(received.frame, received.dated_on or today_on)
    for name in ("officer", "unit", "frame", "procedure", "dated_on", "asked_by_on"):
        if value := getattr(received, name):
            setattr(requisition, name, value)
    with transaction.atomic():
        requisition.save()
        _tie(requisition, received.until_on, by)
        code = requisition.frame
        detail: dict[str, int | bool | str] = {"is_whole": not requisition.inquiry.lacks}
        record(requisition, Told(kind=StepKind.RECEIVED, code=code, detail=detail), by=by, at_us=at_us)


def _tie(requisition: Requisition, until_on: date | None, by: Agent) -> None:
    """Telephone locks become the inquiry's, in one go with its fields."""
    cameras = _still_there(requisition)
    if requisition.inquiry.lacks or not cameras:
        return
    until_at_us = _day_after_us(until_on) if until_on else _inquiry_until_at_us(requisition)
    hold_all([_request(requisition, camera, HoldKind.INQUIRY, until_at_us=until_at_us) for camera in cameras], by=by.pk)


def _still_there(requisition: Requisition) -> list[str]:
    """Cameras locked for it whose pictures may exist: their lock lasts, or ended before their retention did."""
    now_us = clock.now_us()
    return [
        row.camera_id
        for row in requisition.holds.filter(released_at_us__isnull=True)
        if row.until_at_us > now_us or cases.may_exist(requisition, [row.camera_id])
    ]


def call_back(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """The caller was called back through the switchboard: they are who they said."""
    _check_open(requisition)
    record(requisition, Told(kind=StepKind.CALLED_BACK), by=by, at_us=at_us)


# -- cameras, replay, result --------------------------------------------------------------------------------


def choose(requisition: Requisition, picks: Mapping[str, str], *, by: Agent, at_us: int = 0) -> None:
    """Keeps cameras (an empty reason) or sets them aside with one; kept ones are locked in the same transaction.

    Errors: InvalidInput of none or for a reason not in the list, NotPermitted beyond the right to lock.
    """
    _check_open(requisition)
    if not picks:
        raise InvalidInput(
            "Keep or set aside one camera at least.",
            message_fr="Retenez ou écartez au moins une caméra.",
            field="cameras",
        )
    for reason in picks.values():
        if reason:
            _checked(Aside, reason, field="reason")
    if not all(by.permit.over(Right.LOCK, camera) for camera in picks):
        raise _beyond("cameras")
    at_us = at_us or clock.now_us()
    kept = [camera for camera, reason in picks.items() if not reason]
    with transaction.atomic():
        Choice.objects.bulk_create(
            Choice(requisition=requisition, camera_id=camera, is_kept=not reason, reason=reason, by=by, at_us=at_us)
            for camera, reason in picks.items()
        )
        unheld = [camera for camera in kept if not cases.is_held(requisition, camera)]
        if unheld and cases.may_exist(requisition, unheld):
            lock(requisition, unheld, by=by, at_us=at_us)
        detail: dict[str, int | bool | str] = {"kept": len(kept), "aside": len(picks) - len(kept)}
        record(requisition, Told(kind=StepKind.CHOSEN, detail=detail), by=by, at_us=at_us)


def note_replay(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """The cameras kept were looked at. What was looked at is in the journal, under the requisition's number.

    Errors: Conflict when no camera is chosen yet.
    """
    _check_open(requisition)
    if not requisition.choices.exists():
        raise Conflict("Choose the cameras first.", message_fr="Choisissez d'abord les caméras.", field="cameras")
    record(requisition, Told(kind=StepKind.REPLAYED), by=by, at_us=at_us)


def conclude(requisition: Requisition, result: str, reasons: Sequence[str] = (), *, by: Agent, at_us: int = 0) -> None:
    """What the replay gave. A negative or partial result says why; a negative keeps no camera to hand over.

    Errors: InvalidInput naming what is missing.
    """
    _check_open(requisition)
    found = Result(_checked(Result, result, field="result"))
    why = [_checked(Negative, reason, field="reasons") for reason in reasons]
    if found is not Result.IMAGES and not why:
        raise InvalidInput(
            "A partial or negative answer says why: out of field, failure, overwritten, dark, masked, nothing seen.",
            message_fr="Une réponse partielle ou négative dit pourquoi : hors champ, panne, effacée, trop sombre, "
            "masquée, rien vu.",
            field="reasons",
        )
    if found is not Result.NEGATIVE and not cases.kept(requisition):
        raise InvalidInput(
            "Pictures come from cameras: keep one at least, or answer negatively.",
            message_fr="Des images viennent de caméras : retenez-en au moins une, ou répondez par la négative.",
            field="result",
        )
    detail: dict[str, int | bool | str] = {f"why_{index}": one for index, one in enumerate(sorted(set(why)))}
    record(requisition, Told(kind=StepKind.RESULT, code=found.value, detail=detail), by=by, at_us=at_us)


def attend(requisition: Requisition, recipient: Recipient, *, by: Agent, at_us: int = 0) -> None:
    """An OPJ begins to look on site, under the session of `by`: a communication, journalled. Source: CSI R. 253-5.

    Errors: Conflict when one looks already.
    """
    _check_open(requisition)
    if cases.attending(requisition) is not None:
        raise Conflict(
            "Somebody looks already under this requisition; end that first.",
            message_fr="Quelqu'un consulte déjà sous cette réquisition ; terminez d'abord.",
            field="recipient",
        )
    told = Told(kind=StepKind.ATTENDED, code=recipient.pk, recipient=recipient.pk)
    record(requisition, told, by=by, at_us=at_us)


def attend_end(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """The OPJ is done looking.

    Errors: Conflict when nobody looks.
    """
    found = cases.attending(requisition)
    if found is None:
        raise Conflict(
            "Nobody looks under this requisition.", message_fr="Personne ne consulte sous cette réquisition."
        )
    told = Told(kind=StepKind.ATTENDED_END, code=found.code, recipient=found.code)
    record(requisition, told, by=by, at_us=at_us)


def _checked(kinds: type[Aside] | type[Negative] | type[Result], code: str, *, field: str) -> str:
    if code not in {kind.value for kind in kinds}:
        raise InvalidInput(
            f"“{code[:40]}” is not in the list; choose from it.",
            message_fr=f"« {code[:40]} » n'est pas dans la liste ; choisissez-y.",
            field=field,
        )
    return code


def _check_open(requisition: Requisition) -> None:
    if requisition.steps.filter(kind=StepKind.CLOSED.value).exists():
        raise Conflict(
            f"{requisition.pk} is closed; note a new call if the inquiry asks again.",
            message_fr=f"{requisition.pk} est close ; notez un nouvel appel si l'enquête redemande.",
        )
