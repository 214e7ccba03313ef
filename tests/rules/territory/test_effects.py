"""Effect measures: published tables and closed forms, to the digits given."""

import math

import numpy as np
import pytest
import statsmodels.api as sm

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc import counts, effects
from beffroi.territory.calc.effects import BeforeAfter, RelativeEffect, Wdq
from beffroi.territory.calc.figures import Change, Estimate, NotComputed

HAWKEYE = BeforeAfter(before=794, after=214), BeforeAfter(before=12_590, after=11_335)


def change(before: float, after: float) -> BeforeAfter:
    return BeforeAfter(before=before, after=after)


def test_the_hawkeye_car_parks_have_their_published_effect_and_interval() -> None:
    found = effects.relative_effect(*HAWKEYE)
    assert isinstance(found, RelativeEffect)
    assert (round(found.res.value, 2), round(found.res.low, 2), round(found.res.high, 2)) == (3.34, 2.73, 4.08)
    poisson = effects.relative_effect(*HAWKEYE, overdispersed=False)
    assert isinstance(poisson, RelativeEffect)
    assert (round(poisson.res.low, 2), round(poisson.res.high, 2)) == (2.87, 3.89)


def test_the_effect_is_the_interaction_of_a_poisson_regression() -> None:
    (treated, control) = HAWKEYE
    # each count in two unlike parts: the same estimate and error, and a regression that does not fit perfectly
    counted = (treated.before, treated.after, control.before, control.after)
    parts = [count * share for count in counted for share in (0.4, 0.6)]
    design = np.repeat([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0], [1, 0, 1, 0]], 2, axis=0)
    model = sm.GLM(parts, design, family=sm.families.Poisson()).fit()
    found = effects.relative_effect(*HAWKEYE, overdispersed=False)
    assert isinstance(found, RelativeEffect)
    assert round(math.exp(model.params[3]), 4) == round(1 / found.res.value, 4) == 0.2994
    assert round(model.bse[3], 4) == round(found.log_se, 4) == 0.0781


def test_a_zero_count_gives_no_effect_and_says_what_to_do() -> None:
    found = effects.relative_effect(change(10, 0), change(10, 10))
    assert isinstance(found, NotComputed) and "longer period" in found.said() and found.why_fr


def test_wdd_of_wheeler_and_ratcliffe() -> None:
    found = effects.wdd(
        change(207, 110), change(308, 318), displacement=change(178, 157), displacement_control=change(150, 140)
    )
    assert found.facts.value == -118
    assert (round(found.se, 2), round(found.z, 2)) == (39.60, -2.98)
    assert (round(found.facts.low), round(found.facts.high)) == (-196, -40)


def test_wdd_with_another_level_and_with_periods_of_unlike_length() -> None:
    found = effects.wdd(change(20, 10), change(20, 20), level=0.9)
    assert found.facts.value == -10 and round(found.se, 4) == 8.3666
    assert (round(found.facts.low, 1), round(found.facts.high, 1)) == (-23.8, 3.8)
    unlike = effects.wdd(change(80, 20), change(100, 50), periods=(2, 1))
    assert unlike.facts.value == -20 and unlike.se == pytest.approx(math.sqrt(115))


def test_wdd_without_facts_is_refused() -> None:
    with pytest.raises(InvalidInput, match="No fact in any area"):
        effects.wdd(change(0, 0), change(0, 0))
    with pytest.raises(InvalidInput, match="Counts of facts are"):
        change(-1, 0)


def test_complete_displacement_is_a_quotient_of_minus_one_told_beside_its_difference() -> None:
    found = effects.wdq(change(100, 50), change(100, 150), change(100, 100))
    assert isinstance(found, Wdq) and found.value == -1
    assert found.wdd.facts.value == 0 and "beside WDD" in f"{found}"


def test_without_a_clear_gain_the_quotient_is_not_computed() -> None:
    found = effects.wdq(change(100, 95), change(100, 150), change(100, 100))
    assert isinstance(found, NotComputed) and "no gain that could have moved" in str(found)
    assert isinstance(effects.wdq(change(9, 1), change(1, 1), change(0, 3)), NotComputed)


