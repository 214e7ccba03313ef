"""Reads of the library: all models by id, what uses them, the lines of its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from beffroi.core.errors import InvalidInput
from beffroi.journal.models import Line
from beffroi.journal.services import Register
from beffroi.plan import catalogue, tables
from beffroi.plan.calc import bandwidth, power
from beffroi.plan.calc.ranges import Range
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.models import Camera, ScenarioVersion, TownCameraModel

CHANGES = ("models.imported", "model.added", "model.changed", "model.removed")
"""Actions of the journal by which the library changes."""
CODEC = "h265"
"""What typical rates are shown for; that of `beffroi plan size` when nothing else is said."""


def own_models() -> dict[str, CameraModel]:
    """The town's own models, by id; what is kept was checked when it was written."""
    return {
        row.pk: CameraModel.model_construct(**{name: getattr(row, name) for name in CameraModel.model_fields})
        for row in TownCameraModel.objects.all()
    }


def camera_models() -> dict[str, CameraModel]:
    """Every model by id: the town's own first, then the generic ones that none of them replaces."""
    own = own_models()
    return own | {id_: model for id_, model in catalogue.camera_models().items() if id_ not in own}


def version() -> int:
    """What the library was last changed by: the journal's line, -1 for none."""
    lines = Line.objects.filter(register=Register.CONFIGURATION.value, action__in=CHANGES).order_by("-index")
    last = lines.values_list("index", flat=True).first()
    return -1 if last is None else last


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """Who uses a model: cameras of the programme by number, scenarios (any of their versions) by name."""

    cameras: Sequence[str] = field(default_factory=list)
    scenarios: Sequence[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.cameras or self.scenarios)


def uses() -> dict[str, Uses]:
    """By model id, those that something uses. A version that is no longer the last can be taken up again: it counts."""
    cameras: dict[str, list[str]] = defaultdict(list)
    for number, model in Camera.objects.exclude(model="").order_by("number").values_list("number", "model"):
        cameras[model].append(number)
    scenarios: dict[str, dict[str, None]] = defaultdict(dict)
    versions = ScenarioVersion.objects.order_by("scenario__name").values_list("scenario__name", "cameras")
    for name, rows in versions.iterator(chunk_size=100):
        for model in {row["model"] for row in rows if row.get("model")}:
            scenarios[model][name] = None
    return {id_: Uses(cameras=cameras[id_], scenarios=list(scenarios[id_])) for id_ in {*cameras, *scenarios}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """A model on its page. `own` None: it is generic. `feed`: its PoE class, empty when its draw is not known."""

    model: CameraModel
    own: TownCameraModel | None
    is_in_place_of_generic: bool
    hfov_deg: float
    feed: str
    rate_mbit_s: Range | None
    """Typical of its picture; None beyond the table."""
    uses: Uses


def lines() -> list[ModelLine]:
    """All models, the town's own first."""
    own, used, rates = TownCameraModel.objects.in_bulk(), uses(), tables.rates()
    return [
        ModelLine(
            model=model,
            own=own.get(id_),
            is_in_place_of_generic=id_ in own and id_ in catalogue.camera_models(),
            hfov_deg=model.lens().hfov_deg,
            feed=_feed(model),
            rate_mbit_s=_rate(model, rates),
            uses=used.get(id_, Uses()),
        )
        for id_, model in camera_models().items()
    ]


def _feed(model: CameraModel) -> str:
    if model.power_w is None:
        return ""
    return power.poe_class(model.power_w).name if model.power_w <= power.MOST_W else "own"


def _rate(model: CameraModel, rates: Sequence[bandwidth.TypicalRate]) -> Range | None:
    try:
        row = bandwidth.typical_rate(rates, CODEC, model.width_px * model.height_px / 1e6)
    except InvalidInput:
        return None
    return row.bit_s.times(1e-6)
