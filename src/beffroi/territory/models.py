"""The town and its ground. Positions are WGS84 degrees; shapes are GeoJSON geometries (longitude, latitude)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

LATITUDE = (MinValueValidator(-90), MaxValueValidator(90))
LONGITUDE = (MinValueValidator(-180), MaxValueValidator(180))


class Purpose(models.TextChoices):
    """What the public highway may be filmed for: a closed list. Source: CSI L. 251-2, 1° to 11°."""

    PUBLIC_BUILDINGS = "public-buildings", _("protection des bâtiments publics et de leurs abords")
    DEFENCE = "defence", _("sauvegarde des installations utiles à la défense nationale")
    TRAFFIC = "traffic", _("régulation des flux de transport")
    TRAFFIC_OFFENCES = "traffic-offences", _("constatation des infractions aux règles de la circulation")
    SAFETY = "safety", _("prévention des atteintes à la sécurité des personnes et des biens")
    TERRORISM = "terrorism", _("prévention d’actes de terrorisme")
    HAZARDS = "hazards", _("prévention des risques naturels ou technologiques")
    RESCUE = "rescue", _("secours aux personnes et défense contre l’incendie")
    AMUSEMENT_PARKS = "amusement-parks", _("sécurité des installations de parcs d’attraction")
    INSURANCE = "insurance", _("obligation d’assurance des véhicules à moteur")
    DUMPING = "dumping", _("abandon de déchets")


class Confidence(models.TextChoices):
    """How well a position is known."""

    SURVEYED = "surveyed", _("relevée")
    PUBLISHED = "published", _("publiée")
    APPROXIMATE = "approximate", _("approximative")
    ROUGH = "rough", _("très approximative")


class Town(models.Model):
    """The town of this installation: one row. `started_on` dates its first import; relative dates are told from it."""

    insee_code = models.CharField(_("code INSEE"), max_length=5, primary_key=True)
    name = models.CharField(_("nom"), max_length=120)
    time_zone = models.CharField(_("fuseau horaire"), max_length=60, default="Europe/Paris")
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    is_fictional = models.BooleanField(_("jeu fictif"), default=False)
    started_on = models.DateField(_("premier jour"))

    class Meta:
        verbose_name = _("ville")

    def __str__(self) -> str:
        return self.name


class Zone(models.Model):
    """A sensitive zone: why this place is exposed, who said so. Source: CSI L. 251-2, 5°; R. 252-3, 1°."""

    id = models.SlugField(primary_key=True, max_length=63)
    number = models.PositiveSmallIntegerField(_("numéro"), unique=True)
    name = models.CharField(_("nom"), max_length=120)
    shape: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("contour"))
    proposer = models.CharField(_("proposée par"), max_length=200)
    police_opinion = models.TextField(_("avis de la police"), blank=True)
    purpose = models.CharField(_("finalité"), max_length=24, choices=Purpose)

    class Meta:
        ordering: ClassVar = ["number"]
        verbose_name = _("zone")

    def __str__(self) -> str:
        return self.name


class Street(models.Model):
    """A named street. Streets that cross share a vertex of their axes: together they are a graph."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    shape: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("axe"))
    half_width_m = models.FloatField(_("demi-largeur de chaussée"), default=3.0)
    pavement_m = models.FloatField(_("largeur du trottoir"), default=1.5)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("rue")

    def __str__(self) -> str:
        return self.name


class Water(models.Model):
    """A river or a lake, for the base map."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    shape: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("contour"))

    class Meta:
        verbose_name = _("cours d’eau")

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    """A prism: footprint and height. `is_dwelling` decides what must be masked. Source: CSI L. 251-3."""

    id = models.SlugField(primary_key=True, max_length=63)
    shape: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("emprise"))
    height_m = models.FloatField(_("hauteur"), validators=[MinValueValidator(0)])
    floors = models.PositiveSmallIntegerField(_("niveaux"), default=1)
    is_dwelling = models.BooleanField(_("habitation"), default=True)

    class Meta:
        verbose_name = _("bâtiment")

    def __str__(self) -> str:
        return self.id


class PublicBuilding(models.Model):
    """A building of the town, or of its partners, on the town's fibre."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    use = models.CharField(_("usage"), max_length=60)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    confidence = models.CharField(_("position"), max_length=12, choices=Confidence)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("bâtiment public")

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """An entry of the gazetteer: what people call a place."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    confidence = models.CharField(_("position"), max_length=12, choices=Confidence)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("lieu")

    def __str__(self) -> str:
        return self.name
