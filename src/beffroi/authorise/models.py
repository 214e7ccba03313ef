"""The prefect's orders (*arrêtés*) and the cameras each one covers."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.rules import MAX_RETENTION_DAYS
from beffroi.plan.models import Camera


class Order(models.Model):
    """An authorisation of the prefect. Source: CSI L. 252-1 to L. 252-5.

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
        ]

    def __str__(self) -> str:
        return self.number


class OrderCamera(models.Model):
    """A camera that an order covers."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT)

    class Meta:
        verbose_name = _("caméra autorisée")
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "camera"], name="camera_once_an_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.camera_id}"
