"""Requests of filmed people, their steps, the rectangles drawn for them.

Who asks is sealed under the site key and forgotten a year after the end; the journal names the request alone.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.evidence.access.rules import Did, Kind, Regime

SEALED = "access-request"


class AccessRequest(models.Model):
    """One request. Never deleted; `asker` and `address` are emptied when their time is over."""

    KINDS: ClassVar = [
        (Kind.ACCESS.value, _("voir ou recevoir les images (accès)")),
        (Kind.RECTIFICATION.value, _("rectification")),
        (Kind.LIMITATION.value, _("limitation")),
        (Kind.ERASURE.value, _("effacement")),
        (Kind.OBJECTION.value, _("opposition")),
    ]
    REGIMES: ClassVar = [
        (Regime.GDPR.value, _("RGPD (titre II)")),
        (Regime.POLICE_JUSTICE.value, _("police-justice (titre III)")),
        (Regime.SECURITY.value, _("sûreté de l’État (titre IV)")),
    ]

    number = models.SlugField(_("numéro"), primary_key=True, max_length=16)
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    kind = models.CharField(_("demande"), max_length=16, choices=KINDS)
    regime = models.CharField(_("régime"), max_length=16, choices=REGIMES)
    asker = models.BinaryField(default=b"")
    address = models.BinaryField(default=b"")
    received_on = models.DateField(_("reçue le"))
    place = models.CharField(_("lieu"), max_length=120, blank=True)
    cameras: models.JSONField[list[str], list[str]] = models.JSONField(_("caméras"), default=list)
    from_at_us = models.BigIntegerField(default=0)
    to_at_us = models.BigIntegerField(default=0)
    tracks: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """Rectangles drawn by hand, by camera: tracks of marks; see `rules.Track`."""

    class Meta:
        ordering: ClassVar = ["-year", "-rank"]
        verbose_name = _("demande d’une personne filmée")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "rank"], name="access_number_once"),
            models.CheckConstraint(condition=models.Q(from_at_us__lte=models.F("to_at_us")), name="access_span"),
        ]

    def __str__(self) -> str:
        return self.number


class AccessStep(models.Model):
    """What somebody did for a request, and when; codes only."""

    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="steps")
    did = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Did])
    code = models.CharField(max_length=40, blank=True)
    on = models.DateTimeField(_("pour le"), null=True, blank=True)
    """Of an appointment."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["request", "pk"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.did}"
