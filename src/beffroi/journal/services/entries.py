"""An entry, in the transaction of what it tells.

Append last in a transaction: the end of the journal is locked from then to its commit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import DataLoss
from beffroi.journal import rules
from beffroi.journal.models import Anchor, Head, Line, Tail
from beffroi.journal.rules import Entry, Register, TailState

clock: Clock = SystemClock()
"""Dates the lines; tests put another."""


def append(entry: Entry) -> int:
    """Adds one line; its index. See `append_all`."""
    return append_all([entry])


def append_all(entries: Sequence[Entry]) -> int:
    """Adds lines, all or none, inside the caller's transaction if there is one; the index of the last, -1 of none.

    Errors: InvalidInput naming the field that is no code, DataLoss when the end of the journal is gone or was
    written by another hand: nothing of the caller's transaction may then stand.
    """
    if not entries:
        return -1
    for entry in entries:
        rules.check(entry)
    key = settings.SITE_KEY.journal_seal_key
    with transaction.atomic():
        tail = locked_tail(key)
        lines, tail = _lines(_with_clock(entries, tail), tail, key)
        Line.objects.bulk_create(lines)
        keep_tail(tail, key)
    return tail.size - 1


def locked_tail(key: bytes) -> TailState:
    """The end of the journal, locked until the transaction ends.

    Errors: DataLoss.
    """
    row = Tail.objects.select_for_update().first()
    if row is None:
        row = _first_tail(key)
    tail = state_of(row)
    if bytes(row.mark) != tail.mark(key):
        raise DataLoss(
            "The end of the journal was changed by another hand, or the site key is not its own; nothing more is "
            "written. Run `beffroi journal verify`.",
            message_fr="La fin du journal a été modifiée, ou la clé de site n'est pas la sienne ; plus rien n'est "
            "écrit. Lancez `beffroi journal verify`.",
        )
    return tail


def state_of(row: Tail) -> TailState:
    """The stored end, as a value."""
    return TailState(size=row.size, seal=bytes(row.seal), at_us=row.at_us, clock_us=row.clock_us, heads=row.heads)


def _first_tail(key: bytes) -> Tail:
    if Line.objects.exists() or Head.objects.exists() or Anchor.objects.exists():
        raise DataLoss(
            "The end of the journal is missing; nothing more is written. Run `beffroi journal verify`.",
            message_fr="La fin du journal manque ; plus rien n'est écrit. Lancez `beffroi journal verify`.",
        )
    Tail.objects.bulk_create([Tail(mark=TailState().mark(key))], ignore_conflicts=True)
    return Tail.objects.select_for_update().get()


def keep_tail(tail: TailState, key: bytes) -> None:
    """Writes the end, under the lock that `locked_tail` took."""
    Tail.objects.filter(pk=1).update(
        size=tail.size,
        seal=tail.seal,
        at_us=tail.at_us,
        clock_us=tail.clock_us,
        heads=tail.heads,
        mark=tail.mark(key),
    )


def _with_clock(entries: Sequence[Entry], tail: TailState) -> Sequence[Entry]:
    """The entries, after one that says by how much the clock went back since the last line."""
    back_us = tail.clock_us - clock.now_us()
    if back_us < rules.STEP_BACK_US:
        return entries
    told = Entry(register=Register.CLOCK, action="clock.step-back", author="system", detail={"by_us": back_us})
    return [told, *entries]


def _lines(entries: Sequence[Entry], tail: TailState, key: bytes) -> tuple[list[Line], TailState]:
    now_us = clock.now_us()
    at_us = max(now_us, tail.at_us)
    seal, lines = tail.seal, []
    for index, entry in enumerate(entries, tail.size):
        salt, detail = os.urandom(rules.SALT_BYTES), rules.detail_text(entry.detail)
        texts = (entry.action, entry.author, entry.reason, entry.recipient, entry.camera, entry.subject)
        content = rules.content((index, at_us, entry.register.value, *texts), detail)
        seal = rules.seal(key, seal, rules.leaf(salt, content))
        lines.append(
            Line(
                index=index,
                at_us=at_us,
                register=entry.register.value,
                action=entry.action,
                author=entry.author,
                reason=entry.reason,
                recipient=entry.recipient,
                camera=entry.camera,
                subject=entry.subject,
                detail=detail,
                salt=salt,
                seal=seal,
            )
        )
    size = tail.size + len(lines)
    return lines, TailState(size=size, seal=seal, at_us=at_us, clock_us=now_us, heads=tail.heads)
