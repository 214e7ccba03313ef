"""Holds on spans of footage."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Hold(models.Model):
    """A span of one camera that is not destroyed before `until_at_us`; it releases by itself then."""

    id = models.SlugField(primary_key=True, max_length=63)
    camera = models.ForeignKey("plan.Camera", on_delete=models.PROTECT, related_name="holds", verbose_name=_("caméra"))
    from_at_us = models.BigIntegerField()
    to_at_us = models.BigIntegerField()
    until_at_us = models.BigIntegerField(db_index=True)
    subject = models.CharField(_("objet"), max_length=200)
    """What it is kept for: an incident or requisition, never a person."""

    class Meta:
        ordering: ClassVar = ["from_at_us", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(from_at_us__lt=models.F("to_at_us")), name="hold_has_a_span"),
        ]

    def __str__(self) -> str:
        return self.subject
