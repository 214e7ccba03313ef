"""Forms of the works: lots, tasks and their real days, sums, a measure, a reserve."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.people.forms import day_field
from beffroi.plan.models import Camera, Link, Lot, Phase, Site, Task
from beffroi.plan.models.works import BudgetChoice, ItemChoice, TaskChoice
from beffroi.plan.works.rules import FROM_RECORDER, OF_CAMERA, Item


class TaskDays(forms.Form):
    """When a task was begun and ended."""

    actual_from_on = day_field(_("Commencée le"), required=False)
    actual_to_on = day_field(_("Finie le"), required=False)


class LotForm(forms.Form):
    """A lot and who does it."""

    name = forms.CharField(label=_("Lot"), max_length=120)
    contractor = forms.CharField(label=_("Titulaire"), max_length=160, required=False)
    contract = forms.CharField(label=_("Marché"), max_length=60, required=False)


class SumForm(forms.Form):
    """A dated sum. A mistake is mended by another sum, below zero."""

    lot = forms.ModelChoiceField(label=_("Lot"), queryset=Lot.objects.none())
    kind = forms.ChoiceField(label=_("Nature"), choices=BudgetChoice.choices)
    on = day_field(_("Le"))
    euros = forms.DecimalField(
        label=_("Montant HT, euros"), max_digits=12, decimal_places=2, help_text=_("Négatif pour corriger.")
    )
    reference = forms.CharField(label=_("Référence"), max_length=80, help_text=_("Délibération, bon, facture."))

    def __init__(self, phase: Phase, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lot"].queryset = Lot.objects.filter(phase=phase)  # type: ignore[attr-defined]


class TaskForm(forms.Form):
    """A piece of work, what it builds, what it waits for."""

    lot = forms.ModelChoiceField(label=_("Lot"), queryset=Lot.objects.none())
    kind = forms.ChoiceField(label=_("Nature"), choices=TaskChoice.choices)
    name = forms.CharField(label=_("Tâche"), max_length=160)
    site = forms.ModelChoiceField(label=_("Emplacement"), queryset=Site.objects.none(), required=False)
    link = forms.ModelChoiceField(label=_("Liaison"), queryset=Link.objects.none(), required=False)
    cameras = forms.ModelMultipleChoiceField(label=_("Caméras"), queryset=Camera.objects.none(), required=False)
    planned_from_on = day_field(_("Début prévu"))
    planned_to_on = day_field(_("Fin prévue"))
    after = forms.ModelMultipleChoiceField(label=_("Attend la fin de"), queryset=Task.objects.none(), required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, phase: Phase, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {
            "lot": Lot.objects.filter(phase=phase),
            "site": Site.objects.filter(phase=phase),
            "link": Link.objects.filter(phase=phase),
            "cameras": Camera.objects.filter(phase=phase),
            "after": Task.objects.filter(lot__phase=phase),
        }
        for name, rows in own.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("planned_from_on"), cleaned.get("planned_to_on")
        if begins and ends and ends < begins:
            self.add_error("planned_to_on", _("La fin prévue suit le début."))
        return cleaned


class MeasureForm(forms.Form):
    """One measure of a sheet."""

    item = forms.ChoiceField(
        label=_("Contrôle"),
        choices=[(item.value, item.label) for item in ItemChoice if Item(item.value) not in FROM_RECORDER],
        help_text=_("Les images, la définition et la cadence se prennent sur la page de réception de la caméra."),
    )
    camera = forms.ChoiceField(label=_("Caméra"), required=False, help_text=_("Vide pour ce qui se mesure au site."))
    expected = forms.CharField(label=_("Attendu"), max_length=80, required=False)
    measured = forms.CharField(label=_("Mesuré"), max_length=80, help_text=_("La valeur et son unité."))
    is_passed = forms.BooleanField(label=_("Conforme"), required=False)

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cameras = [(camera.pk, f"{camera.number} · {camera.name}") for camera in site.cameras.order_by("number")]
        self.fields["camera"].choices = [("", "—"), *cameras]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        of_camera = cleaned.get("item") in {item.value for item in OF_CAMERA}
        if of_camera and not cleaned.get("camera"):
            self.add_error("camera", _("Ce contrôle se fait caméra par caméra ; choisissez-la."))
        if not of_camera and cleaned.get("camera"):
            self.add_error("camera", _("Ce contrôle vaut pour le site ; laissez vide."))
        return cleaned


class ReserveForm(forms.Form):
    """A fault to be mended."""

    text = forms.CharField(label=_("Réserve"), max_length=300)
    owner = forms.CharField(label=_("À lever par"), max_length=160)
    due_on = day_field(_("Avant le"))
    is_blocking = forms.BooleanField(label=_("Empêche la réception"), required=False, initial=True)
