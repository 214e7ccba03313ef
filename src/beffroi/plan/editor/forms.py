"""Forms of the editor's pages: a drawn zone with what is said of it, the cameras of a scenario to retain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beffroi.plan.editor.changes import Change
from beffroi.territory.forms import ZoneForm
from beffroi.territory.services import ZoneSheet


class PourForm(ZoneForm):
    """A zone's sheet, and which drawing of which version it is of."""

    zone = forms.CharField(widget=forms.HiddenInput)
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def sheet(self) -> ZoneSheet:
        said = {name: value for name, value in self.cleaned_data.items() if name in ZoneForm.base_fields}
        return ZoneSheet(**said)


class AdoptForm(forms.Form):
    """Which cameras; only those that nothing bars can be ticked."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    camera = forms.MultipleChoiceField(
        label=_("Caméras"), error_messages={"required": _("Cochez au moins une caméra.")}
    )

    def __init__(self, free: Sequence[Change], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["camera"].choices = [(one.camera, one.camera) for one in free]  # type: ignore[attr-defined]
