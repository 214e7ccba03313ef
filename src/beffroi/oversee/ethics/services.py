"""Writes of the charter and of the committee. The journal names a referral by its number, nobody by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import from_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.ethics import charter, queries, rules
from beffroi.oversee.ethics.models import Charter, Pledge, Referral, Seat
from beffroi.oversee.ethics.rules import Asked, Quality
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone

clock = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the committee says, then what the town makes of it."""

    opinion: str = ""
    opinion_on: date | None = None
    follow_up: str = ""
    follow_up_on: date | None = None


def adopt(act: str, adopted_on: date, *, by: Agent, own: str = "") -> Charter:
    """The town adopted the charter, with its own commitments; agents sign this text from now on.

    Errors: InvalidInput for a day to come, Conflict when this very text stands.
    """
    if adopted_on > _today():
        raise InvalidInput(
            "A charter is written down once it is adopted.",
            message_fr="Une charte s'inscrit une fois adoptée.",
            field="adopted_on",
        )
    rules.check_words(own, field="own")
    text = replace(charter.template(), own=own.strip())
    with transaction.atomic():
        if Charter.objects.filter(pk=text.sha256).exists():
            raise Conflict("This very text is adopted already.", message_fr="Ce texte est déjà adopté.", field="own")
        row = Charter.objects.create(
            sha256=text.sha256, content=text.form, act=act.strip(), adopted_on=adopted_on, written_by=by,
            written_at_us=clock.now_us(),
        )  # fmt: skip
        _tell("charter.adopted", by, sha256=row.pk, adopted_on=adopted_on.isoformat())
    return row


def sign(sha256: str, *, by: Agent) -> Pledge:
    """This agent signs the charter that stands; `sha256`: of the text they read.

    Errors: Conflict when there is none, when another was adopted meanwhile, or when they signed it already.
    """
    with transaction.atomic():
        row = queries.standing()
        if row is None or row.pk != sha256:
            raise Conflict(
                "Another charter stands now, or none; read it, then sign it.",
                message_fr="Une autre charte est en vigueur, ou aucune ; lisez-la, puis signez-la.",
            )
        pledge, is_new = Pledge.objects.get_or_create(agent=by, charter=row, defaults={"signed_at_us": clock.now_us()})
        if not is_new:
            raise Conflict("You signed this charter already.", message_fr="Vous avez déjà signé cette charte.")
        _tell("charter.signed", by, register=Register.HABILITATION, sha256=row.pk)
    return pledge


def seat(quality: Quality, act: str, from_on: date, *, by: Agent) -> Seat:
    """Somebody of that quality sits on the committee."""
    rules.check_words(act, field="act")
    with transaction.atomic():
        row = Seat.objects.create(quality=quality.value, act=act.strip(), from_on=from_on, written_by=by)
        _tell("committee.seated", by, quality=quality.value, from_on=from_on.isoformat())
    return row


def end_seat(seat_id: int, *, by: Agent) -> None:
    """That seat is left today. Errors: NotFound, Conflict."""
    with transaction.atomic():
        row = queries.seat(seat_id)
        if row.until_on is not None:
            raise Conflict("This seat is left already.", message_fr="Ce siège est déjà quitté.")
        row.until_on = max(_today(), row.from_on)
        row.save(update_fields=["until_on"])
        _tell("committee.left", by, quality=row.quality)


def refer(quality: Quality, received_on: date, question: str, *, by: Agent) -> Referral:
    """A question for the committee. Errors: InvalidInput naming the field; see `rules.check`."""
    rules.check(Asked(received_on=received_on, question=question), _today())
    year = received_on.year
    with transaction.atomic():
        last = Referral.objects.select_for_update().filter(pk__startswith=f"S-{year}-").order_by("pk").last()
        rank = int(last.pk.rpartition("-")[2]) + 1 if last else 1
        row = Referral.objects.create(
            number=rules.number_of(year, rank), quality=quality.value, received_on=received_on,
            question=question.strip(), written_by=by,
        )  # fmt: skip
        _tell("referral.received", by, row.pk, quality=quality.value)
    return row


def answer(row: Referral, given: Answer, *, by: Agent) -> None:
    """What the committee said, and what came of it. Errors: InvalidInput naming the field; see `rules.check`."""
    written = {name: getattr(given, name) for name in Answer.__dataclass_fields__}
    rules.check(Asked(received_on=row.received_on, question=row.question, **written), _today())
    for name, value in written.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    with transaction.atomic():
        row.save(update_fields=list(written))
        has_opinion, has_follow_up = given.opinion_on is not None, given.follow_up_on is not None
        _tell("referral.answered", by, row.pk, opinion=has_opinion, follow_up=has_follow_up)


def _today() -> date:
    return day_of(from_us(clock.now_us()), town_zone())


def _tell(
    action: str,
    by: Agent,
    subject: str = "",
    *,
    register: Register = Register.CONFIGURATION,
    **detail: int | bool | str,
) -> None:
    append(Entry(register=register, action=action, author=by.pk, subject=subject, detail=detail))
