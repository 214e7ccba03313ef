"""Codes of the monthly review in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.reviews.rules import Remark
from beffroi.people.models import Assignment

REMARKS: Mapping[Remark, str | Promise] = MappingProxyType(
    {
        Remark.NOTHING: _("rien à signaler"),
        Remark.FOLLOW_UP: _("accès sans suite à éclaircir"),
        Remark.REFUSALS: _("refus à éclaircir"),
        Remark.NIGHT: _("accès de nuit à éclaircir"),
        Remark.GAPS: _("lacunes d'enregistrement à traiter"),
        Remark.PROOF: _("journal qui n'est pas entier"),
        Remark.REMINDER: _("règles à rappeler aux agents"),
        Remark.EXPLANATION: _("explications demandées"),
    }
)
REFUSALS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "not-permitted": _("sans le droit"),
        "barred-by-law": _("fermé par la loi"),
        "locked-out": _("compte bloqué après cinq échecs"),
    }
)
_ROLES = dict(Assignment.ROLES)


def role(codes: str) -> str:
    """Roles joined by their codes."""
    return ", ".join(str(_ROLES.get(code, code)) for code in codes.split("+") if code) or "–"
