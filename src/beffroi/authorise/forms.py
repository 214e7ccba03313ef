"""Forms on which papers are written down: orders, receipts, declarations, test windows."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from beffroi.authorise import precautions, rules
from beffroi.authorise.limits import limits_on
from beffroi.authorise.models import Dossier, Order
from beffroi.authorise.models.papers import RegimeChoice
from beffroi.authorise.models.terms import PrecautionChoice
from beffroi.authorise.rules import Regime
from beffroi.authorise.services.windows import TESTABLE
from beffroi.people.forms import day_field
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan.models import Camera, Phase
from beffroi.plan.queries import cameras_on
from beffroi.territory.models import Purpose

_NUMBERED = {str(number): purpose for number, purpose in enumerate(Purpose, 1)}
"""As L. 251-2 numbers them."""
_OF_A_CAMERA = re.compile(r"(?P<camera>[^:]+):(?P<numbers>[\d\s,°]+)")


class OrderForm(forms.Form):
    """An order of the prefect, its cameras and their purposes."""

    number = forms.CharField(label=_("Numéro"), max_length=60, help_text=_("Comme il est écrit sur l'arrêté."))
    name = forms.CharField(label=_("Objet"), max_length=200)
    signed_on = day_field(_("Signé le"))
    ends_on = day_field(
        _("Expire le"),
        help_text=_("Premier jour sans l'arrêté : cinq ans au plus (L. 252-4), quatre mois s'il est provisoire."),
    )
    published = forms.CharField(
        label=_("Publié au recueil des actes administratifs"),
        max_length=80,
        required=False,
        help_text=_("Numéro et date du recueil, comme la liste publique les dira."),
    )
    regime = forms.ChoiceField(
        label=_("Régime"), choices=RegimeChoice.choices, initial=RegimeChoice.STANDARD, required=False
    )
    event = forms.CharField(
        label=_("Événement"), max_length=160, required=False, help_text=_("D'un arrêté provisoire : il cesse avec lui.")
    )
    purposes = forms.MultipleChoiceField(
        label=_("Finalités (L. 251-2)"),
        choices=[(purpose.value, f"{number}° {purpose.label}") for number, purpose in _NUMBERED.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    retention_days = forms.IntegerField(
        label=_("Conservation, jours"), min_value=1, help_text=_("Trente jours au plus, jamais plus d'un mois.")
    )
    minimum_retention_days = forms.IntegerField(label=_("Conservation minimale, jours"), min_value=1, required=False)
    recipients = forms.CharField(
        label=_("Destinataires"), help_text=_("Un par ligne."), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    cameras = forms.MultipleChoiceField(label=_("Caméras"), choices=(), widget=forms.CheckboxSelectMultiple)
    perimeter_of = forms.ModelChoiceField(
        label=_("Périmètre"),
        queryset=Dossier.objects.none(),
        required=False,
        empty_label=_("Aucun : l'arrêté nomme des points"),
        help_text=_("Celui que demandait le dossier. Chaque caméra y est l'objet d'un avis d'emplacement (R. 252-17)."),
    )
    max_cameras = forms.IntegerField(
        label=_("Caméras au plus dans le périmètre"),
        min_value=1,
        required=False,
        help_text=_("Sans nombre ici, celui du dossier."),
    )
    camera_purposes = forms.CharField(
        label=_("Finalités de certaines caméras"),
        help_text=_("Seulement si elles en ont moins que l'arrêté, une caméra par ligne : « C03 : 5, 8 »."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cameras = {camera.number: camera for camera in Camera.objects.order_by("number")}
        choices = [(camera.pk, f"{camera.number} · {camera.name}") for camera in self._cameras.values()]
        self.fields["cameras"].choices = choices  # type: ignore[attr-defined]  # a MultipleChoiceField
        asked = Dossier.objects.exclude(perimeter__isnull=True)
        self.fields["perimeter_of"].queryset = asked  # type: ignore[attr-defined]  # a ModelChoiceField

    @staticmethod
    def initial_of(dossier: Dossier) -> dict[str, Any]:
        """What the dossier asked for, to be compared with what the prefect signed."""
        return {
            "name": dossier.name,
            "purposes": dossier.purposes,
            "retention_days": dossier.retention_days,
            "cameras": list(dossier.cameras.values_list("pk", flat=True)),
            "perimeter_of": dossier.pk if dossier.perimeter is not None else None,
            "max_cameras": dossier.max_cameras,
        }

    def clean_regime(self) -> Regime:
        """As the rules know it."""
        return Regime(self.cleaned_data["regime"] or Regime.STANDARD)

    def clean_recipients(self) -> tuple[str, ...]:
        """One a line."""
        return tuple(line.strip() for line in self.cleaned_data["recipients"].splitlines() if line.strip())

    def clean_camera_purposes(self) -> dict[str, tuple[str, ...]]:
        """Purposes by camera id."""
        lines = [line.strip() for line in self.cleaned_data["camera_purposes"].splitlines() if line.strip()]
        return dict(self._purposes_of(line) for line in lines)

    def _purposes_of(self, line: str) -> tuple[str, tuple[str, ...]]:
        found = _OF_A_CAMERA.fullmatch(line)
        camera = self._cameras.get(found["camera"].strip().upper()) if found else None
        numbers = re.findall(r"\d+", found["numbers"]) if found else []
        if camera is None or not numbers or not set(numbers) <= set(_NUMBERED):
            raise ValidationError(
                now_("« %(line)s » ne se lit pas : écrivez une caméra, deux points, puis des numéros de 1 à 11.")
                % {"line": line[:40]}
            )
        return camera.pk, tuple(_NUMBERED[number].value for number in numbers)

    def clean(self) -> dict[str, Any]:
        """What the law does not let an order say, all at once; only its cameras have purposes of their own."""
        cleaned = super().clean() or {}
        asked = cleaned.pop("perimeter_of", None)
        cleaned["perimeter"] = asked.perimeter if asked else None
        if asked and not cleaned.get("max_cameras"):
            cleaned["max_cameras"] = asked.max_cameras
        if all(cleaned.get(name) for name in ("signed_on", "ends_on", "retention_days")):
            self._check_terms(cleaned)
        beyond = set(cleaned.get("camera_purposes") or ()) - set(cleaned.get("cameras") or ())
        if beyond and "cameras" in cleaned:
            names = ", ".join(sorted(beyond))
            self.add_error("camera_purposes", now_("Hors des caméras cochées : %(names)s.") % {"names": names})
        return cleaned

    def _check_terms(self, cleaned: dict[str, Any]) -> None:
        asked = rules.Asked(
            signed_on=cleaned["signed_on"],
            ends_on=cleaned["ends_on"],
            retention_days=cleaned["retention_days"],
            minimum_retention_days=cleaned.get("minimum_retention_days"),
            regime=cleaned.get("regime", Regime.STANDARD),
            event=cleaned.get("event", ""),
            has_perimeter=cleaned["perimeter"] is not None,
            max_cameras=cleaned.get("max_cameras"),
            purposes=frozenset(cleaned.get("purposes") or ()),
        )
        for fault in rules.order_faults(asked, limits_on(asked.signed_on)):
            self.add_error(fault.field, fault.message_fr if get_language() == "fr" else fault.message)


class NoticeForm(forms.Form):
    """Where a camera of a perimeter stands, or goes; the letter first, then its number and its day."""

    camera = forms.ChoiceField(label=_("Caméra"), choices=())
    lat = forms.FloatField(
        label=_("Nouvelle latitude"),
        min_value=-90,
        max_value=90,
        required=False,
        help_text=_("Si elle est déplacée ; vide, c'est l'emplacement du plan."),
    )
    lon = forms.FloatField(label=_("Nouvelle longitude"), min_value=-180, max_value=180, required=False)
    letter_number = forms.CharField(label=_("Numéro du courrier"), max_length=60, required=False)
    sent_on = day_field(_("Envoyé le"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cameras = [(camera.pk, f"{camera.number} · {camera.name}") for camera in Camera.objects.order_by("number")]
        self.fields["camera"].choices = [("", "–"), *cameras]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_camera(self) -> Camera:
        """The camera itself."""
        return Camera.objects.get(pk=self.cleaned_data["camera"])

    def is_sendable(self) -> bool:
        """A letter written down has its number and its day."""
        for name in ("letter_number", "sent_on"):
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, now_("Ce champ est obligatoire pour inscrire l'envoi."))
        return not self.errors


class PrecautionForm(forms.Form):
    """A precaution of the order: what code can hold to is chosen, the rest is copied out."""

    kind = forms.ChoiceField(label=_("Nature"), choices=PrecautionChoice.choices)
    value = forms.CharField(
        label=_("Valeur"),
        max_length=precautions.MOST_TEXT,
        required=False,
        help_text=_("Des jours : 10. Des heures : 20:00-06:00. Du personnel : c, d. Autre : la phrase de l'arrêté."),
    )
    from_on = day_field(_("À partir du"))
    cameras = forms.MultipleChoiceField(
        label=_("Caméras"),
        choices=(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Aucune cochée : toutes celles de l'arrêté."),
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        covered = order.cameras.order_by("number")
        choices = [(camera.pk, f"{camera.number} · {camera.name}") for camera in covered]
        self.fields["cameras"].choices = choices  # type: ignore[attr-defined]  # a MultipleChoiceField


class PrefectRequestForm(forms.Form):
    """The prefect asks the town for cameras against terrorism."""

    number = forms.CharField(label=_("Numéro du courrier"), max_length=60)
    received_on = day_field(_("Reçue le"), help_text=_("Le conseil délibère dans les trois mois (R. 223-2)."))
    places = forms.CharField(
        label=_("Lieux demandés"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Un par ligne."),
    )


class VoteForm(forms.Form):
    """What the council decided."""

    number = forms.CharField(label=_("Numéro de la délibération"), max_length=60)
    voted_on = day_field(_("Délibération du"))
    is_accepted = forms.TypedChoiceField(
        label=_("Le conseil"),
        choices=[("yes", _("accepte")), ("no", _("refuse"))],
        coerce=lambda given: given == "yes",
    )


class AgreementForm(forms.Form):
    """Who pays, for five years."""

    number = forms.CharField(label=_("Numéro de la convention"), max_length=60)
    agreed_on = day_field(_("Signée le"), help_text=_("Elle vaut cinq ans (R. 223-2)."))


class UndertakingForm(forms.Form):
    """The undertaking sent to the CNIL, with its receipt or before it."""

    sent_on = day_field(_("Envoyé le"))
    receipt_number = forms.CharField(label=_("Numéro du récépissé"), max_length=60, required=False)
    receipt_on = day_field(
        _("Récépissé du"), required=False, help_text=_("Sans récépissé, aucune caméra ne s'ouvre (R. 253-7).")
    )


class DeclarationForm(forms.Form):
    """The letter that tells the prefect when a phase enters service."""

    phase = forms.ModelChoiceField(label=_("Phase"), queryset=Phase.objects.none())
    order = forms.ModelChoiceField(label=_("Arrêté"), queryset=Order.objects.none())
    letter_number = forms.CharField(label=_("Numéro du courrier"), max_length=60)
    sent_on = day_field(_("Envoyée le"))
    commissioning_on = day_field(
        _("Mise en service le"), help_text=_("Aucune caméra de la phase n'est en service avant ce jour (R. 252-17).")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phase"].queryset = Phase.objects.all()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["order"].queryset = Order.objects.order_by("-signed_on")  # type: ignore[attr-defined]


class WindowForm(forms.Form):
    """A test: which cameras, how long, for whom."""

    cameras = forms.MultipleChoiceField(
        label=_("Caméras à essayer"),
        choices=(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Déclarées, en test ou réceptionnées."),
    )
    hours = forms.FloatField(
        label=_("Durée, heures"),
        initial=24,
        help_text=_("48 au plus ; à la fin, toutes les images de l'essai sont détruites."),
    )
    agents = forms.MultipleChoiceField(
        label=_("Autres agents qui regarderont"), choices=(), widget=forms.CheckboxSelectMultiple, required=False
    )
    reason = forms.ChoiceField(label=_("Motif"), choices=[(rules.TEST_REASON, _("essais"))])

    def __init__(self, *args: Any, on: Any, by: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cameras = [camera for camera in cameras_on(on) if camera.state in TESTABLE]
        self.fields["cameras"].choices = [  # type: ignore[attr-defined]  # MultipleChoiceFields
            (camera.id, f"{camera.number} · {camera.name}") for camera in cameras
        ]
        others = [agent for agent in Agent.objects.filter(is_active=True) if agent.may(Right.LIVE) and agent != by]
        self.fields["agents"].choices = [(agent.pk, agent.name) for agent in others]  # type: ignore[attr-defined]


class WithdrawalForm(forms.Form):
    """The day from which the prefect withdrew an order."""

    withdrawn_on = day_field(_("Retiré le"))
