"""Panels of zones: a known effect is found again as often as said, and none where there is none."""

import numpy as np
import pytest

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc import injected, panel, synthetic
from beffroi.territory.calc.figures import NotComputed
from beffroi.territory.calc.panel import NEVER, Panel, PanelEffect

SEEDS = 300


def effects_of(ratio: float) -> list[PanelEffect]:
    found = [panel.before_after(injected.panel(ratio, seed=seed), "control zones") for seed in range(SEEDS)]
    return [one for one in found if isinstance(one, PanelEffect)]


def test_an_injected_fall_of_a_fifth_is_covered_in_about_95_of_100_towns() -> None:
    """300 towns: 95 % ± 3.8 at three standard errors. The bench draws 1,000."""
    found = effects_of(0.8)
    assert len(found) == SEEDS
    assert 0.91 <= np.mean([one.change.ratio.holds(0.8) for one in found]) <= 0.99
    assert np.exp(np.mean([one.log_effect for one in found])) == pytest.approx(0.8, abs=0.02)


def test_where_nothing_was_injected_about_5_in_100_towns_raise_a_false_alarm() -> None:
    assert 0.01 <= np.mean([one.change.is_shown for one in effects_of(1.0)]) <= 0.09


def small_panel() -> Panel:
    counts = np.array([[10, 12, 5, 6], [20, 18, 11, 9], [9, 11, 10, 12], [30, 28, 31, 29], [14, 15, 13, 16]])
    return Panel(counts=counts, first_treated=np.array([2, 2, NEVER, NEVER, NEVER]))


def test_the_estimate_is_the_poisson_regressions_with_effects_of_zone_and_period() -> None:
    closed, fitted = panel.before_after(small_panel(), "c"), panel.regression(small_panel(), "c")
    assert isinstance(closed, PanelEffect)
    assert fitted.log_effect == pytest.approx(closed.log_effect, abs=1e-6)
    ratio = (31 / 60) / (111 / 107)
    assert closed.change.ratio.value == pytest.approx(ratio) and closed.degrees == 3


def test_phases_one_after_another_are_compared_with_zones_not_yet_treated() -> None:
    counts = np.array([[10, 10, 5, 5], [10, 10, 10, 5], [20, 20, 20, 20]])
    found = panel.staggered(Panel(counts=counts, first_treated=np.array([2, 3, NEVER])), draws=99)
    assert not isinstance(found, NotComputed)
    assert [(cell.first_treated, cell.period, cell.counted, cell.expected) for cell in found.cells] == [
        (2, 2, 5.0, 10.0),
        (2, 3, 5.0, 10.0),
        (3, 3, 5.0, 10.0),
    ]
    assert found.change.ratio.value == 0.5 and "not yet equipped" in found.change.said()


def test_with_every_zone_treated_at_once_there_is_no_control_to_compare_with() -> None:
    counts = np.full((3, 4), 10)
    found = panel.staggered(Panel(counts=counts, first_treated=np.array([2, 2, 2])), draws=9)
    assert isinstance(found, NotComputed)
    with pytest.raises(InvalidInput, match="control zones"):
        panel.before_after(Panel(counts=counts, first_treated=np.array([2, 2, 2])), "c")


def test_placebo_starts_before_the_true_one_show_nothing() -> None:
    drawn = injected.panel(0.5, seed=4)
    placebos = panel.placebo_dates(drawn, "c", least=12)
    assert set(placebos) == set(range(12, 25))
    shown = [one for one in placebos.values() if isinstance(one, PanelEffect) and one.change.is_shown]
    assert len(shown) <= 2


def test_zones_drawn_at_random_rarely_show_as_strong_an_effect_as_a_true_one() -> None:
    assert panel.placebo_zones(injected.panel(0.5, seed=1), draws=99) <= 0.05
    assert panel.placebo_zones(injected.panel(1.0, seed=3), draws=99) > 0.05


def test_every_definition_is_printed_and_one_dissent_is_enough_not_to_be_robust() -> None:
    strong, none = injected.panel(0.5, seed=1), injected.panel(1.0, seed=5)
    found = panel.over_definitions([("zones", strong), ("zones + 50 m", strong), ("2 years", none)], "c")
    assert found.shown == ("zones", "zones + 50 m") and not found.is_robust
    assert found.said().startswith("a change is shown under 2 of 3 definitions")
    assert panel.over_definitions([("a", strong)], "c").is_robust


def test_an_empty_group_gives_no_figure() -> None:
    counts = np.array([[0, 0], [1, 2], [3, 4]])
    found = panel.before_after(Panel(counts=counts, first_treated=np.array([1, NEVER, NEVER])), "c")
    assert isinstance(found, NotComputed) and "no fact" in found.said()
    with pytest.raises(InvalidInput, match="zones × periods"):
        Panel(counts=counts, first_treated=np.array([1]))


def test_a_place_that_is_a_mix_of_two_others_is_found_to_be_that_mix() -> None:
    random = np.random.default_rng(1)
    controls = random.uniform(10, 50, (8, 20))
    treated = 0.3 * controls[2] + 0.7 * controls[5]
    treated[14:] *= 0.5
    found = synthetic.synthetic_control(treated, controls, 14)
    assert found.weights == pytest.approx([0, 0, 0.3, 0, 0, 0.7, 0, 0], abs=1e-6)
    assert found.error_before < 1e-6 < found.error_after and found.p == pytest.approx(1 / 9)
    assert found.course[14:] == pytest.approx(2 * treated[14:])
    with pytest.raises(InvalidInput, match="two control places"):
        synthetic.synthetic_control(treated, controls[:1], 14)
