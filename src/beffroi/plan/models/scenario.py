"""Scenarios of the plan: another set of cameras and zones, kept version by version beside what the town decided."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

TOWN_PLAN = "ville"
"""The id that stands for the town's own plan: read from its cameras, never stored as a scenario."""

Rows = list[dict[str, Any]]


class Scenario(models.Model):
    """A named variant. It begins from the town's plan (`based_on` empty) or from another scenario."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="variants", verbose_name=_("tiré de")
    )
    made_by = models.CharField(_("par"), max_length=63)
    made_at = models.DateTimeField(_("créé le"))

    class Meta:
        ordering: ClassVar = ["-made_at", "id"]
        verbose_name = _("scénario")

    def __str__(self) -> str:
        return self.name


class ScenarioVersion(models.Model):
    """A scenario as it was saved once. Never changed, only added to: what was compared last week is still there.

    `cameras` and `zones` are rows of `ref/plan-scenario.schema.json` in degrees (EPSG:4326).
    """

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    cameras: models.JSONField[Rows, Rows] = models.JSONField(_("caméras"))
    zones: models.JSONField[Rows, Rows] = models.JSONField(_("zones dessinées"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("enregistrée le"))

    class Meta:
        ordering: ClassVar = ["scenario", "number"]
        verbose_name = _("version de scénario")
        constraints: ClassVar = [models.UniqueConstraint(fields=["scenario", "number"], name="scenario_version_once")]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.number}"


class ScenarioProposal(models.Model):
    """What could be seen with some counts of sites and cameras, asked of the worker for a version; kept with its proof.

    `asked` is a row of `editor.rows.ProposeAsked`. Until `ended_at`, `answer` is the best known meanwhile.
    """

    version = models.ForeignKey(ScenarioVersion, on_delete=models.CASCADE, related_name="proposals")
    asked_by = models.CharField(_("demandé par"), max_length=63)
    asked_at = models.DateTimeField(_("demandé le"))
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    asked: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("question"), default=dict)
    progress = models.FloatField(_("avancement"), default=0.0)
    is_cancelled = models.BooleanField(_("abandonnée"), default=False)
    answer: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("réponse"), null=True, blank=True
    )
    refusal = models.CharField(_("refus"), max_length=400, blank=True)
    refusal_fr = models.CharField(_("refus en français"), max_length=400, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        verbose_name = _("proposition")

    def __str__(self) -> str:
        return f"{self.version} {self.asked_at:%Y-%m-%d}"
