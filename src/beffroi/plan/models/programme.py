"""Programmes, phases, sites, the one Camera with its dated states, and the fibre that joins them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.plan.calc.bandwidth import Measured
from beffroi.plan.calc.cost import NOT_DUG, Ground
from beffroi.plan.link_rules import Medium
from beffroi.plan.rules import StateName
from beffroi.territory.models import LATITUDE, LONGITUDE, Confidence, Zone


class StateChoice(models.TextChoices):
    """`rules.StateName` with the words people read."""

    PLANNED = StateName.PLANNED.value, _("prévue")
    FILED = StateName.FILED.value, _("dossier déposé")
    AUTHORISED = StateName.AUTHORISED.value, _("autorisée")
    INSTALLED = StateName.INSTALLED.value, _("posée")
    DECLARED = StateName.DECLARED.value, _("déclarée")
    IN_TEST = StateName.IN_TEST.value, _("en test")
    ACCEPTED = StateName.ACCEPTED.value, _("réceptionnée")
    IN_SERVICE = StateName.IN_SERVICE.value, _("en service")
    EXPIRED = StateName.EXPIRED.value, _("expirée")
    REMOVED = StateName.REMOVED.value, _("retirée")


class TargetClass(models.TextChoices):
    """What the pictures must allow at the aimed place. Source: EN 62676-4:2015."""

    DETECT = "detect", _("détecter")
    OBSERVE = "observe", _("observer")
    RECOGNISE = "recognise", _("reconnaître")
    IDENTIFY = "identify", _("identifier")


class CameraKind(models.TextChoices):
    """Whether it can be turned from the room."""

    FIXED = "fixed", _("fixe")
    PTZ = "ptz", _("mobile")


class NightLight(models.TextChoices):
    """What lights the place after dark. Source: arrêté of 3 August 2007, art. 1 (a camera suited to the light)."""

    STREET = "street", _("éclairage public")
    INFRARED = "infrared", _("projecteur infrarouge")
    LAMP = "lamp", _("projecteur visible")
    NONE = "none", _("aucun")


class Codec(models.TextChoices):
    """How a stream is meant to be coded."""

    H264 = "h264", "H.264"
    H265 = "h265", "H.265"


class Programme(models.Model):
    """What the council voted as a whole. An extension is a programme of its own: never counted with the first."""

    id = models.SlugField(primary_key=True, max_length=63)
    rank = models.PositiveSmallIntegerField(_("rang"), unique=True)
    name = models.CharField(_("nom"), max_length=120)
    decided_on = models.DateField(_("décidé le"))

    class Meta:
        ordering: ClassVar = ["rank"]
        verbose_name = _("programme")

    def __str__(self) -> str:
        return self.name


class Phase(models.Model):
    """A stage of a programme. `in_service_on` is written when its last camera enters service."""

    id = models.SlugField(primary_key=True, max_length=63)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="phases")
    rank = models.PositiveSmallIntegerField(_("rang"))
    name = models.CharField(_("nom"), max_length=120)
    starts_on = models.DateField(_("début des travaux"))
    planned_on = models.DateField(_("mise en service prévue"))
    expected_on = models.DateField(_("mise en service estimée"), null=True, blank=True)
    in_service_on = models.DateField(_("mise en service réelle"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["programme__rank", "rank"]
        verbose_name = _("phase")
        constraints: ClassVar = [models.UniqueConstraint(fields=["programme", "rank"], name="phase_rank_once")]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """A place where cameras stand (*emplacement*). `mark` is what plans write in its circle."""

    id = models.SlugField(primary_key=True, max_length=63)
    rank = models.PositiveSmallIntegerField(_("rang"))
    mark = models.CharField(_("repère"), max_length=8)
    name = models.CharField(_("nom"), max_length=120)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="sites")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="sites")
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    confidence = models.CharField(_("position"), max_length=12, choices=Confidence)
    retained_at = models.DateTimeField(_("retenu d’un scénario le"), null=True, blank=True)
    """The town's folder does not write over it while it says otherwise; None: as the folder, or nobody retained it."""

    class Meta:
        ordering: ClassVar = ["rank"]
        verbose_name = _("emplacement")

    def __str__(self) -> str:
        return self.name


