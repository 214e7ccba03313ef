"""Rates, disks, recorders, power, light: closed forms and published examples, to the digits given."""

import math
from datetime import date

import numpy as np
import pytest

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import bandwidth, light, power, recorders, storage
from beffroi.plan.calc.network import Arm
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.storage import Layout


def test_four_cameras_of_two_megabits_for_thirty_days_are_2592_gigabytes() -> None:
    assert storage.net_tb(4 * 2e6, 30) * 1000 == pytest.approx(2592)


def test_recorder_makers_figures_are_found_again() -> None:
    assert round(storage.makers_gigabytes_a_day(4e6), 2) == 42.19
    assert round(storage.makers_days(4e6, 1), 1) == 21.8
    assert storage.gigabytes_a_day(4e6) == pytest.approx(43.2)


def test_the_four_phases_of_the_programme_fill_16_8_to_57_terabytes() -> None:
    assert [round(storage.net_tb(cameras * 4e6, 30), 1) for cameras in (13, 26, 36, 44)] == [16.8, 33.7, 46.7, 57.0]
    assert round(storage.net_tb(44 * 4e6, 15), 1) == 28.5


def test_disks_are_whole_with_parity_and_spare() -> None:
    found = storage.array(storage.net_tb(44 * 4e6, 30))
    assert (found.data_disks, found.parity_disks, found.spare_disks, found.disks) == (4, 2, 1, 7)
    assert found.usable_tb == 80 and round(found.usable_tib, 1) == 72.8
    assert storage.array(80.0, Layout(margin=0.0, fill=1.0)).data_disks == 4
    assert storage.array(80.1, Layout(margin=0.0, fill=1.0)).data_disks == 5


def test_twelve_disks_fail_one_year_in_six_and_a_large_raid_5_rarely_reads_itself_whole() -> None:
    assert round(storage.chance_a_disk_fails(12, 0.0157), 3) == 0.173
    assert round(storage.chance_of_unreadable_sector(11, 20), 2) == 0.83


def test_a_card_of_128_gigabytes_covers_a_cut_of_64_hours_at_4_megabits() -> None:
    assert storage.edge_hours(128, 4e6) == pytest.approx(64.0)


def test_a_measured_week_gives_its_mean_and_95th_percentile() -> None:
    week = np.concatenate([np.full(9_000, 2e6), np.full(1_080, 6e6)])
    found = bandwidth.measured(week)
    assert (found.p95_bit_s, found.samples) == (6e6, 10_080) and round(found.mean_bit_s) == 2_428_571
    assert found.bit_s == Range(low=found.mean_bit_s, likely=6e6, high=6e6)
    with pytest.raises(InvalidInput, match="measured week"):
        bandwidth.measured([])
    with pytest.raises(InvalidInput, match="measured week"):
        bandwidth.measured([1e6, float("nan")])


def test_a_typical_rate_is_a_range_with_its_source_and_an_unknown_one_is_asked_for() -> None:
    found = bandwidth.typical_rate(tables.rates(), "h265", 2.07)
    assert (found.bit_s.low, found.bit_s.high) == (1e6, 2e6) and "lues le" in found.source
    with pytest.raises(InvalidInput, match="No typical rate for h265 at 33 megapixels"):
        bandwidth.typical_rate(tables.rates(), "h265", 33)


def test_a_stretch_carries_every_camera_behind_it_at_their_worst_second() -> None:
    rate = Range(low=2e6, likely=3e6, high=4e6)
    arms = [
        Arm(point="a", stretches=("t1",), length_m=10.0),
        Arm(point="b", stretches=("t1", "t2"), length_m=20.0),
    ]
    first, second = bandwidth.link_loads(arms, {"a": {"c1": rate, "c2": rate}, "b": {"c3": rate}})
    assert (first.stretch, first.cameras, second.cameras) == ("t1", ("c1", "c2", "c3"), ("c3",))
    assert first.video_bit_s.likely == 9e6
    assert first.needed_bit_s == pytest.approx(12e6 * 2 * 1.05)
    assert first.holds
    (full, _) = bandwidth.link_loads(arms, {"a": {"c1": rate}, "b": {}}, capacity_bit_s=10e6)
    assert not full.holds


