"""Forms of dossiers: what is asked, texts, contacts, signs, papers joined, the course of a request."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from pydantic import TypeAdapter

from beffroi.authorise.dossier.accesses import SitePage
from beffroi.authorise.models import Contact, Dossier, Order
from beffroi.authorise.models.dossiers import Decision, KindChoice, ModeChoice, PieceChoice, SignFormat
from beffroi.authorise.rules import MAX_RETENTION_DAYS
from beffroi.core.shapes import Geometry, Surface
from beffroi.people.forms import day_field
from beffroi.plan.models import Camera, Site
from beffroi.territory.models import Purpose, Zone

DEFAULT_RETENTION_DAYS = 15
_SURFACE: TypeAdapter[Geometry] = TypeAdapter(Surface)
_PLACE = re.compile(r"(-?\d{1,2}\.\d+)[ ,;]+(-?\d{1,3}\.\d+)")
_TEXTAREA = forms.Textarea(attrs={"rows": 12})


class AskedForm(forms.Form):
    """What a dossier asks for."""

    name = forms.CharField(label=_("Objet"), max_length=200)
    kind = forms.ChoiceField(label=_("Nature"), choices=KindChoice.choices)
    replaces = forms.ModelChoiceField(
        label=_("Arrêté à modifier ou à renouveler"), queryset=Order.objects.none(), required=False
    )
    mode = forms.ChoiceField(
        label=_("Forme"),
        choices=ModeChoice.choices,
        help_text=_("Une analyse d'impact tient lieu des pièces 1° et 5° à 10° (R. 252-3)."),
    )
    purposes = forms.MultipleChoiceField(
        label=_("Finalités (L. 251-2)"),
        choices=[(purpose.value, f"{number}° {purpose.label}") for number, purpose in enumerate(Purpose, 1)],
        widget=forms.CheckboxSelectMultiple,
    )
    retention_days = forms.IntegerField(
        label=_("Conservation, jours"),
        min_value=1,
        max_value=MAX_RETENTION_DAYS,
        initial=DEFAULT_RETENTION_DAYS,
        help_text=_("La plus courte qui serve ; un mois au plus (L. 252-5)."),
    )
    cameras = forms.MultipleChoiceField(label=_("Caméras"), choices=(), widget=forms.CheckboxSelectMultiple)
    perimeter_zones = forms.MultipleChoiceField(
        label=_("Périmètre : zones qu'il couvre"),
        choices=(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("À cocher seulement pour demander un périmètre au lieu des plans 2° et 3° (R. 252-3)."),
    )
    perimeter = forms.CharField(
        label=_("Ou contour du périmètre (GeoJSON)"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    max_cameras = forms.IntegerField(label=_("Caméras au plus dans le périmètre"), min_value=1, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaces"].queryset = Order.objects.order_by("-signed_on")  # type: ignore[attr-defined]
        cameras = Camera.objects.order_by("number")
        self.fields["cameras"].choices = [  # type: ignore[attr-defined]  # MultipleChoiceFields
            (camera.pk, f"{camera.number} · {camera.name}") for camera in cameras
        ]
        self.fields["perimeter_zones"].choices = [  # type: ignore[attr-defined]
            (zone.pk, f"{zone.number}. {zone.name}") for zone in Zone.objects.all()
        ]

    def clean_perimeter(self) -> dict[str, Any] | None:
        """A surface, checked as a file's would be."""
        text = self.cleaned_data["perimeter"].strip()
        if not text:
            return None
        try:
            return _SURFACE.validate_python(json.loads(text))
        except ValueError:
            raise ValidationError(
                now_("Ce n'est pas un contour GeoJSON (Polygon) en degrés ; redessinez-le.")
            ) from None

    @staticmethod
    def initial_of(dossier: Dossier) -> dict[str, Any]:
        """As the dossier stands."""
        return {
            "name": dossier.name,
            "kind": dossier.kind,
            "replaces": dossier.replaces_id,
            "mode": dossier.mode,
            "purposes": dossier.purposes,
            "retention_days": dossier.retention_days,
            "cameras": list(dossier.cameras.values_list("pk", flat=True)),
            "perimeter": json.dumps(dossier.perimeter) if dossier.perimeter else "",
            "max_cameras": dossier.max_cameras,
        }


