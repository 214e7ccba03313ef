"""Whoever has the database cannot change the journal unseen: what they touched is named."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, models

from beffroi.core.clock import FakeClock
from beffroi.core.merkle import Frontier
from beffroi.journal import rules
from beffroi.journal.models import Anchor, Head, Line, Tail, Tile
from beffroi.journal.queries import ROW, leaf_of, statement_of
from beffroi.journal.services import prune, push_heads, sign_head
from beffroi.journal.verify import verify
from tests.web.journal.conftest import found, sql, whole, write

pytestmark = pytest.mark.django_db
STORED = (Line, Head, Tile, Tail, Anchor)
MONTH_S = 31 * 24 * 3600
FLIPS_A_COLUMN = 36
"""A thousand in all."""


@pytest.fixture
def journal(clock: FakeClock) -> FakeClock:
    """600 lines, 30 heads, 2 tiles; 100 lines pruned."""
    write(clock, 100)
    clock.advance(14 * MONTH_S)
    write(clock, 600)
    assert prune(clock.now_us()) == 100
    sign_head(clock.now_us())
    whole()
    return clock


def flipped(value: Any, chance: random.Random) -> Any:
    """`value` with one bit changed; a text may become no text at all."""
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(45))
    is_text = isinstance(value, str)
    raw = bytearray(value.encode() if is_text else bytes(value))
    at = chance.randrange(len(raw) * 8)
    raw[at // 8] ^= 1 << at % 8
    return bytes(raw).decode("latin-1") if is_text and connection.vendor != "sqlite" else bytes(raw)


def flip_somewhere(model: Any, column: str, chance: random.Random) -> tuple[int, Callable[[], None]]:
    """Changes one bit of one row's column, as the database keeps it; the row's key before, and how to mend it."""
    key = model._meta.pk.name
    values: dict[int, Any] = dict(model.objects.values_list(key, column))
    row = chance.choice([row for row, value in values.items() if value not in ("", b"")])
    changed = flipped(values[row], chance)
    while column == key and changed in values:  # the database refuses two rows of one key
        changed = flipped(values[row], chance)
    kept = "CAST(%s AS TEXT)" if isinstance(values[row], str) and connection.vendor == "sqlite" else "%s"
    update = f'UPDATE {model._meta.db_table} SET "{column}" = {kept} WHERE "{key}" = %s'
    sql(update, changed, row)
    return row, lambda: sql(update, values[row], changed if column == key else row)


CASES = [
    (model, field.column)
    for model in STORED
    for field in model._meta.concrete_fields
    if (model, field.column) not in {(Head, "token"), (Tail, "id"), (Anchor, "id")}  # empty here, or held by a check
]


@pytest.mark.parametrize(("model", "column"), CASES, ids=lambda one: getattr(one, "__name__", one))
def test_one_bit_changed_in_any_column_of_any_row_is_found_and_named(
    model: Any, column: str, journal: FakeClock
) -> None:
    chance = random.Random(f"{model.__name__}.{column}")
    for _ in range(FLIPS_A_COLUMN):
        row, mend = flip_somewhere(model, column, chance)
        named = found(verify())
        assert named, (model.__name__, column, row)
        assert is_named(model, row, named), (model.__name__, column, row, named)
        mend()
    whole()


def is_named(model: type[models.Model], row: int, named: list[tuple[str, int, int, int]]) -> bool:
    if model is Line:
        return any(first <= row <= last for kind, first, last, _ in named)
    if model is Head:
        return any(head == row for *_, head in named)
    if model is Tile:
        return any(kind == "tile" and first == row * 256 for kind, first, _, _ in named)
    return any(kind == ("tail" if model is Tail else "anchor") for kind, *_ in named)


def test_only_the_line_that_was_changed_is_named(journal: FakeClock) -> None:
    sql("UPDATE journal_line SET author = 'a2' WHERE \"index\" = 333")
    sql('UPDATE journal_line SET at_us = at_us - 86400000000 WHERE "index" = 400')
    assert found(verify()) == [("changed", 333, 333, -1), ("changed", 400, 400, -1)]


@pytest.mark.parametrize("index", [100, 256, 333, 340, 700])
def test_a_dropped_line_is_named(index: int, journal: FakeClock) -> None:
    sql('DELETE FROM journal_line WHERE "index" = %s', index)
    assert found(verify()) == [("missing", index, index, -1)]


def test_the_last_lines_dropped_before_any_head_covers_them_are_named(journal: FakeClock) -> None:
    write(journal, 5, every=1000)
    sql('DELETE FROM journal_line WHERE "index" >= 704')
    assert found(verify()) == [("missing", 704, 705, -1)]


def test_dropping_lines_heads_and_tiles_together_is_found(journal: FakeClock) -> None:
    head = Head.objects.order_by("-number")[3]
    sql('DELETE FROM journal_line WHERE "index" >= %s', head.size)
    sql("DELETE FROM journal_head WHERE number > %s", head.number)
    sql("DELETE FROM journal_tile WHERE number >= %s", head.size // 256)
    named = found(verify())
    assert ("missing", head.size, 700, -1) in named
    assert [("head", -1, -1, head.number + 1 + more) for more in range(3)] == [one for one in named if one[0] == "head"]


def test_everything_dropped_but_the_end_is_found(journal: FakeClock) -> None:
    for model in (Line, Head, Tile, Anchor):
        sql(f"DELETE FROM {model._meta.db_table}")
    assert ("missing", 0, 700, -1) in found(verify())


def test_everything_dropped_but_the_lines_is_found(journal: FakeClock) -> None:
    for model in (Head, Tile, Anchor, Tail):
        sql(f"DELETE FROM {model._meta.db_table}")
    assert {kind for kind, *_ in found(verify())} == {"tail", "missing"}


def test_two_lines_that_changed_places_are_named(journal: FakeClock) -> None:
    for old, new in ((333, -1), (334, 333), (-1, 334)):
        sql('UPDATE journal_line SET "index" = %s WHERE "index" = %s', new, old)
    assert found(verify()) == [("changed", 333, 333, -1), ("changed", 334, 334, -1)]


@pytest.mark.parametrize("index", [-5, 3, 701, 5000])
def test_a_line_put_before_or_after_the_others_is_named(index: int, journal: FakeClock) -> None:
    line = Line.objects.get(index=444)
    line.index = index
    line.save(force_insert=True)
    assert found(verify()) == [("inserted", index, index, -1)]


def test_a_line_put_between_two_others_is_named(journal: FakeClock) -> None:
    lines = list(Line.objects.filter(index__gte=690).order_by("-index"))
    for line in lines:
        sql('UPDATE journal_line SET "index" = %s WHERE "index" = %s', line.index + 1, line.index)
    lines[-1].save(force_insert=True)
    named = found(verify())
    assert ("changed", 691, 691, -1) in named and ("inserted", 701, 701, -1) in named


def rewrite(index: int, **changed: Any) -> None:
    """Changes a line and seals everything after it again, as whoever has the site key can."""
    key = settings.SITE_KEY.journal_seal_key
    Line.objects.filter(index=index).update(**changed)
    seal = bytes(Line.objects.get(index=index - 1).seal)
    for row in Line.objects.filter(index__gte=index).order_by("index").values_list(*ROW):
        seal = rules.seal(key, seal, leaf_of(row))
        Line.objects.filter(index=row[0]).update(seal=seal)
    tail = Tail.objects.get()
    state = rules.TailState(size=tail.size, seal=seal, at_us=tail.at_us, clock_us=tail.clock_us, heads=tail.heads)
    Tail.objects.update(seal=seal, mark=state.mark(key))


def test_a_line_sealed_again_with_the_key_contradicts_its_head(journal: FakeClock) -> None:
    rewrite(333, author="a2")
    assert found(verify()) == [("span", 320, 339, 16)]


def test_a_line_sealed_again_and_dated_back_contradicts_its_head_too(journal: FakeClock) -> None:
    rewrite(333, at_us=Line.objects.get(index=300).at_us)
    assert ("back-dated", 333, 333, -1) in found(verify())


def sign_all_again() -> None:
    """Signs every head and tile again over the lines as they are: only the site key and time are needed."""
    numbers = list(Head.objects.values_list("number", "size"))
    anchor = Anchor.objects.get()
    frontier, previous = Frontier.of(anchor.size, bytes(anchor.frontier)), None
    Tile.objects.all().delete()
    for number, size in numbers:
        for row in Line.objects.filter(index__gte=frontier.size, index__lt=size).values_list(*ROW):
            tile = frontier.add(leaf_of(row))
            if tile:
                Tile.objects.create(number=row[0] >> 8, root=tile)
        head = Head.objects.get(number=number)
        if previous:
            head.previous = rules.chain(statement_of(previous).text, bytes(previous.signature))
        head.root, head.frontier = frontier.root(), frontier.packed()
        head.signature = settings.SITE_KEY.journal_head_key.sign(statement_of(head).text)
        head.save()
        previous = head


def test_a_journal_written_again_with_every_key_contradicts_its_witness_alone(
    journal: FakeClock, tmp_path: Any, configured: Any
) -> None:
    (tmp_path / "witness").mkdir()
    configured(witness="witness")
    assert push_heads(journal.now_us()) == Head.objects.count()
    assert found(verify(witness_folder=tmp_path / "witness")) == []
    rewrite(333, author="a2")
    sign_all_again()
    assert found(verify()) == []
    named = found(verify(witness_folder=tmp_path / "witness"))
    assert named[0] == ("witness", -1, -1, 16)
    assert {kind for kind, *_ in named} == {"witness"}
