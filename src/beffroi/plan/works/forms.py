"""Forms of the works: real days of a task, a measure, a reserve."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.people.forms import day_field
from beffroi.plan.models import Site
from beffroi.plan.models.works import ItemChoice
from beffroi.plan.works.rules import FROM_RECORDER, OF_CAMERA, Item


class TaskDays(forms.Form):
    """When a task was begun and ended."""

    actual_from_on = day_field(_("Commencée le"), required=False)
    actual_to_on = day_field(_("Finie le"), required=False)


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
