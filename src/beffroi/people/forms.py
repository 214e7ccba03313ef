"""Forms about agents, their roles, the acts that let them see pictures, groups of cameras."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from beffroi.core.errors import BeffroiError
from beffroi.people import events
from beffroi.people.models import Agent, Agreement, Assignment, CameraGroup, Habilitation
from beffroi.people.rules import Role
from beffroi.people.services import ActForm, AgreementForm

_BY_HAND = [(code, label) for code, label in Assignment.ROLES if code != Role.PARTNER]
"""A link gives the others its own role, over its own cameras (CSI L. 252-3)."""
_NO_GROUP = _("Toutes les caméras de la ville")


def say(form: forms.Form, error: BeffroiError) -> None:
    """The refusal stands beside its field, or above the form, in the language of the page."""
    text = error.message_fr if get_language() == "fr" else error.message
    form.add_error(error.field if error.field in form.fields else None, text.splitlines())


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    """A day, picked in the browser's own calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


class NewAgent(forms.Form):
    """A person who will log in."""

    name = forms.CharField(label=_("Nom affiché"), max_length=120)
    username = forms.RegexField(
        label=_("Identifiant"),
        regex=r"^[A-Za-z0-9._-]{2,60}$",
        error_messages={"invalid": _("Lettres sans accent, chiffres, point, tiret ; 2 à 60 signes.")},
    )
    email = forms.EmailField(label=_("Adresse électronique"), required=False)
    language = forms.ChoiceField(label=_("Langue"), choices=Agent.LANGUAGES)
    title = forms.CharField(label=_("Fonction"), max_length=120, required=False)
    roles = forms.MultipleChoiceField(
        label=_("Rôles"),
        help_text=_("Sur toute la ville ; sa page permet de limiter à un groupe de caméras."),
        choices=_BY_HAND,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    password = forms.CharField(
        label=_("Premier mot de passe"),
        help_text=_("Douze caractères au moins ; la personne le changera."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ChangeAgent(forms.Form):
    """Function, access and, if typed, a new password."""

    title = forms.CharField(label=_("Fonction"), max_length=120, required=False)
    is_active = forms.BooleanField(label=_("Peut se connecter"), required=False)
    password = forms.CharField(
        label=_("Nouveau mot de passe"),
        help_text=_("Laissez vide pour ne pas le changer."),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class NewRole(forms.Form):
    """A role, over which cameras, how far back, until when."""

    role = forms.ChoiceField(label=_("Rôle"), choices=_BY_HAND)
    group = forms.ModelChoiceField(
        label=_("Caméras"), queryset=CameraGroup.objects.all(), required=False, empty_label=_NO_GROUP
    )
    replay_days = forms.IntegerField(
        label=_("Relecture, en jours"),
        help_text=_("Vide : aussi loin que l'arrêté conserve."),
        required=False,
        min_value=0,
        max_value=31,
    )
    last_on = day_field(_("Dernier jour"), required=False, help_text=_("Vide : jusqu'à ce qu'il soit retiré."))


class NewHabilitation(forms.Form):
    """The act, as signed."""

    category = forms.ChoiceField(
        label=_("Catégorie"), help_text=_("Article R. 253-3, II, du CSI."), choices=Habilitation.CATEGORIES
    )
    number = forms.CharField(label=_("Numéro de l'acte"), max_length=60)
    signed_on = day_field(_("Signé le"))
    signed_by = forms.CharField(label=_("Signataire"), max_length=120)
    territory = forms.RegexField(
        label=_("Territoire"), help_text=_("Code INSEE de la commune."), regex=r"^[0-9AB]{5}$", max_length=5
    )
    first_on = day_field(_("Premier jour"))
    last_on = day_field(_("Dernier jour"))
    approval_number = forms.CharField(
        label=_("Numéro de l'agrément du préfet"),
        help_text=_("Catégorie d seulement ; sans lui, aucune image."),
        max_length=60,
        required=False,
    )
    approval_on = day_field(_("Agréé le"), required=False)
    approval_last_on = day_field(_("Dernier jour de l'agrément"), required=False)
    agreement_id = forms.ModelChoiceField(
        label=_("Convention de mutualisation"),
        help_text=_("Catégorie e seulement : sous quelle convention cet agent d'une autre autorité travaille ici."),
        queryset=Agreement.objects.all(),
        required=False,
        empty_label=_("aucune"),
    )

    def act(self) -> ActForm:
        """What was typed, for the service."""
        typed = dict(self.cleaned_data)
        agreement = typed.pop("agreement_id")
        return ActForm(**typed, agreement_id=agreement.pk if agreement else None)


class NewAgreement(forms.Form):
    """Both agreements of a sharing, as signed."""

    authority = forms.CharField(
        label=_("Autre autorité"), help_text=_("EPCI, syndicat mixte, autre commune : son nom exact."), max_length=120
    )
    town_number = forms.CharField(label=_("Convention avec la commune, numéro"), max_length=60)
    town_on = day_field(_("Signée le"))
    state_number = forms.CharField(label=_("Convention avec l'État, numéro"), max_length=60)
    state_on = day_field(_("Signée le"))
    last_on = day_field(_("Dernier jour"))

    def agreement(self) -> AgreementForm:
        """What was typed, for the service."""
        return AgreementForm(**self.cleaned_data)


class EndHabilitation(forms.Form):
    """The act that suspends, withdraws or restores another."""

    number = forms.CharField(label=_("Numéro de l'acte"), max_length=60)
    on = day_field(_("À compter du"))


class WaiverForm(forms.Form):
    """The act by which a small town lets one person hold both sides of a pair."""

    number = forms.CharField(label=_("Numéro de l'acte"), max_length=60)
    signed_on = day_field(_("Signé le"))
    signed_by = forms.CharField(label=_("Signataire"), max_length=120)


class GroupForm(forms.Form):
    """A group of cameras."""

    id = forms.SlugField(label=_("Code"), max_length=63)
    name = forms.CharField(label=_("Nom"), max_length=120)
    cameras = forms.MultipleChoiceField(
        label=_("Caméras"), choices=events.cameras, widget=forms.CheckboxSelectMultiple, required=False
    )