class TextForm(forms.Form):
    """A section that people write."""

    text = forms.CharField(label=_("Texte"), widget=_TEXTAREA, required=False, max_length=20_000)


class ContactForm(forms.ModelForm[Contact]):
    """Who answers for something; `services.put_contact` writes it."""

    class Meta:
        model = Contact
        fields = ("name", "quality", "address", "phone", "email", "certificate")


class SignForm(forms.Form):
    """A notice planned or placed."""

    site = forms.ModelChoiceField(label=_("Emplacement"), queryset=Site.objects.none())
    place = forms.CharField(label=_("Endroit"), max_length=160, help_text=_("Où on la lit avant d'être filmé."))
    format = forms.ChoiceField(label=_("Format"), choices=SignFormat.choices, initial=SignFormat.A3)
    is_fining = forms.BooleanField(label=_("Vidéoverbalisation"), required=False)
    placed_on = day_field(_("Posée le"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = Site.objects.order_by("rank")  # type: ignore[attr-defined]


class SurveyForm(forms.Form):
    """What was seen of the accesses around a site: those supposed that are right, those not there, others."""

    confirmed = forms.MultipleChoiceField(label=_("Accès supposés exacts"), choices=(), required=False)
    removed = forms.MultipleChoiceField(label=_("Accès à retirer"), choices=(), required=False)
    places = forms.CharField(
        label=_("Autres accès : latitude, longitude, un par ligne"),
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "44.100091, 3.077712"}),
        required=False,
        max_length=4000,
        help_text=_("En degrés, relevés à la porte ou sur une carte ; à 5 m au plus de la façade."),
    )

    def __init__(self, page: SitePage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        supposed = [(one.id, one.number) for one in page.buildings if not one.is_surveyed]
        known = [(one.id, one.id) for line in page.buildings for one in line.pointed]
        self.fields["confirmed"].choices = supposed  # type: ignore[attr-defined]  # MultipleChoiceFields
        self.fields["removed"].choices = known  # type: ignore[attr-defined]

    def clean_places(self) -> list[tuple[float, float]]:
        """Longitude and latitude of each line."""
        found = []
        for number, line in enumerate(self.cleaned_data["places"].splitlines(), 1):
            if not line.strip():
                continue
            place = _PLACE.fullmatch(line.strip())
            if place is None or abs(float(place[1])) > 90 or abs(float(place[2])) > 180:
                raise ValidationError(
                    now_("Ligne %(number)s : écrire latitude, longitude, par exemple 44.100091, 3.077712."),
                    params={"number": number},
                )
            found.append((float(place[2]), float(place[1])))
        return found


class AttachmentForm(forms.Form):
    """A paper made elsewhere."""

    piece = forms.ChoiceField(label=_("Pièce"), choices=PieceChoice.choices)
    name = forms.CharField(label=_("Nom"), max_length=200)
    scan = forms.FileField(label=_("Fichier"), help_text=_("PDF, JPEG ou PNG, 10 Mo au plus."))


class FiledForm(forms.Form):
    """The day it went to the prefecture."""

    filed_on = day_field(_("Déposé le"))


class ReceiptForm(forms.Form):
    """The prefecture's receipt."""

    receipt_on = day_field(_("Récépissé du"))
    receipt_number = forms.CharField(label=_("Numéro du récépissé"), max_length=60)
    is_commission_extended = forms.BooleanField(label=_("La commission a demandé un mois de plus"), required=False)


class DecisionForm(forms.Form):
    """What came of it."""

    decision = forms.ChoiceField(label=_("Décision"), choices=Decision.choices)
    decided_on = day_field(_("Décidé le"))
