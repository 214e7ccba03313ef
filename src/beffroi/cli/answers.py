"""The JSON documents of commands on the civil database; their schemas: `python -m beffroi.cli.answers ref`."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from beffroi.plan.camera_models.rules import Act
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.works.rules import Want

_STRICT = ConfigDict(extra="forbid", frozen=True, from_attributes=True, populate_by_name=True)
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FactRow(BaseModel):
    """Input of `beffroi facts import`: the cells of one row once its columns are mapped. A position, or a zone.

    `kind`: a code, or a word of `territory/fact_words.toml` or of `--kind`. `from`, `to`: `2025-06-03`,
    `2025-06-03 14:05`, `03/06/2025 14h05`, in the town's time. `zone`: the id, the number or the name of a zone.
    """

    model_config = _STRICT

    reference: Annotated[str, Field(max_length=60)] | None = None
    kind: str
    from_: Annotated[str, Field(alias="from")]
    to: str | None = None
    lat: float | str | None = None
    lon: float | str | None = None
    zone: str | None = None


class RowRepeated(BaseModel):
    """A row that says a fact again.

    `known`: source and reference of a fact imported before, left out; `changed`: the same, but it says something else;
    `twin`: says the same as the row `of_line`, both without a reference; `like`: says the same as a fact imported
    before, from another source or with a reference on one side only. `text`: in words, with what to do.
    """

    model_config = _STRICT

    line: Count
    kind: Literal["known", "changed", "twin", "like"]
    of_line: Count | None
    of_source: str
    of_file: str
    of_on: date | None
    is_left_out: bool
    text: str


class FactsImported(BaseModel):
    """`beffroi facts import --json`. `mapping`: field to column; `by_kind`: rows that landed, or would.

    `repeated`: rows `known` or `changed`, left out; `doubtful`: rows `twin` or `like`, of which `alike` decided (null:
    there are none, or a dry run in which nothing was decided: it counts them). `repeats`: the first of both;
    `unshown`: how many more.
    """

    model_config = _STRICT

    rows: Count
    landed: Count
    repeated: Count
    doubtful: Count
    without_zone: Count
    by_kind: dict[str, Count]
    is_dry_run: bool
    alike: Literal["count", "skip"] | None
    repeats: tuple[RowRepeated, ...]
    unshown: Count
    mapping: dict[str, str]


class Trial(BaseModel):
    """One way to map facts, judged on the year it has not seen. `pai`: share of facts over share of ground."""

    model_config = _STRICT

    method: str
    pai: Annotated[float, Field(ge=0)]
    facts_share: Share
    ground_share: Share


class NearPairsFound(BaseModel):
    """Pairs of facts near in place and time. `inside`: both facts in the zone (or the town); `across`: one of them.

    `expected`, `low`, `high`: pairs that shuffled dates give, their mean and where 95 % of them lie. `ratio`: pairs
    over those expected; null where fewer than five are expected. `p`: of as many by chance; of a zone, adjusted for
    how many zones there are.
    """

    model_config = _STRICT

    inside: Count
    across: Count
    expected: Annotated[float, Field(ge=0)]
    low: Annotated[float, Field(ge=0)]
    high: Annotated[float, Field(ge=0)]
    ratio: Annotated[float, Field(ge=0)] | None
    p: Share


class NearRepeatsFound(BaseModel):
    """Do facts follow each other? Those within this distance and delay, over the last `facts` of `placed`."""

    model_config = _STRICT

    within_m: Annotated[float, Field(gt=0)]
    within_days: Annotated[float, Field(gt=0)]
    facts: Count
    placed: Count
    town: NearPairsFound


class ZoneSpots(BaseModel):
    """What of the hot spots lies in a zone. `dense_m2`: its ground that `density` calls hot; `hot_cells`: those whose
    centre it holds. `facts`, `later`: its facts of the years that made the maps, and of the held-out year; how many
    of each are in dense cells."""

    model_config = _STRICT

    zone: str
    number: Count
    name: str
    area_m2: Annotated[float, Field(ge=0)]
    dense_m2: Annotated[float, Field(ge=0)]
    hot_cells: Count
    facts: Count
    dense_facts: Count
    later: Count
    dense_later: Count
    near_repeats: NearPairsFound


class HotSpotsFound(BaseModel):
    """`beffroi facts hotspots --json`. Cells are GeoJSON polygons, degrees, longitude first.

    `hot_cells`: hotter than chance (Gi*, corrected); `dense_cells`: the densest share of the ground by `density`, the
    bandwidth that foretold the held-out year best.
    """

    model_config = _STRICT

    kinds: tuple[str, ...]
    facts: Count
    held_out: Count
    trials: tuple[Trial, ...]
    density: str
    hot_cells: tuple[dict[str, Any], ...]
    dense_cells: tuple[dict[str, Any], ...]
    near_repeats: NearRepeatsFound
    zones: tuple[ZoneSpots, ...]


class BaseImported(BaseModel):
    """`beffroi facts base --json`: figures of this town that were kept."""

    model_config = _STRICT

    figures: Count


class LayerImported(BaseModel):
    """`beffroi layer import --json`. `assumed`: buildings without a height in the file; `assumed_ids`: the first.

    `passed_over`: objects of the file that are of another sort; `of`: how many the service had when the answer saved is
    only a part of them, else null.
    """

    model_config = _STRICT

    target: str
    rows: Count
    assumed: Count
    assumed_ids: tuple[str, ...]
    created: Count
    updated: Count
    passed_over: Count
    of: Count | None
    is_dry_run: bool


class Lacking(BaseModel):
    """What a dossier lacks: its kind, what it is about, its article, in words, and the page where it is filled."""

    model_config = _STRICT

    piece: str | None
    lack: str
    subject: str
    article: str
    text: str
    where: str


class ToVerify(BaseModel):
    """What a paper supposes or leaves blank: of how many things, in words. It bars no filing."""

    model_config = _STRICT

    piece: str
    doubt: str
    count: Count
    of: Count
    text: str


class DossierChecked(BaseModel):
    """`beffroi dossier check --json`."""

    model_config = _STRICT

    dossier: str
    name: str
    complete: bool
    missing: tuple[Lacking, ...]
    to_verify: tuple[ToVerify, ...]


class DocumentMade(BaseModel):
    """A paper that was made; `piece` null: it goes with the dossier and is no piece."""

    model_config = _STRICT

    file: str
    title: str
    piece: str | None
    pages: Annotated[int, Field(ge=1)]
    sha256: Sha256


class PaperJoined(BaseModel):
    """A paper that came from elsewhere, as it came."""

    model_config = _STRICT

    file: str
    name: str
    sha256: Sha256


class NotMade(BaseModel):
    """A paper that could not be made."""

    model_config = _STRICT

    name: str
    why: str


class DossierBuilt(BaseModel):
    """`index.json` of `beffroi dossier build`, and what it prints with `--json`."""

    model_config = _STRICT

    dossier: str
    made_at: datetime
    complete: bool
    missing: Count
    cameras: Count
    filed_on: date | None
    """Of the papers that were filed, as they were; null for papers made from today's data."""
    state: Sha256 | None
    """Of those data; null for papers that were filed."""
    documents: tuple[DocumentMade, ...]
    not_made: tuple[NotMade, ...]
    joined: tuple[PaperJoined, ...]


