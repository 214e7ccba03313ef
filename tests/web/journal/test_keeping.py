"""Kept as long as the law allows and no longer, told to a witness, dated by a third party, by the worker's beat."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.clock import FakeClock
from beffroi.core.errors import Unavailable
from beffroi.journal import queries
from beffroi.journal.beat import Beat
from beffroi.journal.export import export
from beffroi.journal.models import Head, Line, Tile
from beffroi.journal.services import append, prune, push_heads, sign_head, stamp_head
from beffroi.journal.verifier import Verifier
from beffroi.journal.verify import verify
from tests.web.authority import timestamping
from tests.web.journal.conftest import an_entry, found, sql, whole, write

pytestmark = pytest.mark.django_db
DAY_S = 24 * 3600
YEAR_US = 365 * DAY_S * 1_000_000


def test_a_line_of_three_years_and_a_day_is_gone(clock: FakeClock, configured: Callable[..., None]) -> None:
    configured(keep_months=36)
    write(clock, 40)
    clock.advance(3 * 366 * DAY_S)
    write(clock, 40)
    assert prune(clock.now_us()) == 40
    oldest = Line.objects.order_by("index").first()
    assert oldest is not None and clock.now_us() - oldest.at_us < 3 * YEAR_US
    assert oldest.index == 40
    whole()


def test_a_line_of_less_than_a_year_stays(clock: FakeClock, configured: Callable[..., None]) -> None:
    write(clock, 40)
    clock.advance(360 * DAY_S)
    write(clock, 20)
    assert prune(clock.now_us()) == 0
    assert Line.objects.count() == 60


def test_pruning_is_a_line_and_can_go_on_in_steps(
    clock: FakeClock, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from beffroi.journal.services import pruning

    monkeypatch.setattr(pruning, "_LINES_A_STEP", 50)
    write(clock, 600)
    clock.advance(400 * DAY_S)
    write(clock, 40)
    assert prune(clock.now_us()) == 600
    assert Line.objects.filter(action="journal.prune").count() == 15
    assert (Tile.objects.count(), Head.objects.order_by("number")[0].size) == (0, 600)
    sign_head(clock.now_us())
    whole()


def test_lines_under_no_head_are_not_pruned(clock: FakeClock) -> None:
    write(clock, 10, every=1000)
    clock.advance(400 * DAY_S)
    assert prune(clock.now_us()) == 0


# -- third-party time ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with timestamping(tmp_path_factory.mktemp("tsa")) as made:
        yield made


def test_a_head_is_dated_by_an_authority_and_the_token_is_checked(
    clock: FakeClock, configured: Callable[..., None], authority: tuple[str, Path], tmp_path: Path
) -> None:
    url, ca = authority
    configured(timestamp_url=url, timestamp_ca=str(ca))
    write(clock, 40)
    stamped = stamp_head(clock.now_us())
    assert stamped is not None and stamped.number == 1
    assert stamp_head(clock.now_us()) is None, "one a day"
    sign_head(clock.now_us())
    assert whole().stamps == 1
    folder = export(tmp_path / "out", clock.now_us()).folder
    verifier = Verifier(folder, ca)
    verifier.run()
    assert verifier.found == []
    token = folder / "tokens" / "1.tsr"
    for at in range(0, token.stat().st_size, 97):
        raw = bytearray(stamped.token)
        raw[at] ^= 4
        token.write_bytes(raw)
        again = Verifier(folder, None)
        again.run()
        assert [one["where"] for one in again.found] == ["token of head 1"]
        sql("UPDATE journal_head SET token = %s WHERE number = 1", bytes(raw))
        assert found(verify()) == [("stamp", -1, -1, 1)]
    sql("UPDATE journal_head SET token = %s WHERE number = 1", b"")
    assert found(verify()) == [("stamp", -1, -1, 1)]


def test_an_authority_that_does_not_answer_is_said_and_nothing_is_kept(
    clock: FakeClock, configured: Callable[..., None]
) -> None:
    configured(timestamp_url="http://127.0.0.1:9/")
    write(clock, 20)
    with pytest.raises(Unavailable):
        stamp_head(clock.now_us())
    assert not Head.objects.exclude(token=b"").exists()


# -- witness ------------------------------------------------------------------------------------------------


def test_a_witness_folder_that_is_away_gets_the_heads_later(
    clock: FakeClock, configured: Callable[..., None], tmp_path: Path
) -> None:
    configured(witness="witness")
    write(clock, 40)
    with pytest.raises(Unavailable):
        push_heads(clock.now_us())
    clock.advance(601)
    assert queries.state(clock.now_us()).is_witness_late
    (tmp_path / "witness").mkdir()
    assert push_heads(clock.now_us()) == 2
    assert push_heads(clock.now_us()) == 0
    assert not queries.state(clock.now_us()).is_witness_late
    assert verify(witness_folder=tmp_path / "witness").witnessed == 2


def test_a_witness_by_address_gets_each_head_as_a_line(clock: FakeClock, configured: Callable[..., None]) -> None:
    got: list[bytes] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *unused: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        configured(witness_url=f"http://127.0.0.1:{server.server_port}/heads")
        write(clock, 60)
        assert push_heads(clock.now_us()) == 3
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert b"".join(got).count(b"beffroi journal head") == 3


def test_a_witness_that_has_heads_the_journal_lost_says_so(
    clock: FakeClock, configured: Callable[..., None], tmp_path: Path
) -> None:
    folder = tmp_path / "witness"
    folder.mkdir()
    configured(witness="witness")
    write(clock, 40)
    push_heads(clock.now_us())
    shutil.copytree(folder, tmp_path / "kept")
    for table in ("journal_line", "journal_head", "journal_tail"):
        sql(f"DELETE FROM {table}")
    sql("DELETE FROM journal_witness")
    write(clock, 20)
    whole()
    named = found(verify(witness_folder=tmp_path / "kept"))
    assert named == [("witness", -1, -1, 0), ("witness", -1, -1, 1)]


# -- the beat -----------------------------------------------------------------------------------------------


def test_one_beat_signs_tells_and_prunes_and_goes_on_after_what_failed(
    clock: FakeClock, configured: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    configured(witness="witness", timestamp_url="http://127.0.0.1:9/")
    beat = Beat(clock)
    write(clock, 20)
    clock.advance(400 * DAY_S)
    append(an_entry())
    beat.once(clock.now_us())
    assert Head.objects.count() > 0 and Line.objects.order_by("index")[0].index == 20
    assert "push_heads failed" in caplog.text and "stamp_head failed" in caplog.text
    (tmp_path / "witness").mkdir()
    clock.advance(60)
    beat.once(clock.now_us())
    assert list((tmp_path / "witness").glob("heads-*.jsonl"))
    whole()
