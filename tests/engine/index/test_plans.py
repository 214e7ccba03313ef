"""No query of a running node reads the whole table: it holds 3.8 million rows on a town's disk."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from beffroi.engine.contract import Hold, StreamName
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.writer import IndexWriter

HOLD = Hold(id="h", from_at_us=5, to_at_us=9, until_at_us=99)
WRITER: dict[str, Callable[[IndexWriter], object]] = {
    "stream_ends": IndexWriter.stream_ends,
    "unfinished": IndexWriter.unfinished,
    "last_file_id": IndexWriter.last_file_id,
    "hold": lambda writer: writer.doom.hold("c01", [HOLD]),
    "release": lambda writer: writer.doom.hold("c01", []),
    "expired": lambda writer: writer.doom.expired("c01", 7, limit=2),
    "condemned": lambda writer: writer.doom.condemned(limit=2),
    "condemn_hours": lambda writer: writer.doom.condemn_hours([("c01", 7)]),
    "is_writing": lambda writer: writer.doom.is_writing("c01", (7, 9)),
    "held": lambda writer: writer.doom.held(),
    "sealed_at": lambda writer: writer.doom.sealed_at(["footage/c01/main/2026-01-01/000000-00000007.mp4"]),
    "forget_past": lambda writer: writer.doom.forget_past("c01", 7),
    "oldest_at_us": lambda writer: writer.doom.oldest_at_us(),
}
READER: dict[str, Callable[[FootageReader], object]] = {
    "streams": FootageReader.streams,
    "digests": lambda reader: reader.digests(7),
    "proof": lambda reader: reader.proof(7),
    "files": lambda reader: reader.files("c01", StreamName.MAIN, 5, 9),
    "extents": lambda reader: reader.extents(("c01", StreamName.MAIN), (5, 9), join_us=0),
    "bounds": lambda reader: reader.bounds("c01", StreamName.MAIN),
    "destroyed": lambda reader: reader.destroyed(("c01", StreamName.MAIN), (5, 9)),
    "next_start": lambda reader: reader.next_start("c01", StreamName.MAIN, 5),
    "gaps": lambda reader: reader.gaps("c01", StreamName.MAIN, 5, 9),
}


def plans(connection: sqlite3.Connection, folder: Path, ask: Callable[[], object]) -> list[str]:
    """The plan of every statement that `ask` runs."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    ask()
    connection.set_trace_callback(None)
    other = sqlite3.connect(folder / "index.sqlite3")
    try:
        return [
            row[3]
            for statement in statements
            if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE"))
            for row in other.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    finally:
        other.close()


def assert_no_table_is_read_whole(found: list[str]) -> None:
    small = ("file_writing", "file_condemned", "file_by_age", "file_held")
    large = re.compile(r"SCAN (file|f|gap)\b|USE TEMP B-TREE")
    whole = [step for step in found if large.match(step) and not step.endswith(small)]
    assert whole == []


@pytest.mark.parametrize("name", WRITER)
def test_no_query_of_the_writer_reads_the_whole_table(name: str, tmp_path: Path) -> None:
    writer = IndexWriter(tmp_path)
    writer._connection.execute("INSERT INTO stream (camera, stream) VALUES ('c01', 'main')")
    assert_no_table_is_read_whole(plans(writer._connection, tmp_path, lambda: WRITER[name](writer)))
    writer.close()


@pytest.mark.parametrize("name", READER)
def test_no_query_of_a_reader_reads_the_whole_table(name: str, tmp_path: Path) -> None:
    writer = IndexWriter(tmp_path)
    writer._connection.execute("INSERT INTO stream (camera, stream) VALUES ('c01', 'main')")
    with FootageReader(tmp_path) as reader:
        assert_no_table_is_read_whole(plans(reader._connection, tmp_path, lambda: READER[name](reader)))
    writer.close()
