"""Files shipped with the plan: density scales and generic camera models; the same format imports a town's own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderReader, Name, Slug, TextRow, refusal, unique
from beffroi.plan.calc.density import DensityClass, Scale
from beffroi.plan.calc.optics import hfov_deg
from beffroi.plan.calc.town import Lens

DEFAULT_SCALE = "dori-2015"
MAX_MODELS = 500
"""Of one file."""


def _without_controls(text: str) -> str:
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise refusal("has a sign that is not printed; type it again", "a un signe qui ne s'imprime pas ; retapez-le")
    return text


Printed = AfterValidator(_without_controls)
Pixels = Annotated[int, Field(ge=16, le=65_535)]
FieldAcross = Annotated[float, Field(gt=0, lt=180)]


class CameraModel(TextRow):
    """A camera one can buy: picture, field (stated, or sensor and focal length), night reach, masks it carries."""

    id: Slug
    name: Annotated[Name, Printed]
    kind: Literal["fixed", "ptz"] = "fixed"
    width_px: Pixels
    height_px: Pixels
    hfov_deg: FieldAcross | None = None
    """Widest field; the maker's figure is better than sensor and focal length."""
    hfov_tele_deg: FieldAcross | None = None
    sensor_width_mm: Annotated[float, Field(gt=0, le=100)] | None = None
    focal_mm: Annotated[float, Field(gt=0, le=2000)] | None = None
    night_range_m: Annotated[float, Field(ge=0, le=5000)] | None = None
    power_w: Annotated[float, Field(gt=0, le=500)] | None = None
    max_masks: Annotated[int, Field(ge=0, le=255)] = 8
    max_points: Annotated[int, Field(ge=4, le=255)] = 4
    rectangle_only: bool = False
    source: Annotated[str, Field(min_length=1, max_length=200), Printed]

    @model_validator(mode="after")
    def _has_a_field(self) -> CameraModel:
        if self.hfov_deg is None and (self.sensor_width_mm is None or self.focal_mm is None):
            raise refusal(
                "give hfov_deg, or sensor_width_mm and focal_mm",
                "donnez hfov_deg, ou sensor_width_mm et focal_mm",
            )
        if self.hfov_tele_deg is not None and self.hfov_tele_deg > self.lens().hfov_deg:
            raise refusal(
                "hfov_tele_deg is wider than the widest field; exchange the two",
                "hfov_tele_deg dépasse le champ le plus large ; échangez les deux",
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
    """A town's own models from a file, as `read_models`.

    Errors: InvalidInput (FolderRefused naming each line, field and mend).
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            f"{path} cannot be read as text; give a TOML or CSV file in UTF-8.",
            message_fr=f"{path} ne peut être lu ; donnez un fichier TOML ou CSV en UTF-8.",
            field="models",
        ) from None
    return read_models(text, path.name)


def read_models(text: str, name: str = "camera_models.toml") -> dict[str, CameraModel]:
    """Models by id from text that `name` names: `[[model]]` tables in TOML, or a CSV file of the same fields.

    Errors: FolderRefused naming each line, field and mend.
    """
    reader = FolderReader(Path(), date.min)
    is_csv = name.lower().endswith(".csv")
    found = (
        reader.csv_text(name, text, CameraModel)
        if is_csv
        else reader.toml_text(name, text, "model", row_type=CameraModel)
    )
    if not reader.problems and not 0 < len(found) <= MAX_MODELS:
        messages = (
            f"holds {len(found)} models; give 1 to {MAX_MODELS}, each a [[model]] table or a CSV row",
            f"contient {len(found)} modèles ; donnez-en de 1 à {MAX_MODELS}, chacun une table [[model]] ou une ligne "
            "de CSV",
        )
        reader.refuse(name, messages)
    models: dict[str, CameraModel] = unique(reader, found)
    reader.raise_if_any()
    return models


def written(models: Iterable[CameraModel]) -> str:
    """The file that `read_models` reads back; fields left out have their default."""
    return "\n".join(_table(model) for model in models)


def _table(model: CameraModel) -> str:
    given = model.model_dump(exclude_defaults=True)
    return "[[model]]\n" + "".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in given.items()
    )
