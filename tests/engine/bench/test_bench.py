"""The measuring tools measure: numbers find their frames, losses are counted, targets are judged."""

import contextlib
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.children import LoadSource
from bench.clip import Clip, ClipFormat, load, mark
from bench.ingest import lost_by_recorder
from bench.match import Matched, match
from bench.meters import measure
from bench.report import Figure, Target, percentile, table
from bench.source.packets import PAYLOAD_BYTES, Sequence
from bench.source.session import Session

SMALL = ClipFormat(width_px=160, height_px=120, bit_s=200_000, gop=5, frames=15)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return load(SMALL, cache=tmp_path_factory.mktemp("cache"))


def recorded(clip: Clip, numbers: list[int]) -> bytes:
    samples = []
    for number in numbers:
        for nal in (mark(number), clip.slices[number % len(clip.slices)]):
            samples += [len(nal).to_bytes(4, "big"), nal]
    return b"".join(samples)


def test_every_frame_of_a_file_is_matched_with_the_one_that_was_sent(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(recorded(clip, list(range(5, 40))))
    found = match(clip, [tmp_path / "a.mp4"])
    assert (found.frames, found.first, found.last, found.lost, found.damaged, found.repeated) == (35, 5, 39, 0, 0, 0)


def test_missing_repeated_and_damaged_frames_are_counted(clip: Clip, tmp_path: Path) -> None:
    kept = bytearray(recorded(clip, [0, 1, 2, 2, 5]))
    kept[-3] ^= 0xFF
    (tmp_path / "a.mp4").write_bytes(kept)
    found = match(clip, [tmp_path / "a.mp4"])
    assert (found.lost, found.repeated, found.damaged) == (2, 1, 1)


def test_a_film_played_in_a_loop_loses_nothing_at_its_end(clip: Clip, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(recorded(clip, [*range(10, 15), *range(7)]))
    assert match(clip, [tmp_path / "a.mp4"], loop=True).lost == 0


def test_sequence_numbers_and_timestamps_go_on_over_the_end_of_the_loop(clip: Clip) -> None:
    sequence = Sequence(clip)
    seq, ticks = sequence.first_seq(13), sequence.ticks90k(13)
    for number in range(13, 34):
        for packet in sequence.frame(number).packets:
            assert int.from_bytes(packet[6:8], "big") == seq
            assert int.from_bytes(packet[8:12], "big") == ticks
            assert len(packet) <= 16 + PAYLOAD_BYTES
            seq = seq + 1 & 0xFFFF
        ticks += 90_000 // SMALL.fps
    assert all(sequence.frame(20).packets[-1][5] & 0x80 for _ in range(2))


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_source_whose_client_reads_nothing_gives_up_frames_and_goes_on_with_a_key_frame(clip: Clip) -> None:
    client, server = socket.socketpair()
    with client, server:
        server.setblocking(False)
        session = Session(server, Sequence(clip), "frame")
        session.write(bytes(1 << 22))  # more than the sockets hold
        for number in range(1000):
            session.play(number)
            if session.dropped:
                break
        first, _ = session.dropped[0]
        client.setblocking(False)
        for number in range(first + 1, first + 1000):
            with contextlib.suppress(BlockingIOError):
                client.recv(1 << 20)
            session.flush()
            session.play(number)
            if session.last > first:
                break
        assert session.dropped == [(first, session.last - first)]
        assert session.last % SMALL.gop == 0


def test_frames_that_were_never_sent_are_not_the_recorders_loss(clip: Clip) -> None:
    kept = Matched(frames=90, first=0, last=99, lost=10, damaged=0, repeated=0)
    sent = {"sessions": [{"camera": 0, "dropped": [[40, 6]]}, {"camera": 1, "dropped": []}]}
    assert lost_by_recorder([kept, kept], sent) == 4 + 10


def test_the_load_generator_ends_with_the_bench_that_started_it() -> None:
    with LoadSource(2, "packet", replace(SMALL)) as source:
        with socket.create_connection(("127.0.0.1", source.port), 5) as client:
            client.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n")
            assert b"CSeq: 7" in client.recv(1000)
        assert source.report()["sending"] == 0
        assert measure([source.pid]).pss_bytes > 0
        child = source._child
    assert child.returncode == 0


def test_a_target_is_missed_on_the_wrong_side_of_its_limit() -> None:
    assert Target(name="x", limit=1.5, reached=1.5).is_met
    assert not Target(name="x", limit=1.5, reached=1.51).is_met
    assert not Target(name="x", limit=0.5, reached=0.4, at_most=False).is_met


def test_a_figure_is_the_median_with_its_range() -> None:
    assert Figure.of([3.0, 1.0, 2.0]).text() == "2.00 (1.00–3.00)"
    assert percentile(list(range(100)), 95) == 95
    assert table([["a", "bb"], ["ccc", "d"]]).splitlines()[0] == "a    bb"


def test_a_folder_that_cannot_be_written_is_refused_in_one_line() -> None:
    command = [sys.executable, "-m", "beffroi.cli.main", "bench", "export", "--folder", "/nowhere/at/all"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
