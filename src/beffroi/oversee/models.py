"""What oversight keeps: evaluations written before the works they judge, reviews of the journal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.models import Order
from beffroi.core.ids import new_id
from beffroi.oversee.breaches.rules import PeopleTold, Risk
from beffroi.oversee.sharing.rules import Means
from beffroi.oversee.training.rules import CourseKind
from beffroi.oversee.visits.rules import VisitPurpose
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
    reason = models.TextField(_("pourquoi cette correction"), blank=True)
    test = models.CharField(_("test"), max_length=20, blank=True)
    power: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("ce que les chiffres peuvent montrer"), null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["-registered_at"]
        verbose_name = _("évaluation")

    def __str__(self) -> str:
        return self.sha256[:12]


class Review(models.Model):
    """The review of the journal of one month: drawn once it is over, then signed. Aggregates only; it is kept.

    Source: CNIL délibération 2021-122.
    """

    month = models.DateField(_("mois"), primary_key=True)
    """Its first day."""
    figures: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    """The fields of `reviews.rules.Figures`."""
    drawn_at_us = models.BigIntegerField()
    remarks: models.JSONField[list[str], list[str]] = models.JSONField(_("remarques"), default=list)
    """Codes of `reviews.rules.Remark`."""
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at_us = models.BigIntegerField(null=True, blank=True)
    late_at_us = models.BigIntegerField(null=True, blank=True)
    """When it was told that nobody had signed in time."""

    class Meta:
        ordering: ClassVar = ["-month"]
        verbose_name = _("revue mensuelle du journal")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(signed_at_us__isnull=True) | models.Q(signed_by__isnull=False),
                name="a_signed_review_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class InspectionPack(models.Model):
    """What the departmental commission takes away: asked for, made by the worker, destroyed after its days.

    Source: CSI L. 253-1.
    """

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at_us = models.BigIntegerField()
    made_at_us = models.BigIntegerField(null=True, blank=True)
    failed_at_us = models.BigIntegerField(null=True, blank=True)
    destroyed_at_us = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    files = models.PositiveIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-asked_at_us", "pk"]
        verbose_name = _("dossier de contrôle")

    def __str__(self) -> str:
        return self.pk


class Breach(models.Model):
    """A breach of personal data: what happened and what was done. Never deleted. Source: GDPR 33 §5, LIL 102."""

    RISKS: ClassVar = [
        (Risk.NONE.value, _("improbable : inscrite, non notifiée")),
        (Risk.RISK.value, _("un risque : notifiée à la CNIL")),
        (Risk.HIGH.value, _("un risque élevé : les personnes sont aussi informées")),
    ]
    PEOPLE_TOLD: ClassVar = [
        (PeopleTold.TOLD.value, _("informées une à une")),
        (PeopleTold.PUBLIC.value, _("par une communication publique (les joindre serait hors de proportion)")),
        (PeopleTold.PROTECTED.value, _("non : données illisibles pour qui les a prises")),
        (PeopleTold.REMEDIED.value, _("non : le risque élevé est écarté")),
        (PeopleTold.DELAYED.value, _("report demandé par une enquête")),
    ]

    number = models.SlugField(_("numéro"), primary_key=True, max_length=16)
    found_at = models.DateTimeField(_("découverte le"))
    began_at = models.DateTimeField(_("commencée le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    natures: models.JSONField[list[str], list[str]] = models.JSONField(_("nature"), default=list)
    """Codes of `breaches.rules.Nature`."""
    happened = models.TextField(_("ce qui s’est passé"), blank=True)
    people_kinds = models.CharField(_("personnes touchées"), max_length=200, blank=True)
    people_count = models.PositiveIntegerField(_("nombre de personnes"), null=True, blank=True)
    records = models.CharField(_("données touchées"), max_length=200, blank=True)
    records_count = models.PositiveIntegerField(_("nombre d’enregistrements"), null=True, blank=True)
    consequences = models.TextField(_("conséquences probables"), blank=True)
    measures = models.TextField(_("mesures prises ou envisagées"), blank=True)
    risk = models.CharField(_("risque pour les personnes"), max_length=4, choices=RISKS, blank=True)
    notified_at = models.DateTimeField(_("notifiée à la CNIL le"), null=True, blank=True)
    notice_reference = models.CharField(_("référence de la CNIL"), max_length=60, blank=True)
    delay_reason = models.TextField(_("motifs du retard"), blank=True)
    people_told = models.CharField(_("information des personnes"), max_length=9, choices=PEOPLE_TOLD, blank=True)
    people_reason = models.TextField(_("motif"), blank=True)
    people_until_on = models.DateField(_("report jusqu’au"), null=True, blank=True)
    people_at = models.DateTimeField(null=True, blank=True)
    late_at_us = models.BigIntegerField(null=True, blank=True)
    """When it was told that the 72 hours were over."""

    class Meta:
        ordering: ClassVar = ["-found_at", "-number"]
        verbose_name = _("violation de données")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(notified_at__isnull=True) | models.Q(notified_at__gte=models.F("found_at")),
                name="breach_notified_after_it_was_found",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Visit(models.Model):
    """People who came into the control room. Their names stand here alone, as long as the journal's lines live."""

    PURPOSES: ClassVar = [
        (VisitPurpose.INSPECTION.value, _("contrôle (commission, CNIL, préfecture)")),
        (VisitPurpose.JUDICIAL.value, _("enquête (OPJ, magistrat)")),
        (VisitPurpose.AUTHORITY.value, _("autorité (maire, élus, services de l’État)")),
        (VisitPurpose.WORKS.value, _("travaux, entretien, ménage")),
        (VisitPurpose.TRAINING.value, _("formation")),
        (VisitPurpose.PRESENTATION.value, _("présentation de la salle, écrans masqués")),
    ]

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    purpose = models.CharField(_("pourquoi"), max_length=12, choices=PURPOSES)
    body = models.CharField(_("service, entreprise ou groupe"), max_length=160)
    names = models.TextField(_("noms"))
    count = models.PositiveSmallIntegerField(_("nombre de personnes"))
    host = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    in_at_us = models.BigIntegerField(db_index=True)
    out_at_us = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-in_at_us", "pk"]
        verbose_name = _("visite au CSU")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(out_at_us__isnull=True) | models.Q(out_at_us__gte=models.F("in_at_us")),
                name="a_visit_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.body} {self.in_at_us}"


