"""Forms of the library: a file of models brought, then shown as it would be kept; one model typed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from beffroi.core.reading import FolderReader
from beffroi.plan.camera_models.services import ModelFile
from beffroi.plan.camera_models.words import FIELDS
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.models import CameraKind

PAGE_MAX_BYTES = 500_000
NUMBERS = (
    "width_px", "height_px", "hfov_deg", "hfov_tele_deg", "sensor_width_mm", "focal_mm", "night_range_m", "power_w",
    "max_masks", "max_points",
)  # fmt: skip
_HINTS = {
    "hfov_deg": _("Celui du fabricant. Sans lui : largeur du capteur et focale."),
    "hfov_tele_deg": _("D'un zoom, au plus serré."),
    "night_range_m": _("De sa propre lumière. Vide : rien n'est compté la nuit."),
    "power_w": _("Au plus, projecteur et chauffage allumés."),
}


_GROUPS = (
    (_("L'appareil"), ("id", "name", "kind", "source")),
    (_("Image et champ"), NUMBERS[:6]),
    (_("Nuit et alimentation"), ("night_range_m", "power_w")),
    (_("Masques de l'appareil"), ("max_masks", "max_points", "rectangle_only")),
)


class ModelFileForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=_("Fichier TOML ou CSV"), help_text=_("UTF-8, 500 ko au plus ; les champs de ref/camera-models.md.")
    )

    def clean_file(self) -> ModelFile:
        given = self.cleaned_data["file"]
        if given.size > PAGE_MAX_BYTES:
            raise forms.ValidationError(_("Le fichier dépasse 500 ko ; coupez-le."))
        try:
            return ModelFile(name=str(given.name)[-120:], text=given.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError(_("Le fichier n'est pas en UTF-8 ; enregistrez-le en UTF-8.")) from None


class ShownFileForm(forms.Form):
    """The same file once it was shown, and the version of the library it was shown against."""

    name = forms.CharField(max_length=120, widget=forms.HiddenInput)
    text = forms.CharField(max_length=PAGE_MAX_BYTES, strip=False, widget=forms.HiddenInput)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def model_file(self) -> ModelFile:
        """Of a valid form."""
        return ModelFile(name=self.cleaned_data["name"], text=self.cleaned_data["text"])


class ModelForm(forms.Form):
    """One model, read by the rules of a file's row."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    id = forms.CharField(label=FIELDS["id"], max_length=63, help_text=_("a-z, 0-9 et tirets ; ne change plus ensuite."))
    name = forms.CharField(label=FIELDS["name"], max_length=120)
    kind = forms.ChoiceField(label=FIELDS["kind"], choices=CameraKind.choices)

    def __init__(self, *args: Any, known_id: str = "", **kwargs: Any) -> None:
        """`known_id`: the model that is corrected, whose id stays."""
        super().__init__(*args, **kwargs)
        for name in NUMBERS:
            self.fields[name] = forms.CharField(
                label=FIELDS[name],
                required=CameraModel.model_fields[name].is_required(),
                max_length=20,
                help_text=_HINTS.get(name, ""),
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )
        self.fields["rectangle_only"] = forms.BooleanField(label=FIELDS["rectangle_only"], required=False)
        self.fields["source"] = forms.CharField(
            label=FIELDS["source"], max_length=200, help_text=_("Fiche du fabricant, édition, page.")
        )
        if known_id:
            del self.fields["id"]
        self._known_id = known_id

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields as the page shows them, under their titles."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in _GROUPS]

    def clean(self) -> dict[str, Any]:
        """The model as `cleaned_data["model"]`; each refusal beside its field."""
        cells = {name: self._written(name) for name in CameraModel.model_fields}
        reader = FolderReader(Path(), date.min)
        found = reader.row(("", None), {name: cell for name, cell in cells.items() if cell != ""}, CameraModel)
        for problem in reader.problems:
            if problem.field not in self.errors:
                text = problem.message_fr if get_language() == "fr" else problem.message
                self.add_error(problem.field if problem.field in self.fields else None, text)
        return self.cleaned_data | {"model": found[0].row if found else None}

    def _written(self, name: str) -> str | bool:
        """What was typed; a number may have a comma and a thousands' space."""
        if name == "id" and self._known_id:
            return self._known_id
        typed: str | bool = self.cleaned_data.get(name, "")
        return "".join(str(typed).replace(",", ".").split()) if name in NUMBERS else typed

    @staticmethod
    def said_of(model: CameraModel) -> dict[str, object]:
        """What stands of a model, to begin with."""
        point = "," if get_language() == "fr" else "."
        said = model.model_dump(exclude_none=True)
        return said | {name: str(said[name]).removesuffix(".0").replace(".", point) for name in NUMBERS if name in said}
