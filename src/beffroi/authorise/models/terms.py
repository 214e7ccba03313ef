"""What an order asks besides its dates: precautions, notices of location; and what the prefect may ask of the town."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.models.papers import Order
from beffroi.authorise.precautions import Kind
from beffroi.plan.models import Camera
from beffroi.territory.models import LATITUDE, LONGITUDE


class PrecautionChoice(models.TextChoices):
    """`precautions.Kind` with the words people read."""

    RETENTION_MOST = Kind.RETENTION_MOST.value, _("conservation, jours au plus")
    RETENTION_LEAST = Kind.RETENTION_LEAST.value, _("conservation, jours au moins")
    HOURS = Kind.HOURS.value, _("heures de fonctionnement")
    NO_TURNING = Kind.NO_TURNING.value, _("pas de pilotage")
    STAFF = Kind.STAFF.value, _("qualité du personnel")
    TEXT = Kind.TEXT.value, _("autre, en toutes lettres")


class Precaution(models.Model):
    """One precaution of an order, from a day on. Source: CSI L. 252-2.

    `value` is written as its kind says (see `precautions.faults`); `cameras` empty: all of the order's.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="precautions")
    kind = models.CharField(_("nature"), max_length=15, choices=PrecautionChoice)
    value = models.CharField(_("valeur"), max_length=300, blank=True)
    cameras: models.JSONField[list[str], list[str]] = models.JSONField(_("caméras"), default=list)
    from_on = models.DateField(_("à partir du"))
    until_on = models.DateField(_("jusqu’au"), null=True, blank=True)
    """The first day without it."""

    class Meta:
        ordering: ClassVar = ["order", "from_on", "pk"]
        verbose_name = _("précaution")

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind} {self.value}"


class LocationNotice(models.Model):
    """The prefect was told where a camera of a perimeter stands (*avis d'emplacement*). Source: CSI R. 252-17.

    Never changed: a camera that moves has another one, and the last one sent counts.
    """

    id = models.SlugField(primary_key=True, max_length=63)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notices", verbose_name=_("arrêté"))
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="notices", verbose_name=_("caméra"))
    letter_number = models.CharField(_("numéro du courrier"), max_length=60)
    sent_on = models.DateField(_("envoyé le"))
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)

    class Meta:
        ordering: ClassVar = ["sent_on", "id"]
        verbose_name = _("avis d’emplacement")

    def __str__(self) -> str:
        return self.letter_number


class PrefectRequest(models.Model):
    """The prefect asks the town for cameras against terrorism. Source: CSI L. 223-8, R. 223-2.

    The council votes within three months; who pays is agreed for five years.
    """

    id = models.SlugField(primary_key=True, max_length=63)
    number = models.CharField(_("numéro du courrier"), max_length=60, unique=True)
    received_on = models.DateField(_("reçue le"))
    places = models.TextField(_("lieux demandés"), max_length=2000)
    voted_on = models.DateField(_("délibération du"), null=True, blank=True)
    vote_number = models.CharField(_("numéro de la délibération"), max_length=60, blank=True)
    is_accepted = models.BooleanField(_("le conseil accepte"), null=True)
    agreement_number = models.CharField(_("numéro de la convention"), max_length=60, blank=True)
    agreed_on = models.DateField(_("convention signée le"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-received_on", "id"]
        verbose_name = _("demande du préfet")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(voted_on__isnull=True) | models.Q(voted_on__gte=models.F("received_on")),
                name="vote_follows_the_request",
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_on__isnull=True)
                | models.Q(is_accepted=True, agreed_on__gte=models.F("voted_on")),
                name="agreement_follows_the_vote",
            ),
        ]

    def __str__(self) -> str:
        return self.number
