"""Zones compared, hot spots judged on another year, near repeats in explicit bands, the State's base read aright."""

import math

import numpy as np
import pytest
import shapely
from scipy import stats

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc import hotspots, near_repeat, rates, ssmsi
from beffroi.territory.calc.ssmsi import Base, Diffusion


def test_a_small_zones_rate_is_drawn_to_the_towns_and_a_large_ones_hardly() -> None:
    zones = [f"z{number}" for number in range(8)]
    counts = [3, 300, 90, 110, 80, 120, 60, 140]
    exposures = [1.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0]
    found = {one.zone: one for one in rates.zone_rates(zones, counts, exposures)}
    town = sum(counts) / sum(exposures)
    small, large = found["z0"], found["z1"]
    assert town < small.shrunk.value < small.raw
    assert abs(large.shrunk.value - large.raw) < 0.1 and large.rank == 1
    assert small.rank_high - small.rank_low > large.rank_high - large.rank_low


def test_ranks_of_zones_that_differ_little_cannot_be_told_apart() -> None:
    random = np.random.default_rng(2)
    counts = random.poisson(20, 16).tolist()
    found = rates.zone_rates([str(n) for n in range(16)], counts, [1.0] * 16)
    assert all(one.rank_low <= one.rank <= one.rank_high for one in found)
    assert np.mean([one.rank_high - one.rank_low for one in found]) > 8


def test_the_prior_is_found_again_from_many_zones() -> None:
    random = np.random.default_rng(3)
    exposures = random.uniform(5, 50, 4000)
    counts = random.poisson(random.gamma(4.0, 1 / 2.0, 4000) * exposures).astype(float)
    prior = rates.fitted_prior(counts, exposures)
    assert prior.shape == pytest.approx(4.0, rel=0.08) and prior.mean == pytest.approx(2.0, rel=0.03)


def test_zones_without_exposure_are_refused() -> None:
    with pytest.raises(InvalidInput, match="exposure above 0"):
        rates.zone_rates(["a", "b"], [1, 2], [1.0, 0.0])


def test_the_funnel_has_poissons_limits() -> None:
    (point,) = rates.funnel(2.0, [10.0])
    assert (point.expected, point.low_95, point.high_95) == (20, 12, 29)
    assert [point.verdict(count) for count in (20, 30, 50, 11, 3)] == [
        "as the town", "above", "far above", "below", "far below",
    ]  # fmt: skip


GRID = hotspots.grid_over((0, 0), (1000, 1000), 50)


def test_density_sums_to_the_facts_and_peaks_where_they_are() -> None:
    fact = np.array([[525.0, 525.0]])
    found = hotspots.density(fact, GRID, 200)
    assert found.sum() * 0.05**2 == pytest.approx(1.0, rel=0.01)
    assert GRID.centres[found.argmax()].tolist() == [525, 525]
    assert found.max() == pytest.approx(3 / (math.pi * 0.2**2))
    assert not hotspots.density(np.empty((0, 2)), GRID, 200).any()
    with pytest.raises(InvalidInput, match="bandwidth"):
        hotspots.density(fact, GRID, 0)


def test_pai_is_the_share_of_next_years_facts_over_the_share_of_ground() -> None:
    hot = np.zeros(400, dtype=bool)
    hot[:20] = True  # the southern row of cells
    later = np.array([[525.0, 25.0], [25.0, 25.0], [525.0, 525.0], [25.0, 525.0]])
    found = hotspots.foretold(hot, GRID, later)
    assert (found.facts_share, found.ground_share, found.pai) == (0.5, 0.05, 10.0)
    with pytest.raises(InvalidInput, match="held-out year"):
        hotspots.foretold(hot, GRID, np.array([[5000.0, 0.0]]))


def test_every_bandwidth_is_shown_beside_the_plain_count_on_the_year_held_out() -> None:
    random = np.random.default_rng(4)
    first, later = (np.clip(random.normal(400, 60, (200, 2)), 0, 999) for _ in range(2))
    found = hotspots.trials(first, later, GRID)
    assert {one.method for one in found} == {"density, 100 m", "density, 200 m", "density, 300 m", "plain count"}
    assert found[0].foretold.pai > 8 and found == tuple(sorted(found, key=lambda one: -one.foretold.pai))


def gi_star_by_its_definition(values: list[float], weights: list[list[int]]) -> list[float]:
    """Ord & Getis 1995, equation 14.6, written out."""
    count, mean = len(values), sum(values) / len(values)
    spread = math.sqrt(sum(value**2 for value in values) / count - mean**2)
    found = []
    for row in weights:
        local = sum(w * v for w, v in zip(row, values, strict=True))
        room = math.sqrt((count * sum(w * w for w in row) - sum(row) ** 2) / (count - 1))
        found.append((local - mean * sum(row)) / (spread * room))
    return found


