"""Codes of breaches in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.breaches.rules import Nature

NATURES: Mapping[Nature, str | Promise] = MappingProxyType(
    {
        Nature.CONFIDENTIALITY: _("confidentialité : vu ou pris par qui ne devait pas"),
        Nature.INTEGRITY: _("intégrité : modifié sans droit"),
        Nature.AVAILABILITY: _("disponibilité : perdu ou détruit"),
    }
)
