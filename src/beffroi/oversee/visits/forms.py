"""The form of a visit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.models import Visit
from beffroi.oversee.visits.rules import MOST, VisitPurpose
from beffroi.oversee.visits.services import NewVisit
from beffroi.people.models import Agent


class VisitForm(forms.Form):
    """Who comes in."""

    purpose = forms.ChoiceField(label=_("Pourquoi"), choices=Visit.PURPOSES)
    body = forms.CharField(label=_("Service, entreprise ou groupe"), max_length=160)
    names = forms.CharField(
        label=_("Noms"),
        help_text=_("Gardés au registre des visites seul, aussi longtemps que le journal."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    count = forms.IntegerField(label=_("Nombre de personnes"), min_value=1, max_value=MOST, initial=1)
    host = forms.ModelChoiceField(label=_("Invitées par"), queryset=Agent.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        host = self.fields["host"]
        assert isinstance(host, forms.ModelChoiceField)
        host.queryset = Agent.objects.filter(is_active=True).order_by("name")

    def visit(self) -> NewVisit:
        """For the service."""
        typed = self.cleaned_data
        return NewVisit(**{**typed, "purpose": VisitPurpose(typed["purpose"])})