def test_gi_star_is_its_definition_and_its_p_allows_for_many_cells() -> None:
    values = [1.0, 2.0, 0.0, 7.0, 9.0, 1.0]
    line = np.array([[100.0 * n, 0.0] for n in range(6)])
    weights = [[int(abs(a - b) <= 1) for b in range(6)] for a in range(6)]
    found = hotspots.hot_cells(np.array(values), line, 100.0)
    assert found.z == pytest.approx(gi_star_by_its_definition(values, weights))
    raw = 2 * stats.norm.sf(np.abs(found.z))
    assert (found.p >= raw - 1e-12).all() and found.p.max() <= 1


def test_a_true_cluster_is_hot_and_noise_is_not() -> None:
    random = np.random.default_rng(5)
    noise = random.poisson(2, 400).astype(float)
    assert hotspots.hot_cells(noise, GRID.centres, 75).hot.mean() < 0.01
    noise[210:213] += 30
    assert hotspots.hot_cells(noise, GRID.centres, 75).hot[211]
    assert not hotspots.hot_cells(np.ones(400), GRID.centres, 75).hot.any()


def test_two_facts_100_metres_and_3_days_apart_are_in_the_band_of_0_to_3_days() -> None:
    found = near_repeat.near_repeats(
        np.array([[0.0, 0.0], [100.0, 0.0]]), np.array([0.0, 3.0]),
        distance_ends_m=[100, 200], time_ends_days=[3, 6], shuffles=0,
    )  # fmt: skip
    assert found.pairs.tolist() == [[1, 0], [0, 0]]
    assert found.label(0, 0) == "0 to 100 m, 0 to 3 days" and found.label(1, 1) == "100 to 200 m, 3 to 6 days"


def test_repeats_that_were_put_in_are_found_and_shuffled_dates_show_none() -> None:
    random = np.random.default_rng(6)
    places, days = random.uniform(0, 3000, (150, 2)), random.uniform(0, 365, 150)
    echoes, later = places[:40] + random.normal(0, 30, (40, 2)), days[:40] + random.uniform(0, 5, 40)
    found = near_repeat.near_repeats(
        np.vstack((places, echoes)), np.append(days, later),
        distance_ends_m=[100, 200], time_ends_days=[7, 14], shuffles=199,
    )  # fmt: skip
    assert found.pairs[0, 0] >= 35 and found.p[0, 0] == 1 / 200 and found.ratio[0, 0] > 5
    alone = near_repeat.near_repeats(places, days, distance_ends_m=[100, 200], time_ends_days=[7, 14], shuffles=199)
    assert alone.p[0, 0] > 0.01


def test_bands_that_do_not_grow_are_refused() -> None:
    with pytest.raises(InvalidInput, match="growing values"):
        near_repeat.near_repeats(np.zeros((2, 2)), np.zeros(2), distance_ends_m=[100, 100], time_ends_days=[3])


SQUARES = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]


def test_each_zone_has_its_share_of_the_dense_ground_its_hot_cells_and_its_facts() -> None:
    dense, hot = np.zeros(400, dtype=bool), np.zeros(400, dtype=bool)
    dense[[0, 1, 2]] = hot[[1, 20, 21, 24]] = True  # three cells of the southern row; the fifth of the next is outside
    facts = hotspots.Placed(
        places=np.array([[25.0, 25.0], [75.0, 75.0], [125.0, 25.0], [9000.0, 0.0], [25.0, 25.0]]),
        zone_at=np.array([0, 0, 1, 1, -1]),
    )
    later = hotspots.Placed(places=np.array([[75.0, 25.0]]), zone_at=np.array([0]))
    left, right = hotspots.heat_by_zone(SQUARES, GRID, dense=dense, hot=hot, facts=facts, later=later)
    assert (left.area_m2, left.dense_m2, left.hot_cells) == (10_000, 5_000, 3)
    assert (left.facts, left.dense_facts, left.later, left.dense_later) == (2, 1, 1, 1)
    assert (right.dense_ha, right.hot_cells, right.facts, right.dense_facts, right.later) == (0.25, 0, 2, 1, 0)


def test_a_density_of_many_facts_is_that_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = np.random.default_rng(7).uniform(0, 1000, (300, 2))
    whole = hotspots.density(facts, GRID, 150)
    monkeypatch.setattr(hotspots, "_AT_ONCE", 7)
    assert hotspots.density(facts, GRID, 150) == pytest.approx(whole)


def followed(echoes: int) -> near_repeat.ZonePairs:
    """Two zones a kilometre apart and some facts in none; `echoes` of the first are followed within 5 days."""
    random = np.random.default_rng(8)
    places = np.vstack([random.uniform(0, 200, (80, 2)), random.uniform(1000, 1200, (80, 2)),
                        random.uniform(3000, 3300, (40, 2))])  # fmt: skip
    days = random.uniform(0, 365, 200)
    places = np.vstack([places, places[:echoes] + random.normal(0, 10, (echoes, 2))])
    days = np.append(days, days[:echoes] + random.uniform(0, 5, echoes))
    zone_at = np.repeat([0, 1, -1, 0], [80, 80, 40, echoes])
    return near_repeat.pairs_by_zone(places, days, zone_at, zones=2, within_m=100, within_days=7)


