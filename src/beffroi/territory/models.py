"""The town and its ground. Positions are WGS84 degrees; shapes are GeoJSON geometries (longitude, latitude)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.territory.rules import FactKind

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
    authority = models.CharField(_("autorité publique compétente"), max_length=120, blank=True)
    """Who films the road and answers for it; empty: the town itself. Source: CSI L. 251-2, R. 251-1."""
    boundary: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("limite communale"), null=True, blank=True
    )
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
    adviser_opinion = models.TextField(_("avis du référent sûreté"), blank=True)
    adviser_opinion_on = models.DateField(_("avis rendu le"), null=True, blank=True)
    expected_effect = models.TextField(_("ce qu’une caméra peut y changer"), blank=True)
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


class Duct(models.Model):
    """A duct that lies already, where a cable may be pulled without a trench; entered at its two ends."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    owner = models.CharField(_("propriétaire"), max_length=120, blank=True)
    shape: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("axe"))

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("fourreau")
        verbose_name_plural = _("fourreaux")

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


class HeightSource(models.TextChoices):
    """Where a building's height comes from. What is not measured is said beside every figure that rests on it."""

    MEASURED = "measured", _("mesurée")
    FLOORS = "floors", _("tirée des niveaux")
    ASSUMED = "assumed", _("supposée")


class Building(models.Model):
    """A prism: footprint and height. `is_dwelling` decides what must be masked. Source: CSI L. 251-3."""

    id = models.SlugField(primary_key=True, max_length=63)
    shape: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("emprise"))
    height_m = models.FloatField(_("hauteur"), validators=[MinValueValidator(0)])
    height_source = models.CharField(
        _("origine de la hauteur"), max_length=8, choices=HeightSource, default=HeightSource.MEASURED
    )
    floors = models.PositiveSmallIntegerField(_("niveaux"), default=1)
    is_dwelling = models.BooleanField(_("habitation"), default=True)
    ground_m = models.FloatField(_("altitude du sol"), null=True, blank=True)
    """At its foot, above the sea: coverage supposes flat ground, and says where this shows that it is not."""

    class Meta:
        verbose_name = _("bâtiment")

    def __str__(self) -> str:
        return self.id