class Camera(models.Model):
    """The one camera of every stage: its intended pose and lens, as planned and authorised.

    Bearing is clockwise from true north, tilt below the horizon. What it is seen to do is a `PoseSurvey`.
    """

    id = models.SlugField(primary_key=True, max_length=63)
    number = models.CharField(_("numéro"), max_length=8, unique=True)
    name = models.CharField(_("nom"), max_length=120)
    short_name = models.CharField(_("nom incrusté"), max_length=40)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="cameras")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="cameras")
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    bearing_deg = models.FloatField(_("cap"), validators=[MinValueValidator(0), MaxValueValidator(360)])
    tilt_deg = models.FloatField(_("inclinaison"), validators=[MinValueValidator(-90), MaxValueValidator(90)])
    height_m = models.FloatField(_("hauteur de pose"), validators=[MinValueValidator(0)])
    hfov_deg = models.FloatField(_("champ horizontal"), validators=[MinValueValidator(1), MaxValueValidator(180)])
    focal_mm = models.FloatField(_("focale"), null=True, blank=True)
    width_px = models.PositiveIntegerField(_("largeur d’image"))
    height_px = models.PositiveIntegerField(_("hauteur d’image"))
    fps = models.FloatField(_("images par seconde"))
    codec = models.CharField(_("codage"), max_length=4, choices=Codec)
    has_sub_stream = models.BooleanField(_("flux secondaire"), default=True)
    kind = models.CharField(_("type"), max_length=5, choices=CameraKind)
    model = models.SlugField(_("modèle"), max_length=63, blank=True, db_index=False)
    """Of the library, generic or the town's own; the figures here come before the model's."""
    presets: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("positions enregistrées"), default=list, blank=True
    )
    """Of a PTZ, retained from a scenario or written in the town's folder: rows of `scenario.cameras.PresetRow`.

    Bearings from true north. A folder that says nothing of them leaves them.
    """
    target_class = models.CharField(_("besoin"), max_length=9, choices=TargetClass)
    controller = models.CharField(_("autre responsable"), max_length=120, blank=True)
    """Who answers for it when it is not the town's authority: a shop, a landlord. Source: CSI L. 223-1, L. 251-2."""
    own_authorisation = models.CharField(_("autorisation de cet autre responsable"), max_length=60, blank=True)
    role = models.CharField(_("rôle"), max_length=160, blank=True)
    """What its pictures are for, in the town's words; a dossier is not filed without."""
    aimed_m = models.FloatField(_("distance de la cible"), null=True, blank=True, validators=[MinValueValidator(0)])
    night_light = models.CharField(_("lumière de nuit"), max_length=8, choices=NightLight, blank=True)
    least_lux = models.FloatField(_("sensibilité, lux"), null=True, blank=True, validators=[MinValueValidator(0)])
    retained_at = models.DateTimeField(_("retenu d’un scénario le"), null=True, blank=True)
    """As of a site."""

    class Meta:
        ordering: ClassVar = ["number"]
        verbose_name = _("caméra")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(controller="") | ~models.Q(own_authorisation=""), name="another_has_its_own_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CameraState(models.Model):
    """One step of a camera's life, from a day on. `step` orders the states of one day."""

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="states")
    step = models.PositiveSmallIntegerField()
    state = models.CharField(_("état"), max_length=12, choices=StateChoice)
    on = models.DateField(_("depuis le"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["camera", "step"]
        verbose_name = _("état daté")
        constraints: ClassVar = [models.UniqueConstraint(fields=["camera", "step"], name="camera_step_once")]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.state} {self.on}"


class PoseSurvey(models.Model):
    """Where a camera was seen to look on a day; apart from the plan, it is drift. Source: CSI R. 254-1."""

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="surveys")
    on = models.DateField(_("relevée le"))
    bearing_deg = models.FloatField(_("cap"), validators=[MinValueValidator(0), MaxValueValidator(360)])
    tilt_deg = models.FloatField(_("inclinaison"), validators=[MinValueValidator(-90), MaxValueValidator(90)])
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["camera", "on"]
        verbose_name = _("relevé de pose")
        constraints: ClassVar = [models.UniqueConstraint(fields=["camera", "on"], name="survey_once_a_day")]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.on}"


