"""Bill of quantities and ten-year cost, both as ranges. Euros, without tax unless the caller says so.

A bare total hides that towns pay from one to five times as much for the same thing: every unit price is a low, a likely
and a high one, and the total is a simulated spread whose seed is kept with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.ranges import Floats, Range, Spread, total

if TYPE_CHECKING:
    from beffroi.plan.calc.network import Stretch

DRAWS = 20_000


class Kind(StrEnum):
    """What money goes to; the order in which it is shown."""

    STAFF = "staff"
    CAMERA = "camera"
    TRENCH = "trench"
    CABLE = "cable"
    MAST = "mast"
    CENTRE = "centre"
    STORAGE = "storage"
    STUDY = "study"
    MAINTENANCE = "maintenance"
    ENERGY = "energy"


class Ground(StrEnum):
    """In what a cable lies, as the price table names it; a scenario's own table may name others."""

    BARE_LAND = "bare-land"
    STREET = "street"
    PAVED_CENTRE = "paved-centre"
    AERIAL = "aerial"
    DUCT = "duct"


NOT_DUG = frozenset({Ground.DUCT.value, Ground.AERIAL.value})
"""Nothing is opened there: the duct lies already, the poles stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of the bill: what, how many of which unit, and the price of one."""

    name: str
    kind: Kind
    quantity: float
    unit: str
    unit_eur: Range

    @property
    def eur(self) -> Range:
        """Outer limits."""
        return self.unit_eur.times(self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Lines and their total; the same seed gives the same spread."""

    items: tuple[Item, ...]
    spread: Spread
    seed: int

    def of(self, *kinds: Kind) -> Range:
        """Outer limits of some kinds together."""
        chosen = [item.eur for item in self.items if item.kind in kinds]
        return Range(
            low=math.fsum(one.low for one in chosen),
            likely=math.fsum(one.likely for one in chosen),
            high=math.fsum(one.high for one in chosen),
        )


def bill(items: Iterable[Item], *, seed: int = 1) -> Bill:
    """The bill and its spread.

    Errors: InvalidInput when a quantity is negative.
    """
    listed = tuple(items)
    for item in listed:
        if not item.quantity >= 0:
            raise InvalidInput(
                f"{item.name}: a quantity is ≥ 0; mend it.",
                message_fr=f"{item.name} : une quantité est ≥ 0 ; corrigez-la.",
                field="quantity",
            )
    spread = total(((item.quantity, item.unit_eur) for item in listed), seed=seed, count=DRAWS)
    return Bill(items=listed, spread=spread, seed=seed)


def trench_items(
    stretches: Iterable[Stretch], surfaces: Mapping[str, str], prices_eur_m: Mapping[str, Range]
) -> list[Item]:
    """Trench lines by surface: a trench shared by several stretches is dug once, at its longest; a duct is not dug.

    `surfaces`: surface of each stretch by id; `prices_eur_m`: by surface.
    """
    longest: dict[tuple[str, str], float] = {}
    for one in stretches:
        key = surfaces[one.id], one.id if surfaces[one.id] == Ground.DUCT else one.cut_with
        longest[key] = max(longest.get(key, 0.0), one.length_m)
    lengths: dict[str, float] = {}
    for (surface, _), length_m in sorted(longest.items()):
        lengths[surface] = lengths.get(surface, 0.0) + length_m
    return [
        Item(name=surface, kind=Kind.TRENCH, quantity=length_m, unit="m", unit_eur=prices_eur_m[surface])
        for surface, length_m in lengths.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Each year's cost. `maintenance_share`: of what was built; `agents`: full-time people, `agent_eur` each."""

    agents: float
    agent_eur: Range
    maintenance_share: Range
    energy_eur: Range
    refresh_years: Range
    refreshed: tuple[Kind, ...] = (Kind.CAMERA, Kind.STORAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenYears:
    """Cost over the years, in all and by kind (staff first); `by_year`: likeliest year by year, the first is 0."""

    total: Spread
    by_kind: Mapping[Kind, Spread]
    by_year_p50: tuple[float, ...]
    years: int
    seed: int

    @property
    def staff_share(self) -> float:
        """Of the middle total."""
        return self.by_kind[Kind.STAFF].p50 / self.total.p50 if self.total.p50 else 0.0


def ten_years(built: Bill, operation: Operation, *, years: int = 10, seed: int = 1) -> TenYears:
    """What the programme costs to build, staff, keep up and renew. No discount, no inflation: euros of year 0.

    Building falls in year 0; each later year has staff, maintenance and energy; cameras and storage are bought again
    each time the drawn life ends within the years.
    """
    random = np.random.default_rng(seed)
    flows: dict[Kind, Floats] = {kind: np.zeros((DRAWS, years + 1)) for kind in Kind}
    for item in built.items:
        flows[item.kind][:, 0] += item.quantity * item.unit_eur.drawn(random, DRAWS)
    capex = sum((flow[:, 0] for flow in flows.values()), start=np.zeros(DRAWS))
    _renew(flows, operation, random)
    staff = operation.agents * operation.agent_eur.drawn(random, DRAWS)
    flows[Kind.STAFF][:, 1:] += staff[:, None]
    flows[Kind.MAINTENANCE][:, 1:] += (capex * operation.maintenance_share.drawn(random, DRAWS))[:, None]
    flows[Kind.ENERGY][:, 1:] += operation.energy_eur.drawn(random, DRAWS)[:, None]
    whole = sum(flows.values(), start=np.zeros((DRAWS, years + 1)))
    return TenYears(
        total=Spread.of(whole.sum(axis=1)),
        by_kind={kind: Spread.of(flow.sum(axis=1)) for kind, flow in flows.items() if flow.any()},
        by_year_p50=tuple(float(value) for value in np.median(whole, axis=0)),
        years=years,
        seed=seed,
    )


def _renew(flows: Mapping[Kind, Floats], operation: Operation, random: np.random.Generator) -> None:
    """Buys the refreshed kinds again at each multiple of the drawn life."""
    life = np.maximum(1, np.rint(operation.refresh_years.drawn(random, DRAWS))).astype(int)
    for kind in operation.refreshed:
        flow = flows[kind]
        for year in range(1, flow.shape[1]):
            due = year % life == 0
            flow[due, year] += flow[due, 0]


def each(amount: Spread, count: int) -> Spread:
    """A spread divided over cameras, inhabitants or useful requests.

    Errors: InvalidInput when there is none.
    """
    if count < 1:
        raise InvalidInput(
            "Nothing to divide by; give a count of 1 or more.",
            message_fr="Rien par quoi diviser ; donnez un nombre d'au moins 1.",
            field="count",
        )
    return Spread(p10=amount.p10 / count, p50=amount.p50 / count, p90=amount.p90 / count, mean=amount.mean / count)
