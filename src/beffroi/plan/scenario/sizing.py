"""What a scenario takes: rates, disks, recorders, power, ten years of money."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import bandwidth, cost, funding, power, recorders, storage
from beffroi.plan.calc.cost import Kind
from beffroi.plan.calc.ranges import Range
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.scenario import answers, document
from beffroi.plan.scenario import network_answers as said
from beffroi.plan.scenario.cameras import CameraRow
from beffroi.plan.scenario.network import MoneyRow, NetworkSection, PointRow, SizingSection
from beffroi.plan.scenario.networking import bill_answer
from beffroi.plan.scenario.problems import Problem
from beffroi.plan.scenario.rates import CameraRate, camera_rates
from beffroi.territory.calc.lambert93 import to_lon_lat

_FAILURES_A_YEAR = 0.0157
"""Source: Backblaze, drive stats 2024."""


def sized(
    read: document.Read, scenario: Path, fibre: Sequence[cost.Item]
) -> tuple[said.SizeAnswer, tuple[Problem, ...]]:
    """What a scenario's cameras take, and all its warnings. `fibre`: lines of the bill of its network, when known.

    Errors: ScenarioRefused, InvalidInput when the scenario has no camera.
    """
    section = read.scenario.sizing or SizingSection()
    if not read.cameras:
        raise InvalidInput(
            "There is no camera to size for; give `cameras`.",
            message_fr="Aucune caméra à dimensionner ; donnez `cameras`.",
            field="cameras",
        )
    rates = camera_rates(read, scenario)
    video = bandwidth.sum_bit_s(rate.bit_s for rate in rates)
    arrays = [_storage(video, days, section) for days in sorted({15, section.retention_days})]
    figures = _recorder(scenario, section)
    nodes = recorders.nodes(figures, len(rates), video.high, headroom=section.headroom, standby=section.standby_nodes)
    masts = masts_power(read)
    warnings = (*read.warnings, *_warnings(masts))
    fastest = max(rate.bit_s.high for rate in rates)
    money = _money(read, section, (scenario, nodes.total, arrays[-1], list(fibre)))
    found = said.SizeAnswer(
        cameras=len(rates),
        rates=tuple(_rate(rate) for rate in rates),
        video_mbit_s=_mbit_s(video),
        storage=tuple(arrays),
        nodes=said.NodesAnswer(
            recording=nodes.recording,
            standby=nodes.standby,
            bound_by=nodes.bound_by,
            machine=figures.machine,
            measured_on=figures.measured_on,
            source=figures.source,
        ),
        edge_hours=storage.edge_hours(section.card_gigabytes, fastest) if section.card_gigabytes and fastest else None,
        power=tuple(masts),
        money=money,
        warnings=tuple(answers.Warned.model_validate(one) for one in warnings),
    )
    return found, warnings


def _mbit_s(bit_s: Range) -> said.RangeAnswer:
    return said.RangeAnswer.model_validate(bit_s.times(1e-6))


def _rate(rate: CameraRate) -> said.RateAnswer:
    return said.RateAnswer(camera=rate.camera, mbit_s=_mbit_s(rate.bit_s), source=rate.source)


def _storage(video: Range, days: int, section: SizingSection) -> said.StorageAnswer:
    net = storage.net_range_tb(video, days)
    layout = storage.Layout(**section.storage.model_dump())
    found = storage.array(net.high, layout)
    return said.StorageAnswer(
        days=days,
        net_tb=said.RangeAnswer.model_validate(net),
        data_disks=found.data_disks,
        parity_disks=found.parity_disks,
        spare_disks=found.spare_disks,
        disks=found.disks,
        usable_tb=found.usable_tb,
        usable_tib=found.usable_tib,
        chance_a_disk_fails_a_year=storage.chance_a_disk_fails(found.disks, _FAILURES_A_YEAR),
    )


def _recorder(scenario: Path, section: SizingSection) -> recorders.RecorderFigures:
    if section.recorders_file:
        return tables.recorders(scenario.parent / Path(section.recorders_file).name)[0]
    return tables.recorders()[0]


def masts_power(read: document.Read) -> list[said.PowerAnswer]:
    """Of each point of the network that bears cameras; without a network, of each site."""
    section = read.scenario.sizing or SizingSection()
    by_site: dict[str, list[float]] = {}
    for row in read.scenario.cameras:
        by_site.setdefault(row.site, []).append(_draw_w(row, read.models.get(row.model or ""), section))
    points = {row.id: row for row in (read.scenario.network or _no_network()).points}
    place = read.cameras[0].pose
    _, latitude_deg = to_lon_lat(place.east_m, place.north_m)
    masts = {site: points.get(site, PointRow(id=site or "-")) for site in by_site}
    return [_mast(masts[site], watts, latitude_deg) for site, watts in by_site.items()]


def _draw_w(row: CameraRow, model: CameraModel | None, section: SizingSection) -> float:
    """Given, else its model's, else that of all."""
    typical = model.power_w if model and model.power_w else section.power_w
    return section.powers_w.get(row.id, typical)


def _no_network() -> NetworkSection:
    return NetworkSection(csu="-", points=(PointRow(id="-"),))


