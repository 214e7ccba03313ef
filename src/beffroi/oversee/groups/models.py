"""Working groups of the CLSPD, who sits in them, what their meetings said."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.core.ids import new_id
from beffroi.oversee.ethics.rules import WORDS_MAX


class WorkingGroup(models.Model):
    """A working group of the CLSPD. Its exchanges are its members' alone. Source: CSI L. 132-5."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    name = models.CharField(_("groupe"), max_length=120, unique=True)
    rules_on = models.DateField(_("règlement intérieur adopté le"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("groupe de travail")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Somebody sits in a group, by the mayor's naming; reads nothing before pledging confidentiality."""

    group = models.ForeignKey(WorkingGroup, on_delete=models.PROTECT, related_name="members")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at_us = models.BigIntegerField()
    pledged_at_us = models.BigIntegerField(null=True, blank=True)
    ended_at_us = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["named_at_us", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "agent"],
                name="a_member_once_at_a_time",
                condition=models.Q(ended_at_us__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.agent_id}"


class GroupNote(models.Model):
    """What a meeting of a group said: of places and actions, never of somebody. Never changed."""

    group = models.ForeignKey(WorkingGroup, on_delete=models.PROTECT, related_name="notes")
    met_on = models.DateField(_("réunion du"))
    text = models.TextField(_("ce qui fut dit"), max_length=WORDS_MAX)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-met_on", "-at_us"]

    def __str__(self) -> str:
        return f"{self.group_id} {self.met_on}"