class PublicBuilding(models.Model):
    """A building of the town, or of its partners, on the town's fibre."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    use = models.CharField(_("usage"), max_length=60)
    is_centre = models.BooleanField(_("centre de supervision"), default=False)
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


class Access(models.Model):
    """An access of a building, door or gate, as the town pointed it on its façade. Source: CSI R. 252-3, 2°."""

    id = models.SlugField(primary_key=True, max_length=63)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)

    class Meta:
        verbose_name = _("accès")
        verbose_name_plural = _("accès")

    def __str__(self) -> str:
        return self.id


class FactKindChoice(models.TextChoices):
    """`rules.FactKind` with the words people read."""

    THEFT_FROM_VEHICLE = FactKind.THEFT_FROM_VEHICLE.value, _("vol dans un véhicule")
    VEHICLE_THEFT = FactKind.VEHICLE_THEFT.value, _("vol de véhicule")
    VEHICLE_PARTS = FactKind.VEHICLE_PARTS.value, _("vol d’accessoires de véhicule")
    BURGLARY_DWELLING = FactKind.BURGLARY_DWELLING.value, _("cambriolage de logement")
    BURGLARY_OTHER = FactKind.BURGLARY_OTHER.value, _("cambriolage de commerce ou de local")
    ROBBERY = FactKind.ROBBERY.value, _("vol avec violence ou arme")
    THEFT_PERSON = FactKind.THEFT_PERSON.value, _("vol sans violence sur une personne")
    DAMAGE = FactKind.DAMAGE.value, _("destruction ou dégradation")
    ARSON = FactKind.ARSON.value, _("incendie volontaire")
    VIOLENCE = FactKind.VIOLENCE.value, _("violences sur la voie publique")
    FAMILY_VIOLENCE = FactKind.FAMILY_VIOLENCE.value, _("violences intrafamiliales")
    DRUGS = FactKind.DRUGS.value, _("trafic ou usage de stupéfiants")
    NUISANCE = FactKind.NUISANCE.value, _("trouble à la tranquillité")
    DUMPING = FactKind.DUMPING.value, _("dépôt sauvage")
    TRAFFIC = FactKind.TRAFFIC.value, _("accident ou conduite dangereuse")


class FactImport(models.Model):
    """One file of facts. It counts from `landed_at` on: until then its rows are not there for anybody."""

    sha256 = models.CharField(max_length=64, unique=True)
    file_name = models.CharField(_("fichier"), max_length=200)
    source = models.CharField(_("source"), max_length=120)
    rows = models.PositiveIntegerField(_("lignes"), default=0)
    repeated = models.PositiveIntegerField(_("déjà connues"), default=0)
    without_zone = models.PositiveIntegerField(_("hors des zones"), default=0)
    by = models.CharField(_("par"), max_length=63)
    begun_at = models.DateTimeField(_("commencé le"))
    landed_at = models.DateTimeField(_("importé le"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-landed_at", "-id"]
        verbose_name = _("import de faits")

    def __str__(self) -> str:
        return self.file_name


class Fact(models.Model):
    """A dated fact of a kind, at a place or in a zone. It never holds a person, a name or a story."""

    batch = models.ForeignKey(FactImport, on_delete=models.CASCADE, related_name="facts")
    source = models.CharField(_("source"), max_length=120)
    reference = models.CharField(_("référence"), max_length=60)
    """The source's own number; with `source` it tells a fact given twice."""
    kind = models.CharField(_("nature"), max_length=20, choices=FactKindChoice)
    from_at = models.DateTimeField(_("au plus tôt"))
    to_at = models.DateTimeField(_("au plus tard"))
    """Often nobody knows when: a car was found broken into on Monday morning."""
    lat = models.FloatField(_("latitude"), validators=LATITUDE, null=True, blank=True)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE, null=True, blank=True)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="facts", null=True, blank=True)

    class Meta:
        verbose_name = _("fait")
        indexes: ClassVar = [models.Index(fields=["zone", "kind", "from_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "reference"], name="fact_once_a_source"),
            models.CheckConstraint(condition=models.Q(to_at__gte=models.F("from_at")), name="fact_has_a_span"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.reference}"


class Diffusion(models.TextChoices):
    """What the State's base says of a cell. Withheld is neither zero nor small. Source: SSMSI, `est_diffuse`."""

    PUBLISHED = "published", _("diffusé")
    ZERO = "zero", _("aucun fait")
    WITHHELD = "withheld", _("non diffusé")


class TownFigure(models.Model):
    """A cell of the SSMSI communal base: this town, a year, an indicator."""

    year = models.PositiveSmallIntegerField(_("année"))
    indicator = models.CharField(_("indicateur"), max_length=120)
    unit = models.CharField(_("unité de compte"), max_length=60)
    diffusion = models.CharField(_("diffusion"), max_length=9, choices=Diffusion)
    count = models.PositiveIntegerField(_("nombre"), null=True, blank=True)
    per_thousand = models.FloatField(_("taux pour mille"), null=True, blank=True)
    base = models.CharField(_("rapporté à"), max_length=10)
    """`dwellings` for burglaries of dwellings, `people` otherwise."""
    base_count = models.PositiveIntegerField(_("effectif"), null=True, blank=True)
    withheld_mean = models.FloatField(_("moyenne des communes non diffusées"), null=True, blank=True)
    """Of the département: not the town's value."""

    class Meta:
        ordering: ClassVar = ["indicator", "year"]
        verbose_name = _("chiffre de la base communale")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "indicator", "unit"], name="town_figure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"