def _mast(row: PointRow, watts: Sequence[float], latitude_deg: float) -> said.PowerAnswer:
    by_poe = [one for one in watts if one <= power.MOST_W]
    fed_apart_w = sum(one for one in watts if one > power.MOST_W)
    cabinet = power.Cabinet(own_w=row.own_w + fed_apart_w, battery_wh=row.battery_wh)
    found = power.cabinet_power(by_poe, cabinet)
    trap = power.on_lighting_circuit(found.mains_w, cabinet, latitude_deg=latitude_deg) if row.is_on_lighting else None
    return said.PowerAnswer(
        point=row.id,
        poe=tuple(one.name for one in found.classes),
        poe_budget_w=found.poe_budget_w,
        mains_w=found.mains_w,
        battery_h=found.battery_h,
        lighting_battery_wh=trap.battery_wh if trap else None,
        lighting_feed_w=trap.feed_w if trap else None,
        holds=trap.holds if trap else True,
    )


def _warnings(masts: Sequence[said.PowerAnswer]) -> list[Problem]:
    return [
        Problem(
            field=f"network.points ({mast.point})",
            message=f"hangs on the lighting circuit, dead by day: its battery needs "
            f"{mast.lighting_battery_wh:,.0f} Wh, or the mast a supply of its own",
            message_fr=f"est sur le circuit d'éclairage, mort le jour : il lui faut "
            f"{mast.lighting_battery_wh:,.0f} Wh de batterie, ou une alimentation propre",
        )
        for mast in masts
        if not mast.holds
    ]


def _money(
    read: document.Read, section: SizingSection, bought: tuple[Path, int, said.StorageAnswer, list[cost.Item]]
) -> said.MoneyAnswer | None:
    row = section.money
    if row is None:
        return None
    scenario, machines, array, fibre = bought
    own = read.scenario.network and read.scenario.network.prices_file
    prices = tables.prices(scenario.parent / Path(own).name) if own else tables.prices()
    sites = len({camera.site for camera in read.scenario.cameras})
    quantities = {
        "camera": len(read.cameras),
        "mast": sites,
        "recorder": machines,
        "disk-tb": array.disks * section.storage.disk_tb,
        "centre": int(row.has_new_centre),
    }
    built = cost.bill([*fibre, *(_item(id_, amount, prices) for id_, amount in quantities.items() if amount)])
    operation = cost.Operation(
        agents=row.agents,
        agent_eur=prices.prices["agent"].eur,
        maintenance_share=prices.shares["maintenance"],
        energy_eur=prices.prices["energy"].eur.times(len(read.cameras)),
        refresh_years=Range(low=row.refresh_years[0], likely=row.refresh_years[1], high=row.refresh_years[2]),
    )
    years = cost.ten_years(built, operation, years=row.years)
    plan, used = _funding(built, (len(read.cameras), row), scenario)
    return said.MoneyAnswer(
        years=row.years,
        total_eur=said.SpreadAnswer.model_validate(years.total),
        by_kind_eur={kind.value: said.SpreadAnswer.model_validate(one) for kind, one in years.by_kind.items()},
        by_year_p50_eur=years.by_year_p50,
        built=bill_answer(built, prices),
        grants=tuple(_grant(grant, used) for grant in plan.grants),
        granted_eur=plan.granted_eur,
        own_eur=plan.own_eur,
        outdated=plan.outdated,
    )


def _item(id_: str, quantity: float, prices: tables.Prices) -> cost.Item:
    price = prices.prices[id_]
    return cost.Item(name=id_, kind=price.kind, quantity=quantity, unit=price.unit, unit_eur=price.eur)


def _funding(
    built: cost.Bill, asked: tuple[int, MoneyRow], scenario: Path
) -> tuple[funding.FundingPlan, dict[str, funding.Scheme]]:
    cameras, row = asked
    known, limits = (
        tables.schemes(scenario.parent / Path(row.funding_file).name) if row.funding_file else tables.schemes()
    )
    current = {scheme.id: scheme for scheme in funding.of_year(known, row.year)}
    if missing := [name for name in row.schemes if name not in current]:
        raise InvalidInput(
            f"No rules of {row.year} or before for {', '.join(missing)}; add rows with their source, or leave "
            "them out.",
            message_fr=f"Pas de règles de {row.year} ou d'avant pour {', '.join(missing)} ; ajoutez des lignes avec "
            "leur source, ou retirez-les.",
            field="sizing.money.schemes",
        )
    costs = {kind: amount for kind in Kind if (amount := built.of(kind).likely)}
    request = funding.Request(costs_eur=costs, cameras=cameras, year=row.year)
    return funding.funding_plan(request, [current[name] for name in row.schemes], limits), current


def _grant(grant: funding.Grant, used: dict[str, funding.Scheme]) -> said.GrantAnswer:
    scheme = used[grant.scheme]
    return said.GrantAnswer(
        scheme=grant.scheme,
        name=grant.name,
        grant_eur=grant.grant_eur,
        eligible_eur=grant.eligible_eur,
        year=scheme.year,
        place=scheme.place,
        source=scheme.source,
        notes=grant.notes,
        notes_fr=grant.notes_fr,
    )
