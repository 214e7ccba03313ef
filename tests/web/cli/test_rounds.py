"""The rounds of the worker: a step that fails stops no other, and is tried again."""

from __future__ import annotations

import threading

import pytest

from beffroi.cli.rounds import Rounds
from beffroi.core.errors import Unavailable


def test_a_step_that_fails_stops_no_other_and_what_is_done_once_is_tried_until_it_succeeds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried: list[tuple[str, int]] = []

    def wake(now_us: int) -> None:
        tried.append(("wake", now_us))
        if now_us < 2:
            raise Unavailable("The database is away.", message_fr="La base est absente.")

    def fall(now_us: int) -> None:
        tried.append(("fall", now_us))
        raise OSError("the disk is full")

    def work(now_us: int) -> None:
        tried.append(("work", now_us))

    rounds = Rounds("house", [fall, work], every_s=60, first=[wake])
    for now_us in (1, 2, 3):
        rounds.once(now_us)
    assert [now_us for step, now_us in tried if step == "wake"] == [1, 2]
    assert [now_us for step, now_us in tried if step == "work"] == [1, 2, 3]
    assert "house.fall failed: the disk is full" in caplog.text and "house.wake failed" in caplog.text


def test_a_round_begins_at_once_and_closing_ends_its_thread() -> None:
    taken = threading.Event()
    rounds = Rounds("house", [lambda now_us: taken.set()], every_s=3600)
    rounds.start()
    assert taken.wait(10)
    rounds.close()
    assert "house" not in {thread.name for thread in threading.enumerate()}
