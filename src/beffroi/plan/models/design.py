"""Designs of the fibre network, asked of the worker and kept beside what is laid."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class NetworkDesign(models.Model):
    """A network asked for and, once made, the answer of `beffroi plan network` with what draws it.

    `asked` is a row of `designing.rows.DesignAsked`; `scenario` the document of `ref/plan-scenario.schema.json` that
    was made of it and of the town that day; `answer` one of `designing.answers.DesignAnswer`.
    """

    asked_by = models.CharField(_("demandé par"), max_length=63)
    asked_at = models.DateTimeField(_("demandé le"))
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    asked: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("question"))
    scenario: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("scénario"))
    progress = models.FloatField(_("avancement"), default=0.0)
    is_cancelled = models.BooleanField(_("abandonnée"), default=False)
    answer: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("réponse"), null=True, blank=True
    )
    refusal = models.CharField(_("refus"), max_length=400, blank=True)
    refusal_fr = models.CharField(_("refus en français"), max_length=400, blank=True)
    adopted_by = models.CharField(_("reprise par"), max_length=63, blank=True)
    adopted_at = models.DateTimeField(_("reprise le"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        verbose_name = _("réseau conçu")

    def __str__(self) -> str:
        return f"{self.pk} {self.asked_at:%Y-%m-%d}"
