"""Evidence: whole fragments of a span with what proves them, from a running node."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import av
import pytest

from beffroi.core.merkle import root_from_proof
from beffroi.engine.contract import FactKind, GrantKind, StreamName
from beffroi.engine.fmp4.cenc import samples_digest
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.keys import open_ring
from tests.engine.node.past import record
from tests.engine.node.town import Answer, Town, answers, wait_for

S = 1_000_000
RUN_S = 80


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, int]]:
    """A node whose c01 recorded two runs of 80 s half an hour ago, 10 s apart; and when the first began."""
    folder = tmp_path_factory.mktemp("past")
    start = (time.time_ns() // 1000 // S - 1800) * S
    record(folder, "c01", start, start + (RUN_S + 10) * S)
    town = Town(folder, ("c01",))
    try:
        town.start()
        wait_for(lambda: answers(town))
        wait_for(lambda: town.web.facts_of(FactKind.FOOTAGE_HEAD), seconds=20)
        yield town, start
    finally:
        town.close()


def ask(town: Town, path: str, start: int, end: int, **query: Any) -> Answer:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return town.ask("GET", f"/export/c01/{path}?from_at_us={start}&to_at_us={end}{more}", token(town))


def token(town: Town) -> str:
    return town.token(kind=GrantKind.EXPORT)


def evidence(town: Town, start: int, end: int) -> Any:
    head = town.web.facts_of(FactKind.FOOTAGE_HEAD)[-1].detail
    return ask(town, "evidence", start, end, folder=head["folder"], size=head["size"]).json


def test_originals_are_whole_fragments_from_a_key_frame_one_file_a_run(past: tuple[Town, int]) -> None:
    town, start = past
    told = evidence(town, start + 63 * S, start + (RUN_S + 20) * S)
    first, second = told["originals"]
    assert start + 61 * S < first["start_at_us"] <= start + 63 * S and first["fragments"][0]["is_key"]
    assert first["end_at_us"] == pytest.approx(start + RUN_S * S, abs=100_000)
    assert second["start_at_us"] == start + (RUN_S + 10) * S and second["run"] != first["run"]
    assert second["end_at_us"] >= start + (RUN_S + 20) * S
    (gap,) = told["gaps"]
    assert gap["cause"] == "silent" and gap["from_at_us"] == first["end_at_us"]
    for number, one in enumerate(told["originals"]):
        content = ask(town, "original", start + 63 * S, start + (RUN_S + 20) * S, number=number).body
        assert len(content) == one["bytes"]
        at = one["head_bytes"]
        for fragment in one["fragments"]:
            assert fragment["offset"] == at
            digests = bytes.fromhex(told["files"][fragment["file"]]["digests"])
            digest = digests[32 * fragment["number"] :][:32]
            assert samples_digest(bytearray(content[at : at + fragment["bytes"]])) == digest
            at += fragment["bytes"]
        assert at == one["bytes"]
        with av.open(io.BytesIO(content), "r") as container:
            assert sum(1 for _ in container.decode(video=0)) == one["frames"]


def test_every_recorded_file_leads_to_the_head_that_the_node_told(past: tuple[Town, int]) -> None:
    town, start = past
    head = town.web.facts_of(FactKind.FOOTAGE_HEAD)[-1].detail
    told = evidence(town, start, start + 2 * RUN_S * S)
    assert len(told["files"]) == 4
    reader = FootageReader(town.folder / "footage", open_ring(town.folder / "node"))
    with reader:
        rows = {row.start_at_us: row for row in reader.files("c01", StreamName.MAIN, start, start + 2 * RUN_S * S)}
    for file in told["files"]:
        leaf = rows[file["start_at_us"]].leaf_hash
        assert leaf is not None
        path = [bytes.fromhex(one) for one in file["path"]]
        assert root_from_proof(file["leaf"], int(head["size"]), leaf=leaf, path=path) == bytes.fromhex(
            str(head["root"])
        )


def test_a_head_that_came_before_the_footage_is_refused_with_the_time_to_wait(past: tuple[Town, int]) -> None:
    town, start = past
    head = town.web.facts_of(FactKind.FOOTAGE_HEAD)[-1].detail
    answer = ask(town, "evidence", start, start + RUN_S * S, folder=head["folder"], size=1)
    assert (answer.status, answer.error) == (503, "unavailable") and "trois minutes" in answer.json["error"][
        "message_fr"
    ]
    now_us = time.time_ns() // 1000
    answer = ask(town, "evidence", now_us - 2 * S, now_us - S, folder=head["folder"], size=head["size"])
    assert answer.status == 503


def test_another_folder_and_a_number_too_high_are_refused(past: tuple[Town, int]) -> None:
    town, start = past
    assert ask(town, "evidence", start, start + S, folder="other", size=1).status == 400
    assert ask(town, "evidence", start, start + S, folder="other").status == 400
    assert ask(town, "original", start, start + S, number=1).status == 404


def test_a_span_without_footage_has_no_original_and_says_why(past: tuple[Town, int]) -> None:
    town, start = past
    told = evidence(town, start + (RUN_S + 1) * S, start + (RUN_S + 2) * S)
    assert told["originals"] == [] and told["files"] == []
    assert [gap["cause"] for gap in told["gaps"]] == ["silent"]
    assert set(told["clock"]) == {"offset_ms", "measured_at_us", "node_synchronised", "node_error_ms"}


def test_recording_goes_on_without_a_gap_while_footage_is_exported(past: tuple[Town, int]) -> None:
    town, start = past
    camera = town.cameras[("c01", StreamName.MAIN)]
    wait_for(lambda: camera.sent > 10, seconds=10)
    first, begun_us = camera.sent, camera.instants[0]
    while camera.sent < first + 75:
        assert ask(town, "original", start, start + 2 * RUN_S * S, number=0).status == 200
    last_us = camera.instants[-1]
    with FootageReader(town.folder / "footage") as reader:
        files = wait_for(
            lambda: [
                row for row in reader.files("c01", StreamName.MAIN, last_us, last_us + 1) if row.end_at_us > last_us
            ],
            seconds=20,
        )
        assert reader.gaps("c01", StreamName.MAIN, begun_us, last_us) == [] and len(files) == 1
        recorded = [row for row in reader.files("c01", StreamName.MAIN, begun_us, last_us) if row.run == files[0].run]
    kept_us = sum(row.end_at_us - row.start_at_us for row in recorded)
    assert sum(row.frames for row in recorded) == pytest.approx(kept_us / 40_000, abs=1), "25 a second, none missing"
