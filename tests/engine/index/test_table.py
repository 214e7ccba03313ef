"""The fragment table comes back as it went in, and refuses anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beffroi.engine.index.table import Fragment, FragmentTable, MalformedTable, decode_table, encode_table

rows = st.lists(
    st.tuples(
        st.integers(1, 1 << 32),  # size
        st.integers(-(1 << 40), 1 << 40),  # lateness
        st.integers(1, 1 << 40),  # duration
        st.integers(1, 100_000),  # frames
        st.booleans(),
    ),
    max_size=80,
)


def fragments(start_at_us: int, given_rows: list[tuple[int, int, int, int, bool]]) -> tuple[Fragment, ...]:
    made: list[Fragment] = []
    offset, expected = 700, start_at_us
    for size, late, duration, frames, is_key in given_rows:
        made.append(Fragment(offset, size, expected + late, duration, frames, is_key))
        offset += size
        expected = made[-1].end_at_us
    return tuple(made)


@settings(deadline=None)
@given(rows, st.integers(0, 1 << 52))
def test_a_table_comes_back_as_it_went_in(given_rows: list[tuple[int, int, int, int, bool]], start_at_us: int) -> None:
    wanted = fragments(start_at_us, given_rows)
    assert decode_table(encode_table(wanted, start_at_us), start_at_us) == wanted


@settings(deadline=None)
@given(rows.filter(lambda some: len(some) > 1))
def test_a_table_grows_on_after_a_restart(given_rows: list[tuple[int, int, int, int, bool]]) -> None:
    wanted = fragments(0, given_rows)
    half = len(wanted) // 2 or 1
    table = FragmentTable.resumed(encode_table(wanted[:half], 0), 0)
    for fragment in wanted[half:]:
        table.append(fragment)
    assert decode_table(bytes(table.blob), 0) == wanted


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(blob: bytes) -> None:
    try:
        decode_table(blob, 0)
    except MalformedTable:
        return


def test_a_minute_takes_few_bytes() -> None:
    minute = fragments(0, [(1_000_000, 0, 180_000, 50, True)] * 30)
    assert len(encode_table(minute, 0)) <= 12 * 30


def test_a_cut_table_is_refused() -> None:
    blob = encode_table(fragments(0, [(1_000_000, 5, 180_000, 50, True)]), 0)
    with pytest.raises(MalformedTable):
        decode_table(blob[:-1], 0)
