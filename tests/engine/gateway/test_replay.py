from __future__ import annotations

import contextlib
import hashlib
import io
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from beffroi.engine.contract import GapCause, GrantKind, StreamName
from beffroi.engine.fmp4.cenc import ALTERED, decrypt, plain_init
from beffroi.engine.fmp4.reader import fragments, read_init
from beffroi.engine.gateway.replay import _coverage, bounded, explained, joined
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow, GapRow
from beffroi.engine.index.schema import INSERT_FILE, open_writer
from beffroi.engine.keys import open_ring
from tests.engine.node.town import Town, clip, wait_for


@pytest.fixture(scope="module")
def recorded(running: Town) -> Town:
    """Six seconds after the start: some fragments are indexed, the newest are not yet."""
    camera = running.cameras[("c01", StreamName.MAIN)]
    wait_for(lambda: camera.sent > 150, seconds=20)
    return running


def span(town: Town, first: int, last: int) -> str:
    """The query for frames `first` to `last` of c01."""
    instants = town.cameras[("c01", StreamName.MAIN)].instants
    return f"from_at_us={instants[first]}&to_at_us={instants[last]}"


def replay(town: Town) -> str:
    return town.token(kind=GrantKind.REPLAY)


def decoded(content: bytes) -> list[int]:
    """Brightness of the grey half of each picture: the number of its frame in the clip."""
    with av.open(io.BytesIO(content), "r") as container:
        return [round(float(frame.to_ndarray(format="gray")[:100].mean())) for frame in container.decode(video=0)]


def test_media_starts_on_the_key_frame_before_and_plays(recorded: Town) -> None:
    answer = recorded.ask("GET", f"/replay/c01/main/media?{span(recorded, 30, 60)}", replay(recorded))
    assert answer.status == 200 and answer.headers["content-type"] == "video/mp4"
    assert answer.headers["x-beffroi-next-at-us"] == "" and answer.headers["cache-control"] == "no-store"
    shown = decoded(answer.body)
    assert len(shown) >= 35 and shown[:3] == pytest.approx([25, 26, 27], abs=2)


def test_fragments_not_yet_indexed_are_served(recorded: Town) -> None:
    camera = recorded.cameras[("c01", StreamName.MAIN)]
    from_at_us = camera.instants[-1] - 1_200_000
    query = f"from_at_us={from_at_us}&to_at_us={from_at_us + 100_000}"
    answer = wait_for(
        lambda: (
            (found := recorded.ask("GET", f"/replay/c01/main/media?{query}", replay(recorded))).status == 200 and found
        ),
        seconds=1.5,
    )
    assert len(decoded(answer.body)) >= 25


def test_media_is_the_recording_opened_sample_for_sample(recorded: Town) -> None:
    _, units = clip()
    answer = recorded.ask("GET", f"/replay/c01/main/media?{span(recorded, 0, 50)}", replay(recorded))
    for unit in units[:50]:
        assert unit.sample() in answer.body
    (path,) = (recorded.folder / "footage" / "footage" / "c01" / "main").rglob("*.mp4")
    stored, opened = path.read_bytes()[: len(answer.body)], bytearray(path.read_bytes()[: len(answer.body)])
    assert not any(unit.sample()[100:] in stored for unit in units[:50])
    with path.open("rb") as stream:
        init = read_init(stream.fileno())
        key = open_ring(recorded.folder / "node").key_in(init)
        for one in fragments(stream.fileno(), init.size_bytes, len(opened)):
            decrypt(memoryview(opened)[one.offset : one.offset + one.size], key)
    opened[: init.size_bytes] = plain_init(bytes(opened[: init.size_bytes]))
    assert bytes(opened) == answer.body


