"""Lines past their term go, with their salts. Source: CSI R. 253-5 (three years at most)."""

from __future__ import annotations

import contextlib

from django.conf import settings
from django.db import OperationalError, connection, transaction

from beffroi.journal import rules
from beffroi.journal.models import Anchor, Head, Line, Tile
from beffroi.journal.rules import AnchorStatement, Entry, Register
from beffroi.journal.services.entries import append_all, locked_tail

_LINES_A_STEP = 5_000
"""A step is one transaction, short enough for those who wait for the end of the journal."""


def prune(now_us: int) -> int:
    """Deletes what is older than `journal.keep_months`, in steps that each leave a whole journal; lines deleted."""
    before_us = rules.prune_before_us(now_us, settings.BEFFROI.journal.keep_months)
    gone = 0
    while (step := _prune_once(before_us, now_us)) is not None:
        gone += step
    if gone:
        _wipe()
    return gone


def _prune_once(before_us: int, now_us: int) -> int | None:
    with transaction.atomic():
        tail = locked_tail(settings.SITE_KEY.journal_seal_key)
        old = Anchor.objects.first()
        start = old.size if old else 0
        kept = Line.objects.filter(at_us__gte=before_us).order_by("index").values_list("index", flat=True).first()
        head = _next_anchor(start, tail.size if kept is None else kept)
        if head is None:
            return None
        _anchor(head, now_us)
        Line.objects.filter(index__lt=head.size).delete()
        Tile.objects.filter(number__lt=head.size >> 8).delete()
        Head.objects.filter(number__lt=head.number).delete()
        told = {"lines": head.size - start, "from_line": start, "head": head.number}
        append_all([Entry(register=Register.JOURNAL, action="journal.prune", author="system", detail=told)])
    return head.size - start


def _next_anchor(start: int, end: int) -> Head | None:
    """The newest head that fits one step, else the next one; None when no head lies in (start, end]."""
    heads = Head.objects.filter(size__gt=start, size__lte=end)
    return heads.filter(size__lte=start + _LINES_A_STEP).order_by("number").last() or heads.order_by("number").first()


def _anchor(head: Head, now_us: int) -> None:
    last_gone = Line.objects.get(index=head.size - 1)
    statement = AnchorStatement(
        number=head.number,
        size=head.size,
        root=bytes(head.root),
        seal=bytes(last_gone.seal),
        pruned_at_us=now_us,
    )
    values = {
        "number": statement.number,
        "size": statement.size,
        "root": statement.root,
        "seal": statement.seal,
        "frontier": bytes(head.frontier),
        "pruned_at_us": now_us,
        "signature": settings.SITE_KEY.journal_head_key.sign(statement.text),
    }
    Anchor.objects.update_or_create(pk=1, defaults=values)


def _wipe() -> None:
    """Leaves no copy of a deleted line behind: SQLite's log is emptied, PostgreSQL's dead rows are removed."""
    if connection.in_atomic_block:
        return
    with contextlib.suppress(OperationalError), connection.cursor() as cursor:  # busy: the next day's does it
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("VACUUM journal_line")
