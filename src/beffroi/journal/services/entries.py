"""An entry, in the transaction of what it tells.

Append last in a transaction: the end of the journal is locked from then to its commit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import DataLoss
from beffroi.journal import rules
from beffroi.journal.models import Anchor, Head, Line, Tail
from beffroi.journal.queries import ROW
from beffroi.journal.rules import Entry, Register, TailState

clock: Clock = SystemClock()
"""Dates the lines; tests put another."""

# Plain SQL: here the ORM would cost three times what the hashing does.
_TAIL = ("size", "seal", "at_us", "clock_us", "heads", "mark")
_SELECT = f"SELECT {', '.join(_TAIL)} FROM journal_tail WHERE id = 1"  # noqa: S608 - names of ours
_UPDATE = f"UPDATE journal_tail SET {', '.join(f'{name} = %s' for name in _TAIL)} WHERE id = 1"  # noqa: S608
_COLUMNS = ", ".join(f'"{name}"' for name in ROW)
_INSERT = f"INSERT INTO journal_line ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(ROW))})"  # noqa: S608


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
        rows, tail = _rows(_with_clock(entries, tail), tail, key)
        with connection.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
        keep_tail(tail, key)
    return tail.size - 1


def locked_tail(key: bytes) -> TailState:
    """The end of the journal, locked until the transaction ends.

    Errors: DataLoss.
    """
    row = _locked_row()
    if row is None:
        row = _made_row(key)
    size, seal, at_us, clock_us, heads, mark = row
    tail = TailState(size=size, seal=bytes(seal), at_us=at_us, clock_us=clock_us, heads=heads)
    if bytes(mark) != tail.mark(key):
        raise DataLoss(
            "The end of the journal was changed by another hand, or the site key is not its own; nothing more is "
            "written. Run `beffroi journal verify`.",
            message_fr="La fin du journal a été modifiée, ou la clé de site n'est pas la sienne ; plus rien n'est "
            "écrit. Lancez `beffroi journal verify`.",
        )
    return tail


def _locked_row() -> tuple[int, bytes, int, int, int, bytes] | None:
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT + lock)
        found: tuple[int, bytes, int, int, int, bytes] | None = cursor.fetchone()
    return found


def _made_row(key: bytes) -> tuple[int, bytes, int, int, int, bytes]:
    """The first end of the journal, or the one that another writer made meanwhile."""
    Tail.objects.bulk_create([Tail(mark=TailState().mark(key))], ignore_conflicts=True)
    row = _locked_row()
    assert row is not None
    if row[0] == 0 and (Line.objects.exists() or Head.objects.exists() or Anchor.objects.exists()):
        raise DataLoss(
            "The end of the journal is missing; nothing more is written. Run `beffroi journal verify`.",
            message_fr="La fin du journal manque ; plus rien n'est écrit. Lancez `beffroi journal verify`.",
        )
    return row


def keep_tail(tail: TailState, key: bytes) -> None:
    """Writes the end, under the lock that `locked_tail` took."""
    values = (tail.size, tail.seal, tail.at_us, tail.clock_us, tail.heads, tail.mark(key))
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, values)


def _with_clock(entries: Sequence[Entry], tail: TailState) -> Sequence[Entry]:
    """The entries, after one that says by how much the clock went back since the last line."""
    back_us = tail.clock_us - clock.now_us()
    if back_us < rules.STEP_BACK_US:
        return entries
    told = Entry(register=Register.CLOCK, action="clock.step-back", author="system", detail={"by_us": back_us})
    return [told, *entries]


def _rows(entries: Sequence[Entry], tail: TailState, key: bytes) -> tuple[list[tuple[Any, ...]], TailState]:
    """A `queries.ROW` for each entry, and the end after them."""
    now_us = clock.now_us()
    at_us = max(now_us, tail.at_us)
    seal, rows = tail.seal, []
    for index, entry in enumerate(entries, tail.size):
        salt, detail = os.urandom(rules.SALT_BYTES), rules.detail_text(entry.detail)
        texts = (entry.action, entry.author, entry.reason, entry.recipient, entry.camera, entry.subject)
        fields = (index, at_us, entry.register.value, *texts)
        seal = rules.seal(key, seal, rules.leaf(salt, rules.content(fields, detail)))
        rows.append((*fields, detail, salt, seal))
    end = TailState(size=tail.size + len(rows), seal=seal, at_us=at_us, clock_us=now_us, heads=tail.heads)
    return rows, end
