"""Forms of the territory: a file of facts brought, then shown as it would be read; what is said of a zone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from beffroi.core.errors import InvalidInput
from beffroi.people.forms import day_field
from beffroi.territory.calc.words import words
from beffroi.territory.factfile import FIELDS, NEEDED, Preview, text_of
from beffroi.territory.models import FactKindChoice, Purpose, Zone
from beffroi.territory.repeats import Alike
from beffroi.territory.rules import FactKind
from beffroi.territory.services import ZoneSheet

PAGE_MAX_BYTES = 2_000_000
"""The file goes back and forth between two pages: columns that nobody maps may hold names, and are not kept."""
PROJECTIONS = [("", _("degrés (WGS84, GPS)")), ("EPSG:2154", _("mètres (Lambert-93)"))]
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
    file = forms.FileField(
        label=_("Fichier CSV"),
        help_text=_("Une ligne par fait, sous un en-tête ; UTF-8, 2 Mo au plus."),
        error_messages={"empty": _("Le fichier est vide ; exportez de nouveau les faits.")},
    )

    def clean_file(self) -> str:
        given = self.cleaned_data["file"]
        if given.size > PAGE_MAX_BYTES:
            raise forms.ValidationError(_("Le fichier dépasse 2 Mo ; importez-le par « beffroi facts import »."))
        try:
            return text_of(given.read(), str(given.name))
        except InvalidInput as error:
            raise forms.ValidationError(error.message_fr if get_language() == "fr" else error.message) from None


class MappingForm(forms.Form):
    """Which column holds which field, and what the source's unknown words mean.

    A nature is asked for by its plain word: whatever column is chosen, an answer stays with its word.
    """

    def __init__(self, seen: Preview, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((column, column) for column in seen.columns)]
        for name in FIELDS:
            self.fields[f"column-{name}"] = forms.ChoiceField(
                label=FIELD_WORDS[name], choices=choices, required=name in NEEDED
            )
        self.fields["crs"] = forms.ChoiceField(
            label=_("Positions écrites en"), choices=PROJECTIONS, required=False,
            help_text=_("Sans effet quand les faits sont donnés par zone."),
        )  # fmt: skip
        kinds = [("", _("à choisir")), *FactKindChoice.choices]
        self._words = {f"kind-{'-'.join(words(word))}": word for word, _count in reversed(seen.unknown_kinds)}
        for word, count in seen.unknown_kinds:
            label = _("« %(word)s » × %(count)s") % {"word": word[:60], "count": count}
            self.fields[f"kind-{'-'.join(words(word))}"] = forms.ChoiceField(
                label=label, choices=kinds, error_messages={"required": _("Choisissez ce qu'est cette nature.")}
            )
        if "alike" in self.data:
            self.ask_alike()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not (given.get("column-zone") or (given.get("column-lat") and given.get("column-lon"))):
            raise forms.ValidationError(_("Choisissez la colonne de la zone, ou latitude et longitude."))
        return given

    def ask_alike(self) -> None:
        """Asks what rows alike are: only a file that has some is asked."""
        choices = [
            ("", _("à choisir")),
            (Alike.COUNT.value, _("des faits distincts : les compter tous")),
            (Alike.SKIP.value, _("un même fait : ne compter que le premier")),
        ]
        self.fields["alike"] = forms.ChoiceField(
            label=_("Les lignes semblables sont"), choices=choices, required=False,
            help_text=_("Deux vélos volés le même jour dans la même rue, ou la même ligne deux fois ?"),
        )  # fmt: skip

    @property
    def alike(self) -> Alike | None:
        """What was decided of rows alike."""
        given = self.cleaned_data.get("alike")
        return Alike(given) if given else None

    @property
    def chosen(self) -> dict[str, str]:
        """Field to column."""
        return {name: self.cleaned_data[f"column-{name}"] for name in FIELDS}

    @property
    def kinds(self) -> dict[str, FactKind]:
        """The source's words to what they were said to be."""
        return {word: FactKind(self.cleaned_data[name]) for name, word in self._words.items()}


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
