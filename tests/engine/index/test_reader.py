"""One seek for an instant; reading beside the writer."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from beffroi.core.errors import NotFound
from beffroi.engine.contract import StreamName
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.schema import INSERT_FILE, open_writer, refresh_totals
from beffroi.engine.index.table import Fragment, encode_table

MINUTE_US = 60_000_000
MAIN = StreamName.MAIN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A thousand minutes of two cameras, without files."""
    connection = open_writer(tmp_path / "index.sqlite3")
    blob = encode_table([Fragment(700, 1000, 0, 90_000 * 60, 1500, True)], 0)
    connection.execute("BEGIN")
    connection.execute("INSERT INTO config (codec, width_px, height_px, decoder_record) VALUES ('h264', 16, 16, x'01')")
    for stream_id, camera in ((1, "c01"), (2, "c02")):
        connection.execute("INSERT INTO stream (id, camera, stream) VALUES (?, ?, 'main')", (stream_id, camera))
        connection.executemany(
            INSERT_FILE,
            [
                (None, stream_id, 1, n * MINUTE_US, (n + 1) * MINUTE_US, 0, 1700, 1500, 1, blob, "sealed", None, None)
                for n in range(1000)
            ],
        )
    refresh_totals(connection)
    connection.execute("COMMIT")
    connection.close()
    return tmp_path


def test_an_instant_is_one_index_seek(folder: Path) -> None:
    connection = sqlite3.connect(folder / "index.sqlite3")
    plan = connection.execute(
        """EXPLAIN QUERY PLAN SELECT start_at_us FROM file WHERE stream_id = 1 AND start_at_us <= 5
           ORDER BY start_at_us DESC LIMIT 1"""
    ).fetchall()
    connection.close()
    assert [row[3] for row in plan] == [
        "SEARCH file USING COVERING INDEX file_by_stream (stream_id=? AND start_at_us<?)"
    ]


def test_files_of_a_span_are_those_that_overlap_it(folder: Path) -> None:
    with FootageReader(folder) as reader:
        found = reader.files("c02", MAIN, 10 * MINUTE_US, 12 * MINUTE_US)
        inside = reader.files("c02", MAIN, 10 * MINUTE_US + 1, 10 * MINUTE_US + 2)
    assert [file.start_at_us // MINUTE_US for file in found] == [10, 11]
    assert [file.start_at_us // MINUTE_US for file in inside] == [10]
    assert inside[0].fragments[0].start_at_us == 10 * MINUTE_US


def test_a_long_span_comes_in_batches_and_whole(folder: Path) -> None:
    with FootageReader(folder) as reader:
        starts = [file.start_at_us for file in reader.iter_files("c01", MAIN, 0, 1 << 62)]
    assert starts == [n * MINUTE_US for n in range(1000)]


def test_totals_and_bounds_of_a_stream(folder: Path) -> None:
    with FootageReader(folder) as reader:
        summary = reader.streams()[0]
    assert (summary.files, summary.bytes) == (1000, 1_700_000)
    assert (summary.oldest_at_us, summary.newest_at_us) == (0, 1000 * MINUTE_US)


def test_a_reader_sees_what_a_writer_has_committed_meanwhile(folder: Path) -> None:
    writer = open_writer(folder / "index.sqlite3")
    with FootageReader(folder) as reader:
        assert reader.next_start("c01", MAIN, 999 * MINUTE_US + 1) is None
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE file SET start_at_us = start_at_us + 5 WHERE id = 1000")
        assert reader.next_start("c01", MAIN, 999 * MINUTE_US + 1) is None
        writer.execute("COMMIT")
        assert reader.next_start("c01", MAIN, 999 * MINUTE_US + 1) == 999 * MINUTE_US + 5
    writer.close()


def test_footage_that_touches_is_one_extent_and_holes_cut_it(folder: Path) -> None:
    connection = open_writer(folder / "index.sqlite3")
    states = {"held": "n IN (10, 11)", "condemned": "n IN (20, 30, 31)", "writing": "n = 40"}
    for state, which in states.items():
        which = which.replace("n ", f"start_at_us / {MINUTE_US} ")
        connection.execute(f"UPDATE file SET state = ? WHERE stream_id = 1 AND {which}", (state,))
    connection.close()
    with FootageReader(folder) as reader:
        found = reader.extents(("c01", MAIN), (5 * MINUTE_US + 1, 50 * MINUTE_US), join_us=500_000)
        assert reader.destroyed(("c01", MAIN), (0, 31 * MINUTE_US)) == [
            (20 * MINUTE_US, 21 * MINUTE_US),
            (30 * MINUTE_US, 31 * MINUTE_US),
        ]
        assert reader.bounds("c01", MAIN) == (0, 1000 * MINUTE_US)
    in_minutes = [(start // MINUTE_US, end // MINUTE_US) for start, end in found]
    assert in_minutes == [(5, 20), (21, 30), (32, 40), (40, 41), (41, 50)]


def test_a_month_of_one_stream_is_read_from_one_index(folder: Path) -> None:
    connection = sqlite3.connect(folder / "index.sqlite3")
    plan = connection.execute(
        """EXPLAIN QUERY PLAN SELECT start_at_us, end_at_us FROM file
           WHERE stream_id = 1 AND start_at_us >= 0 AND start_at_us < 9 AND state IN ('sealed', 'held')"""
    ).fetchall()
    connection.close()
    assert [row[3].partition(" (")[0] for row in plan] == ["SEARCH file USING COVERING INDEX file_extent"]


OF_FORMAT_1 = """
    DROP INDEX file_extent; DROP TABLE proof; DROP TABLE leaf; DROP TABLE tile; DROP TABLE frontier;
    ALTER TABLE file RENAME COLUMN wrapped_key TO key_id; PRAGMA user_version = 1
"""


def test_an_index_of_the_first_format_is_upgraded_when_it_is_opened(folder: Path) -> None:
    path = folder / "index.sqlite3"
    old = sqlite3.connect(path)
    old.executescript(OF_FORMAT_1)
    old.close()
    with FootageReader(folder) as reader:
        before = reader.extents(("c02", MAIN), (0, 1 << 62), join_us=0)
    open_writer(path).close()
    with FootageReader(folder) as reader:
        assert reader.extents(("c02", MAIN), (0, 1 << 62), join_us=0) == before == [(0, 1000 * MINUTE_US)]
        assert reader._rows("PRAGMA user_version") == [(3,)]
        assert reader._rows("SELECT 1 FROM sqlite_master WHERE name = 'file_extent'")


def test_a_long_question_keeps_no_other_thread_waiting(folder: Path) -> None:
    with FootageReader(folder) as reader, ThreadPoolExecutor(1) as other:
        long_one = reader._connection.execute("SELECT count(*) FROM file")
        assert other.submit(lambda: reader._connection).result() is not reader._connection
        assert other.submit(reader.files, "c01", MAIN, 0, 5).result()
        assert long_one.fetchall() == [(2000,)]


def test_a_reader_cannot_write(folder: Path) -> None:
    with FootageReader(folder) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM file")


def test_an_unknown_stream_has_nothing(folder: Path) -> None:
    with FootageReader(folder) as reader:
        assert reader.files("c09", MAIN, 0, 1 << 62) == []
        assert reader.extents(("c09", MAIN), (0, 1 << 62), join_us=0) == []
        assert reader.bounds("c09", MAIN) is None
        assert reader.gaps("c09", MAIN, 0, 1 << 62) == []


def test_a_folder_without_an_index_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no index\.sqlite3"):
        FootageReader(tmp_path)