class Training(models.Model):
    """A course that an agent followed. Source: CSI R. 511-35."""

    KINDS: ClassVar = [
        (CourseKind.CONTINUING.value, _("formation continue de police municipale")),
        (CourseKind.CONTROL_ROOM.value, _("formation au poste du CSU")),
        (CourseKind.OTHER.value, _("autre formation")),
    ]

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trainings")
    kind = models.CharField(_("formation"), max_length=12, choices=KINDS)
    title = models.CharField(_("intitulé"), max_length=160)
    ended_on = models.DateField(_("terminée le"))
    days = models.DecimalField(
        _("jours"), max_digits=4, decimal_places=1, validators=[MinValueValidator(Decimal("0.5"))]
    )
    certificate = models.CharField(_("attestation"), max_length=80, blank=True)
    valid_until_on = models.DateField(_("à refaire avant le"), null=True, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["agent", "-ended_on", "pk"]
        verbose_name = _("formation")

    def __str__(self) -> str:
        return f"{self.agent_id} {self.title}"


class ShareLink(models.Model):
    """Cameras that a service elsewhere may watch, on which act, by which means. It never changes. Source: L. 252-3."""

    MEANS: ClassVar = [
        (Means.FIBRE.value, _("fibre de la ville, de bout en bout")),
        (Means.TUNNEL.value, _("tunnel chiffré sur un autre réseau")),
    ]

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    service = models.CharField(_("service destinataire"), max_length=160)
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.PROTECT, related_name="links", verbose_name=_("arrêté")
    )
    article = models.CharField(_("article de l’arrêté"), max_length=60, blank=True)
    urgency_act = models.CharField(_("acte d’urgence (terrorisme)"), max_length=60, blank=True)
    urgency_on = models.DateField(_("signé le"), null=True, blank=True)
    means = models.CharField(_("moyen"), max_length=8, choices=MEANS)
    cameras: models.JSONField[list[str], list[str]] = models.JSONField(_("caméras"))
    agents = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("comptes"))
    until_on = models.DateField(_("fin"))
    """First day on which it no longer stands."""
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-written_at_us", "pk"]
        verbose_name = _("déport")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(models.Q(order__isnull=False) & ~models.Q(article="")) | ~models.Q(urgency_act=""),
                name="a_link_stands_on_an_act",
            ),
        ]

    def __str__(self) -> str:
        return self.service

    @property
    def group(self) -> str:
        """Id of the group of cameras that its accounts are held to."""
        return f"deport-{self.pk}"


class ShareSwitch(models.Model):
    """A link was opened or closed; the last row counts."""

    link = models.ForeignKey(ShareLink, on_delete=models.PROTECT, related_name="switches")
    is_on = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["link", "at_us", "pk"]

    def __str__(self) -> str:
        return f"{self.link_id} {'on' if self.is_on else 'off'}"


from beffroi.oversee.ethics.models import Charter as Charter  # noqa: E402
from beffroi.oversee.ethics.models import Pledge as Pledge  # noqa: E402
from beffroi.oversee.ethics.models import Referral as Referral  # noqa: E402
from beffroi.oversee.ethics.models import Seat as Seat  # noqa: E402
from beffroi.oversee.groups.models import GroupNote as GroupNote  # noqa: E402
from beffroi.oversee.groups.models import Membership as Membership  # noqa: E402
from beffroi.oversee.groups.models import WorkingGroup as WorkingGroup  # noqa: E402
