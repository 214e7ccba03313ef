"""The papers a gate asks for: the prefect's orders (*arrêtés*), the CNIL undertaking, declarations, test windows."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.drift import DriftKind
from beffroi.authorise.rules import MAX_RETENTION_DAYS, Regime
from beffroi.plan.models import Camera, Phase


class RegimeChoice(models.TextChoices):
    """`rules.Regime` with the words people read."""

    STANDARD = Regime.STANDARD.value, _("ordinaire, cinq ans au plus (L. 252-4)")
    GATHERING = Regime.GATHERING.value, _("provisoire, grand rassemblement, quatre mois au plus (L. 252-6)")
    URGENCY = Regime.URGENCY.value, _("provisoire, urgence contre le terrorisme, quatre mois au plus (L. 223-4)")


class Order(models.Model):
    """An authorisation of the prefect. Source: CSI L. 252-1 to L. 252-7, R. 254-2.

    In force from the day it is signed; `ends_on` is the first day on which it no longer is.
    """

    id = models.SlugField(primary_key=True, max_length=63)
    number = models.CharField(_("numéro"), max_length=60, unique=True)
    name = models.CharField(_("objet"), max_length=200)
    signed_on = models.DateField(_("signé le"))
    ends_on = models.DateField(_("expire le"))
    purposes: models.JSONField[list[str], list[str]] = models.JSONField(_("finalités"))
    """Codes of `territory.models.Purpose`."""
    retention_days = models.PositiveSmallIntegerField(
        _("conservation, jours"), validators=[MinValueValidator(1), MaxValueValidator(MAX_RETENTION_DAYS)]
    )
    minimum_retention_days = models.PositiveSmallIntegerField(_("conservation minimale, jours"), null=True, blank=True)
    recipients: models.JSONField[list[str], list[str]] = models.JSONField(_("destinataires"))
    withdrawn_on = models.DateField(_("retiré le"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspendu depuis"), null=True, blank=True)
    published = models.CharField(_("publié au recueil des actes administratifs"), max_length=80, blank=True)
    """Its number and day in the prefecture's gazette (*RAA*)."""
    perimeter: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("périmètre"), null=True, blank=True
    )
    """A GeoJSON surface, in place of point plans: positions are free inside, each notified beforehand."""
    max_cameras = models.PositiveSmallIntegerField(_("caméras au plus dans le périmètre"), null=True, blank=True)
    regime = models.CharField(_("régime"), max_length=9, choices=RegimeChoice, default=RegimeChoice.STANDARD)
    event = models.CharField(_("événement"), max_length=160, blank=True)
    """What a temporary order is for: it ends with it."""
    event_over_at = models.DateTimeField(_("événement terminé à"), null=True, blank=True)
    cameras = models.ManyToManyField(Camera, through="OrderCamera", related_name="orders")

    class Meta:
        ordering: ClassVar = ["signed_on", "number"]
        verbose_name = _("arrêté")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(ends_on__gt=models.F("signed_on")), name="order_ends_after"),
            models.CheckConstraint(
                condition=models.Q(retention_days__gte=1, retention_days__lte=MAX_RETENTION_DAYS),
                name="retention_within_a_month",
            ),
            models.CheckConstraint(
                condition=models.Q(perimeter__isnull=True) | models.Q(max_cameras__isnull=False),
                name="perimeter_says_how_many",
            ),
            models.CheckConstraint(
                condition=models.Q(regime=Regime.STANDARD.value) | ~models.Q(event=""), name="temporary_names_its_event"
            ),
        ]

    @property
    def is_temporary(self) -> bool:
        """It ends with its event."""
        return Regime(self.regime) is not Regime.STANDARD

    def __str__(self) -> str:
        return self.number


