"""Forms of the territory: a file of facts brought, then shown as it would be read; what is said of a zone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.people.forms import day_field
from beffroi.territory.factfile import FIELDS, NEEDED, Preview
from beffroi.territory.models import FactKindChoice, Purpose, Zone
from beffroi.territory.services import ZoneSheet

PAGE_MAX_BYTES = 2_000_000
"""The file goes back and forth between two pages: columns that nobody maps may hold names, and are not kept."""
FIELD_WORDS = {
    "reference": _("Référence"),
    "kind": _("Nature"),
    "from": _("Date, ou début"),
    "to": _("Fin"),
    "lat": _("Latitude"),
    "lon": _("Longitude"),
    "zone": _("Zone"),
}


class FactFileForm(forms.Form):
    """The file and who counted."""

    source = forms.CharField(
        label=_("Source"), max_length=120, help_text=_("Qui a compté : police, gendarmerie, ville.")
    )
    file = forms.FileField(label=_("Fichier CSV"), help_text=_("UTF-8, avec un en-tête, 2 Mo au plus."))

    def clean_file(self) -> str:
        given = self.cleaned_data["file"]
        if given.size > PAGE_MAX_BYTES:
            raise forms.ValidationError(_("Le fichier dépasse 2 Mo ; importez-le par « beffroi facts import »."))
        try:
            return str(given.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError(_("Le fichier n'est pas en UTF-8 ; enregistrez-le en UTF-8.")) from None


class MappingForm(forms.Form):
    """Which column holds which field, and what the source's unknown words mean."""

    def __init__(self, seen: Preview, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((column, column) for column in seen.columns)]
        for name in FIELDS:
            self.fields[f"column-{name}"] = forms.ChoiceField(
                label=FIELD_WORDS[name], choices=choices, required=name in NEEDED
            )
        kinds = [("", _("à choisir")), *FactKindChoice.choices]
        for rank, (word, count) in enumerate(seen.unknown_kinds):
            label = _("« %(word)s », %(count)s lignes") % {"word": word[:60], "count": count}
            self.fields[f"kind-{rank}"] = forms.ChoiceField(label=label, choices=kinds)

    @property
    def chosen(self) -> dict[str, str]:
        """Field to column."""
        return {name: self.cleaned_data[f"column-{name}"] for name in FIELDS}


def _opinion(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 3}), **more)


class ZoneForm(forms.Form):
    """What is said of a zone. The opinions may come later: the sheet is completed then."""

    name = forms.CharField(label=_("Nom de la zone"), max_length=120)
    proposer = forms.CharField(
        label=_("Proposée par"),
        max_length=200,
        help_text=_("Qui a constaté l'exposition : ville, police, gendarmerie."),
    )
    purpose = forms.ChoiceField(label=_("Finalité"), choices=Purpose.choices, initial=Purpose.SAFETY)
    expected_effect = _opinion(
        _("Ce qu'une caméra peut y changer"), help_text=_("Par nature de fait, et ce qu'elle n'y changera pas.")
    )
    police_opinion = _opinion(_("Avis de la police"), required=False)
    adviser_opinion = _opinion(_("Avis du référent sûreté"), required=False)
    adviser_opinion_on = day_field(_("Avis du référent rendu le"), required=False)

    @property
    def sheet(self) -> ZoneSheet:
        """Of a valid form."""
        return ZoneSheet(**self.cleaned_data)

    @staticmethod
    def said_of(zone: Zone) -> dict[str, object]:
        """What stands on a zone's sheet, to begin with."""
        return {name: getattr(zone, name) for name in ZoneForm.base_fields}
