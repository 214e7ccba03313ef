from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from beffroi.simulator.bits import BitReader, BitWriter, escape, respliced, unescape


@given(st.binary(max_size=200).map(lambda raw: raw.replace(b"\x80", b"\x00") + b"\x80"))
def test_escaped_bytes_hold_no_start_code_and_come_back(rbsp: bytes) -> None:
    escaped = escape(rbsp)
    assert not any(code in escaped for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
    assert unescape(escaped) == rbsp


@given(st.lists(st.integers(0, 70_000)), st.lists(st.integers(-30_000, 30_000)))
def test_written_numbers_are_read_back(unsigned: list[int], signed: list[int]) -> None:
    writer = BitWriter()
    for value in unsigned:
        writer.ue(value)
    for value in signed:
        writer.se(value)
    reader = BitReader(writer.to_rbsp())
    assert [reader.ue() for _ in unsigned] == unsigned
    assert [reader.se() for _ in signed] == signed


@given(st.integers(0, 4000), st.text("01", min_size=1, max_size=80))
def test_a_new_head_leaves_the_rest_of_a_slice_as_it_was(first_mb: int, rest: str) -> None:
    rbsp = BitWriter(["1", rest]).to_rbsp()
    moved = respliced(rbsp, BitWriter().ue(first_mb).text(), 1)
    reader = BitReader(moved)
    assert reader.ue() == first_mb
    assert f"{reader.u(len(rest)):0{len(rest)}b}" == rest
    assert reader.u(1) == 1
