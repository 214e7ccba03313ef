"""Lines of the logbook and who was told. A line is never changed: a correction is the next line of its origin."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.operate.logbook.rules import Action, Means, Service, Source


class LogYear(models.Model):
    """The last number given in a year; its lock keeps the numbers without gap."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last_rank = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last_rank}"


class LogLine(models.Model):
    """What was seen, where, when, and what came of it; nobody is named."""

    SOURCES: ClassVar = [
        (Source.ROUND.value, _("ronde vidéo")),
        (Source.ALARM.value, _("alarme")),
        (Source.RADIO.value, _("radio de la police municipale")),
        (Source.CALL.value, _("appel d’un service")),
        (Source.RESIDENT.value, _("appel d’un habitant")),
        (Source.REPLAY.value, _("relecture")),
    ]
    ACTIONS: ClassVar = [
        (Action.WATCHED.value, _("surveillé, sans suite")),
        (Action.NOTHING.value, _("levée de doute : rien")),
        (Action.TOWN_POLICE.value, _("police municipale engagée")),
        (Action.STATE_POLICE.value, _("police ou gendarmerie engagée")),
        (Action.RESCUE.value, _("secours engagés")),
        (Action.TECHNICAL.value, _("service technique avisé")),
        (Action.ARREST.value, _("interpellation")),
        (Action.LOCKED.value, _("images verrouillées")),
    ]

    number = models.SlugField(_("numéro"), primary_key=True, max_length=16)
    origin = models.SlugField(max_length=16, db_index=True)
    """Number of the first line of what this one corrects: its own when it corrects nothing."""
    rank = models.PositiveIntegerField()
    seen_at_us = models.BigIntegerField(db_index=True)
    code = models.CharField(_("code"), max_length=24)
    source = models.CharField(_("source"), max_length=12, choices=SOURCES)
    action = models.CharField(_("suite"), max_length=16, choices=ACTIONS)
    camera = models.ForeignKey("plan.Camera", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(_("lieu"), max_length=120)
    fact = models.CharField(_("fait"), max_length=120, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-seen_at_us", "-rank"]
        verbose_name = _("ligne de main courante")

    def __str__(self) -> str:
        return self.number


class LogTelling(models.Model):
    """An OPJ was told of what a line tells: which service's, how, when. Source: CPP 21-2."""

    SERVICES: ClassVar = [
        (Service.POLICE.value, _("police nationale")),
        (Service.GENDARMERIE.value, _("gendarmerie")),
    ]
    MEANS: ClassVar = [
        (Means.RADIO.value, _("radio")),
        (Means.PHONE.value, _("téléphone")),
        (Means.IN_PERSON.value, _("sur place")),
        (Means.REPORT.value, _("rapport écrit")),
    ]

    origin = models.SlugField(max_length=16, db_index=True)
    service = models.CharField(_("OPJ de"), max_length=12, choices=SERVICES)
    means = models.CharField(_("par"), max_length=12, choices=MEANS)
    told_at_us = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["told_at_us", "pk"]

    def __str__(self) -> str:
        return f"{self.origin} → {self.service}"
