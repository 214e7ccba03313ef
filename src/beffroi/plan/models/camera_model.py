"""The town's own camera models, beside the generic ones that are shipped (`plan/catalogue`)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.plan.models.programme import CameraKind


class TownCameraModel(models.Model):
    """A camera one can buy, as the town wrote it down; its fields and their limits are `catalogue.CameraModel`'s.

    Under the id of a generic model it stands in its place. `file` is empty when it was typed.
    """

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    kind = models.CharField(_("type"), max_length=5, choices=CameraKind)
    width_px = models.PositiveIntegerField(_("largeur d’image"))
    height_px = models.PositiveIntegerField(_("hauteur d’image"))
    hfov_deg = models.FloatField(_("champ le plus large"), null=True, blank=True)
    hfov_tele_deg = models.FloatField(_("champ le plus étroit"), null=True, blank=True)
    sensor_width_mm = models.FloatField(_("largeur du capteur"), null=True, blank=True)
    focal_mm = models.FloatField(_("focale"), null=True, blank=True)
    night_range_m = models.FloatField(_("portée de nuit"), null=True, blank=True)
    power_w = models.FloatField(_("puissance"), null=True, blank=True)
    max_masks = models.PositiveSmallIntegerField(_("masques"))
    max_points = models.PositiveSmallIntegerField(_("sommets par masque"))
    rectangle_only = models.BooleanField(_("masques rectangulaires seulement"))
    source = models.CharField(_("source"), max_length=200)
    file = models.CharField(_("fichier"), max_length=120, blank=True)
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("le"))

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("modèle de caméra de la ville")

    def __str__(self) -> str:
        return self.name
