"""Bytes nobody vouches for: cut anywhere, changed anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beffroi.engine.fmp4.fragment import from_ntp64, ntp64
from beffroi.engine.fmp4.reader import MalformedFile, ReadFragment, fragments, read_init
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.fmp4.test_judges import CLIPS, IDENTITY, written


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("reader") / "a.mp4"
    return written(clip("h264", seconds=2, gop=5), path).read_bytes()


def parsed(path: Path) -> list[ReadFragment]:
    with path.open("rb") as stream:
        size = path.stat().st_size
        return list(fragments(stream.fileno(), read_init(stream.fileno()).size_bytes, size))


@pytest.mark.parametrize("name", CLIPS)
def test_what_was_written_is_read_back(name: str, tmp_path: Path) -> None:
    source = CLIPS[name]()
    path = written(source, tmp_path / "a.mp4")
    with path.open("rb") as stream:
        init = read_init(stream.fileno())
    assert (init.configs, init.identity) == ((source.config,), IDENTITY)
    samples = [(fragment, sample) for fragment in parsed(path) for sample in fragment.samples]
    content = path.read_bytes()
    units = source.units()
    assert [content[sample.offset : sample.offset + sample.size] for _, sample in samples] == [
        unit.sample() for unit in units
    ]
    assert [sample.ticks90k for _, sample in samples] == [unit.ticks90k for unit in units]
    assert [sample.is_key for _, sample in samples] == [unit.is_key for unit in units]
    assert [fragment.at_us(sample) for fragment, sample in samples] == [
        pytest.approx(unit.at_us, abs=1) for unit in units
    ]


@pytest.mark.slow
def test_a_file_cut_at_any_byte_keeps_its_whole_fragments(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(whole)
    ends = [fragment.offset + fragment.size for fragment in parsed(path)]
    with path.open("rb") as stream:
        start = read_init(stream.fileno()).size_bytes
    with path.open("r+b") as stream:
        for size in range(len(whole) - 1, -1, -1):
            stream.truncate(size)
            if size < start:
                with pytest.raises(MalformedFile):
                    read_init(stream.fileno())
            else:
                assert len(list(fragments(stream.fileno(), start, size))) == sum(end <= size for end in ends)


@given(st.integers(0, 3_000), st.binary(min_size=1, max_size=8))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_changed_anywhere_is_read_or_refused(whole: bytes, tmp_path: Path, at: int, noise: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        found = parsed(path)
    except MalformedFile:
        return
    assert all(fragment.offset + fragment.size <= len(whole) + 8 for fragment in found)


@settings(deadline=None)
@given(st.integers(0, 4_000_000_000_000_000))
def test_ntp_time_keeps_the_microsecond(at_us: int) -> None:
    assert from_ntp64(ntp64(at_us)) == at_us


def test_ntp_time_of_the_epoch() -> None:
    assert ntp64(0) == 2_208_988_800 << 32
    assert from_ntp64(ntp64(START_AT_US)) == START_AT_US