class OrderCamera(models.Model):
    """A camera that an order covers, for which purposes, and how the camera was when the order was recorded."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="covered")
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT)
    purposes: models.JSONField[list[str], list[str]] = models.JSONField(_("finalités"), default=list)
    """Codes of `territory.models.Purpose`, some of the order's."""
    baseline: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("état autorisé"), default=dict)
    """The fields of `drift.Pose`; no `presets` in an order written down before they were kept."""

    class Meta:
        verbose_name = _("caméra autorisée")
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "camera"], name="camera_once_an_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.camera_id}"


class Undertaking(models.Model):
    """The undertaking of conformity sent to the CNIL, and its receipt. Source: CSI R. 253-7; LIL 31 IV."""

    id = models.SlugField(primary_key=True, max_length=63)
    sent_on = models.DateField(_("envoyé le"))
    receipt_number = models.CharField(_("numéro du récépissé"), max_length=60, blank=True)
    receipt_on = models.DateField(_("récépissé du"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["sent_on", "id"]
        verbose_name = _("engagement de conformité")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(receipt_on__isnull=True) | models.Q(receipt_on__gte=models.F("sent_on")),
                name="receipt_follows_the_sending",
            ),
        ]

    def __str__(self) -> str:
        return self.receipt_number or self.pk


class Declaration(models.Model):
    """The prefect is told beforehand when a phase enters service: the order's cameras of it. Source: CSI R. 252-17."""

    id = models.SlugField(primary_key=True, max_length=63)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="declarations", verbose_name=_("phase"))
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="declarations", verbose_name=_("arrêté"))
    letter_number = models.CharField(_("numéro du courrier"), max_length=60)
    sent_on = models.DateField(_("envoyée le"))
    commissioning_on = models.DateField(_("mise en service le"))

    class Meta:
        ordering: ClassVar = ["sent_on", "id"]
        verbose_name = _("déclaration de mise en service")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(commissioning_on__gte=models.F("sent_on")), name="declared_before_commissioning"
            ),
        ]

    def __str__(self) -> str:
        return self.letter_number


class TestWindow(models.Model):
    """At most 48 hours in which cameras *in test* may stream, for the agents named alone."""

    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("ouverte par")
    )
    agents = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("agents"))
    opened_at = models.DateTimeField(_("ouverte à"))
    ends_at = models.DateTimeField(_("se ferme à"))

    class Meta:
        ordering: ClassVar = ["-opened_at"]
        verbose_name = _("fenêtre d’essai")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("opened_at")), name="window_has_a_span"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.opened_at}"


class TestedCamera(models.Model):
    """A camera of a test window; `closed_at` when its test ended before the window."""

    window = models.ForeignKey(TestWindow, on_delete=models.CASCADE, related_name="tested")
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="tests")
    closed_at = models.DateTimeField(_("fermée à"), null=True, blank=True)

    class Meta:
        verbose_name = _("caméra en essai")
        constraints: ClassVar = [models.UniqueConstraint(fields=["window", "camera"], name="camera_once_a_window")]

    def __str__(self) -> str:
        return f"{self.window_id} {self.camera_id}"


class Drift(models.Model):
    """One difference between a camera and its order; open until it is mended or covered by another order."""

    KINDS: ClassVar = [(kind.value, kind.value) for kind in DriftKind]

    camera = models.CharField(_("caméra"), max_length=63)
    """An id on the wire: it may name a camera that the plan does not know."""
    kind = models.CharField(max_length=16, choices=KINDS)
    by = models.FloatField(default=0)
    which = models.CharField(max_length=200, blank=True)
    """Of presets, which ones, by their names."""
    raised_at = models.DateTimeField(_("constaté à"))
    cleared_at = models.DateTimeField(_("levé à"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["camera", "kind"]
        verbose_name = _("écart")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["camera", "kind"], condition=models.Q(cleared_at__isnull=True), name="one_open_drift_a_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.camera} {self.kind}"


class GateLine(models.Model):
    """A gate as it was last told to the journal."""

    camera = models.OneToOneField(Camera, primary_key=True, on_delete=models.CASCADE, related_name="+")
    is_open = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.camera_id} {'open' if self.is_open else 'shut'}"
