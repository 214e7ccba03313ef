"""Forms of the requisitions: the call, the paper, the cameras, the result, the hand-over."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from beffroi.core.instants import from_us, to_us
from beffroi.evidence import words
from beffroi.evidence.frames import frames_on
from beffroi.evidence.models import Choice, HandOver, Piece, Recipient
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Negative, Result, Useful
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan.models import Camera
from beffroi.territory.queries import search_places, town_zone

_INSTANT = re.compile(r"[0-9]{1,17}")
LOCKED_AT_ONCE_MAX = 64


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


def _hour(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class CallForm(forms.Form):
    """A call to keep pictures, or a requisition that came without one: the shortest form that locks."""

    facts = forms.CharField(
        label=_("Faits"), max_length=120, help_text=_("En général : « incendie de conteneurs » ; jamais un nom.")
    )
    place = forms.CharField(
        label=_("Lieu"),
        max_length=120,
        help_text=_("Une place, une rue, un carrefour : les caméras qui pourraient le voir sont verrouillées."),
    )
    on = _day(_("Jour des faits"))
    from_hour = _hour(_("De"))
    to_hour = _hour(_("À"))
    radius_m = forms.IntegerField(label=_("Rayon, mètres"), min_value=10, max_value=500, initial=60)
    officer = forms.CharField(label=_("OPJ qui appelle"), max_length=120, required=False)
    unit = forms.CharField(label=_("Unité"), max_length=120, required=False)
    phone = forms.CharField(label=_("Numéro du standard, pour le rappel"), max_length=40, required=False)
    cameras = forms.MultipleChoiceField(
        label=_("Seulement ces caméras"),
        choices=(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Aucune cochée : toutes celles qui pourraient voir le lieu."),
    )

    def __init__(self, *args: Any, by: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cameras = [camera for camera in Camera.objects.order_by("number") if by.permit.over(Right.LOCK, camera.pk)]
        self.fields["cameras"].choices = [  # type: ignore[attr-defined]  # a MultipleChoiceField
            (camera.pk, f"{camera.number} · {camera.name}") for camera in cameras
        ]

    def clean(self) -> dict[str, Any]:
        """Instants of the span, and where the place is."""
        cleaned = super().clean() or {}
        if all(cleaned.get(name) is not None for name in ("on", "from_hour", "to_hour")):
            cleaned["from_at_us"], cleaned["to_at_us"] = span_us(
                cleaned["on"], cleaned["from_hour"], cleaned["to_hour"]
            )
        found = search_places(cleaned["place"], limit=1) if cleaned.get("place") else []
        if found:
            cleaned["lat"], cleaned["lon"] = found[0].lat, found[0].lon
        elif cleaned.get("place") and not cleaned.get("cameras"):
            self.add_error(
                "place", now_("Ce lieu n'est pas dans le répertoire : écrivez-le autrement, ou cochez des caméras.")
            )
        return cleaned


def span_us(on: date, from_hour: time, to_hour: time) -> tuple[int, int]:
    """A span of a day in town time; an end before its start is of the next day. Of the hour that comes twice in
    October, the earlier start and the later end."""
    zone = town_zone()
    start = datetime.combine(on, from_hour, tzinfo=zone).replace(fold=0)
    last_on = on if to_hour > from_hour else on + timedelta(days=1)
    return to_us(start), to_us(datetime.combine(last_on, to_hour, tzinfo=zone).replace(fold=1))


def prefilled_call(query: QueryDict) -> dict[str, Any]:
    """What the console's replay fills in: cameras, and the hours around the span in town time."""
    told: dict[str, Any] = {"cameras": query.getlist("cameras")[:LOCKED_AT_ONCE_MAX]}
    instants = [query.get(name, "") for name in ("from_at_us", "to_at_us")]
    if all(_INSTANT.fullmatch(one) for one in instants):
        start, end = (from_us(int(one)).astimezone(town_zone()) for one in instants)
        last = end + timedelta(seconds=59, microseconds=999_999)
        told |= {"on": start.date(), "from_hour": f"{start:%H:%M}", "to_hour": f"{last:%H:%M}"}
    return told


