"""The form of an evaluation: what is compared with what, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.evaluation.rules import LEAST_BASELINE_MONTHS, USUAL_AFTER_MONTHS, Design
from beffroi.oversee.models import Evaluation
from beffroi.people.forms import day_field
from beffroi.plan.models import Phase
from beffroi.territory.models import FactKindChoice, Zone

_BOXES = forms.CheckboxSelectMultiple


class EvaluationForm(forms.Form):
    """A plan, before it is sealed."""

    phase = forms.ModelChoiceField(label=_("Phase"), queryset=Phase.objects.all())
    outcomes = forms.MultipleChoiceField(label=_("Faits comptés"), choices=FactKindChoice.choices, widget=_BOXES)
    treated = forms.ModelMultipleChoiceField(label=_("Zones équipées"), queryset=Zone.objects.all(), widget=_BOXES)
    control = forms.ModelMultipleChoiceField(
        label=_("Zones témoins"), queryset=Zone.objects.all(), widget=_BOXES,
        help_text=_("Semblables, sans caméra nouvelle : ce à quoi on compare."),
    )  # fmt: skip
    displacement = forms.ModelMultipleChoiceField(
        label=_("Zones voisines"), queryset=Zone.objects.all(), widget=_BOXES, required=False,
        help_text=_("Où les faits pourraient se déplacer."),
    )  # fmt: skip
    starts_on = day_field(_("Début de l’effet attendu"))
    before_months = forms.IntegerField(label=_("Mois avant"), initial=LEAST_BASELINE_MONTHS, min_value=1, max_value=120)
    after_months = forms.IntegerField(label=_("Mois après"), initial=USUAL_AFTER_MONTHS, min_value=1, max_value=120)
    corrects = forms.ModelChoiceField(
        label=_("Corrige"), queryset=Evaluation.objects.all(), required=False,
        help_text=_("Un plan inscrit ne change pas : la correction est un autre plan, visible."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Pourquoi cette correction"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=1000
    )

    def design(self) -> Design:
        """The plan as filled in."""
        given: dict[str, Any] = self.cleaned_data
        return Design(
            phase=given["phase"].pk,
            outcomes=tuple(given["outcomes"]),
            starts_on=given["starts_on"],
            before_months=given["before_months"],
            after_months=given["after_months"],
            corrects=given["corrects"].pk if given["corrects"] else "",
            reason=given["reason"] if given["corrects"] else "",
            treated=_ids(given["treated"]),
            control=_ids(given["control"]),
            displacement=_ids(given["displacement"]),
        )


def _ids(zones: Iterable[Zone]) -> tuple[str, ...]:
    return tuple(zone.pk for zone in zones)
