"""Forms about agents."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.people.models import Agent, AgentRole


class _Functions(forms.Form):
    title = forms.CharField(label=_("Fonction"), max_length=120, required=False)
    roles = forms.MultipleChoiceField(
        label=_("Rôles"), choices=AgentRole.ROLES, widget=forms.CheckboxSelectMultiple, required=False
    )


class NewAgent(_Functions):
    """A person who will log in."""

    name = forms.CharField(label=_("Nom affiché"), max_length=120)
    username = forms.RegexField(
        label=_("Identifiant"),
        regex=r"^[A-Za-z0-9._-]{2,60}$",
        error_messages={"invalid": _("Lettres sans accent, chiffres, point, tiret ; 2 à 60 signes.")},
    )
    email = forms.EmailField(label=_("Adresse électronique"), required=False)
    language = forms.ChoiceField(label=_("Langue"), choices=Agent.LANGUAGES)
    password = forms.CharField(
        label=_("Premier mot de passe"),
        help_text=_("Douze caractères au moins ; la personne le changera."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("name", "username", "email", "language", "title", "roles", "password")


class ChangeAgent(_Functions):
    """Roles, access and, if typed, a new password."""

    is_active = forms.BooleanField(label=_("Peut se connecter"), required=False)
    password = forms.CharField(
        label=_("Nouveau mot de passe"),
        help_text=_("Laissez vide pour ne pas le changer."),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
