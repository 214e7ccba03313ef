"""Cost as ranges, ten years with staff first, grants within their dated rules."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import cost, funding
from beffroi.plan.calc.cost import Item, Kind, Operation
from beffroi.plan.calc.funding import Limits, Request, Scheme
from beffroi.plan.calc.network import Stretch
from beffroi.plan.calc.ranges import Range, total

LIMITS = Limits(state_share=0.8, year=2026, source="circular")


def scheme(id_: str, shares: Mapping[Kind, float], **more: object) -> Scheme:
    return Scheme(id=id_, name=id_.upper(), year=2026, place="12", source="circular", shares=shares, **more)  # type: ignore[arg-type]


def test_a_simulated_sum_has_the_triangles_mean_and_lies_within_its_limits() -> None:
    price = Range(low=50, likely=70, high=90)
    found = total([(100, price), (50, Range.exactly(10))], seed=1)
    assert found.mean == pytest.approx(7500, rel=0.01)
    assert 5500 < found.p10 < found.p50 < found.p90 < 9500
    assert total([(100, price)], seed=1) == total([(100, price)], seed=1)
    # a triangle from 50 to 90 is below 50 + 20·√(2·0.1·…): its tenth is 50 + √(0.1 · 40 · 20)
    assert total([(1, price)], seed=2).p10 == pytest.approx(50 + (0.1 * 40 * 20) ** 0.5, rel=0.01)


def test_a_shared_trench_is_dug_once_and_prices_go_by_surface() -> None:
    one = Stretch(id="1", a="a", b="b", length_m=100, cost_eur=0, trench="t")
    two = Stretch(id="2", a="a", b="c", length_m=80, cost_eur=0, trench="t")
    other = Stretch(id="3", a="b", b="c", length_m=40, cost_eur=0)
    prices = {"street": Range(low=50, likely=70, high=90), "paved": Range(low=90, likely=150, high=250)}
    items = cost.trench_items([one, two, other], {"1": "street", "2": "street", "3": "paved"}, prices)
    assert [(item.name, item.quantity) for item in items] == [("paved", 40), ("street", 100)]
    assert cost.bill(items).of(Kind.TRENCH) == Range(low=8600, likely=13_000, high=19_000)


def test_over_ten_years_staff_comes_first_and_cameras_are_bought_again_once() -> None:
    built = cost.bill([Item(name="c", kind=Kind.CAMERA, quantity=10, unit="camera", unit_eur=Range.exactly(1000))])
    operation = Operation(
        agents=2, agent_eur=Range.exactly(40_000), maintenance_share=Range.exactly(0.05),
        energy_eur=Range.exactly(100), refresh_years=Range.exactly(7),
    )  # fmt: skip
    found = cost.ten_years(built, operation)
    assert found.by_kind[Kind.STAFF].p50 == 800_000 and found.by_kind[Kind.CAMERA].p50 == 20_000
    assert found.total.p50 == pytest.approx(800_000 + 20_000 + 5000 + 1000)
    assert found.by_year_p50[0] == 10_000 and found.by_year_p50[7] == pytest.approx(80_000 + 500 + 100 + 10_000)
    assert found.staff_share > 0.9 and next(iter(found.by_kind)) is Kind.STAFF
    assert cost.each(found.total, 10).p50 == pytest.approx(82_600)


def test_a_grant_is_capped_a_camera_and_all_state_aid_stops_at_eighty_per_cent() -> None:
    shares = {Kind.CAMERA: 0.5, Kind.TRENCH: 0.5, Kind.CENTRE: 0.5}
    fipd = scheme("fipd", shares, cap_per_camera_eur=15_000.0)
    detr, dsil = scheme("detr", {Kind.CAMERA: 0.3, Kind.TRENCH: 0.3}), scheme("dsil", {Kind.CAMERA: 0.3})
    asked = Request(costs_eur={Kind.CAMERA: 100_000, Kind.TRENCH: 100_000}, cameras=10, year=2026)
    plan = funding.funding_plan(asked, [fipd, detr, dsil], LIMITS)
    assert [grant.grant_eur for grant in plan.grants] == pytest.approx([75_000, 60_000, 25_000])
    assert plan.own_share == pytest.approx(0.2) and plan.outdated == ()
    assert plan.grants[0].notes == ("capped at 15,000 € a camera",)
    assert "plafond" in plan.grants[2].notes_fr[0]


def test_aid_that_is_not_the_states_may_go_above_the_states_limit_but_never_above_the_cost() -> None:
    asked = Request(costs_eur={Kind.CAMERA: 100.0}, cameras=1, year=2026)
    state, region = scheme("fipd", {Kind.CAMERA: 0.9}), scheme("region", {Kind.CAMERA: 0.5}, is_state=False)
    plan = funding.funding_plan(asked, [state, region], LIMITS)
    assert [grant.grant_eur for grant in plan.grants] == pytest.approx([80, 20])
    assert plan.own_eur == pytest.approx(0)


def test_a_small_file_gets_nothing_and_says_why() -> None:
    asked = Request(costs_eur={Kind.CAMERA: 4000.0, Kind.STUDY: 500.0}, cameras=1, year=2026)
    plan = funding.funding_plan(asked, [scheme("fipd", {Kind.CAMERA: 0.5}, least_request_eur=3000.0)], LIMITS)
    assert plan.granted_eur == 0 and "smallest request" in plan.grants[0].notes[0]


def test_rules_of_an_earlier_year_are_named_as_such_and_the_newest_not_later_is_used() -> None:
    known, limits = tables.schemes()
    chosen = funding.of_year(known, 2026)
    assert {one.id: one.year for one in chosen} == {"fipd": 2024, "detr": 2024, "dsil": 2024}
    assert [one.year for one in funding.of_year(known, 2023)] == [2022]
    plan = funding.funding_plan(Request(costs_eur={Kind.CAMERA: 1e5}, cameras=10, year=2026), chosen, limits)
    assert plan.outdated == ("fipd", "detr", "dsil", "limits")
    assert all(one.source for one in chosen)


def test_every_price_says_where_it_comes_from_or_that_it_is_a_guess() -> None:
    read = tables.prices()
    assert all(price.source for price in read.prices.values())
    assert read.prices["mast"].is_guess and not read.prices["street"].is_guess
    assert read.shares["maintenance"] == Range(low=0.02, likely=0.05, high=0.08)


def test_a_table_with_an_unknown_key_is_refused_by_file_and_field(tmp_path: Path) -> None:
    path = tmp_path / "rates.toml"
    path.write_text(
        'read_on = 2026-01-01\nsource = "s"\n[[rate]]\ncodec = "h264"\nmegapixels = 0\nmbit_s = [1, 2, 3]\n'
    )
    with pytest.raises(InvalidInput, match=r"rates\.toml, rate\.0\.megapixels"):
        tables.rates(path)


def test_negative_quantities_and_costs_are_refused() -> None:
    with pytest.raises(InvalidInput, match="a quantity is"):
        cost.bill([Item(name="c", kind=Kind.CAMERA, quantity=-1, unit="m", unit_eur=Range.exactly(1))])
    with pytest.raises(InvalidInput, match="A cost is"):
        funding.funding_plan(Request(costs_eur={Kind.CAMERA: -1}, cameras=1, year=2026), [], LIMITS)
