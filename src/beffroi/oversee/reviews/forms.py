"""The form of a monthly review."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.reviews.rules import Remark
from beffroi.oversee.reviews.words import REMARKS


class SignForm(forms.Form):
    """What the review concludes, in codes."""

    remarks = forms.MultipleChoiceField(
        label=_("Remarques"),
        choices=[(remark.value, REMARKS[remark]) for remark in Remark],
        widget=forms.CheckboxSelectMultiple,
    )

    def chosen(self) -> list[Remark]:
        """For the service."""
        return [Remark(code) for code in self.cleaned_data["remarks"]]