def test_repeats_are_told_of_the_zone_they_were_put_in_and_of_no_other() -> None:
    found = followed(60)
    first, second = found.zones
    assert first.is_shown and found.town.is_shown and not second.is_shown
    assert first.ratio is not None and first.ratio > 1.2 and first.inside > first.high
    assert second.low <= second.inside <= second.high
    assert not any(one.is_shown for one in followed(0).zones)


def test_the_pairs_of_the_town_are_those_of_its_table_and_a_pair_over_an_edge_is_told_of_both_zones() -> None:
    places = np.array([[0.0, 0.0], [50.0, 0.0], [90.0, 0.0], [95.0, 0.0]])
    days = np.array([0.0, 7.0, 7.0, 30.0])
    found = near_repeat.pairs_by_zone(
        places, days, np.array([0, 0, 1, -1]), zones=2, within_m=100, within_days=7, shuffles=9
    )
    table = near_repeat.near_repeats(places, days, distance_ends_m=[100], time_ends_days=[7], shuffles=0)
    assert found.town.inside == table.pairs.sum() == 3
    assert [(one.inside, one.across) for one in found.zones] == [(1, 2), (0, 2)]


def test_no_ratio_is_told_of_a_handful_of_facts_nor_of_none() -> None:
    few = near_repeat.pairs_by_zone(
        np.zeros((3, 2)), np.array([0.0, 1.0, 2.0]), np.array([0, 0, 0]), zones=2, within_m=100, within_days=7
    )
    assert few.zones[0].inside == 3 and few.zones[0].ratio is None and not few.zones[0].is_shown
    none = near_repeat.pairs_by_zone(
        np.empty((0, 2)), np.empty(0), np.empty(0, dtype=np.int64), zones=1, within_m=100, within_days=7
    )
    assert (none.town.inside, none.zones[0].ratio) == (0, None)


def row(**changes: str) -> dict[str, str]:
    found = {
        "CODGEO_2026": "33318", "annee": "2025", "indicateur": "Cambriolages de logement",
        "unite_de_compte": "Infraction",
        "nombre": "355", "taux_pour_mille": "10,226716", "est_diffuse": "diff", "insee_pop": "67339",
        "insee_pop_millesime": "2022", "insee_log": "34713", "insee_log_millesime": "2021",
        "complement_info_nombre": "NA", "complement_info_taux": "NA",
    }  # fmt: skip
    return found | changes


def test_burglaries_are_told_per_thousand_dwellings() -> None:
    """Pessac 2025: 10.23 per thousand dwellings; 5.27, per thousand people, would be wrong."""
    (cell,) = ssmsi.cells([row()], "33318")
    assert cell.base is Base.DWELLINGS and cell.per_thousand is not None
    assert round(cell.per_thousand, 2) == 10.23
    (other,) = ssmsi.cells([row(indicateur="Vols de véhicule")], "33318")
    assert other.base is Base.PEOPLE and round(other.per_thousand or 0, 2) == 5.27


def test_a_withheld_cell_is_neither_zero_nor_the_departements_mean() -> None:
    withheld = row(nombre="NA", taux_pour_mille="NA", est_diffuse="ndiff", complement_info_nombre="1,8")
    (cell,) = ssmsi.cells([withheld], "33318")
    assert (cell.diffusion, cell.count, cell.per_thousand, cell.withheld_mean) == (Diffusion.WITHHELD, None, None, 1.8)
    (none,) = ssmsi.cells([row(nombre="0")], "33318")
    assert (none.diffusion, none.count, none.per_thousand) == (Diffusion.ZERO, 0, 0.0)


def test_the_communes_column_is_found_whatever_its_year_and_other_communes_are_left() -> None:
    older = {("CODGEO_2025" if name == "CODGEO_2026" else name): text for name, text in row().items()}
    assert [cell.year for cell in ssmsi.cells([older, older | {"CODGEO_2025": "12145"}], "33318")] == [2025]


def test_a_file_that_is_not_the_base_and_a_cell_that_is_no_number_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="insee_log is missing"):
        list(ssmsi.cells([{name: text for name, text in row().items() if name != "insee_log"}], "33318"))
    with pytest.raises(InvalidInput, match="Row 3, nombre: 'beaucoup'"):
        list(ssmsi.cells([row(), row(nombre="beaucoup")], "33318"))
    with pytest.raises(InvalidInput, match="est_diffuse: 'peut-être'"):
        list(ssmsi.cells([row(est_diffuse="peut-être")], "33318"))
