"""Reads of the journal: lines newest first, the state of its proofs, the proof of one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from beffroi.core import merkle
from beffroi.core.errors import NotFound
from beffroi.core.merkle import Frontier
from beffroi.journal import rules
from beffroi.journal.models import Anchor, Head, Line, Tile, Witness
from beffroi.journal.rules import HeadStatement

ROW = (
    *("index", "at_us", "register", "action", "author", "reason", "recipient", "camera", "subject"),
    *("detail", "salt", "seal"),
)
"""Columns of a line, in the order of its content."""
_FIELDS = 9


def content_of(row: Sequence[Any]) -> bytes:
    """The bytes of a stored line, from a `ROW`."""
    return rules.content(tuple(row[:_FIELDS]), row[_FIELDS])


def leaf_of(row: Sequence[Any]) -> bytes:
    """The hash of a stored line, from a `ROW`."""
    return rules.leaf(bytes(row[_FIELDS + 1]), content_of(row))


def statement_of(head: Head) -> HeadStatement:
    """What a stored head says."""
    return HeadStatement(
        number=head.number,
        size=head.size,
        root=bytes(head.root),
        at_us=head.at_us,
        previous=bytes(head.previous),
    )


# -- lines --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines; an empty field asks nothing. Instants are half-open."""

    register: str = ""
    camera: str = ""
    author: str = ""
    from_at_us: int = 0
    to_at_us: int = 0


def lines(wanted: Wanted) -> QuerySet[Line]:
    """Lines, newest first."""
    asked = Q()
    for name in ("register", "camera", "author"):
        if value := getattr(wanted, name):
            asked &= Q(**{name: value})
    if wanted.from_at_us:
        asked &= Q(at_us__gte=wanted.from_at_us)
    if wanted.to_at_us:
        asked &= Q(at_us__lt=wanted.to_at_us)
    return Line.objects.filter(asked).order_by("-index")


# -- proofs -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a line stands under a signed head: enough to check without the journal. Hashes are bytes."""

    index: int
    content: bytes
    salt: bytes
    path: tuple[bytes, ...]
    head: HeadStatement
    signature: bytes
    token: bytes


def proof(index: int) -> Proof:
    """The proof of one line under the newest head.

    Errors: NotFound when there is no such line, or no head covers it yet.
    """
    row = Line.objects.filter(index=index).values_list(*ROW).first()
    head = Head.objects.order_by("number").last()
    if row is None or head is None or index >= head.size:
        raise NotFound(
            "No signed head covers this line: it was pruned, or came less than a minute ago.",
            message_fr="Aucune tête signée ne couvre cette ligne : elle est purgée, ou date de moins d'une minute.",
            field="line",
        )
    known = _known(index, head)
    return Proof(
        index=index,
        content=content_of(row),
        salt=bytes(row[_FIELDS + 1]),
        path=tuple(merkle.inclusion(index, head.size, lambda start, end: known.get((start, end)))),
        head=statement_of(head),
        signature=bytes(head.signature),
        token=bytes(head.token),
    )


def _known(index: int, head: Head) -> dict[tuple[int, int], bytes]:
    """Subtrees at hand: what the anchor's frontier keeps, the tiles, the lines of at most three tiles."""
    anchor = Anchor.objects.first()
    known = Frontier.of(anchor.size, bytes(anchor.frontier)).spans() if anchor else {}
    start = anchor.size if anchor else 0
    size = merkle.TILE_LEAVES
    for number, root in Tile.objects.values_list("number", "root"):
        known[number * size, (number + 1) * size] = bytes(root)
    wanted = Q()
    for tile in {start // size, index // size, (head.size - 1) // size}:
        wanted |= Q(index__gte=tile * size, index__lt=(tile + 1) * size)
    for row in Line.objects.filter(wanted, index__lt=head.size).values_list(*ROW):
        known[row[0], row[0] + 1] = leaf_of(row)
    return known


# -- state --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What proves the journal now. `witness_waits_us`: age of the oldest head a witness has not, None without one."""

    size: int
    first: int
    head: Head | None
    stamped: Head | None
    has_witness: bool
    witness_waits_us: int
    split_number: int | None = None
    """First head that a witness knows otherwise: an alarm, and it stays."""

    @property
    def last(self) -> int:
        """Index of the last line, -1 of none."""
        return self.size - 1

    @property
    def is_witness_late(self) -> bool:
        """An alarm."""
        return self.witness_waits_us > rules.WITNESS_LATE_US


def state(now_us: int) -> State:
    """Heads, witness and third-party time as they stand."""
    anchor = Anchor.objects.first()
    last = Line.objects.order_by("index").last()
    config = settings.BEFFROI.journal
    names = [name for name, is_set in (("folder", config.witness), ("url", config.witness_url)) if is_set]
    return State(
        size=last.index + 1 if last else 0,
        first=anchor.size if anchor else 0,
        head=Head.objects.order_by("number").last(),
        stamped=Head.objects.exclude(token=b"").order_by("number").last(),
        has_witness=bool(names),
        witness_waits_us=max((_waits_us(name, now_us) for name in names), default=0),
        split_number=Witness.objects.filter(split_number__isnull=False)
        .order_by("split_number")
        .values_list("split_number", flat=True)
        .first(),
    )


def _waits_us(name: str, now_us: int) -> int:
    known = Witness.objects.filter(pk=name).first()
    oldest = Head.objects.filter(number__gte=known.next_number if known else 0).order_by("number").first()
    return now_us - oldest.at_us if oldest else 0
