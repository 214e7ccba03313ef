"""Signed heads: every minute in which lines came, and at least every hour. Source: design/journal.md."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.db import transaction

from beffroi.core.errors import DataLoss
from beffroi.core.instants import US_PER_S
from beffroi.core.merkle import Frontier
from beffroi.journal import rules
from beffroi.journal.models import Anchor, Head, Line, Tile
from beffroi.journal.queries import ROW, leaf_of, statement_of
from beffroi.journal.rules import HeadStatement
from beffroi.journal.services.entries import keep_tail, locked_tail

HEAD_EVERY_US = 3600 * US_PER_S
_LINES_MAX = 50_000
"""A head is one transaction; more lines wait for the next one, at once."""


def sign_head(now_us: int) -> Head | None:
    """Signs what came since the last head; the newest head it made, None when there was nothing to sign yet.

    Errors: DataLoss when the last head does not fit what it should stand on; `beffroi journal verify` says where.
    """
    made = None
    while (head := _sign_once(now_us)) is not None:
        made = head
    return made


def _sign_once(now_us: int) -> Head | None:
    """One head more. Lines are hashed before the lock is taken: they never change."""
    last = Head.objects.order_by("number").last()
    frontier = _frontier(last)
    tiles = _grow(frontier)
    is_due = last is None or frontier.size > last.size or now_us - last.at_us >= HEAD_EVERY_US
    if not is_due or frontier.size == 0:
        return None
    key = settings.SITE_KEY.journal_seal_key
    with transaction.atomic():
        tail = locked_tail(key)
        if tail.heads != (last.number + 1 if last else 0):
            return None  # another worker signed meanwhile
        head = _signed(last, frontier, now_us)
        head.save(force_insert=True)
        Tile.objects.bulk_create(tiles)
        keep_tail(replace(tail, heads=tail.heads + 1), key)
    return head


def _frontier(last: Head | None) -> Frontier:
    if last is None:
        if Anchor.objects.exists():
            raise _lost()
        return Frontier()
    try:
        frontier = Frontier.of(last.size, bytes(last.frontier))
    except ValueError:
        raise _lost() from None
    if frontier.root() != bytes(last.root):
        raise _lost()
    return frontier


def _lost() -> DataLoss:
    return DataLoss(
        "The last head of the journal is missing or changed; no other is signed over it. Run `beffroi journal verify`.",
        message_fr="La dernière tête du journal manque ou a été modifiée ; aucune autre n'est signée par-dessus. "
        "Lancez `beffroi journal verify`.",
    )


def _grow(frontier: Frontier) -> list[Tile]:
    """Adds the lines that came, as far as one head goes; the tiles they complete."""
    tiles: list[Tile] = []
    until_us = None
    new = Line.objects.filter(index__gte=frontier.size).order_by("index")[:_LINES_MAX]
    for row in new.values_list(*ROW).iterator(2000):
        until_us = until_us or row[1] + rules.HEAD_SPAN_US
        if row[1] > until_us:
            break
        if row[0] != frontier.size:
            raise _lost()
        tile = frontier.add(leaf_of(row))
        if tile is not None:
            tiles.append(Tile(number=row[0] >> 8, root=tile))
    return tiles


def _signed(last: Head | None, frontier: Frontier, now_us: int) -> Head:
    statement = HeadStatement(
        number=last.number + 1 if last else 0,
        size=frontier.size,
        root=frontier.root(),
        at_us=max(now_us, last.at_us if last else 0),
        previous=rules.chain(statement_of(last).text, bytes(last.signature)) if last else bytes(32),
    )
    return Head(
        number=statement.number,
        size=statement.size,
        root=statement.root,
        at_us=statement.at_us,
        previous=statement.previous,
        frontier=frontier.packed(),
        signature=settings.SITE_KEY.journal_head_key.sign(statement.text),
    )
