"""Appending: together with what it tells, in order, on a clock that may step back."""

from __future__ import annotations

import json
import threading

import pytest
from django.db import connection, transaction

from beffroi.core.clock import FakeClock
from beffroi.core.errors import DataLoss, InvalidInput
from beffroi.journal import queries
from beffroi.journal.models import Head, Line, Tail
from beffroi.journal.rules import Entry, Register
from beffroi.journal.services import append, append_all, sign_head
from tests.web.journal.conftest import START_US, an_entry, sql, whole, write

pytestmark = pytest.mark.django_db


def test_a_line_keeps_what_was_told_and_when(clock: FakeClock) -> None:
    assert append(an_entry(7)) == 0
    line = Line.objects.get()
    assert (line.index, line.at_us, line.register, line.action) == (0, START_US, "replay", "view.granted")
    assert (line.author, line.reason, line.recipient, line.camera) == ("a1", "incident", "opj-1", "c07")
    assert (line.subject, json.loads(line.detail)) == ("g7", {"from_at_us": 7, "whole": True})
    assert len(line.salt) == 16


def test_two_lines_that_say_the_same_have_other_salts(clock: FakeClock) -> None:
    append_all([an_entry(), an_entry()])
    salts = {bytes(line.salt) for line in Line.objects.all()}
    assert len(salts) == 2


def test_an_entry_is_undone_with_what_it_tells(clock: FakeClock) -> None:
    append(an_entry())
    with pytest.raises(RuntimeError), transaction.atomic():
        append(an_entry())
        raise RuntimeError
    append(an_entry())
    assert list(Line.objects.values_list("index", flat=True)) == [0, 1]
    whole()


def test_nothing_is_written_when_one_of_many_is_no_code(clock: FakeClock) -> None:
    with pytest.raises(InvalidInput):
        append_all([an_entry(), Entry(register=Register.LOCK, action="hold.made", subject="l'affaire Dupont")])
    assert not Line.objects.exists()


def test_instants_never_decrease_and_a_step_back_is_told(clock: FakeClock) -> None:
    append(an_entry())
    clock.jump(-3600)
    append(an_entry())
    clock.advance(1)
    append(an_entry())
    lines = list(Line.objects.values_list("register", "action", "at_us"))
    assert [(register, action) for register, action, _ in lines] == [
        ("replay", "view.granted"),
        ("clock", "clock.step-back"),
        ("replay", "view.granted"),
        ("replay", "view.granted"),
    ]
    assert {at_us for _, _, at_us in lines} == {START_US}
    assert json.loads(Line.objects.get(index=1).detail) == {"by_us": 3_600_000_000}
    whole()


def test_a_journal_whose_end_was_changed_takes_nothing_more(clock: FakeClock) -> None:
    write(clock, 5)
    sql("UPDATE journal_tail SET size = 4")
    with pytest.raises(DataLoss):
        append(an_entry())


def test_a_journal_whose_end_is_gone_takes_nothing_more(clock: FakeClock) -> None:
    write(clock, 5)
    Tail.objects.all().delete()
    with pytest.raises(DataLoss):
        append(an_entry())


def test_a_head_is_signed_when_lines_came_and_at_least_every_hour(clock: FakeClock) -> None:
    assert sign_head(clock.now_us()) is None
    append(an_entry())
    assert sign_head(clock.now_us()) is not None
    clock.advance(60)
    assert sign_head(clock.now_us()) is None
    clock.advance(3600)
    assert sign_head(clock.now_us()) is not None
    assert list(Head.objects.values_list("number", "size")) == [(0, 1), (1, 1)]
    whole()


def test_lines_of_many_hours_get_a_head_an_hour(clock: FakeClock) -> None:
    for _ in range(5):
        append(an_entry())
        clock.advance(3000)
    sign_head(clock.now_us())
    assert list(Head.objects.values_list("size", flat=True)) == [2, 4, 5]
    whole()


def test_a_worker_that_was_overtaken_signs_nothing(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    write(clock, 3)
    from beffroi.journal.services import heads

    def overtaken(frontier: object) -> list[object]:
        monkeypatch.undo()
        tiles = heads._grow(frontier)  # type: ignore[arg-type]
        sign_head(clock.now_us())
        return list(tiles)

    monkeypatch.setattr(heads, "_grow", overtaken)
    sign_head(clock.now_us())
    assert list(Head.objects.values_list("number", "size")) == [(0, 3)]
    whole()


@pytest.mark.parametrize("asked", [{"register": "replay"}, {"camera": "c03"}, {"author": "a1"}])
def test_lines_are_found_by_register_camera_and_author_newest_first(clock: FakeClock, asked: dict[str, str]) -> None:
    write(clock, 60)
    append(Entry(register=Register.LOCK, action="hold.made", author="a2", camera="c99"))
    name, value = next(iter(asked.items()))
    indexes = [line.index for line in queries.lines(queries.Wanted(**asked))]  # type: ignore[arg-type]
    assert indexes == sorted(Line.objects.filter(**{name: value}).values_list("index", flat=True), reverse=True)
    assert 0 < len(indexes) < 61


def test_lines_of_a_day_are_found(clock: FakeClock) -> None:
    write(clock, 12)
    wanted = queries.Wanted(from_at_us=START_US + 2_000_000, to_at_us=START_US + 8_000_000)
    assert [line.index for line in queries.lines(wanted)] == [7, 6, 5, 4]


@pytest.mark.django_db(transaction=True)
def test_two_threads_append_without_a_gap() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        pytest.skip("a database in memory has one connection; tests/web/journal/test_killed.py does it on a file")
    failures: list[Exception] = []

    def many() -> None:
        try:
            for number in range(40):
                append(an_entry(number))
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=many) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert list(Line.objects.values_list("index", flat=True)) == list(range(120))
    whole()
