"""The form of a link to a service elsewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.models import Order
from beffroi.oversee.models import ShareLink
from beffroi.oversee.sharing.rules import Means
from beffroi.oversee.sharing.services import NewLink
from beffroi.people.events import cameras
from beffroi.people.forms import day_field
from beffroi.people.models import Agent
from beffroi.people.rules import Category


class LinkForm(forms.Form):
    """To whom, on what, by which means, which cameras, for whom."""

    service = forms.CharField(
        label=_("Service destinataire"), help_text=_("Comme l'arrêté le nomme parmi ses destinataires."), max_length=160
    )
    order = forms.ModelChoiceField(
        label=_("Arrêté"), queryset=Order.objects.none(), required=False, empty_label=_("aucun : acte d'urgence")
    )
    article = forms.CharField(label=_("Article de l'arrêté"), max_length=60, required=False)
    urgency_act = forms.CharField(
        label=_("Acte d'urgence du préfet (terrorisme)"),
        help_text=_("Seulement sans article de l'arrêté ; quatre mois au plus."),
        max_length=60,
        required=False,
    )
    urgency_on = day_field(_("Acte signé le"), required=False)
    until_on = day_field(_("Premier jour sans déport"), required=False, help_text=_("Vide : la fin de l'arrêté."))
    means = forms.ChoiceField(label=_("Moyen"), choices=ShareLink.MEANS)
    agents = forms.ModelMultipleChoiceField(
        label=_("Comptes"),
        help_text=_("Agents de l'État habilités par leur chef (R. 253-3 II 1°) ; ils voient en direct, rien de plus."),
        queryset=Agent.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    cameras = forms.MultipleChoiceField(label=_("Caméras"), choices=cameras, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order, agents = self.fields["order"], self.fields["agents"]
        assert isinstance(order, forms.ModelChoiceField)
        assert isinstance(agents, forms.ModelMultipleChoiceField)
        order.queryset = Order.objects.all()
        state = Agent.objects.filter(is_active=True, habilitations__category=Category.STATE.value)
        agents.queryset = state.distinct().order_by("name")

    def link(self) -> NewLink:
        """For the service."""
        typed = self.cleaned_data
        return NewLink(**{**typed, "means": Means(typed["means"]), "agents": list(typed["agents"])})
