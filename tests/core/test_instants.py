"""Instants are exact."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.core.instants import from_rfc3339, from_us, ticks90k_to_us, to_rfc3339, to_us, us_to_ticks90k

instants = st.integers(min_value=0, max_value=4_000_000_000_000_000)


@given(instants)
def test_an_instant_survives_a_journey_through_text(at_us: int) -> None:
    assert from_rfc3339(to_rfc3339(at_us)) == at_us
    assert to_us(from_us(at_us)) == at_us


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        from_rfc3339("2026-11-06T15:42:08")


def test_town_time_and_utc_name_the_same_instant() -> None:
    assert from_rfc3339("2026-11-06T16:42:08+01:00") == to_us(datetime(2026, 11, 6, 15, 42, 8, tzinfo=UTC))


@given(st.integers(min_value=0, max_value=10**12))
def test_ticks_survive_a_journey_through_microseconds(ticks90k: int) -> None:
    assert us_to_ticks90k(ticks90k_to_us(ticks90k)) == ticks90k
