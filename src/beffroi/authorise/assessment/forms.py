"""Forms of the impact assessment: a section each, its approval, the CNIL's answer, the ministry's framework."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.assessment.rules import THREATS, Section
from beffroi.authorise.models import Assessment
from beffroi.authorise.models.assessments import LevelChoice, Stance
from beffroi.people.forms import day_field
from beffroi.plan.models import Phase

_LINES = forms.Textarea(attrs={"rows": 10})
_FEW_LINES = forms.Textarea(attrs={"rows": 3})


class OpenForm(forms.Form):
    """Why a version is opened."""

    reason = forms.CharField(label=_("Pourquoi cette version"), max_length=300)


class TextForm(forms.Form):
    """A section that is a text."""

    text = forms.CharField(label=_("Texte"), widget=_LINES, max_length=20_000)


class ContextForm(TextForm):
    """What is described, and which phases are examined."""

    phases = forms.ModelMultipleChoiceField(
        label=_("Phases étudiées"), queryset=Phase.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phases"].queryset = Phase.objects.all()  # type: ignore[attr-defined]


class RiskForm(forms.Form):
    """A feared event before and after the measures."""

    sources = forms.CharField(label=_("Sources"), widget=_FEW_LINES, max_length=2000)
    impacts = forms.CharField(label=_("Effets pour les personnes"), widget=_FEW_LINES, max_length=2000)
    severity_before = forms.TypedChoiceField(label=_("Gravité avant mesures"), choices=LevelChoice, coerce=int)
    likelihood_before = forms.TypedChoiceField(label=_("Vraisemblance avant mesures"), choices=LevelChoice, coerce=int)
    measures = forms.CharField(label=_("Mesures contre ce risque"), widget=_FEW_LINES, max_length=2000)
    severity_after = forms.TypedChoiceField(label=_("Gravité après mesures"), choices=LevelChoice, coerce=int)
    likelihood_after = forms.TypedChoiceField(label=_("Vraisemblance après mesures"), choices=LevelChoice, coerce=int)


class ActionsForm(forms.Form):
    """The action plan, a line each."""

    actions = forms.CharField(label=_("Actions"), widget=_LINES, max_length=8000)


class OpinionForm(forms.Form):
    """The data protection officer's opinion."""

    stance = forms.ChoiceField(label=_("Avis"), choices=Stance)
    opinion = forms.CharField(label=_("Motifs"), widget=_LINES, max_length=20_000)
    on = day_field(_("Rendu le"))


class ApproveForm(forms.Form):
    """The controller stands for it."""

    by_name = forms.CharField(label=_("Validée par (nom, qualité)"), max_length=160)


class ConsultationForm(forms.Form):
    """The CNIL asked, then answering."""

    asked_on = day_field(_("CNIL saisie le"))
    answered_on = day_field(_("Avis rendu le"), required=False)
    reference = forms.CharField(label=_("Référence de l'avis"), max_length=80, required=False)


class FrameworkForm(forms.Form):
    """The ministry's framework."""

    name = forms.CharField(label=_("Nom et date du document"), max_length=200)
    scan = forms.FileField(label=_("Fichier"), help_text=_("PDF, 10 Mo au plus."))


_SPECIAL: dict[Section, type[forms.Form]] = {
    Section.CONTEXT: ContextForm,
    Section.ACTIONS: ActionsForm,
    Section.DPO: OpinionForm,
}


@cache
def suggested() -> dict[str, dict[str, str]]:
    """Words about the system that a first version may begin with, by section; never how grave or how likely."""
    return tomllib.loads(Path(__file__).with_name("suggested.toml").read_text("utf-8"))


def section_form(section: Section, row: Assessment, posted: Any = None) -> forms.Form:
    """The form of a section, filled with what the version says."""
    kind = RiskForm if section in THREATS else _SPECIAL.get(section, TextForm)
    return kind(posted, initial=_initial(section, row))


def _initial(section: Section, row: Assessment) -> dict[str, Any]:
    if section in THREATS:
        return dict(row.risks.get(THREATS[section].value) or suggested()[section])
    if section is Section.ACTIONS:
        written = "\n".join(" ; ".join(action) for action in row.actions)
        return {"actions": written} if written else suggested()[section]
    if section is Section.DPO:
        return {"stance": row.dpo_stance, "opinion": row.dpo_opinion, "on": row.dpo_on}
    return {"text": row.texts.get(section.value, ""), "phases": list(row.phases.all())}
