"""Times of any order of frames, exactly."""

from __future__ import annotations

import os
import tempfile
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from beffroi.engine.fmp4.fragment import FragmentBuilder
from beffroi.engine.fmp4.reader import ReadFragment, fragments
from beffroi.engine.stream import AccessUnit
from tests.engine.fmp4.clips import START_AT_US


def unit(ticks90k: int, *, is_key: bool = False) -> AccessUnit:
    return AccessUnit([b"abc", b"de"], 5, ticks90k, at_us=START_AT_US + ticks90k * 100 // 9, is_key=is_key)


def read_back(groups: list[list[int]]) -> list[ReadFragment]:
    builder = FragmentBuilder(groups[0][0])
    with tempfile.TemporaryFile() as stream:
        for number, times in enumerate(groups):
            following = groups[number + 1][0] if number + 1 < len(groups) else max(times) + 3600
            stream.write(builder.header([unit(t, is_key=n == 0) for n, t in enumerate(times)], following))
            stream.write(b"abcde" * len(times))
        stream.flush()
        return list(fragments(stream.fileno(), 0, os.fstat(stream.fileno()).st_size))


def test_frames_in_order_need_no_composition_offsets() -> None:
    (fragment,) = read_back([[0, 3600, 7200]])
    assert len(fragment.header) == 124 + 8 * 3 + 8
    assert [sample.duration_ticks90k for sample in fragment.samples] == [3600, 3600, 3600]


def test_b_frames_keep_their_times() -> None:
    (fragment,) = read_back([[0, 10800, 3600, 7200]])
    assert [sample.ticks90k for sample in fragment.samples] == [0, 10800, 3600, 7200]
    assert [sample.decode_ticks90k for sample in fragment.samples] == [0, 3600, 7200, 10800]


times = st.lists(st.integers(0, 500_000), min_size=1, max_size=30)


@settings(deadline=None)
@given(st.lists(times, min_size=1, max_size=4))
def test_any_order_of_frames_keeps_presentation_times_and_decodes_forward(groups: list[list[int]]) -> None:
    found = read_back(groups)
    start = groups[0][0]
    assert [[sample.ticks90k for sample in one.samples] for one in found] == [
        [ticks - start for ticks in group] for group in groups
    ]
    decode = [sample.decode_ticks90k for one in found for sample in one.samples]
    assert all(before < after for before, after in pairwise(decode))
    assert all(sample.duration_ticks90k > 0 for one in found for sample in one.samples)