class Wanting(BaseModel):
    """One thing a phase lacks; `site`, `camera`, `subject` are empty where they do not apply.

    `subject`: id of the task or link, the item, the state, the reserve or the paper; of a report or as-built file to
    issue or sign, the phase. `text`: what to do.
    """

    model_config = _STRICT

    want: Want
    site: str
    camera: str
    subject: str
    text: str


class PhaseChecked(BaseModel):
    """`beffroi phase check N --json`, as of a day of the town; `ready`: nothing is wanting."""

    model_config = _STRICT

    phase: str
    name: str
    on: date
    ready: bool
    wanting: tuple[Wanting, ...]


class ModelListed(CameraModel):
    """A camera model: its fields (ref/camera-models.md), `hfov_deg` at its widest; who uses it."""

    is_own: bool
    cameras: tuple[str, ...]
    """Of the programme, by number."""
    scenarios: tuple[str, ...]
    """By name."""


class ModelsListed(BaseModel):
    """`beffroi plan models list --json`: the town's own first, then the generic ones that none of them replaces."""

    model_config = _STRICT

    models: tuple[ModelListed, ...]


class FigureChanged(BaseModel):
    """A field that is, or would be, otherwise."""

    model_config = _STRICT

    field: str
    before: str | float | bool | None
    after: str | float | bool | None


class ModelBrought(BaseModel):
    """One model of a file; `replace`: it takes the place of a generic one, `keep`: it stands so already."""

    model_config = _STRICT

    id: str
    act: Act
    changed: tuple[FigureChanged, ...]


class ModelsImported(BaseModel):
    """`beffroi plan models import --json`."""

    model_config = _STRICT

    file: str
    is_dry_run: bool
    models: tuple[ModelBrought, ...]


class ModelsExported(BaseModel):
    """`beffroi plan models export --json`: ids of the town's own models, now in `file`."""

    model_config = _STRICT

    file: str
    models: tuple[str, ...]


MODELS: MappingProxyType[str, type[BaseModel]] = MappingProxyType(
    {
        "facts-row": FactRow,
        "facts-import": FactsImported,
        "facts-hotspots": HotSpotsFound,
        "facts-base": BaseImported,
        "layer-import": LayerImported,
        "dossier-check": DossierChecked,
        "dossier-build": DossierBuilt,
        "phase-check": PhaseChecked,
        "plan-models-list": ModelsListed,
        "plan-models-import": ModelsImported,
        "plan-models-export": ModelsExported,
    }
)


def text(name: str) -> str:
    """One schema, as its file holds it."""
    mode: Literal["validation", "serialization"] = "validation" if name == "facts-row" else "serialization"
    schema = {"$schema": _DRAFT} | MODELS[name].model_json_schema(mode=mode)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """All of them, into a folder."""
    for name in MODELS:
        (folder / f"{name}.schema.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
