"""What the editor asks in JSON; rows are those of `ref/plan-scenario.schema.json`, in degrees (EPSG:4326)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import Name, Slug, refusal
from beffroi.plan.models import TOWN_PLAN
from beffroi.plan.scenario.cameras import CameraRow
from beffroi.plan.scenario.ground import STRICT, Id, ZoneRow
from beffroi.plan.scenario.problems import Problem, ScenarioRefused, of_validation

MAX_CAMERAS, MAX_ZONES = 500, 100

Count = Annotated[int, Field(ge=1, le=MAX_CAMERAS)]
CameraRows = Annotated[tuple[CameraRow, ...], Field(max_length=MAX_CAMERAS)]
ZoneRows = Annotated[tuple[ZoneRow, ...], Field(max_length=MAX_ZONES)]


class ViewAsked(BaseModel):
    """One camera, as it would be. `zones`: those drawn in the scenario, beside the town's.

    `preset`: the one whose picture is drawn, from 0. `with_masks`: its planned masks, in the picture too.
    """

    model_config = STRICT

    camera: CameraRow
    zones: ZoneRows = ()
    with_preview: bool = False
    with_masks: bool = False
    preset: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _has_the_preset(self) -> ViewAsked:
        if self.preset >= max(1, len(self.camera.presets)):
            raise refusal("has no such preset; ask for one of `presets`", "n'a pas cette position ; prenez-en une")
        return self


class PlanAsked(BaseModel):
    """Cameras and drawn zones of a scenario."""

    model_config = STRICT

    cameras: CameraRows
    zones: ZoneRows = ()


class SaveAsked(PlanAsked):
    """A scenario to keep. `id` empty: a new one. `seen_version`: the version it was changed from, 0 for a new one."""

    id: Slug | None = None
    name: Name
    based_on: Slug = TOWN_PLAN
    seen_version: Annotated[int, Field(ge=0)] = 0
    note: Annotated[str, Field(max_length=200)] = ""


class MandatoryAsked(BaseModel):
    """A zone, of the town or drawn, of which a share must be seen."""

    model_config = STRICT

    zone: Id
    least_share: Annotated[float, Field(gt=0, le=1)]


class PhaseAsked(BaseModel):
    """A phase of the town: the cameras and new sites it may add, the months its state lasts."""

    model_config = STRICT

    phase: Slug
    cameras: Count
    sites: Count
    months: Annotated[float, Field(gt=0, le=600)] = 12.0


class ProposeAsked(BaseModel):
    """What the optimiser may do with a saved version. `cameras` and `sites` absent: as many as the version has.

    `phases`: placed one after the other and refined together; their counts then stand in the place of those two.
    `forbidden`: spots (`/spots`) where no mast may stand.
    """

    model_config = STRICT

    class_id: str = "observe"
    cameras: Count | None = None
    sites: Count | None = None
    per_site: Annotated[int, Field(ge=1, le=16)] | None = None
    tilts_deg: Annotated[tuple[Annotated[float, Field(ge=0, le=60)], ...], Field(min_length=1, max_length=4)] = (12.0,)
    mandatory: Annotated[tuple[MandatoryAsked, ...], Field(max_length=MAX_ZONES)] = ()
    forbidden: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    phases: Annotated[tuple[PhaseAsked, ...], Field(max_length=12)] = ()


Asked = TypeVar("Asked", bound=BaseModel)


def read(model: type[Asked], body: bytes) -> Asked:
    """A question from its JSON.

    Errors: ScenarioRefused listing each field with its mend; InvalidInput when it is no JSON.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        if any(one["type"] == "json_invalid" for one in error.errors(include_url=False)):
            raise InvalidInput(
                "This is not JSON; send the document of ref/openapi-web.json.",
                message_fr="Ce n'est pas du JSON ; envoyez le document de ref/openapi-web.json.",
                field="body",
            ) from None
        raise ScenarioRefused(of_validation(error, None, model)) from None


def refuse_repeated(asked: PlanAsked, taken: frozenset[str]) -> list[Problem]:
    """Ids that stand twice; a drawn zone may not take the id of one of the town's."""
    groups: list[tuple[str, Sequence[CameraRow | ZoneRow], set[str]]] = [
        ("cameras", asked.cameras, set()),
        ("zones", asked.zones, set(taken)),
    ]
    found = []
    for field, rows, seen in groups:
        for number, row in enumerate(rows):
            if row.id in seen:
                found.append(
                    Problem(
                        field=f"{field}[{number}].id ({row.id})",
                        message="stands twice; give each its own id",
                        message_fr="est en double ; donnez à chacun son identifiant",
                    )
                )
            seen.add(row.id)
    return found
