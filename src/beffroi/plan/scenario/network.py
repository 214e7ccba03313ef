"""The network and sizing sections of a scenario: points to join, ways to join them, rates, disks, power, money."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from beffroi.core.reading import refusal
from beffroi.plan.scenario.ground import STRICT, Id, LineShape, Word

Amount = Annotated[float, Field(ge=0, lt=1e12)]
Above = Annotated[float, Field(gt=0, lt=1e12)]
Three = tuple[Amount, Amount, Amount]
"""Low, likely, high."""
CUTS_PER_100_KM_YEAR, REPAIR_H = 0.5, 12.0
"""Cuts of buried fibre and hours to mend one, when a town has no figures of its own. A planning guess."""


class PointRow(BaseModel):
    """A building or mast to join. Cameras whose `site` is its id hang on it.

    `position` is needed when the ways come from the streets. `is_on_lighting`: fed by a circuit live at night only.
    """

    model_config = STRICT

    id: Id
    position: tuple[float, float] | None = None
    is_aggregation: bool = False
    phase: Word = ""
    battery_wh: Amount = 0.0
    own_w: Amount = 15.0
    is_on_lighting: bool = False


class StretchRow(BaseModel):
    """A way already known between two points: a duct, a street measured by hand. `cost_eur` absent: by its surface."""

    model_config = STRICT

    id: Id
    a: Id
    b: Id
    length_m: Above
    surface: Word = "street"
    trench: Word = ""
    cost_eur: Amount | None = None


class LaidRow(BaseModel):
    """A cable that lies in the ground already: nothing is dug or pulled along it again."""

    model_config = STRICT

    id: Id
    shape: LineShape
    is_lit: bool = False


class DuctRow(BaseModel):
    """A duct that lies already, entered at its two ends: a cable is pulled along it at the price `duct`."""

    model_config = STRICT

    id: Id
    shape: LineShape


class NetworkSection(BaseModel):
    """What `beffroi plan network` needs: points, the CSU among them; ways: `stretches`, `ducts`, the streets."""

    model_config = STRICT

    csu: Id
    points: Annotated[tuple[PointRow, ...], Field(min_length=1, max_length=2_000)]
    stretches: Annotated[tuple[StretchRow, ...], Field(max_length=100_000)] = ()
    uses_streets: bool = True
    """Streets of the scenario are ways too; False: only `stretches`."""
    surface: Word = "street"
    surfaces: dict[str, Word] = {}
    """Surface by street id, where it is not `surface`: an id of the price table."""
    prices_file: str | None = None
    """A price table beside the scenario, instead of the one shipped."""
    prices: dict[str, Three] = {}
    """Unit prices of the town's own by id, euros, instead of the table's."""
    laid: Annotated[tuple[LaidRow, ...], Field(max_length=10_000)] = ()
    ducts: Annotated[tuple[DuctRow, ...], Field(max_length=10_000)] = ()
    link_mbit_s: Above = 1000.0
    cuts_per_100_km_year: Amount = CUTS_PER_100_KM_YEAR
    repair_h: Above = REPAIR_H
    device_mtbf_h: Above = 60_000.0
    device_repair_h: Above = 72.0
    """Of the camera and of its switch, each."""
    power_hours_lost: Annotated[float, Field(ge=0, lt=8766)] = 2.0
    """A year, at a mast."""

    @model_validator(mode="after")
    def _names_its_points_once(self) -> NetworkSection:
        ids = [point.id for point in self.points]
        if self.csu not in ids or len(set(ids)) != len(ids):
            raise refusal(
                "has a point twice, or not the CSU; list each point once, the CSU among them",
                "a un point en double, ou n'a pas le CSU ; donnez chaque point une fois, le CSU compris",
            )
        return self

    @model_validator(mode="after")
    def _names_its_stretches_once(self) -> NetworkSection:
        ids = [*(row.id for row in self.stretches), *(row.id for row in self.laid)]
        ducts = [row.id for row in self.ducts]
        is_twice = len({*ids}) != len(ids) or len({*ducts}) != len(ducts)
        if is_twice or any("/" in id_ or id_.endswith((" drop", " drop 2")) for id_ in (*ids, *ducts)):
            raise refusal(
                "has a stretch twice, or one named as those cut from streets (a /, or ending in drop); rename it",
                "a un tronçon en double, ou nommé comme ceux tirés des rues (un /, ou un drop final) ; renommez-le",
            )
        return self


class StorageRow(BaseModel):
    """How arrays are built."""

    model_config = STRICT

    disk_tb: Above = 20.0
    parity: Annotated[int, Field(ge=0, le=3)] = 2
    spares: Annotated[int, Field(ge=0, le=12)] = 1
    margin: Annotated[float, Field(ge=0, le=3)] = 0.2
    fill: Annotated[float, Field(gt=0, le=1)] = 0.9


class MoneyRow(BaseModel):
    """Ten years and who pays. `schemes`: grants asked, in their order; rules are those of `year` or the last before."""

    model_config = STRICT

    year: Annotated[int, Field(ge=2000, le=2100)]
    agents: Annotated[float, Field(ge=0, le=1000)] = 0.0
    has_new_centre: bool = False
    schemes: tuple[Word, ...] = ("fipd",)
    years: Annotated[int, Field(ge=1, le=30)] = 10
    refresh_years: Three = (6, 7, 8)
    funding_file: str | None = None


class SizingSection(BaseModel):
    """What `beffroi plan size` needs. Rates: measured, else given (Mbit/s), else typical for codec and picture."""

    model_config = STRICT

    codec: Word = "h265"
    retention_days: Annotated[int, Field(ge=1, le=30)] = 30
    rates_mbit_s: dict[str, Three] = {}
    measured_mbit_s: dict[str, Annotated[tuple[Amount, ...], Field(min_length=1, max_length=100_000)]] = {}
    """By camera id: rates sampled evenly over a week; they come before all others."""
    storage: StorageRow = StorageRow()
    headroom: Annotated[float, Field(ge=0, lt=1)] = 0.5
    standby_nodes: Annotated[int, Field(ge=0, le=100)] = 1
    card_gigabytes: Amount = 0.0
    power_w: Amount = 13.0
    powers_w: dict[str, Amount] = {}
    money: MoneyRow | None = None
    rates_file: str | None = None
    recorders_file: str | None = None
