"""What `beffroi plan network` and `beffroi plan size` answer; their schemas are in `ref/`."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from beffroi.plan.scenario.answers import FROM_VALUES, Warned


class RangeAnswer(BaseModel):
    """Outer limits and the likeliest value."""

    model_config = FROM_VALUES

    low: float
    likely: float
    high: float


class SpreadAnswer(BaseModel):
    """Of a simulation: one in ten below `p10`, one in ten above `p90`."""

    model_config = FROM_VALUES

    p10: float
    p50: float
    p90: float
    mean: float


class TreeAnswer(BaseModel):
    """Stretches, length and likely cost; `bound`: no cheaper one costs less; `gap` 0 when `is_proved`.

    `dug_m`: the length that does not lie already.
    """

    model_config = FROM_VALUES

    stretches: tuple[str, ...]
    length_m: float
    dug_m: float
    cost_eur: float
    bound_eur: float
    gap: float
    is_proved: bool


class ProtectedAnswer(BaseModel):
    """Core that survives the cut of any one trench, and spurs. `ring`: its points in order; empty: no ring."""

    model_config = FROM_VALUES

    core: TreeAnswer
    spurs: TreeAnswer
    ring: tuple[str, ...]
    unprotected: dict[str, tuple[str, ...]]
    """Aggregation buildings no design here can protect, each with the trenches in its way."""


class PhaseNetworkAnswer(BaseModel):
    """What a phase adds on the final network. Phase "": what no phase needs, as buildings and the ring's closing.

    `alone_eur`: laid as cheaply as can be, with no thought of the next. `dug_m`: the length that does not lie already.
    """

    model_config = FROM_VALUES

    phase: str
    stretches: tuple[str, ...]
    length_m: float
    dug_m: float
    cost_eur: float
    alone_eur: float | None


class WaitAnswer(BaseModel):
    """A phase that is lit only when these stretches are, which are the works of `on_phase` (or its own)."""

    model_config = FROM_VALUES

    phase: str
    on_phase: str
    stretches: tuple[str, ...]


class WeakAnswer(BaseModel):
    """A trench whose cut leaves these points without the CSU."""

    model_config = FROM_VALUES

    trench: str
    behind: tuple[str, ...]


class ArmAnswer(BaseModel):
    """The way from the CSU to a point; hours a year without any way of fibre, and without a picture at all.

    Exact over the whole design (its own way alone, the least it has, where that is too meshed); stretches fail one by
    one, and those of one trench together are worse. `hours_lost` adds
    camera, switch and power.
    """

    model_config = FROM_VALUES

    point: str
    stretches: tuple[str, ...]
    length_m: float
    fibre_hours_lost: float
    hours_lost: float
    optical_margin_db: float


class LoadAnswer(BaseModel):
    """A stretch at its worst second."""

    model_config = FROM_VALUES

    stretch: str
    cameras: int
    needed_mbit_s: float
    share: float


class LineAnswer(BaseModel):
    """A line of the bill; `is_guess`: no published price was read."""

    model_config = FROM_VALUES

    name: str
    kind: str
    quantity: float
    unit: str
    unit_eur: RangeAnswer
    source: str
    is_guess: bool


class BillAnswer(BaseModel):
    """The bill, its simulated total without tax, the day prices were read, the seed."""

    model_config = FROM_VALUES

    lines: tuple[LineAnswer, ...]
    total_eur: SpreadAnswer
    read_on: date
    seed: int


class NetworkAnswer(BaseModel):
    """Answer of `beffroi plan network`. The design is `protected` when there are aggregation buildings, else `tree`."""

    model_config = FROM_VALUES

    tree: TreeAnswer
    protected: ProtectedAnswer | None
    laid: tuple[str, ...]
    """Stretches of the design that lie already."""
    phases: tuple[PhaseNetworkAnswer, ...]
    waits: tuple[WaitAnswer, ...]
    weak: tuple[WeakAnswer, ...]
    shared_trenches: dict[str, tuple[str, ...]]
    arms: tuple[ArmAnswer, ...]
    loads: tuple[LoadAnswer, ...]
    bill: BillAnswer
    warnings: tuple[Warned, ...]


class RateAnswer(BaseModel):
    """A camera's rate and where it comes from."""

    model_config = FROM_VALUES

    camera: str
    mbit_s: RangeAnswer
    source: str


class StorageAnswer(BaseModel):
    """Whole disks for some days at the high rate; `net_tb` over the range of rates."""

    model_config = FROM_VALUES

    days: int
    net_tb: RangeAnswer
    data_disks: int
    parity_disks: int
    spare_disks: int
    disks: int
    usable_tb: float
    usable_tib: float
    chance_a_disk_fails_a_year: float


class NodesAnswer(BaseModel):
    """Recorder machines like the one measured."""

    model_config = FROM_VALUES

    recording: int
    standby: int
    bound_by: str
    machine: str
    measured_on: date
    source: str


class PowerAnswer(BaseModel):
    """A mast's power; `poe`: of the cameras that it feeds, the others hang on the cabinet itself.

    On a lighting circuit: the battery it would take, and whether it has it.
    """

    model_config = FROM_VALUES

    point: str
    poe: tuple[str, ...]
    poe_budget_w: float
    mains_w: float
    battery_h: float
    lighting_battery_wh: float | None
    lighting_feed_w: float | None
    holds: bool


class GrantAnswer(BaseModel):
    """The most a scheme gives, by the rules of which year and place."""

    model_config = FROM_VALUES

    scheme: str
    name: str
    grant_eur: float
    eligible_eur: float
    year: int
    place: str
    source: str
    notes: tuple[str, ...]
    notes_fr: tuple[str, ...]


class MoneyAnswer(BaseModel):
    """Years of cost, staff first, and the most that grants give on what is built."""

    model_config = FROM_VALUES

    years: int
    total_eur: SpreadAnswer
    by_kind_eur: dict[str, SpreadAnswer]
    by_year_p50_eur: tuple[float, ...]
    built: BillAnswer
    grants: tuple[GrantAnswer, ...]
    granted_eur: float
    own_eur: float
    outdated: tuple[str, ...]


class SizeAnswer(BaseModel):
    """Answer of `beffroi plan size`."""

    model_config = FROM_VALUES

    cameras: int
    rates: tuple[RateAnswer, ...]
    video_mbit_s: RangeAnswer
    storage: tuple[StorageAnswer, ...]
    nodes: NodesAnswer
    edge_hours: float | None
    """How long the smallest margin of the cameras' own cards covers a cut."""
    power: tuple[PowerAnswer, ...]
    money: MoneyAnswer | None
    warnings: tuple[Warned, ...]
