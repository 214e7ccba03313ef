"""Forms of the works: lots, tasks and their real days, sums, a measure, a reserve."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.core.errors import InvalidInput
from beffroi.people.forms import day_field, say
from beffroi.plan.models import Camera, GroundChoice, Link, Lot, Phase, Site, StateChoice, Task
from beffroi.plan.models.works import BudgetChoice, ItemChoice, TaskChoice
from beffroi.plan.rules import StateName
from beffroi.plan.works.rules import FROM_RECORDER, OF_CAMERA, Item, TaskKind, check_verdict


class EurosField(forms.DecimalField):
    """A sum as a clerk writes it: « 12 345,50 », « -120 », « 1200.50 € »."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {"invalid": _("Écrivez une somme en euros, par exemple 12 345,50.")}  # noqa: RUF012

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        plain = re.sub(r"[\s€]", "", str(value or "")).replace("−", "-").replace(",", ".")
        return super().to_python(plain)


class TaskDays(forms.Form):
    """When a task was begun and ended."""

    actual_from_on = day_field(_("Commencée le"), required=False)
    actual_to_on = day_field(_("Finie le"), required=False)


class LinkDays(forms.Form):
    """In what a link lies, when it was laid and lit."""

    ground = forms.ChoiceField(
        label=_("Sol"), choices=GroundChoice.choices, required=False, help_text=_("Le bordereau la compte à ce prix.")
    )
    laid_on = day_field(_("Posée le"), required=False)
    lit_on = day_field(_("Allumée le"), required=False, help_text=_("La lumière passe d'un bout à l'autre."))

    def __init__(self, link: Link, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"ground": link.ground, "laid_on": link.laid_on, "lit_on": link.lit_on, **self.initial}
        if not link.is_fibre:
            del self.fields["ground"]


class ExpectForm(forms.Form):
    """When a phase is now expected in service."""

    expected_on = day_field(
        _("Mise en service estimée"), required=False, help_text=_("Le prévu reste ; vide : comme prévu.")
    )


class StepForm(forms.Form):
    """The next step of a camera's life, from which day."""

    state = forms.ChoiceField(label=_("Elle est"))
    on = day_field(_("Depuis le"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, steps: Iterable[StateName], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(step.value, StateChoice(step.value).label) for step in steps]
        self.fields["state"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class MbitField(forms.FloatField):
    """A rate as a technician writes it: « 4,1 », « 4.1 »."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]  # the stubs say int
        return super().to_python(str(value or "").replace(",", "."))


class WeekForm(forms.Form):
    """What a camera's stream took over a week."""

    to_on = day_field(_("Dernier des sept jours"))
    mean_mbit_s = MbitField(label=_("Débit moyen, Mbit/s"))
    p95_mbit_s = MbitField(
        label=_("Débit au 95e centile, Mbit/s"), help_text=_("Dépassé 5 % du temps ; les disques se comptent dessus.")
    )
    source = forms.CharField(label=_("Lu sur"), max_length=120, help_text=_("Enregistreur, commutateur, relevé."))


class LotForm(forms.Form):
    """A lot and who does it."""

    name = forms.CharField(label=_("Lot"), max_length=120)
    contractor = forms.CharField(
        label=_("Titulaire"), max_length=160, required=False, help_text=_("Vide tant qu'il n'est pas choisi.")
    )
    contract = forms.CharField(label=_("Marché"), max_length=60, required=False)


class SumForm(forms.Form):
    """A dated sum. A mistake is mended by another sum, below zero."""

    lot = forms.ModelChoiceField(label=_("Lot"), queryset=Lot.objects.none())
    kind = forms.ChoiceField(label=_("Nature"), choices=BudgetChoice.choices)
    on = day_field(_("Le"))
    euros = EurosField(
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
    cameras = forms.ModelMultipleChoiceField(
        label=_("Caméras"), queryset=Camera.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    planned_from_on = day_field(_("Début prévu"))
    planned_to_on = day_field(_("Fin prévue"))
    after = forms.ModelMultipleChoiceField(
        label=_("Attend la fin de"), queryset=Task.objects.none(), required=False,
        help_text=_("Une caméra attend d'elle-même la fibre de son site."), widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, phase: Phase, *args: Any, task: Task | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {
            "lot": Lot.objects.filter(phase=phase),
            "site": Site.objects.filter(phase=phase),
            "link": Link.objects.filter(phase=phase),
            "cameras": Camera.objects.filter(phase=phase),
            "after": Task.objects.filter(lot__phase=phase).exclude(pk=task.pk if task else None),
        }
        for name, rows in own.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("planned_from_on"), cleaned.get("planned_to_on")
        if begins and ends and ends < begins:
            self.add_error("planned_to_on", _("La fin prévue suit le début."))
        site, cameras = cleaned.get("site"), cleaned.get("cameras") or ()
        if cleaned.get("kind") == TaskKind.CAMERA and not cameras:
            self.add_error("cameras", _("Choisissez les caméras posées : elles attendent la fibre de leur site."))
        if site and any(camera.site_id != site.pk for camera in cameras):
            self.add_error("cameras", _("Une caméra est d'un autre emplacement ; décochez-la, ou videz l'emplacement."))
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
    measured = forms.CharField(
        label=_("Mesuré"), max_length=80,
        help_text=_("Pose : l'écart au plan, en ° (5 au plus). Optique : en dB (7,5 au plus). PoE : en W. Horloge : en "
                    "s (1 au plus). Masque, affiche : ce qui est constaté."),
    )  # fmt: skip
    on = day_field(_("Mesuré le"), required=False, help_text=_("Elle compte à partir de ce jour ; vide : aujourd'hui."))
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
        if cleaned.get("item") and cleaned.get("measured"):
            try:
                is_passed = bool(cleaned.get("is_passed"))
                check_verdict(Item(cleaned["item"]), cleaned["measured"], is_passed=is_passed)
            except InvalidInput as error:
                say(self, error)
        return cleaned


class SignedForm(forms.Form):
    """A signed copy as it came back."""

    signed_on = day_field(_("Signé le"), help_text=_("Le jour de la dernière signature."))
    note = forms.CharField(label=_("Signataires"), max_length=200, required=False)
    scan = forms.FileField(label=_("Fichier"), help_text=_("PDF, JPEG ou PNG, 10 Mo au plus."))


class ReserveForm(forms.Form):
    """A fault to be mended."""

    text = forms.CharField(label=_("Réserve"), max_length=300)
    owner = forms.CharField(label=_("À lever par"), max_length=160)
    due_on = day_field(_("Avant le"))
    is_blocking = forms.BooleanField(label=_("Empêche la réception"), required=False, initial=True)
