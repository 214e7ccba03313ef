"""Writes of the logbook. Each is a row and a line of the journal; no row is ever changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput, NotFound
from beffroi.core.instants import from_us
from beffroi.journal.rules import prune_before_us
from beffroi.journal.services import Entry as JournalEntry
from beffroi.journal.services import Register, append
from beffroi.operate.logbook import rules
from beffroi.operate.logbook.codes import code_of
from beffroi.operate.logbook.models import LogLine, LogTelling, LogYear
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone

clock = SystemClock()
PLACE_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a line tells. `place` empty: the camera's site."""

    seen_at_us: int
    code: str
    source: str
    action: str
    camera: str = ""
    place: str = ""
    fact: str = ""


def note(seen: Seen, *, by: Agent, at_us: int = 0) -> LogLine:
    """A new line.

    Errors: InvalidInput naming the field, NotFound for a camera beyond this agent's.
    """
    return _write(seen, None, by=by, at_us=at_us or clock.now_us())


def correct(line: LogLine, seen: Seen, *, by: Agent, at_us: int = 0) -> LogLine:
    """A new line that stands for `line` from now on; `line` stays as it was written.

    Errors: as `note`; Conflict when another correction came first.
    """
    if LogLine.objects.filter(origin=line.origin, rank__gt=line.rank).exists():
        raise Conflict(
            "Somebody corrected this line meanwhile; correct theirs.",
            message_fr="Quelqu'un a corrigé cette ligne entre-temps ; corrigez la sienne.",
            field="number",
        )
    return _write(seen, line, by=by, at_us=at_us or clock.now_us())


def _write(seen: Seen, corrected: LogLine | None, *, by: Agent, at_us: int) -> LogLine:
    _check(seen, corrected, by=by, now_us=at_us)
    place = seen.place.strip() or Camera.objects.select_related("site").get(pk=seen.camera).site.name
    year = day_of(from_us(at_us), town_zone()).year
    with transaction.atomic():
        LogYear.objects.get_or_create(pk=year)
        counter = LogYear.objects.select_for_update().get(pk=year)
        counter.last_rank += 1
        counter.save()
        number = rules.number_of(year, counter.last_rank)
        row = LogLine.objects.create(
            number=number,
            origin=corrected.origin if corrected else number,
            rank=year * 1_000_000 + counter.last_rank,
            camera_id=seen.camera or None,
            place=place,
            by=by,
            at_us=at_us,
            **{name: getattr(seen, name) for name in ("seen_at_us", "code", "source", "action", "fact")},
        )
        append(_told("logbook.corrected" if corrected else "logbook.noted", row, seen, by=by))
    return row


def _check(seen: Seen, corrected: LogLine | None, *, by: Agent, now_us: int) -> None:
    code_of(seen.code)
    for name, known in (("source", rules.Source), ("action", rules.Action)):
        if getattr(seen, name) not in {one.value for one in known}:
            raise _not_in_list(name)
    if corrected is None or seen.seen_at_us > now_us:
        rules.check_instant(seen.seen_at_us, now_us)
    rules.check_fact(seen.fact)
    if seen.camera and not (Camera.objects.filter(pk=seen.camera).exists() and by.permit.over(Right.LOCK, seen.camera)):
        raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="camera")
    if not seen.camera and not seen.place.strip():
        raise InvalidInput("Write the place.", message_fr="Écrivez le lieu.", field="place")
    if len(seen.place) > PLACE_MAX or not seen.place.isprintable():
        raise InvalidInput(
            f"Write at most {PLACE_MAX} characters, on one line.",
            message_fr=f"Écrivez {PLACE_MAX} caractères au plus, sur une ligne.",
            field="place",
        )


def _not_in_list(name: str) -> InvalidInput:
    return InvalidInput("Choose from the list.", message_fr="Choisissez dans la liste.", field=name)


def _told(action: str, row: LogLine, seen: Seen, *, by: Agent) -> JournalEntry:
    """The line's code and digest: who changes a row is found out."""
    whole = json.dumps(asdict(seen) | {"place": row.place}, sort_keys=True, ensure_ascii=False)
    return JournalEntry(
        register=Register.COMMUNICATION,
        action=action,
        author=by.pk,
        camera=seen.camera,
        subject=row.pk,
        detail={"code": seen.code, "origin": row.origin, "sha256": hashlib.sha256(whole.encode()).hexdigest()},
    )


def tell(line: LogLine, service: str, means: str, *, by: Agent, told_at_us: int = 0, at_us: int = 0) -> LogTelling:
    """An OPJ was told of what a line tells. Source: CPP 21-2.

    Errors: InvalidInput for a service or a way that is not in the list, or an instant before what was seen.
    """
    at_us = at_us or clock.now_us()
    told_at_us = told_at_us or at_us
    if service not in {one.value for one in rules.Service}:
        raise _not_in_list("service")
    if means not in {one.value for one in rules.Means}:
        raise _not_in_list("means")
    if not line.seen_at_us <= told_at_us <= at_us:
        raise InvalidInput(
            "The OPJ was told after it was seen, and not in the future.",
            message_fr="L'OPJ est avisé après que cela a été vu, et pas dans l'avenir.",
            field="told_at",
        )
    with transaction.atomic():
        row = LogTelling.objects.create(
            origin=line.origin, service=service, means=means, told_at_us=told_at_us, by=by, at_us=at_us
        )
        elapsed_s = (told_at_us - line.seen_at_us) // 1_000_000
        append(
            JournalEntry(
                register=Register.COMMUNICATION,
                action="logbook.told",
                author=by.pk,
                recipient=service,
                camera=line.camera_id or "",
                subject=line.origin,
                detail={"means": means, "told_at_us": told_at_us, "elapsed_s": elapsed_s},
            )
        )
    return row


def purge_due(now_us: int) -> int:
    """Lines older than the journal is kept are deleted, with what corrects them and their tellings; how many."""
    before_us = prune_before_us(now_us, settings.BEFFROI.journal.keep_months)
    origins = set(LogLine.objects.filter(at_us__lt=before_us).values_list("origin", flat=True))
    origins -= set(LogLine.objects.filter(at_us__gte=before_us).values_list("origin", flat=True))
    if not origins:
        return 0
    with transaction.atomic():
        LogTelling.objects.filter(origin__in=origins).delete()
        count, _ = LogLine.objects.filter(origin__in=origins).delete()
        append(
            JournalEntry(register=Register.ERASURE, action="logbook.purged", author="system", detail={"lines": count})
        )
    return count