def test_recorder_nodes_are_bound_by_what_runs_out_first() -> None:
    figures = recorders.RecorderFigures(
        machine="m", cores=2, cameras=250, stream_bit_s=4e6, cpu_ms_per_camera_s=2.0, disk_write_bit_s=400e6,
        measured_on=date(2026, 11, 23), source="s",
    )  # fmt: skip
    found = recorders.nodes(figures, 44, 176e6)
    assert (found.recording, found.standby, found.total, found.bound_by) == (1, 1, 2, "disk")
    assert recorders.nodes(figures, 100, 400e6).recording == 2
    assert recorders.nodes(figures, 1250, 100e6).bound_by == "cameras"
    assert recorders.nodes(figures, 0, 0).total == 0
    assert tables.recorders()[0].source.startswith("ref/benchmarks.md")


def test_a_device_gets_the_smallest_poe_that_feeds_it_and_none_above_71_watts() -> None:
    assert [power.poe_class(watts).name for watts in (12.95, 12.96, 51, 71.3)] == [
        "802.3af", "802.3at", "802.3bt type 3", "802.3bt type 4",
    ]  # fmt: skip
    with pytest.raises(InvalidInput, match=r"No PoE class feeds 71\.4 W"):
        power.poe_class(71.4)


def test_a_cabinet_tells_its_budget_and_its_hours_on_battery() -> None:
    cabinet = power.Cabinet(own_w=10, efficiency=1.0, battery_wh=500, usable=0.8)
    found = power.cabinet_power([12.95, 25.5], cabinet)
    assert found.poe_budget_w == pytest.approx(45.4) and found.mains_w == pytest.approx(55.4)
    assert found.battery_h == pytest.approx(400 / 55.4)


def test_daylight_at_millau_is_the_almanacs_within_ten_minutes() -> None:
    """15 h 27 min at the summer solstice, 8 h 55 min at the winter one (44.1° north, almanac)."""
    assert abs(power.daylight_h(44.1, 172) - 15.45) < 1 / 6
    assert abs(power.daylight_h(44.1, 355) - 8.92) < 1 / 6


def test_a_mast_on_the_lighting_circuit_needs_a_battery_for_the_longest_day_and_a_feed_to_recharge_it() -> None:
    cabinet = power.Cabinet(battery_wh=500, efficiency=1.0, usable=0.8)
    found = power.on_lighting_circuit(30, cabinet, latitude_deg=44.1)
    assert not found.holds and 560 < found.battery_wh < 600 and found.feed_w > 80
    assert power.on_lighting_circuit(30, power.Cabinet(battery_wh=600), latitude_deg=44.1).holds
    assert power.through_hours(30, power.Cabinet(battery_wh=1e6), without_h=24).holds is False


def test_in_a_town_connectors_lose_more_than_kilometres() -> None:
    found = light.optical_budget(3000, splices=6, connectors=4)
    assert found.loss_db == pytest.approx(1.05 + 0.6 + 2.0) and found.holds
    assert not light.optical_budget(11_000, splices=0, connectors=2).holds
    assert not light.optical_budget(3000, splices=20, connectors=10).holds


def test_a_radio_hop_loses_what_itu_says_and_is_blocked_by_a_roof_in_its_zone() -> None:
    assert light.free_space_loss_db(1, 1) == pytest.approx(92.45)
    assert round(light.free_space_loss_db(2, 5.8), 2) == 113.74
    assert light.fresnel_radius_m(0.5, 0.5, 5.8) == pytest.approx(17.32 * math.sqrt(0.25 / 5.8))
    hop = light.Hop(distance_km=1, frequency_ghz=5.8, sent_dbm=20, gains_dbi=46, needed_dbm=-70)
    assert hop.margin_db == pytest.approx(20 + 46 - 107.72 + 70, abs=0.01)
    assert light.blocked_at_m(hop, [0, 0, 0, 0, 0], (10, 10)) == []
    assert light.blocked_at_m(hop, [0, 0, 9, 0, 0], (10, 10)) == [500.0]


def test_a_range_out_of_order_is_refused() -> None:
    with pytest.raises(InvalidInput, match="low ≤ likely ≤ high"):
        Range(low=2, likely=1, high=3)
