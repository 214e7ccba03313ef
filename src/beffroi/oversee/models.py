"""Evaluations registered before the works they judge."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.plan.models import Phase


class Evaluation(models.Model):
    """A plan of evaluation, sealed by its hash in the journal the day it was registered. It never changes.

    Its fields are those of `evaluation.rules.Design`; a correction is another row that names this one.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="evaluations", verbose_name=_("phase"))
    outcomes: models.JSONField[list[str], list[str]] = models.JSONField(_("faits comptés"))
    treated: models.JSONField[list[str], list[str]] = models.JSONField(_("zones équipées"))
    control: models.JSONField[list[str], list[str]] = models.JSONField(_("zones témoins"))
    displacement: models.JSONField[list[str], list[str]] = models.JSONField(_("zones voisines"))
    starts_on = models.DateField(_("début de l’effet attendu"))
    before_months = models.PositiveSmallIntegerField(_("mois avant"))
    after_months = models.PositiveSmallIntegerField(_("mois après"))
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections")
    registered_at = models.DateTimeField(_("inscrite le"))
    by = models.CharField(_("par"), max_length=63)

    class Meta:
        ordering: ClassVar = ["-registered_at"]
        verbose_name = _("évaluation")

    def __str__(self) -> str:
        return self.sha256[:12]
