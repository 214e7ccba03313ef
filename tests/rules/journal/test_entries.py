"""What may stand in a line, its bytes, its seal, and when it goes."""

from __future__ import annotations

import json
import string
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us, to_us
from beffroi.journal import rules
from beffroi.journal.rules import AnchorStatement, Entry, HeadStatement, Register, TailState

ENTRY = Entry(
    register=Register.EXPORT,
    action="export.made",
    author="a1",
    reason="requisition",
    recipient="opj-12",
    camera="c01",
    subject="0f3a",
    detail={"from_at_us": 5, "whole": True, "stream": "main"},
)
TEXTS = ["author", "reason", "recipient", "camera", "subject"]
KEY = bytes(range(32))
codes = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).filter(lambda text: not rules._PLATE.fullmatch(text))
details = st.dictionaries(
    st.text(string.ascii_lowercase, min_size=1, max_size=8),
    st.one_of(st.booleans(), st.integers(-(2**60), 2**60), codes),
)


def test_codes_ids_and_numbers_may_stand() -> None:
    rules.check(ENTRY)


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("text", ["Jean Dupont", "voisin énervé", "AB-123-CD", "a\nb", "-x", "x" * 121, "<b>"])
def test_words_about_people_and_plates_are_refused_by_field(field: str, text: str) -> None:
    changed: dict[str, Any] = {field: text}
    with pytest.raises(InvalidInput) as refusal:
        rules.check(replace(ENTRY, **changed))
    assert refusal.value.field == field
    assert refusal.value.message != refusal.value.message_fr


@pytest.mark.parametrize("text", ["Requisition", "requisition-de-mr-x" + "y" * 30, "a.b", "a/b"])
def test_a_reason_is_a_short_code(text: str) -> None:
    with pytest.raises(InvalidInput):
        rules.check(replace(ENTRY, reason=text))


@pytest.mark.parametrize("text", ["", "made", "Export.made", "export.made.twice", "export made"])
def test_an_action_is_an_object_and_a_verb(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        rules.check(replace(ENTRY, action=text))
    assert refusal.value.field == "action"


def test_a_register_outside_the_closed_list_is_refused() -> None:
    register: Any = "gossip"
    with pytest.raises(InvalidInput):
        rules.check(replace(ENTRY, register=register))


@pytest.mark.parametrize(
    "detail",
    [{"note": "il a dit non"}, {"plate": "ab123cd"}, {"x": 1.5}, {"x": None}, {"x": [1]}, {"X": 1}, {"x": 2**63}],
)
def test_a_detail_holds_integers_booleans_and_codes(detail: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        rules.check(replace(ENTRY, detail=detail))
    assert refusal.value.field.startswith("detail")


@settings(deadline=None)
@given(details)
def test_a_detail_is_the_same_text_in_whatever_order_it_was_told(detail: dict[str, Any]) -> None:
    text = rules.detail_text(detail)
    assert text == rules.detail_text(dict(reversed(detail.items())))
    assert json.loads(text) == detail
    assert rules.detail_text(json.loads(text)) == text


@settings(deadline=None)
@given(st.integers(0, 2**60), st.integers(0, 2**60), st.lists(codes, min_size=7, max_size=7), details)
def test_content_is_one_compact_json_array_of_the_fields_in_order(
    index: int, at_us: int, texts: list[str], detail: dict[str, Any]
) -> None:
    a, b, c, d, e, f, g = texts
    line = rules.content((index, at_us, a, b, c, d, e, f, g), rules.detail_text(detail))
    assert json.loads(line) == [index, at_us, *texts, detail]
    again = json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == line


def test_a_leaf_depends_on_every_byte_of_salt_and_content() -> None:
    salt, line = bytes(16), b'[0,1,"x"]'
    found = {rules.leaf(salt, line)}
    for at in range(16):
        found.add(rules.leaf(salt[:at] + b"\x01" + salt[at + 1 :], line))
    for at in range(len(line)):
        found.add(rules.leaf(salt, line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]))
    assert len(found) == 1 + 16 + len(line)


def test_a_seal_depends_on_the_key_the_seal_before_and_the_leaf() -> None:
    sealed = rules.seal(KEY, bytes(32), bytes(32))
    others = [(bytes(32), bytes(32), bytes(32)), (KEY, KEY, bytes(32)), (KEY, bytes(32), KEY)]
    assert sealed not in {rules.seal(*other) for other in others}


def test_the_mark_of_the_end_covers_all_of_it() -> None:
    tail = TailState(size=3, seal=KEY, at_us=5, clock_us=5, heads=1)
    changed: list[dict[str, Any]] = [{"size": 2}, {"seal": bytes(32)}, {"at_us": 4}, {"clock_us": 6}, {"heads": 0}]
    assert len(changed) == len(fields(TailState))
    marks = {replace(tail, **change).mark(KEY) for change in changed} | {tail.mark(bytes(32))}
    assert len(marks) == 6 and tail.mark(KEY) not in marks


def test_signed_texts_cover_every_field() -> None:
    head = HeadStatement(number=1, size=2, root=KEY, at_us=3, previous=bytes(32))
    anchor = AnchorStatement(number=1, size=2, root=KEY, seal=bytes(32), pruned_at_us=3)
    statements: list[Any] = [head, anchor]
    for statement in statements:
        for field in fields(statement):
            value: Any = getattr(statement, field.name)
            other = bytes(31) + b"\x01" if isinstance(value, bytes) else value + 1
            changed: dict[str, Any] = {field.name: other}
            again: Any = replace(statement, **changed)
            assert again.text != statement.text
    assert head.text != anchor.text


@settings(deadline=None)
@given(st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)), st.integers(6, 36))
def test_what_is_kept_is_never_older_than_asked_before_the_next_pruning(now: datetime, months: int) -> None:
    before = from_us(rules.prune_before_us(to_us(now), months))
    tomorrow = now + timedelta(days=1)
    index = tomorrow.year * 12 + tomorrow.month - 1 - months
    oldest_day = min(tomorrow.day, 28)
    assert before >= datetime(index // 12, index % 12 + 1, oldest_day, tzinfo=UTC) + timedelta(
        hours=now.hour, minutes=now.minute
    ) - timedelta(minutes=1)
    assert now - before <= timedelta(days=31 * months)


def test_a_line_of_three_years_and_a_day_goes_and_one_younger_than_a_year_stays() -> None:
    now = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert from_us(rules.prune_before_us(to_us(now), 36)) == datetime(2023, 11, 24, 4, tzinfo=UTC)
    assert from_us(rules.prune_before_us(to_us(now), 12)) == datetime(2025, 11, 24, 4, tzinfo=UTC)
    assert from_us(rules.prune_before_us(to_us(datetime(2024, 2, 28, tzinfo=UTC)), 12)) == datetime(
        2023, 2, 28, 1, tzinfo=UTC
    )
