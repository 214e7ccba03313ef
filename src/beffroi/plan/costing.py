"""The town's own programme sized: rates, disks, recorders, ten years of money and who may pay; what each zone takes.

Reads only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db.models import QuerySet

from beffroi.plan import fibre, links, tables
from beffroi.plan.calc import town as values
from beffroi.plan.calc.bandwidth import sum_bit_s
from beffroi.plan.calc.funding import of_year
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.recorders import nodes
from beffroi.plan.calc.storage import array, net_range_tb
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.editor.ground import DEGREES, degrees
from beffroi.plan.editor.queries import town_rows
from beffroi.plan.models import Camera, Link, MeasuredWeek
from beffroi.plan.rules import StateName
from beffroi.plan.scenario import document, sizing
from beffroi.plan.scenario.network import MoneyRow, SizingSection
from beffroi.plan.scenario.network_answers import RangeAnswer, SizeAnswer
from beffroi.territory.models import Zone
from beffroi.territory.queries import evidence_by_zone
from beffroi.territory.rules import Effect, Evidence

MAX_AGENTS = 200.0
MOST_DAYS = 30
"""Source: CSI L. 252-5: what no order exceeds."""


def sized(on: date, *, agents: float = 0.0) -> SizeAnswer | None:
    """All cameras of the programme as new, none given up; None before there is one.

    `agents`: full-time people who watch and answer, the largest part of the cost, which no plan can guess.
    """
    rows = town_rows()
    if not rows:
        return None
    known, _ = tables.schemes()
    schemes = tuple(scheme.id for scheme in of_year(known, on.year))
    section = SizingSection(rates_mbit_s=_rates(), money=MoneyRow(year=on.year, agents=agents, schemes=schemes))
    scenario = document.Scenario(crs=DEGREES, cameras=rows, sizing=section)
    models = camera_models()
    cameras, _ = document.read_cameras(rows, degrees(), models)
    read = document.Read(
        scenario=scenario, to_lambert=degrees(), town=values.Town(), cameras=tuple(cameras), models=models, warnings=()
    )
    found, _ = sizing.sized(read, Path(), fibre.fibre_on(on).bill.items)
    return found


def _rates() -> dict[str, tuple[float, float, float]]:
    """Mbit/s of each camera, as its links are said to carry it."""
    known = links.rates(_standing())
    return {camera: (one.low / 1e6, one.likely / 1e6, one.high / 1e6) for camera, one in known.items()}


def measured() -> int:
    """How many cameras of the programme, none given up, are sized from a measured week."""
    weeks = links.last_weeks()
    return sum(camera in weeks for camera in _standing().values_list("pk", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """A camera's rate in Mbit/s. `week`: that it was measured over; None: the makers' table."""

    camera: Camera
    mbit_s: RangeAnswer
    week: MeasuredWeek | None


def rate_lines(found: SizeAnswer) -> list[RateLine]:
    """What each camera is counted at, by number."""
    weeks, rates = links.last_weeks(), {one.camera: one.mbit_s for one in found.rates}
    cameras = _standing().filter(pk__in=rates).order_by("number")
    return [RateLine(camera=one, mbit_s=rates[one.pk], week=weeks.get(one.pk)) for one in cameras]


def _standing() -> QuerySet[Camera]:
    return Camera.objects.exclude(states__state=StateName.REMOVED)


# -- from a zone to its money -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A zone with its cameras, each with its investment before tax. `facts`: those on which a camera can act."""

    zone: Zone
    facts: int
    lines: tuple[tuple[Camera, Range], ...]

    @property
    def cost(self) -> Range:
        return sum((cost for _, cost in self.lines), Range.exactly(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneMoney:
    """A zone beside the whole programme; sums to the hundred: no price here is known better.

    Percents are of all zones' facts and of the programme's likely cost; None when there is none.
    """

    traced: Traced
    all_facts: int
    all_cost: Range

    @property
    def facts_percent(self) -> float | None:
        return 100 * self.traced.facts / self.all_facts if self.all_facts else None

    @property
    def cost_percent(self) -> float | None:
        return 100 * self.traced.cost.likely / self.all_cost.likely if self.all_cost.likely else None

    @property
    def total(self) -> tuple[float, float, float]:
        return hundreds(self.traced.cost)

    @property
    def lines(self) -> list[tuple[Camera, tuple[float, float, float]]]:
        return [(camera, hundreds(cost)) for camera, cost in self.traced.lines]


def hundreds(cost: Range) -> tuple[float, float, float]:
    """Low, likely, high."""
    return round(cost.low, -2), round(cost.likely, -2), round(cost.high, -2)


def kept(bit_s: Sequence[Range], days: int) -> Range:
    """What recorders and disks cost for cameras of these rates, as new. Disks for the highest of the range."""
    prices, video = tables.prices().prices, sum_bit_s(bit_s)
    disks = array(net_range_tb(video, days).high)
    machines = nodes(tables.recorders()[0], len(bit_s), video.high).total
    return prices["disk-tb"].eur.times(disks.disks * disks.disk_tb) + prices["recorder"].eur.times(machines)


def by_camera(cameras: Sequence[Camera], lengths: Iterable[Link], kept_eur: Range) -> dict[str, Range]:
    """Investment of each of these cameras: its price, its share of its mast, of its phase's links, of what is kept.

    `kept_eur`: recorders and disks of all of them.
    """
    prices = {id_: price.eur for id_, price in tables.prices().prices.items()}
    on_site = Counter(camera.site_id for camera in cameras)
    in_phase = Counter(camera.phase_id for camera in cameras)
    links_eur: dict[str, Range] = defaultdict(lambda: Range.exactly(0))
    for link in lengths:
        if link.is_fibre:
            links_eur[link.phase_id] += (prices[link.ground] + prices["cable"]).times(round(link.length_m))
    return {
        camera.pk: prices["camera"]
        + prices["mast"].times(1 / on_site[camera.site_id])
        + links_eur[camera.phase_id].times(1 / in_phase[camera.phase_id])
        + kept_eur.times(1 / len(cameras))
        for camera in cameras
    }


def each_camera(days: int, also: Iterable[Camera] = ()) -> dict[str, Range]:
    """Value as new of each camera of the programme, none given up but those of `also`; footage kept for some days."""
    cameras = [*{*_standing(), *also}]
    if not cameras:
        return {}
    return by_camera(cameras, Link.objects.all(), kept(list(links.rates(cameras).values()), days))


def traced(cameras: Sequence[Camera], costs: Mapping[str, Range], evidence: Mapping[str, Evidence]) -> list[Traced]:
    """Every zone with one of these cameras, in their order."""
    return [
        Traced(
            zone=zone,
            facts=evidence[zone.pk].total_of(Effect.PLACE) if zone.pk in evidence else 0,
            lines=tuple((camera, costs[camera.pk]) for camera in cameras if camera.site.zone_id == zone.pk),
        )
        for zone in sorted({camera.site.zone for camera in cameras}, key=lambda zone: zone.number)
    ]


def zone_money(zone_id: str, on: date) -> ZoneMoney:
    """What the cameras of a zone take of the whole programme, none given up; footage kept as long as the law allows."""
    cameras = list(_standing().select_related("site__zone", "phase").order_by("number"))
    evidence = evidence_by_zone(on)
    costs = each_camera(MOST_DAYS)
    found = traced(cameras, costs, evidence)
    empty = Traced(zone=Zone.objects.get(pk=zone_id), facts=evidence[zone_id].total_of(Effect.PLACE), lines=())
    return ZoneMoney(
        traced=next((one for one in found if one.zone.pk == zone_id), empty),
        all_facts=sum(one.total_of(Effect.PLACE) for one in evidence.values()),
        all_cost=sum(costs.values(), Range.exactly(0)),
    )
