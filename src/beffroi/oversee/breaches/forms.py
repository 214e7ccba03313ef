"""Forms about breaches."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.breaches.rules import Nature
from beffroi.oversee.breaches.words import NATURES
from beffroi.oversee.models import Breach
from beffroi.people.forms import day_field


def _moment_field(label: Any, *, required: bool = False) -> forms.DateTimeField:
    """An instant of the town, picked in the browser's own calendar."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=required, widget=widget)


def _words_field(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=4000, widget=widget)


class BreachForm(forms.Form):
    """What is known; all but the day may follow. Source: GDPR 33 §3 and §4."""

    found_at = _moment_field(_("Découverte le"), required=True)
    began_at = _moment_field(_("Commencée le"))
    ended_at = _moment_field(_("Terminée le"))
    natures = forms.MultipleChoiceField(
        label=_("Nature"),
        choices=[(nature.value, NATURES[nature]) for nature in Nature],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    happened = _words_field(_("Ce qui s'est passé"), _("Les faits ; le nom de personne n'est utile ici."))
    people_kinds = forms.CharField(
        label=_("Personnes touchées"), help_text=_("Par exemple : passants filmés, agents."), max_length=200,
        required=False,
    )  # fmt: skip
    people_count = forms.IntegerField(label=_("Nombre de personnes, environ"), required=False, min_value=0)
    records = forms.CharField(
        label=_("Données touchées"), help_text=_("Par exemple : dix minutes d'une caméra, journal."), max_length=200,
        required=False,
    )  # fmt: skip
    records_count = forms.IntegerField(label=_("Nombre d'enregistrements, environ"), required=False, min_value=0)
    consequences = _words_field(_("Conséquences probables"))
    measures = _words_field(_("Mesures prises ou envisagées"))
    risk = forms.ChoiceField(
        label=_("Risque pour les personnes"), choices=[("", _("à peser")), *Breach.RISKS], required=False
    )


class NoticeForm(forms.Form):
    """The CNIL was notified."""

    notified_at = _moment_field(_("Notifiée le"), required=True)
    reference = forms.CharField(label=_("Référence de la CNIL"), max_length=60, required=False)
    delay_reason = _words_field(_("Motifs du retard"), _("Exigés au-delà de 72 heures (RGPD 33 §1)."))


class PeopleForm(forms.Form):
    """What became of telling people."""

    how = forms.ChoiceField(label=_("Les personnes sont"), choices=Breach.PEOPLE_TOLD)
    reason = _words_field(_("Motif"), _("Exigé sauf si chacune est informée (RGPD 34 §3, LIL 102)."))
    until_on = day_field(_("Report jusqu'au"), required=False, help_text=_("D'un report demandé par une enquête."))
