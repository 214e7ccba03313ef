"""Forms of the logbook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.core.instants import to_us
from beffroi.operate.logbook.codes import choices
from beffroi.operate.logbook.models import LogLine, LogTelling
from beffroi.operate.logbook.rules import FACT_MAX
from beffroi.operate.logbook.services import PLACE_MAX, Seen
from beffroi.people.forms import day_field
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone


class LineForm(forms.Form):
    """A line: what, where, when, how it was known, what came of it."""

    code = forms.ChoiceField(label=_("Quoi"), choices=(), widget=forms.Select(attrs={"autofocus": True}))
    camera = forms.ChoiceField(label=_("Caméra"), choices=(), required=False)
    place = forms.CharField(
        label=_("Lieu"), max_length=PLACE_MAX, required=False, help_text=_("Vide : le site de la caméra.")
    )
    on = day_field(_("Jour"))
    at = forms.TimeField(
        label=_("Heure"), widget=forms.TimeInput(attrs={"type": "time", "step": "1"}, format="%H:%M:%S")
    )
    source = forms.ChoiceField(label=_("Connu par"), choices=LogLine.SOURCES)
    action = forms.ChoiceField(label=_("Suite"), choices=LogLine.ACTIONS)
    fact = forms.CharField(
        label=_("Ce qui se voit"),
        max_length=FACT_MAX,
        required=False,
        help_text=_("En quelques mots. Ni nom, ni plaque, ni apparence : cela se dit à l'OPJ de vive voix."),
    )

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cameras = [row for row in Camera.objects.order_by("number") if agent.permit.over(Right.LOCK, row.pk)]
        named = [(row.pk, f"{row.number} · {row.name}") for row in cameras]
        self.fields["code"].choices = [("", "–"), *choices()]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["camera"].choices = [("", _("aucune")), *named]  # type: ignore[attr-defined]

    def seen(self) -> Seen:
        """What was typed, its hour in the town's time."""
        typed = self.cleaned_data
        at = datetime.combine(typed["on"], typed["at"], tzinfo=town_zone())
        plain = {name: typed[name] for name in ("code", "camera", "place", "source", "action", "fact")}
        return Seen(seen_at_us=to_us(at), **plain)


class TellingForm(forms.Form):
    """Which OPJ was told, and how; now."""

    service = forms.ChoiceField(label=_("OPJ de"), choices=LogTelling.SERVICES)
    means = forms.ChoiceField(label=_("Par"), choices=LogTelling.MEANS)
