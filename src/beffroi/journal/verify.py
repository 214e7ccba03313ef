"""Reads the whole journal again and names every line, head or tile that is not as it was written.

Lines are streamed; each is checked by its seal, every head by its root, signature and chain, the end by its mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import connection

from beffroi.core.merkle import TILE_LEAVES, Frontier
from beffroi.journal import rules, stamps, witness
from beffroi.journal.findings import Finding, Kind, Report
from beffroi.journal.models import Anchor, Head, Line, Tail, Tile
from beffroi.journal.queries import ROW, leaf_of, statement_of
from beffroi.journal.rules import AnchorStatement, TailState

_CHUNK = 5000
_CHAIN = 256
_DETAIL, _SALT, _SEAL = 9, 10, 11


def verify(*, witness_folder: Path | None = None) -> Report:
    """The report of everything from the anchor on; with a folder, compared with what the witness has."""
    with _one_instant():
        report = _Verification().run()
        if witness_folder is not None:
            witness.compare(witness_folder, report)
    return report


@contextmanager
def _one_instant() -> Iterator[None]:
    """All reads see the same moment; appends go on meanwhile. Text that is no UTF-8 any more is read all the same."""
    is_sqlite = connection.vendor == "sqlite"
    is_ours = not connection.in_atomic_block
    connection.ensure_connection()
    raw = connection.connection
    with connection.cursor() as cursor:
        if is_ours:
            cursor.execute("BEGIN" if is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if is_sqlite:
            raw.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        yield
    finally:
        if is_sqlite:
            raw.text_factory = str
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")


class _Verification:
    """One pass. `_seals` are the values that the seal before the next line may have: none when it is lost.

    After a line that was changed it may be the one stored, the one it should have, or, when two lines changed
    places, the one stored before.
    """

    def __init__(self) -> None:
        self._report = Report(findings=[])
        self._key: bytes = settings.SITE_KEY.journal_seal_key
        self._public = settings.SITE_KEY.journal_head_key.public_key()
        self._frontier: Frontier | None = Frontier()
        self._next = 0
        self._at_us = 0
        self._seals: tuple[bytes, ...] = (rules.NO_SEAL,)
        self._is_clean = True
        self._covered = self._signed = 0
        self._stamps: dict[str, str] = {}
        self._stamped: dict[str, Head] = {}
        self._tiles: dict[int, bytes] = {}
        self._late_tiles: list[int] = []

    def run(self) -> Report:
        tail = self._read_tail()
        first_head = self._read_anchor()
        self._tiles = {number: _bytes(root) for number, root in Tile.objects.values_list("number", "root")}
        self._walk(self._signed_heads(first_head, tail), tail)
        self._check_end(tail)
        self._check_tiles()
        stamps.check(self._stamped, self._stamps, first_head=first_head, report=self._report)
        return self._report

    # -- what surrounds the lines -------------------------------------------------------------------------

    def _read_tail(self) -> TailState | None:
        row = Tail.objects.first()
        if row is None:
            if any(model.objects.exists() for model in (Line, Head, Anchor)):
                self._report.add(Finding(kind=Kind.TAIL, detail="missing"))
            return None
        tail = TailState(size=row.size, seal=_bytes(row.seal), at_us=row.at_us, clock_us=row.clock_us, heads=row.heads)
        if _bytes(row.mark) == tail.mark(self._key):
            return tail
        self._report.add(Finding(kind=Kind.TAIL))
        return None

    def _read_anchor(self) -> int:
        """Begins where the journal was pruned; the number of the first head that must be there."""
        row = Anchor.objects.first()
        if row is None:
            return 0
        statement = AnchorStatement(
            number=row.number,
            size=row.size,
            root=_bytes(row.root),
            seal=_bytes(row.seal),
            pruned_at_us=row.pruned_at_us,
        )
        frontier = _frontier(row.size, _bytes(row.frontier))
        is_signed = _is_signed(self._public, statement.text, _bytes(row.signature))
        if not is_signed or frontier is None or frontier.root() != statement.root:
            self._report.add(Finding(kind=Kind.ANCHOR))
            first = Line.objects.order_by("index").values_list("index", flat=True).first()
            self._begin(first or 0, None, ())
            return Head.objects.order_by("number").values_list("number", flat=True).first() or 0
        self._begin(row.size, frontier, (statement.seal,))
        return row.number

    def _begin(self, first: int, frontier: Frontier | None, seals: tuple[bytes, ...]) -> None:
        self._next = self._report.first = first
        self._frontier, self._seals, self._is_clean = frontier, seals, frontier is not None

    def _signed_heads(self, first: int, tail: TailState | None) -> Iterator[Head]:
        """The heads that stand, in order; tells those that do not, are missing, or fork.

        One signature vouches for the heads chained before it: each is checked by itself only when a chunk fails.
        """
        stored = Head.objects.order_by("number").iterator(_CHUNK)
        before: Head | None = None
        wanted = first
        while chunk := list(islice(stored, _CHAIN)):
            is_chained = self._is_signed(chunk[-1]) and all(map(_follows, chunk, chunk[1:]))
            for head in chunk:
                self._tell_missing_heads(wanted, head.number)
                wanted = head.number + 1
                is_signed = is_chained or self._is_signed(head)
                detail = "" if is_signed else "signature"
                if is_signed and before is not None and not (is_chained and head is not chunk[0]):
                    detail = "" if _follows(before, head) else "it does not follow the head before it"
                if detail:
                    self._report.add(Finding(kind=Kind.HEAD, head=head.number, detail=detail))
                if _bytes(head.token):
                    self._stamped[str(head.number)] = head
                before = head if is_signed else None
                self._report.heads += 1
                if is_signed:
                    self._signed = head.size
                    yield head
        self._tell_missing_heads(wanted, tail.heads if tail else wanted)

    def _tell_missing_heads(self, first: int, end: int) -> None:
        for number in range(first, min(end, first + _CHUNK)):
            self._report.add(Finding(kind=Kind.HEAD, head=number, detail="missing"))

    def _is_signed(self, head: Head) -> bool:
        return _is_signed(self._public, statement_of(head).text, _bytes(head.signature))

    # -- lines --------------------------------------------------------------------------------------------

    def _walk(self, waiting: Iterator[Head], tail: TailState | None) -> None:
        end = tail.size if tail else None
        head = self._pass_heads(waiting, next(waiting, None))
        for row in Line.objects.order_by("index").values_list(*ROW).iterator(_CHUNK):
            index = row[0]
            if index < self._next or (end is not None and index >= end):
                self._report.add(Finding(kind=Kind.INSERTED, first=index, last=index))
                continue
            while index > self._next:
                stop = min(index, head.size) if head and head.size > self._next else index
                self._tell_missing(stop)
                head = self._pass_heads(waiting, head)
            self._check_line(row)
            if head is not None and head.size == self._next:
                head = self._pass_heads(waiting, head)
        while head is not None:
            if head.size > self._next:
                self._tell_missing(head.size)
            head = self._pass_heads(waiting, head)

    def _check_line(self, row: Sequence[Any]) -> None:
        index, seal = row[0], _bytes(row[_SEAL])
        try:
            leaf = leaf_of(row)
        except (TypeError, ValueError):
            leaf = b""
        expected = tuple(rules.seal(self._key, before, leaf) for before in self._seals)
        if expected and (not leaf or seal not in expected):
            self._tell(Finding(kind=Kind.CHANGED, first=index, last=index))
            self._seals = (seal, expected[0], *self._seals[:1])
        else:
            self._seals = (seal,)
            if isinstance(row[1], int) and row[1] < self._at_us:
                self._tell(Finding(kind=Kind.BACK_DATED, first=index, last=index))
        self._at_us = row[1] if isinstance(row[1], int) else self._at_us
        if row[3] == "head.stamp":
            self._stamps[row[8]] = row[_DETAIL]
        self._report.lines += 1
        self._next = index + 1
        self._grow(index, leaf)

    def _grow(self, index: int, leaf: bytes) -> None:
        if self._frontier is None or not leaf:
            self._frontier = None
            return
        root = self._frontier.add(leaf)
        if root is None:
            return
        number = index // TILE_LEAVES
        known = self._tiles.pop(number, None)
        if not self._is_clean:
            return
        if known is None:
            self._late_tiles.append(number)
        elif known != root:
            self._tell_tile(number)

    def _tell(self, finding: Finding) -> None:
        self._is_clean = False
        self._report.add(finding)

    def _tell_missing(self, stop: int) -> None:
        """The lines from the next one to `stop` are not there; the one after cannot be checked by its seal."""
        self._tell(Finding(kind=Kind.MISSING, first=self._next, last=stop - 1))
        self._next, self._seals, self._frontier = stop, (), None

    def _tell_tile(self, number: int) -> None:
        first = number * TILE_LEAVES
        self._report.add(Finding(kind=Kind.TILE, first=first, last=first + TILE_LEAVES - 1))

    # -- heads --------------------------------------------------------------------------------------------

    def _pass_heads(self, waiting: Iterator[Head], head: Head | None) -> Head | None:
        """Checks every head that ends here; the next one."""
        while head is not None and head.size <= self._next:
            self._check_head(head)
            head = next(waiting, None)
        return head

    def _check_head(self, head: Head) -> None:
        stored = _frontier(head.size, _bytes(head.frontier))
        is_kept = stored is not None and stored.root() == _bytes(head.root)
        if not is_kept:
            self._report.add(Finding(kind=Kind.HEAD, head=head.number, detail="frontier"))
        if head.size < self._next or head.size < self._report.first:
            return
        if self._is_clean and (self._frontier is None or self._frontier.root() != _bytes(head.root)):
            self._report.add(Finding(kind=Kind.SPAN, first=self._covered_from(), last=head.size - 1, head=head.number))
        if not self._is_clean or self._frontier is None or self._frontier.root() != _bytes(head.root):
            self._frontier = stored if is_kept else None
        self._is_clean = self._frontier is not None
        self._covered = head.size

    def _covered_from(self) -> int:
        return max(self._covered, self._report.first)

    # -- the end ------------------------------------------------------------------------------------------

    def _check_end(self, tail: TailState | None) -> None:
        self._report.unsigned = max(0, self._next - max(self._signed, self._report.first))
        if tail is None:
            return
        if tail.size > self._next:
            self._report.add(Finding(kind=Kind.MISSING, first=self._next, last=tail.size - 1))
        elif self._seals and tail.seal not in self._seals:
            self._report.add(Finding(kind=Kind.CHANGED, first=self._next - 1, last=self._next - 1, detail="seal"))

    def _check_tiles(self) -> None:
        for number in self._late_tiles:
            if (number + 1) * TILE_LEAVES <= self._covered:
                self._tell_tile(number)
        for number in self._tiles:  # nothing of what was read made them
            if (number + 1) * TILE_LEAVES > self._covered or number * TILE_LEAVES < self._report.first:
                self._tell_tile(number)


def _follows(before: Head, head: Head) -> bool:
    if head.size < before.size or head.at_us < before.at_us:
        return False
    chained = rules.chain(statement_of(before).text, _bytes(before.signature))
    return head.number != before.number + 1 or _bytes(head.previous) == chained


def _is_signed(public: Ed25519PublicKey, text: bytes, signature: bytes) -> bool:
    try:
        public.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _frontier(size: int, packed: bytes) -> Frontier | None:
    try:
        return Frontier.of(size, packed)
    except ValueError:
        return None


def _bytes(value: object) -> bytes:
    """A binary column, whatever the database gives when it was tampered with."""
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, bytes | memoryview) else b""
