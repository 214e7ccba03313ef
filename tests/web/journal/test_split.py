"""Two witnesses that were told two journals are found out by the next beat, within the minute."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from beffroi.core.clock import FakeClock
from beffroi.core.errors import Unavailable
from beffroi.journal import queries
from beffroi.journal.beat import EVERY_S, Beat
from beffroi.journal.models import Head, Line
from beffroi.journal.queries import statement_of
from beffroi.journal.services import compare_witnesses, push_heads
from beffroi.journal.services.witness import head_line
from tests.web.journal.conftest import write

pytestmark = pytest.mark.django_db


@contextmanager
def witness_at_an_address(kept: list[bytes]) -> Iterator[str]:
    """A witness that keeps what it is told and gives it back."""

    class Witness(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def do_GET(self) -> None:
            body = b"".join(kept)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *unused: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Witness)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heads"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told_otherwise(number: int) -> bytes:
    """The line of a head of the same number and size, signed with the journal's own key, over other lines."""
    statement = replace(statement_of(Head.objects.get(number=number)), root=b"\x07" * 32)
    signature = settings.SITE_KEY.journal_head_key.sign(statement.text)
    return json.dumps({"head": statement.text.decode(), "signature": signature.hex()}).encode() + b"\n"


def test_two_witnesses_of_one_journal_agree(clock: FakeClock, configured: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "witness").mkdir()
    kept: list[bytes] = []
    with witness_at_an_address(kept) as url:
        configured(witness="witness", witness_url=url)
        write(clock, 60)
        push_heads(clock.now_us())
        assert compare_witnesses(clock.now_us()) == []
    assert queries.state(clock.now_us()).split_number is None


def test_another_head_of_the_same_size_at_one_witness_is_an_alarm_at_the_next_beat(
    clock: FakeClock, configured: Callable[..., None], tmp_path: Path
) -> None:
    assert EVERY_S <= 60
    (tmp_path / "witness").mkdir()
    kept: list[bytes] = []
    with witness_at_an_address(kept) as url:
        configured(witness="witness", witness_url=url)
        write(clock, 60)
        push_heads(clock.now_us())
        lines = b"".join(kept).splitlines(keepends=True)
        kept[:] = [lines[0], told_otherwise(1), lines[2]]
        Beat(clock).once(clock.now_us())
        Beat(clock).once(clock.now_us())
    assert queries.state(clock.now_us()).split_number == 1
    line = Line.objects.get(action="witness.split")
    assert line.subject == "url"


def test_a_journal_put_back_to_an_older_copy_has_fewer_heads_than_its_witness(
    clock: FakeClock, configured: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "witness").mkdir()
    configured(witness="witness")
    write(clock, 60)
    push_heads(clock.now_us())
    Head.objects.order_by("number").last().delete()  # type: ignore[union-attr]
    (found,) = compare_witnesses(clock.now_us())
    assert (found.witness, found.number) == ("folder", 2)


def test_a_head_that_this_journal_never_signed_is_told(
    clock: FakeClock, configured: Callable[..., None], tmp_path: Path
) -> None:
    folder = tmp_path / "witness"
    folder.mkdir()
    configured(witness="witness")
    write(clock, 40)
    push_heads(clock.now_us())
    (path,) = folder.glob("heads-*.jsonl")
    head = json.loads(head_line(Head.objects.get(number=0)))
    path.write_text(json.dumps(head | {"signature": "00" * 64}) + "\n")
    with pytest.raises(Unavailable, match="not a head of this journal"):
        compare_witnesses(clock.now_us())


def test_a_witness_that_gives_nothing_back_is_no_split(clock: FakeClock, configured: Callable[..., None]) -> None:
    configured(witness_url="http://127.0.0.1:9/heads")
    write(clock, 40)
    assert compare_witnesses(clock.now_us()) == []
