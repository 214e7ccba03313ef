"""The form of a course."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.models import Training
from beffroi.oversee.training.rules import CourseKind
from beffroi.oversee.training.services import NewCourse
from beffroi.people.forms import day_field
from beffroi.people.models import Agent


class CourseForm(forms.Form):
    """Who followed what."""

    agent = forms.ModelChoiceField(label=_("Agent"), queryset=Agent.objects.none())
    kind = forms.ChoiceField(label=_("Formation"), choices=Training.KINDS)
    title = forms.CharField(label=_("Intitulé"), max_length=160)
    ended_on = day_field(_("Terminée le"))
    days = forms.DecimalField(
        label=_("Jours"), min_value=Decimal("0.5"), max_value=Decimal("99.5"), max_digits=4, decimal_places=1
    )
    certificate = forms.CharField(label=_("Attestation"), max_length=80, required=False)
    valid_until_on = day_field(
        _("À refaire avant le"),
        required=False,
        help_text=_("De la formation au poste du CSU, si la ville en fixe une fin ; aucun texte ne l'impose."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agent = self.fields["agent"]
        assert isinstance(agent, forms.ModelChoiceField)
        agent.queryset = Agent.objects.filter(is_active=True).order_by("name")

    def course(self) -> tuple[Agent, NewCourse]:
        """For the service."""
        typed = dict(self.cleaned_data)
        agent = typed.pop("agent")
        return agent, NewCourse(**{**typed, "kind": CourseKind(typed["kind"])})
