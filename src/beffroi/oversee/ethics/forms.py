"""Forms of the charter and of the committee."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.ethics.models import Seat
from beffroi.oversee.ethics.rules import WORDS_MAX
from beffroi.people.forms import day_field

_NOBODY = _("Ni nom, ni plaque : une qualité, un lieu, une règle.")


def _words(label: Any, *, required: bool = False, help_text: Any = _NOBODY) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=WORDS_MAX,
        required=required,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class CharterForm(forms.Form):
    """The act by which the charter was adopted."""

    act = forms.CharField(label=_("Acte qui l'adopte"), help_text=_("Délibération et son numéro."), max_length=120)
    adopted_on = day_field(_("Adoptée le"))
    own = _words(
        _("Engagements propres à la commune"),
        help_text=_("Ajoutés aux sept principes ; le texte adopté ne change plus."),
    )


class SeatForm(forms.Form):
    """A seat, by quality."""

    quality = forms.ChoiceField(label=_("Qualité"), choices=Seat.QUALITIES)
    act = forms.CharField(label=_("Acte de désignation"), help_text=_("Son numéro ; aucun nom."), max_length=120)
    from_on = day_field(_("Depuis le"))


class ReferralForm(forms.Form):
    """A question that came."""

    quality = forms.ChoiceField(label=_("Demandée par"), choices=Seat.QUALITIES)
    received_on = day_field(_("Reçue le"))
    question = _words(_("Question"), required=True)


class AnswerForm(forms.Form):
    """What the committee said, and what came of it."""

    opinion = _words(_("Avis du comité"))
    opinion_on = day_field(_("Avis rendu le"), required=False)
    follow_up = _words(_("Suite donnée"))
    follow_up_on = day_field(_("Suite donnée le"), required=False)
