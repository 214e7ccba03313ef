"""A week read from what a recorder stored: the rate of its minutes, and how much of the week it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from beffroi.plan.calc.stored_week import Lot, stored_week

WEEK_S = 7 * 86_400.0
MINUTES = int(WEEK_S / 60)


def lots(megabits: np.ndarray, *, each_s: float = 60.0) -> list[Lot]:
    """One a step, of this rate in Mbit/s."""
    return [
        Lot(from_s=n * each_s, to_s=(n + 1) * each_s, size_bytes=round(rate * 1e6 / 8 * each_s))
        for n, rate in enumerate(megabits)
    ]


def test_a_whole_week_of_minutes_gives_its_mean_and_its_95th_percentile() -> None:
    rates = np.where(np.arange(MINUTES) % 10 == 0, 8.0, 2.0)
    found = stored_week(lots(rates), [], week_s=WEEK_S)
    assert found.rate is not None and found.is_whole and found.is_fine
    assert (found.rate.mean_bit_s, found.rate.p95_bit_s) == pytest.approx((2.6e6, 8e6))
    assert (found.recorded_share, found.rate.samples) == (1.0, MINUTES)


def test_what_was_not_recorded_lowers_the_share_and_not_the_rate() -> None:
    found = stored_week(lots(np.full(MINUTES, 4.0))[: MINUTES * 4 // 5], [], week_s=WEEK_S)
    assert found.rate is not None
    assert found.rate.mean_bit_s == pytest.approx(4e6)
    assert found.recorded_share == pytest.approx(0.8)
    assert not found.is_whole


def test_gaps_inside_lots_are_not_recorded_and_those_outside_change_nothing() -> None:
    half = lots(np.full(MINUTES, 4.0))[: MINUTES // 2]
    inside, outside = (0.0, WEEK_S / 10), (WEEK_S * 0.6, WEEK_S)
    assert stored_week(half, [inside, outside], week_s=WEEK_S).recorded_share == pytest.approx(0.4)


def test_lots_over_the_ends_count_by_their_part_inside_and_two_recorders_are_not_added_up() -> None:
    over = [Lot(from_s=-60.0, to_s=60.0, size_bytes=1_500_000), Lot(from_s=WEEK_S - 60, to_s=WEEK_S + 60,
            size_bytes=1_500_000)]  # fmt: skip
    found = stored_week(over, [], week_s=WEEK_S)
    assert found.rate is not None and found.rate.mean_bit_s == pytest.approx(1e5)
    assert found.recorded_share == pytest.approx(120 / WEEK_S)
    once, twice = (stored_week(lots(np.full(600, 4.0)) * times, [], week_s=WEEK_S) for times in (1, 2))
    assert once.rate is not None and twice.rate is not None
    assert once.rate.p95_bit_s == pytest.approx(twice.rate.p95_bit_s)
    assert once.recorded_share == twice.recorded_share


def test_lots_of_hours_tell_a_mean_and_no_percentile() -> None:
    found = stored_week(lots(np.full(168, 4.0), each_s=3600.0), [], week_s=WEEK_S)
    assert found.is_whole and not found.is_fine


def test_nothing_stored_is_no_week() -> None:
    found = stored_week([], [], week_s=WEEK_S)
    assert found.rate is None and found.recorded_share == 0 and not found.is_whole