def test_a_span_without_footage_names_the_next_instant_that_has_some(recorded: Town) -> None:
    first_at_us = recorded.cameras[("c01", StreamName.MAIN)].instants[0]
    query = f"from_at_us={first_at_us - 60_000_000}&to_at_us={first_at_us - 50_000_000}"
    answer = recorded.ask("GET", f"/replay/c01/main/media?{query}", replay(recorded))
    assert answer.status == 204 and answer.body == b""
    assert abs(int(answer.headers["x-beffroi-next-at-us"]) - first_at_us) < 50_000


def test_coverage_says_what_there_is(recorded: Town) -> None:
    instants = recorded.cameras[("c01", StreamName.MAIN)].instants
    query = f"from_at_us={instants[0] - 5_000_000}&to_at_us={instants[100]}"
    told = recorded.ask("GET", f"/replay/c01/main/coverage?{query}", recorded.token(kind=GrantKind.COVERAGE)).json
    assert len(told["spans"]) == 1 and told["gaps"] == []
    assert abs(told["spans"][0]["from_at_us"] - instants[0]) < 50_000
    assert told["spans"][0]["to_at_us"] == instants[100]
    assert told["oldest_at_us"] <= instants[1] and told["newest_at_us"] > instants[100]


def test_key_frames_are_listed(recorded: Town) -> None:
    told = recorded.ask("GET", f"/replay/c01/main/keyframes?{span(recorded, 10, 110)}", replay(recorded)).json
    starts = told["keyframes"]
    assert len(starts) == 4
    assert all(abs(later - earlier - 1_000_000) < 50_000 for earlier, later in pairwise(starts))


def test_a_fragment_changed_on_the_disk_is_shown_and_marked(recorded: Town) -> None:
    query = f"/replay/c01/main/media?{span(recorded, 0, 20)}"
    before = recorded.ask("GET", query, replay(recorded)).body
    assert ALTERED not in before
    row = wait_for(lambda: first_file(recorded), seconds=20)
    path, at = recorded.folder / "footage" / row.path, row.fragments[0].offset + row.fragments[0].size - 1
    with flipped(path, at):
        changed = recorded.ask("GET", query, replay(recorded)).body
    assert changed.count(ALTERED) == 1 and len(changed) == len(before)
    assert ALTERED not in recorded.ask("GET", query, replay(recorded)).body


def first_file(town: Town) -> FileRow | None:
    """The oldest file of c01, once it is indexed."""
    with FootageReader(town.folder / "footage") as reader:
        return next(iter(reader.iter_files("c01", StreamName.MAIN, 0, time.time_ns())), None)


@contextlib.contextmanager
def flipped(path: Path, at: int) -> Iterator[None]:
    """One bit of a file the other way round, for a while."""
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))
        file.flush()
        try:
            yield
        finally:
            file.seek(at)
            file.write(bytes([byte]))


def test_an_export_is_one_file_whose_manifest_is_true(recorded: Town) -> None:
    _, units = clip()
    token = recorded.token(kind=GrantKind.EXPORT)
    file = recorded.ask("GET", f"/export/c01?{span(recorded, 30, 90)}", token)
    told = recorded.ask("GET", f"/export/c01/manifest?{span(recorded, 30, 90)}", token).json
    assert file.status == 200 and re.search(r'filename="c01-\d{8}T\d{6}Z\.mp4"', file.headers["content-disposition"])
    assert told["sha256"] == hashlib.sha256(file.body).hexdigest() and told["bytes"] == len(file.body)
    assert told["frames"] == 65 and len(decoded(file.body)) == 65
    assert units[89].sample() in file.body and units[90].sample() not in file.body


