"""Words of the designs: prices, forms."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.plan.models import GroundChoice

PRICES: dict[str, str | Promise] = {
    **dict(GroundChoice.choices),
    "cable": _("Câble tiré et soudé"),
}
FORMS: dict[str, str | Promise] = {
    "tree": _("Arbre"),
    "ring": _("Boucle et antennes"),
    "laid": _("Réseau du programme"),
}
