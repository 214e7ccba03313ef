"""The charter, who signed it, the committee's seats and its referrals. Nobody outside the town's agents is named."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.oversee.ethics.rules import WORDS_MAX, Quality


class Charter(models.Model):
    """The charter as the town adopted it; the last one adopted stands. It never changes.

    `content`: principles as `ethics.charter` reads them, with the town's own words.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    content: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    act = models.CharField(_("acte qui l’adopte"), max_length=120)
    adopted_on = models.DateField(_("adoptée le"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-adopted_on", "-written_at_us"]
        verbose_name = _("charte")

    def __str__(self) -> str:
        return self.sha256[:12]


class Pledge(models.Model):
    """An agent signed the charter, on the screen, logged in. Never deleted."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pledges")
    charter = models.ForeignKey(Charter, on_delete=models.PROTECT, related_name="pledges")
    signed_at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["agent", "signed_at_us"]
        verbose_name = _("engagement")
        constraints: ClassVar = [models.UniqueConstraint(fields=["agent", "charter"], name="a_charter_signed_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.charter_id}"


_QUALITIES = [
    (Quality.MAJORITY.value, _("élu de la majorité")),
    (Quality.OPPOSITION.value, _("élu de l’opposition")),
    (Quality.RESIDENT.value, _("habitant")),
    (Quality.ASSOCIATION.value, _("association")),
    (Quality.TRADE.value, _("commerce, entreprise")),
    (Quality.LAWYER.value, _("juriste, magistrat honoraire")),
    (Quality.SCHOLAR.value, _("personnalité qualifiée")),
    (Quality.AGENT.value, _("agent de la commune")),
    (Quality.TOWN.value, _("la commune")),
]


class Seat(models.Model):
    """A seat of the ethics committee, by quality: no name."""

    QUALITIES: ClassVar = _QUALITIES

    quality = models.CharField(_("qualité"), max_length=12, choices=_QUALITIES)
    act = models.CharField(_("acte de désignation"), max_length=120)
    from_on = models.DateField(_("depuis le"))
    until_on = models.DateField(_("premier jour sans"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["from_on", "pk"]
        verbose_name = _("siège")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True) | models.Q(until_on__gte=models.F("from_on")),
                name="a_seat_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quality} {self.from_on}"


class Referral(models.Model):
    """A question put to the ethics committee, its opinion, what the town made of it. Names nobody, shows no picture."""

    QUALITIES: ClassVar = _QUALITIES

    number = models.SlugField(_("numéro"), primary_key=True, max_length=16)
    quality = models.CharField(_("demandé par"), max_length=12, choices=_QUALITIES)
    received_on = models.DateField(_("reçue le"))
    question = models.TextField(_("question"), max_length=WORDS_MAX)
    opinion = models.TextField(_("avis du comité"), max_length=WORDS_MAX, blank=True)
    opinion_on = models.DateField(_("avis rendu le"), null=True, blank=True)
    follow_up = models.TextField(_("suite donnée"), max_length=WORDS_MAX, blank=True)
    follow_up_on = models.DateField(_("suite donnée le"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-received_on", "-number"]
        verbose_name = _("saisine")

    def __str__(self) -> str:
        return self.number
