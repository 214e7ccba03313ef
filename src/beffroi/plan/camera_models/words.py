"""Words of the library: fields of a model, what an import would do, how a camera is fed."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.plan.camera_models.rules import Act

FIELDS = {
    "id": _("Identifiant"),
    "name": _("Nom"),
    "kind": _("Type"),
    "width_px": _("Largeur de l'image, px"),
    "height_px": _("Hauteur de l'image, px"),
    "hfov_deg": _("Champ le plus large, degrés"),
    "hfov_tele_deg": _("Champ le plus étroit, degrés"),
    "sensor_width_mm": _("Largeur du capteur, mm"),
    "focal_mm": _("Focale la plus courte, mm"),
    "night_range_m": _("Portée de nuit, m"),
    "power_w": _("Puissance, W"),
    "max_masks": _("Masques que l'appareil porte"),
    "max_points": _("Sommets par masque"),
    "rectangle_only": _("Masques rectangulaires seulement"),
    "source": _("Source"),
}
ACTS: dict[Act, str | Promise] = {
    Act.ADD: _("nouveau"),
    Act.REPLACE: _("remplace un générique"),
    Act.CHANGE: _("corrigé"),
    Act.KEEP: _("déjà connu"),
}