class ReceivedForm(forms.Form):
    """The written requisition; what is not known yet stays empty."""

    frame = forms.ChoiceField(label=_("Cadre"), choices=(), required=False)
    procedure = forms.CharField(label=_("Numéro de procédure"), max_length=60, required=False)
    dated_on = _day(_("Datée du"), required=False)
    officer = forms.CharField(label=_("OPJ ou autorité"), max_length=120, required=False)
    unit = forms.CharField(label=_("Unité"), max_length=120, required=False)
    asked_by_on = _day(_("Réponse demandée pour le"), required=False)
    until_on = _day(
        _("Garder les images jusqu'au"),
        required=False,
        help_text=_("Ce que l'enquête demande ; sans date, 60 jours, renouvelables."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        frames = [(frame.code, f"{frame.article} · {frame.label}") for frame in frames_on(cases.today())]
        self.fields["frame"].choices = [("", _("à compléter")), *frames]  # type: ignore[attr-defined]


class ExtendForm(forms.Form):
    """The day until which the inquiry asks for the pictures."""

    until_on = _day(_("Garder jusqu'au"), help_text=_("Dernier jour ; renouvelable tant que l'enquête le demande."))


class CamerasForm(forms.Form):
    """One decision a camera: kept, set aside with its reason, or not decided."""

    def __init__(self, *args: Any, rows: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("à décider")), ("kept", _("retenue")), *Choice.ASIDES]
        for row in rows:
            self.fields[f"camera-{row.camera}"] = forms.ChoiceField(
                label=row.name, choices=choices, required=False, initial=_initial(row)
            )

    def picks(self) -> dict[str, str]:
        """Camera → empty when kept, else why not."""
        found = {name.removeprefix("camera-"): value for name, value in self.cleaned_data.items() if value}
        return {camera: "" if value == "kept" else value for camera, value in found.items()}


def _initial(row: Any) -> str:
    """What geometry and known outages propose; of a camera far away, nothing."""
    if row.is_kept:
        return "kept"
    if not row.is_near:
        return ""
    return row.proposed or ("kept" if row.is_open and row.could_see else "")


class ResultForm(forms.Form):
    """What the replay gave."""

    result = forms.ChoiceField(
        label=_("Résultat"),
        choices=[(one.value, words.RESULTS[one]) for one in Result],
        widget=forms.RadioSelect,
    )
    reasons = forms.MultipleChoiceField(
        label=_("Pourquoi partielles ou négative"),
        choices=[(one.value, words.NEGATIVES[one]) for one in Negative],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class PieceForm(forms.Form):
    """A paper and its scan."""

    kind = forms.ChoiceField(label=_("Pièce"), choices=Piece.KINDS)
    signed_by = forms.CharField(label=_("Signataire"), max_length=120, required=False)
    dated_on = _day(_("Datée du"), required=False)
    reference = forms.CharField(label=_("Référence"), max_length=60, required=False)
    scan = forms.FileField(
        label=_("Numérisation"), required=False, help_text=_("PDF, JPEG ou PNG, 10 Mo au plus ; elle est scellée.")
    )


class DispensationForm(forms.Form):
    """A second person's decision to export without a missing piece."""

    reason = forms.ChoiceField(label=_("Motif"), choices=list(words.DISPENSATIONS.items()))


class _ToRecipient(forms.Form):
    recipient = forms.ModelChoiceField(
        label=_("Destinataire inscrit"), queryset=Recipient.objects.none(), empty_label=_("à choisir")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["recipient"]
        field.queryset = Recipient.objects.filter(ended_at_us__isnull=True)  # type: ignore[attr-defined]


class AttendForm(_ToRecipient):
    """Who looks on site."""


class PackForm(_ToRecipient):
    """For whom the pack is made."""

    with_working_copy = forms.BooleanField(label=_("Avec une copie de travail (heure incrustée)"), required=False)


class HandOverForm(_ToRecipient):
    """To whom, on what."""

    medium = forms.ChoiceField(label=_("Support"), choices=HandOver.MEDIA)
    medium_reference = forms.CharField(
        label=_("Numéro du support"), max_length=60, required=False, help_text=_("Série ou marque portée dessus.")
    )
    medium_exemption = forms.ChoiceField(
        label=_("Motif d'un support réinscriptible"),
        choices=[("", "—"), *HandOver.EXEMPTIONS],
        required=False,
        help_text=_("Pour une clé USB, ou un disque dur qu'un seul disque gravé remplacerait."),
    )
    reader_medium = forms.ChoiceField(
        label=_("Support du lecteur"),
        choices=[("", "—"), *HandOver.MEDIA],
        required=False,
        help_text=_("Distinct de celui des images (arrêté du 3 août 2007, art. 3) ; « beffroi reader » l'écrit."),
    )
    reader_reference = forms.CharField(label=_("Numéro du support du lecteur"), max_length=60, required=False)


class FeedbackForm(forms.Form):
    """What the inquiry made of it."""

    useful = forms.ChoiceField(
        label=_("Pour l'enquête"),
        choices=[(one.value, words.USEFUL[one]) for one in Useful],
        widget=forms.RadioSelect,
    )


class RecipientForm(forms.Form):
    """Who may be handed pictures."""

    quality = forms.ChoiceField(label=_("Qualité (R. 253-3 III)"), choices=Recipient.QUALITIES)
    name = forms.CharField(label=_("Nom"), max_length=120)
    unit = forms.CharField(label=_("Service"), max_length=120)
    reference = forms.CharField(label=_("Carte ou acte"), max_length=60, required=False)
