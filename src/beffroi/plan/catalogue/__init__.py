"""Files shipped with the plan: density scales and generic camera models; the same format imports a town's own."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import Slug, refusal
from beffroi.plan.calc.density import DensityClass, Scale
from beffroi.plan.calc.optics import hfov_deg
from beffroi.plan.calc.town import Lens

DEFAULT_SCALE = "dori-2015"
_STRICT = ConfigDict(extra="forbid", frozen=True)


class CameraModel(BaseModel):
    """A camera one can buy: picture, field (stated, or sensor and focal length), night reach, masks it carries."""

    model_config = _STRICT

    id: Slug
    name: str
    kind: Literal["fixed", "ptz"] = "fixed"
    width_px: Annotated[int, Field(ge=16)]
    height_px: Annotated[int, Field(ge=16)]
    hfov_deg: Annotated[float, Field(gt=0, lt=180)] | None = None
    """Widest field; the maker's figure is better than sensor and focal length."""
    hfov_tele_deg: Annotated[float, Field(gt=0, lt=180)] | None = None
    sensor_width_mm: Annotated[float, Field(gt=0)] | None = None
    focal_mm: Annotated[float, Field(gt=0)] | None = None
    night_range_m: Annotated[float, Field(ge=0)] | None = None
    power_w: Annotated[float, Field(gt=0)] | None = None
    max_masks: Annotated[int, Field(ge=0)] = 8
    max_points: Annotated[int, Field(ge=4)] = 4
    rectangle_only: bool = False
    source: str

    @model_validator(mode="after")
    def _has_a_field(self) -> CameraModel:
        if self.hfov_deg is None and (self.sensor_width_mm is None or self.focal_mm is None):
            raise refusal(
                "give hfov_deg, or sensor_width_mm and focal_mm",
                "donnez hfov_deg, ou sensor_width_mm et focal_mm",
            )
        return self

    def lens(self, hfov: float | None = None) -> Lens:
        """Its lens at its widest, or at the field asked (a varifocal, a zoom)."""
        widest = self.hfov_deg or hfov_deg(self.sensor_width_mm or 0.0, self.focal_mm or 1.0)
        return Lens(
            width_px=self.width_px,
            height_px=self.height_px,
            hfov_deg=hfov or widest,
            night_range_m=self.night_range_m,
        )


@cache
def scales() -> dict[str, Scale]:
    """The scales shipped, by id."""
    folder = resources.files(__name__) / "scales"
    found = [_scale(tomllib.loads(path.read_text("utf-8"))) for path in folder.iterdir() if path.name.endswith(".toml")]
    return {scale.id: scale for scale in sorted(found, key=lambda scale: scale.id)}


def scale(scale_id: str = DEFAULT_SCALE) -> Scale:
    """A scale by id.

    Errors: InvalidInput when it is not shipped.
    """
    if scale_id not in scales():
        known = ", ".join(scales())
        raise InvalidInput(
            f"There is no density scale {scale_id}; known: {known}.",
            message_fr=f"Il n'y a pas d'échelle de densité {scale_id} ; connues : {known}.",
            field="scale",
        )
    return scales()[scale_id]


def _scale(table: dict[str, Any]) -> Scale:
    classes = tuple(DensityClass(**{"least_px_m": None} | row) for row in table.pop("class"))
    return Scale(classes=classes, **table)


@cache
def camera_models() -> dict[str, CameraModel]:
    """The generic models shipped, by id."""
    return read_models((resources.files(__name__) / "camera_models.toml").read_text("utf-8"))


def import_models(path: Path) -> dict[str, CameraModel]:
    """A town's own models: the same TOML as ours, `[[model]]` tables.

    Errors: InvalidInput naming the model, the field and the mend.
    """
    try:
        return read_models(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            f"{path} cannot be read as text; give a TOML file in UTF-8.",
            message_fr=f"{path} ne peut être lu ; donnez un fichier TOML en UTF-8.",
            field="models",
        ) from None


def read_models(text: str) -> dict[str, CameraModel]:
    """Models by id from TOML text.

    Errors: InvalidInput naming the model, the field and the mend.
    """
    try:
        models = [CameraModel.model_validate(row) for row in tomllib.loads(text).get("model", [])]
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            f"Camera models: not TOML ({error}).",
            message_fr=f"Modèles de caméras : pas du TOML ({error}).",
            field="models",
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = first["input"].get("id", "?") if isinstance(first["input"], dict) else ""
        where = ".".join(str(part) for part in (name, *first["loc"]) if part)
        french = first.get("ctx", {}).get("message_fr", first["msg"])
        raise InvalidInput(
            f"Camera models, {where}: {first['msg']}.",
            message_fr=f"Modèles de caméras, {where} : {french}.",
            field="models",
        ) from None
    return {model.id: model for model in models}
