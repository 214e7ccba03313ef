"""Facts a node owes web, on its own disk until web has them.

Contract: a fact is durable when `put()` returns; numbers grow by one and never restart; nothing is dropped
without a fact that says how many. Blocking: call it from a thread. Safe from several threads.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beffroi.engine.contract import EngineFact, FactKind

FACTS_MAX = 200_000
"""About 60 MB: more than a month of a town's gaps and states with web down."""
_DROP_AT_ONCE = 1000
_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS fact (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, at_us INTEGER NOT NULL,
    camera TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS view (
    grant_id TEXT PRIMARY KEY, ends_at_us INTEGER NOT NULL, is_open INTEGER NOT NULL,
    camera TEXT NOT NULL, detail TEXT NOT NULL) WITHOUT ROWID;
"""
_KEPT_LONGEST = (FactKind.VIEW_OPENED, FactKind.VIEW_ENDED, FactKind.FOOTAGE_DESTROYED)

Detail = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """A fact without its number."""

    kind: FactKind
    at_us: int
    camera: str = ""
    detail: Detail


class Outbox:
    """The durable queue, and the views that are open.

    Args:
        starts_at: first number of a queue that is new; an instant, so that a lost outbox begins above what web has.
    """

    def __init__(self, path: Path, *, facts_max: int = FACTS_MAX, starts_at: int = 1) -> None:
        self._facts_max = facts_max
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        self._connection.executescript(_SCHEMA)
        path.chmod(0o600)
        if self._last_seq() < 0:
            self._connection.execute("INSERT INTO sqlite_sequence VALUES ('fact', ?)", (starts_at - 1,))
        (self._count,) = self._connection.execute("SELECT count(*) FROM fact").fetchone()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __len__(self) -> int:
        return int(self._count)

    def put(self, fact: NewFact) -> None:
        """Keep a fact."""
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._put(fact)

    def put_view(self, fact: NewFact, ends_at_us: int) -> None:
        """Keep the opening or the end of a view; an end that was already told is not told twice."""
        self.put_views([(fact, ends_at_us)])

    def put_views(self, views: Sequence[tuple[NewFact, int]]) -> None:
        """As `put_view()` for several, with the ends of their grants, in one commit."""
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for fact, ends_at_us in views:
                if fact.kind is FactKind.VIEW_OPENED:
                    self._open_view(fact, ends_at_us)
                elif not self._end_view(fact):
                    continue
                self._put(fact)

    def _open_view(self, fact: NewFact, ends_at_us: int) -> None:
        self._connection.execute("DELETE FROM view WHERE ends_at_us < ? AND NOT is_open", (fact.at_us,))
        self._connection.execute(
            "INSERT OR REPLACE INTO view VALUES (?, ?, 1, ?, ?)",
            (str(fact.detail["grant"]), ends_at_us, fact.camera, json.dumps(fact.detail)),
        )

    def _end_view(self, fact: NewFact) -> bool:
        query = "UPDATE view SET is_open = 0 WHERE grant_id = ? AND is_open"
        return self._connection.execute(query, (str(fact.detail["grant"]),)).rowcount > 0

    def close_views(self, cause: str, at_us: int) -> int:
        """End every open view: whoever served them is gone. Returns how many."""
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            rows = self._connection.execute("SELECT camera, detail FROM view WHERE is_open").fetchall()
            self._connection.execute("UPDATE view SET is_open = 0")
            for camera, detail in rows:
                opened = json.loads(detail)
                told = {name: opened[name] for name in ("grant", "agent", "kind")}
                ended: Detail = {**told, "cause": cause, "frames": 0, "bytes": 0}
                self._put(NewFact(kind=FactKind.VIEW_ENDED, at_us=at_us, camera=camera, detail=ended))
        return len(rows)

    def opened(self, now_us: int) -> dict[str, int]:
        """Grants that were opened and may still serve, with their ends."""
        with self._lock:
            rows = self._connection.execute("SELECT grant_id, ends_at_us FROM view WHERE ends_at_us > ?", (now_us,))
            return dict(rows.fetchall())

    def oldest(self, limit: int) -> tuple[EngineFact, ...]:
        """The oldest facts, in order."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT seq, kind, at_us, camera, detail FROM fact ORDER BY seq LIMIT ?", (limit,)
            ).fetchall()
        return tuple(
            EngineFact(seq=seq, kind=FactKind(kind), at_us=at_us, camera=camera, detail=json.loads(detail))
            for seq, kind, at_us, camera, detail in rows
        )

    def acked(self, seq: int) -> None:
        """Web has every fact up to `seq`.

        A number never given here means that an earlier outbox of this node was lost: web took our facts for old
        ones, so they are numbered anew, above, and sent again.
        """
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            if seq > self._last_seq():
                self._number_above(seq)
            self._count -= self._connection.execute("DELETE FROM fact WHERE seq <= ?", (seq,)).rowcount

    def _last_seq(self) -> int:
        """The last number given; -1 when the queue is new. Source: SQLite, AUTOINCREMENT."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'fact'").fetchone()
        return int(row[0]) if row else -1

    def _number_above(self, seq: int) -> None:
        oldest = self._connection.execute("SELECT coalesce(min(seq), 1) FROM fact").fetchone()[0]
        shift = seq + 1 - oldest
        # Downwards first: numbers must not meet while they move.
        self._connection.execute("UPDATE fact SET seq = -seq")
        self._connection.execute("UPDATE fact SET seq = ? - seq", (shift,))
        self._connection.execute(
            "UPDATE sqlite_sequence SET seq = max(?, (SELECT coalesce(max(seq), 0) FROM fact)) WHERE name = 'fact'",
            (seq,),
        )

    def _put(self, fact: NewFact) -> None:
        if self._count >= self._facts_max:
            self._make_room(fact.at_us)
        self._insert(fact)

    def _insert(self, fact: NewFact) -> None:
        self._connection.execute(
            "INSERT INTO fact (kind, at_us, camera, detail) VALUES (?, ?, ?, ?)",
            (fact.kind.value, fact.at_us, fact.camera, json.dumps(fact.detail)),
        )
        self._count += 1

    def _make_room(self, at_us: int) -> None:
        """Drop the oldest facts, those the law asks for last, and say in one fact how many are gone by now."""
        told = self._connection.execute(
            "DELETE FROM fact WHERE kind = ? RETURNING detail", (FactKind.FACTS_DROPPED.value,)
        ).fetchall()
        query = f"""DELETE FROM fact WHERE seq IN (
            SELECT seq FROM fact ORDER BY kind IN ({",".join("?" * len(_KEPT_LONGEST))}), seq LIMIT ?)"""  # noqa: S608 -- placeholders only
        kinds = [kind.value for kind in _KEPT_LONGEST]
        at_once = min(_DROP_AT_ONCE, self._facts_max // 4 + 2)
        dropped = self._connection.execute(query, (*kinds, at_once)).rowcount
        self._count -= dropped + len(told)
        total = dropped + sum(int(json.loads(detail)["count"]) for (detail,) in told)
        self._insert(NewFact(kind=FactKind.FACTS_DROPPED, at_us=at_us, detail={"count": total}))
