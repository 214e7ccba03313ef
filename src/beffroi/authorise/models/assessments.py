"""The impact assessment: a row a version, kept once it is approved; the ministry's framework it completes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.assessment.rules import Level
from beffroi.core.ids import new_id
from beffroi.plan.models import Phase


class LevelChoice(models.IntegerChoices):
    """`rules.Level` with the words people read."""

    NEGLIGIBLE = Level.NEGLIGIBLE.value, _("négligeable")
    LIMITED = Level.LIMITED.value, _("limitée")
    IMPORTANT = Level.IMPORTANT.value, _("importante")
    MAXIMAL = Level.MAXIMAL.value, _("maximale")


class Stance(models.TextChoices):
    """What the data protection officer thinks of it."""

    FAVOURABLE = "favourable", _("favorable")
    RESERVED = "reserved", _("favorable avec réserves")
    UNFAVOURABLE = "unfavourable", _("défavorable")


class Framework(models.Model):
    """The ministry's framework assessment (*doctrine-cadre*) as it came, sealed.

    Source: instruction of 20 March 2024.
    """

    scan = models.CharField(max_length=32, default=new_id, editable=False)
    name = models.CharField(_("nom"), max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    sealed = models.BinaryField()
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("jointe le"))

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        verbose_name = _("doctrine-cadre")

    def __str__(self) -> str:
        return self.name


class Assessment(models.Model):
    """A version of the impact assessment; the draft is the one not approved. Source: RGPD 35; LIL 90."""

    number = models.PositiveSmallIntegerField(_("version"), unique=True)
    opened_on = models.DateField(_("ouverte le"))
    reason = models.CharField(_("pourquoi"), max_length=300, blank=True)
    phases = models.ManyToManyField(Phase, related_name="+", verbose_name=_("phases étudiées"))
    texts: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """By `rules.TEXTS`."""
    risks: models.JSONField[dict[str, dict[str, Any]], dict[str, dict[str, Any]]] = models.JSONField(default=dict)
    """By `rules.Threat`: sources, impacts, measures; severity and likelihood, before and after."""
    actions: models.JSONField[list[list[str]], list[list[str]]] = models.JSONField(default=list)
    """What, who, when."""
    dpo_stance = models.CharField(_("avis du délégué"), max_length=12, choices=Stance, blank=True)
    dpo_opinion = models.TextField(_("motifs"), blank=True)
    dpo_on = models.DateField(_("rendu le"), null=True, blank=True)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(_("approuvée à"), null=True, blank=True)
    approved_on = models.DateField(_("approuvée le"), null=True, blank=True)
    approved_by = models.CharField(_("approuvée par"), max_length=160, blank=True)
    cameras: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """Phase by camera when it was approved."""
    cnil_asked_on = models.DateField(_("CNIL saisie le"), null=True, blank=True)
    cnil_answered_on = models.DateField(_("avis de la CNIL du"), null=True, blank=True)
    cnil_reference = models.CharField(_("référence de l’avis"), max_length=80, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        verbose_name = _("analyse d’impact")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(cnil_answered_on__isnull=True)
                | models.Q(cnil_asked_on__isnull=False, cnil_answered_on__gte=models.F("cnil_asked_on")),
                name="cnil_answers_what_it_was_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
