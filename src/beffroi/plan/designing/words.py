"""Words of the designs: prices, forms."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PRICES: dict[str, str | Promise] = {
    "bare-land": _("Tranchée en terre"),
    "street": _("Tranchée sous chaussée"),
    "paved-centre": _("Tranchée en centre pavé"),
    "aerial": _("Câble aérien sur appuis"),
    "duct": _("Fourreau existant"),
    "cable": _("Câble tiré et soudé"),
}
FORMS: dict[str, str | Promise] = {
    "tree": _("Arbre"),
    "ring": _("Boucle et antennes"),
    "laid": _("Réseau du programme"),
}
