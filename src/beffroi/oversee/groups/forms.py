"""Forms of the working groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.ethics.rules import WORDS_MAX
from beffroi.people.forms import day_field
from beffroi.people.models import Agent


class GroupForm(forms.Form):
    """A group, under its house rules."""

    name = forms.CharField(label=_("Groupe"), max_length=120)
    rules_on = day_field(_("Règlement intérieur adopté le"))


class MemberForm(forms.Form):
    """Who is named."""

    agent = forms.ModelChoiceField(label=_("Agent"), queryset=Agent.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agent = self.fields["agent"]
        assert isinstance(agent, forms.ModelChoiceField)
        agent.queryset = Agent.objects.filter(is_active=True).order_by("name")


class NoteForm(forms.Form):
    """What a meeting said."""

    met_on = day_field(_("Réunion du"))
    text = forms.CharField(
        label=_("Ce qui fut dit"),
        help_text=_("Lieux, constats, actions ; aucun nom, aucun cas personnel. Rien ne se modifie ensuite."),
        max_length=WORDS_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