def test_what_was_downloaded_is_told_to_web(recorded: Town) -> None:
    grant = recorded.grant(kind=GrantKind.REPLAY, ends_at_us=time.time_ns() // 1000 + 1_500_000)
    size = len(recorded.ask("GET", f"/replay/c01/main/media?{span(recorded, 0, 50)}", recorded.signed(grant)).body)
    ended = wait_for(lambda: [fact for fact in recorded.web.facts_of("view-ended") if fact.detail["grant"] == grant.id])
    assert ended[0].detail["bytes"] == size and ended[0].detail["cause"] == "grant-ended"
    assert ended[0].at_us < grant.ends_at_us


@pytest.mark.parametrize(
    "query", ["", "from_at_us=1", "from_at_us=5&to_at_us=4", "from_at_us=-1&to_at_us=4", "from_at_us=x&to_at_us=4"]
)
def test_a_span_that_is_none_is_refused_by_field(recorded: Town, query: str) -> None:
    answer = recorded.ask("GET", f"/replay/c01/main/media?{query}", replay(recorded))
    assert answer.status == 400 and answer.json["error"]["field"] in {"from_at_us", "to_at_us"}


@pytest.mark.parametrize("path", ["/replay/c01/audio/media", "/replay/%2e%2e/main/media", "/replay/C01/main/media"])
def test_a_camera_or_stream_that_cannot_be_is_refused(recorded: Town, path: str) -> None:
    assert recorded.ask("GET", f"{path}?{span(recorded, 0, 9)}", replay(recorded)).status in {400, 404}


def test_extents_that_touch_are_joined_and_clipped() -> None:
    assert joined([(0, 10), (10, 20), (2_000_000, 3_000_000)], (5, 2_500_000)) == [(5, 20), (2_000_000, 2_500_000)]


def test_a_stream_that_comes_and_goes_is_told_without_its_shortest_gaps() -> None:
    def coming_and_going(from_s: int) -> list[tuple[int, int]]:
        return [((from_s + n) * 1_000_000, (from_s + n + 9) * 1_000_000) for n in range(0, 1000, 10)]

    extents, asked = [*coming_and_going(0), *coming_and_going(4600)], (0, 5_600_000_000)
    assert bounded(extents, asked, most=200) == (extents, 0)
    spans, shortest_gap_us = bounded(extents, asked, most=100)
    assert spans == [(0, 999_000_000), (4_600_000_000, 5_599_000_000)]
    assert 1_000_000 < shortest_gap_us < 60_000_000


def test_footage_destroyed_before_what_is_held_is_no_gap(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "index.sqlite3")
    connection.execute("INSERT INTO stream (id, camera, stream) VALUES (1, 'c01', 'main')")
    connection.execute("INSERT INTO config (codec, width_px, height_px, decoder_record) VALUES ('h264', 16, 16, x'01')")
    for start_s, end_s, state in ((1, 10, "held"), (40, 50, "condemned"), (50, 60, "sealed"), (70, 80, "sealed")):
        span_us = (start_s * 1_000_000, end_s * 1_000_000)
        connection.execute(INSERT_FILE, (None, 1, 1, *span_us, 0, 9, 9, 1, b"", state, None, None))
    connection.execute("INSERT INTO destroyed (stream_id, from_at_us, to_at_us) VALUES (1, 10000000, 40000000)")
    connection.close()
    visit: Any = SimpleNamespace(camera="c01", stream=StreamName.MAIN, from_at_us=0, to_at_us=90_000_000)
    with FootageReader(tmp_path) as reader:
        gate: Any = SimpleNamespace(reader=reader)
        told: Any = _coverage(gate, visit, [])
    assert [span["from_at_us"] for span in told["spans"]] == [1_000_000, 50_000_000, 70_000_000]
    assert told["gaps"] == [{"from_at_us": 60_000_000, "to_at_us": 70_000_000, "cause": "corrupt"}]


def test_each_hole_has_its_recorded_causes() -> None:
    def gap(start: int, end: int | None, cause: GapCause) -> GapRow:
        return GapRow(camera="c01", stream=StreamName.MAIN, from_at_us=start, to_at_us=end, cause=cause)

    rows = [gap(10, 20, GapCause.SILENT), gap(20, 30, GapCause.CONNECT), gap(50, None, GapCause.RESTART)]
    assert explained([(0, 10), (30, 50)], rows, (0, 60)) == [
        (10, 20, GapCause.SILENT),
        (20, 30, GapCause.CONNECT),
        (50, 60, GapCause.RESTART),
    ]
