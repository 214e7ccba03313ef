"""Forms about requests of filmed people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from beffroi.core.instants import to_us
from beffroi.evidence.access import rules
from beffroi.evidence.access.models import AccessRequest
from beffroi.people.forms import day_field
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone

_TRACKS_MAX_CHARACTERS = 1 << 20


class RequestForm(forms.Form):
    """A request as it came."""

    kind = forms.ChoiceField(label=_("Demande"), choices=AccessRequest.KINDS)
    received_on = day_field(_("Reçue le"), help_text=_("Le délai court de ce jour."))
    asker = forms.CharField(
        label=_("Qui demande"),
        max_length=160,
        help_text=_("Scellé, lu des seules personnes qui répondent, oublié un an après la clôture."),
    )
    address = forms.CharField(label=_("Où répondre"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    place = forms.CharField(label=_("Lieu"), max_length=120, required=False)
    on = day_field(_("Jour des images"), required=False)
    from_time = forms.TimeField(
        label=_("De"), required=False, widget=forms.TimeInput(attrs={"type": "time", "step": "1"})
    )
    to_time = forms.TimeField(label=_("À"), required=False, widget=forms.TimeInput(attrs={"type": "time", "step": "1"}))
    cameras = forms.MultipleChoiceField(
        label=_("Caméras"),
        choices=(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Celles du lieu : leurs images sont mises à l'abri aussitôt, dans la limite de l'arrêté."),
    )
    regime = forms.ChoiceField(
        label=_("Régime"),
        choices=[("", _("Selon les finalités des caméras")), *AccessRequest.REGIMES],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(camera.pk, f"{camera.number} · {camera.name}") for camera in Camera.objects.order_by("number")]
        self.fields["cameras"].choices = choices  # type: ignore[attr-defined]  # a MultipleChoiceField

    def clean(self) -> dict[str, Any]:
        """The span as instants, in the town's time."""
        typed = super().clean() or {}
        on, start, end = (typed.get(name) for name in ("on", "from_time", "to_time"))
        if on is None and start is None and end is None and not typed.get("cameras"):
            return typed | {"from_at_us": 0, "to_at_us": 0}
        if on is None or start is None or end is None:
            raise ValidationError(now_("Donnez le jour, le début et la fin, ou aucun des trois."))
        zone = town_zone()
        instants = [to_us(datetime.combine(on, one, tzinfo=zone)) for one in (start, end)]
        return typed | {"from_at_us": instants[0], "to_at_us": instants[1]}


class AppointmentForm(forms.Form):
    """When the person comes to watch."""

    on = forms.DateTimeField(
        label=_("Rendez-vous"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )


class TracksForm(forms.Form):
    """Rectangles drawn on pictures, as the page writes them: `[[{at_us, left, top, width, height}, …], …]`."""

    tracks = forms.CharField(widget=forms.HiddenInput, max_length=_TRACKS_MAX_CHARACTERS)

    def clean_tracks(self) -> list[rules.Track]:
        """As the rules see them."""
        try:
            read = json.loads(self.cleaned_data["tracks"])
            return [
                tuple(
                    rules.Mark(
                        at_us=int(mark["at_us"]),
                        left=float(mark["left"]),
                        top=float(mark["top"]),
                        width=float(mark["width"]),
                        height=float(mark["height"]),
                    )
                    for mark in track
                )
                for track in read
            ]
        except (ValueError, TypeError, KeyError, OverflowError):
            raise ValidationError(now_("Ces rectangles ne se lisent pas ; tracez-les à nouveau.")) from None
