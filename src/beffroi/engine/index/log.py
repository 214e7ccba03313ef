"""The Merkle log of a disk: one leaf for each sealed encrypted file. Source: RFC 9162 §2.1, design/keys.md.

leaf = SHA-256(0x00 ‖ salt ‖ camera ‖ stream ‖ start UTC ‖ start ticks ‖ decoder record ‖ fragment digests), each text
behind its 16-bit length, numbers as signed 64 bits, the record behind its 32-bit length.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import struct
from dataclasses import dataclass

from beffroi.core.merkle import HASH_BYTES, TILE_LEAVES, Frontier, inclusion, node, root_of, split
from beffroi.engine.index.events import FileSeat

SALT_BYTES = 16
NO_DIGEST = bytes(HASH_BYTES)
"""Of a fragment that nobody could hash: recovered without its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The first `size` leaves have this root."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProof:
    """`path` leads from `leaf_hash`, leaf number `leaf`, to the root of `head`."""

    salt: bytes
    digests: bytes
    leaf: int
    leaf_hash: bytes
    head: LogHead
    path: list[bytes]


def leaf_hash(seat: FileSeat, salt: bytes, digests: bytes) -> bytes:
    """What the log keeps of a file."""
    texts = b"".join(
        struct.pack(">H", len(text)) + text for text in (seat.key.camera.encode(), seat.key.stream.value.encode())
    )
    record = seat.config.decoder_record
    fixed = struct.pack(">qqI", seat.start_at_us, seat.start_ticks90k, len(record))
    return hashlib.sha256(b"\x00" + salt + texts + fixed + record + digests).digest()


class LeafLog:
    """The writer's side; every method runs inside the index writer's transaction and connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, file_id: int, digests: bytes) -> None:
        """Store the digests of a file so far; its salt is made with the first."""
        self._connection.execute(
            """INSERT INTO proof (file_id, salt, digests) VALUES (?, ?, ?)
               ON CONFLICT (file_id) DO UPDATE SET digests = excluded.digests""",
            (file_id, secrets.token_bytes(SALT_BYTES), digests),
        )

    def digests(self, file_id: int) -> bytearray:
        """Those stored of a file."""
        row = self._connection.execute("SELECT digests FROM proof WHERE file_id = ?", (file_id,)).fetchone()
        return bytearray(row[0] if row else b"")

    def append(self, seat: FileSeat) -> None:
        """The leaf of a file that was just sealed; none of a plain one, no second one."""
        row = self._connection.execute(
            "SELECT salt, digests FROM proof WHERE file_id = ? AND leaf IS NULL", (seat.id,)
        ).fetchone()
        if row is None:
            return
        found = leaf_hash(seat, *row)
        frontier = _frontier(self._connection)
        number = frontier.size
        tile = frontier.add(found)
        self._connection.execute("INSERT INTO leaf (number, hash) VALUES (?, ?)", (number, found))
        if tile is not None:
            self._connection.execute("INSERT INTO tile (number, root) VALUES (?, ?)", (number // TILE_LEAVES, tile))
        self._connection.execute("DELETE FROM frontier")
        self._connection.execute("INSERT INTO frontier VALUES (?, ?)", (frontier.size, frontier.packed()))
        self._connection.execute("UPDATE proof SET leaf = ? WHERE file_id = ?", (number, seat.id))
        self._connection.execute("UPDATE file SET leaf_hash = ? WHERE id = ?", (found, seat.id))

    def head(self) -> LogHead:
        """As it stands."""
        return head_of(self._connection)


def forget_leaves(connection: sqlite3.Connection, numbers: list[int]) -> None:
    """Leaves of whole tiles that no file needs any more: the tile's root stands for them."""
    size = _frontier(connection).size
    for tile in {number // TILE_LEAVES for number in numbers}:
        span = (tile * TILE_LEAVES, (tile + 1) * TILE_LEAVES)
        if span[1] > size:
            continue
        lives = connection.execute("SELECT 1 FROM proof WHERE leaf >= ? AND leaf < ? LIMIT 1", span).fetchone()
        if lives is None:
            connection.execute("DELETE FROM leaf WHERE number >= ? AND number < ?", span)


def head_of(connection: sqlite3.Connection) -> LogHead:
    """Size and root of the log."""
    frontier = _frontier(connection)
    return LogHead(size=frontier.size, root=frontier.root())


def _frontier(connection: sqlite3.Connection) -> Frontier:
    row = connection.execute("SELECT size, roots FROM frontier").fetchone()
    return Frontier.of(*row) if row else Frontier()


class LogProofs:
    """Ways of leaves to the root of the first `size` leaves: the head of now, or one that was told before."""

    def __init__(self, connection: sqlite3.Connection, size: int) -> None:
        """Errors: LookupError when the log never had so many leaves."""
        frontier = _frontier(connection)
        if not 0 < size <= frontier.size:
            raise LookupError(f"a head of {size} leaves")
        self._connection, self._size = connection, size
        self._known = frontier.spans() if size == frontier.size else {}
        for number, root in connection.execute("SELECT number, root FROM tile"):
            self._known[number * TILE_LEAVES, (number + 1) * TILE_LEAVES] = bytes(root)

    def head(self) -> LogHead:
        """The head that the ways lead to."""
        return LogHead(size=self._size, root=root_of(0, self._size, self._root))

    def path(self, leaf: int) -> list[bytes]:
        """Errors: LookupError when neither leaf nor tile is at hand."""
        return inclusion(leaf, self._size, self._root)

    def _root(self, start: int, end: int) -> bytes | None:
        """What is at hand; larger subtrees are put together once and remembered: proofs share them."""
        span = start, end
        if span not in self._known:
            if end - start == 1:
                row = self._connection.execute("SELECT hash FROM leaf WHERE number = ?", (start,)).fetchone()
                return bytes(row[0]) if row else None
            middle = split(start, end)
            self._known[span] = node(root_of(start, middle, self._root), root_of(middle, end, self._root))
        return self._known[span]
