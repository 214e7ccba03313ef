"""Forms on which papers are written down: orders, receipts, declarations, test windows."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from beffroi.authorise import rules
from beffroi.authorise.models import Order
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
    ends_on = day_field(_("Expire le"), help_text=_("Premier jour sans l'arrêté : cinq ans au plus (L. 252-4)."))
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
        if all(cleaned.get(name) for name in ("signed_on", "ends_on", "retention_days")):
            self._check_terms(cleaned)
        beyond = set(cleaned.get("camera_purposes") or ()) - set(cleaned.get("cameras") or ())
        if beyond and "cameras" in cleaned:
            names = ", ".join(sorted(beyond))
            self.add_error("camera_purposes", now_("Hors des caméras cochées : %(names)s.") % {"names": names})
        return cleaned

    def _check_terms(self, cleaned: dict[str, Any]) -> None:
        faults = rules.order_faults(
            cleaned["signed_on"],
            cleaned["ends_on"],
            retention_days=cleaned["retention_days"],
            minimum_retention_days=cleaned.get("minimum_retention_days"),
        )
        for fault in faults:
            self.add_error(fault.field, fault.message_fr if get_language() == "fr" else fault.message)


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