class MeasuredWeek(models.Model):
    """What a camera's main stream took over seven days, as read on its recorder; it comes before the makers' table."""

    camera = models.ForeignKey(Camera, on_delete=models.CASCADE, related_name="weeks")
    to_on = models.DateField(_("dernier jour"))
    mean_mbit_s = models.FloatField(_("moyenne, Mbit/s"), validators=[MinValueValidator(0)])
    p95_mbit_s = models.FloatField(_("95e centile, Mbit/s"), validators=[MinValueValidator(0)])
    source = models.CharField(_("source"), max_length=120)

    class Meta:
        ordering: ClassVar = ["camera", "to_on"]
        verbose_name = _("semaine mesurée")
        constraints: ClassVar = [models.UniqueConstraint(fields=["camera", "to_on"], name="week_once_a_day")]

    def __str__(self) -> str:
        return f"{self.camera_id} {self.to_on}"

    @property
    def rate(self) -> Measured:
        return Measured(mean_bit_s=self.mean_mbit_s * 1e6, p95_bit_s=self.p95_mbit_s * 1e6)


class MediumChoice(models.TextChoices):
    """`link_rules.Medium` with the words people read."""

    FIBRE = Medium.FIBRE.value, _("fibre")
    RADIO = Medium.RADIO.value, _("radio")


class GroundChoice(models.TextChoices):
    """`cost.Ground` with the words people read."""

    BARE_LAND = Ground.BARE_LAND.value, _("Tranchée en terre")
    STREET = Ground.STREET.value, _("Tranchée sous chaussée")
    PAVED_CENTRE = Ground.PAVED_CENTRE.value, _("Tranchée en centre pavé")
    AERIAL = Ground.AERIAL.value, _("Câble aérien sur appuis")
    DUCT = Ground.DUCT.value, _("Fourreau existant")


class Link(models.Model):
    """A length of fibre, or a radio hop, between two ends: sites, public buildings or junctions, by their ids.

    `ground`: in what the fibre lies or is to lie; of a radio hop it says nothing.
    """

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="links")
    from_end = models.SlugField(_("de"), max_length=63)
    to_end = models.SlugField(_("à"), max_length=63)
    length_m = models.FloatField(_("longueur"), validators=[MinValueValidator(0)])
    medium = models.CharField(_("support"), max_length=5, choices=MediumChoice, default=MediumChoice.FIBRE)
    capacity_mbit_s = models.FloatField(_("débit, Mbit/s"), default=1000, validators=[MinValueValidator(1)])
    is_encrypted = models.BooleanField(_("chiffrée"), default=False)
    ground = models.CharField(_("sol"), max_length=12, choices=GroundChoice, default=GroundChoice.STREET)
    shape: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("tracé"))
    planned_on = models.DateField(_("prévue le"))
    laid_on = models.DateField(_("posée le"), null=True, blank=True)
    lit_on = models.DateField(_("allumée le"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name = _("liaison fibre")

    def __str__(self) -> str:
        return self.name

    @property
    def is_fibre(self) -> bool:
        return self.medium == Medium.FIBRE

    @property
    def is_dug(self) -> bool:
        """It asks for a trench of its own."""
        return self.is_fibre and self.ground not in NOT_DUG

    @property
    def lies_in(self) -> str:
        """In what it lies, in the words of the page."""
        return str(self.get_ground_display() if self.is_fibre else self.get_medium_display())
