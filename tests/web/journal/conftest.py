"""A journal with a clock of its own, and ways to spoil it behind its back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from beffroi.core.clock import FakeClock
from beffroi.journal.findings import Report
from beffroi.journal.rules import Entry, Register
from beffroi.journal.services import append_all, entries, sign_head
from beffroi.journal.verify import verify

START_US = 1_790_000_000_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock(START_US)
    monkeypatch.setattr(entries, "clock", clock)
    return clock


@pytest.fixture
def configured(settings: Any, tmp_path: Path) -> Callable[..., None]:
    """Sets `[journal]` for one test; the data folder is the test's own."""

    def set_journal(**values: Any) -> None:
        journal = replace(settings.BEFFROI.journal, **values)
        settings.BEFFROI = replace(settings.BEFFROI, data=tmp_path, journal=journal)

    set_journal()
    return set_journal


def an_entry(number: int = 0) -> Entry:
    return Entry(
        register=Register.REPLAY,
        action="view.granted",
        author="a1",
        reason="incident",
        recipient="opj-1",
        camera=f"c{number % 44:02}",
        subject=f"g{number}",
        detail={"from_at_us": number, "whole": True},
    )


def write(clock: FakeClock, count: int, *, every: int = 20) -> None:
    """Lines of one instant each four, a head each `every` of them."""
    for number in range(count):
        if number % 4 == 3 or number == count - 1:
            append_all([an_entry(one) for one in range(number - number % 4, number + 1)])
            clock.advance(4)
        if (number + 1) % every == 0:
            sign_head(clock.now_us())


def sql(statement: str, *values: Any) -> None:
    """What somebody does with the database in hand."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def found(report: Report) -> list[tuple[str, int, int, int]]:
    return [(one.kind.value, one.first, one.last, one.head) for one in report.findings]


def whole() -> Report:
    report = verify()
    assert found(report) == []
    return report