def test_net_effects() -> None:
    treated, near, control = change(100, 50), change(100, 90), change(100, 100)
    assert effects.net_effect(treated, control) == 0.5
    assert effects.total_net_effect(treated, near, control) == 60


def test_e_test_and_wilson_agree_with_published_figures() -> None:
    assert round(counts.e_test(6, 2), 7) == 0.1748748
    found = counts.share(22, 1939)
    assert [round(100 * value, 2) for value in (found.value, found.low, found.high)] == [1.13, 0.75, 1.71]
    with pytest.raises(InvalidInput, match="3 of 2 is not a share"):
        counts.share(3, 2)


def test_a_count_of_zero_has_an_upper_limit_of_three_point_seven() -> None:
    found = counts.poisson(0)
    assert (found.low, round(found.high, 3)) == (0.0, 3.689)


def test_thirteen_trials_of_the_bcg_vaccine_pool_as_published() -> None:
    """Cases and non-cases, vaccinated then not; Colditz et al. 1994."""
    trials = [
        (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
        (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
        (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
    ]  # fmt: skip
    ratios = [math.log(a / (a + b) / (c / (c + d))) for a, b, c, d in trials]
    variances = [1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) for a, b, c, d in trials]
    found = effects.pooled(ratios, variances)
    assert (round(found.tau2, 4), round(found.effect.value, 4)) == (0.3088, -0.7141)
    assert (round(found.se, 4), round(found.q, 2)) == (0.1787, 152.23)


def test_one_study_pools_to_itself_and_none_is_refused() -> None:
    assert effects.pooled([0.5], [0.04]).effect.value == 0.5
    with pytest.raises(InvalidInput, match="needs a variance"):
        effects.pooled([], [])


@pytest.mark.parametrize(
    ("treated", "control", "fall"), [(20, 100, 0.65), (40, 200, 0.53), (100, 500, 0.38), (300, 1500, 0.24)]
)
def test_the_vote_is_told_which_fall_could_be_seen(treated: float, control: float, fall: float) -> None:
    assert effects.smallest_fall_seen(treated, control) == pytest.approx(fall, abs=0.006)
    smallest = effects.smallest_fall_seen(treated, control)
    assert effects.chance_to_see(smallest, treated, control) == pytest.approx(0.8, abs=0.001)


def test_no_fall_is_seen_five_times_in_a_hundred() -> None:
    assert effects.chance_to_see(0.0, 100, 500) == pytest.approx(0.05)
    with pytest.raises(InvalidInput, match="Power needs facts"):
        effects.smallest_fall_seen(0, 100)


def test_no_estimate_can_be_printed_without_its_interval() -> None:
    estimate = Estimate(value=3.34, low=2.73, high=4.08)
    for text in (str(estimate), f"{estimate}", f"{estimate:.1f}", f"{estimate}"):
        assert text == "3.34 (95 %: 2.73 to 4.08)"
    assert estimate.said_fr() == "3,34 (95 % : de 2,73 à 4,08)"
    with pytest.raises(TypeError, match="told with its interval"):
        float(estimate)


def test_no_percentage_without_a_control() -> None:
    ratio = Estimate(value=0.8, low=0.68, high=0.94)
    with pytest.raises(ValueError, match="compared with"):
        Change(ratio=ratio, control=" ", p=0.01)
    told = Change(ratio=ratio, control="12 zones without cameras", p=0.01)
    assert f"{told:.0f}" == "−20 % (95 %: −32 to −6), compared with 12 zones without cameras"
    unclear = Change(ratio=Estimate(value=0.8, low=0.6, high=1.1), control="twelve zones", p=0.2)
    assert str(unclear).startswith("no change shown") and unclear.said_fr().startswith("aucune évolution démontrée")


def test_an_effect_becomes_a_change_with_its_p() -> None:
    found = effects.relative_effect(*HAWKEYE)
    assert isinstance(found, RelativeEffect)
    told = found.change("the other car parks")
    assert told.is_shown and told.p < 1e-20 and round(told.ratio.value, 4) == 0.2994
