"""A phase as works: lots, tasks with their planned and actual days, money, and each site's acceptance sheet."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.core.ids import new_id
from beffroi.plan.models.programme import Camera, Link, Phase, Site
from beffroi.plan.works.rules import BudgetKind, Item, PaperName, TaskKind


class TaskChoice(models.TextChoices):
    """`rules.TaskKind` with the words people read."""

    TRENCH = TaskKind.TRENCH.value, _("tranchée")
    MAST = TaskKind.MAST.value, _("mât")
    POWER = TaskKind.POWER.value, _("énergie")
    CABINET = TaskKind.CABINET.value, _("armoire")
    FIBRE = TaskKind.FIBRE.value, _("fibre")
    CAMERA = TaskKind.CAMERA.value, _("pose de caméra")
    ROOM = TaskKind.ROOM.value, _("salle et postes du centre")
    ACCEPTANCE = TaskKind.ACCEPTANCE.value, _("réception")
    COMMISSIONING = TaskKind.COMMISSIONING.value, _("mise en service")


class BudgetChoice(models.TextChoices):
    """`rules.BudgetKind` with the words people read."""

    VOTED = BudgetKind.VOTED.value, _("voté")
    COMMITTED = BudgetKind.COMMITTED.value, _("engagé")
    INVOICED = BudgetKind.INVOICED.value, _("facturé")
    SUBSIDY_NOTIFIED = BudgetKind.SUBSIDY_NOTIFIED.value, _("subvention notifiée")
    SUBSIDY_PAID = BudgetKind.SUBSIDY_PAID.value, _("subvention versée")


class ItemChoice(models.TextChoices):
    """`rules.Item` with the words people read."""

    POSE = Item.POSE.value, _("pose comparée au plan")
    OPTICAL_LOSS = Item.OPTICAL_LOSS.value, _("affaiblissement optique")
    POE = Item.POE.value, _("alimentation PoE")
    DAY_PICTURE = Item.DAY_PICTURE.value, _("image de jour")
    NIGHT_PICTURE = Item.NIGHT_PICTURE.value, _("image de nuit")
    RESOLUTION = Item.RESOLUTION.value, _("définition mesurée")
    RATE = Item.RATE.value, _("cadence mesurée")
    MASK_PROOF = Item.MASK_PROOF.value, _("preuve du masque")
    CLOCK_OFFSET = Item.CLOCK_OFFSET.value, _("écart d’horloge")
    SIGN = Item.SIGN.value, _("affiche en place")


class PaperChoice(models.TextChoices):
    """`rules.PaperName` with the words people read."""

    REPORT = PaperName.REPORT.value, _("procès-verbal de réception")
    AS_BUILT = PaperName.AS_BUILT.value, _("dossier des ouvrages exécutés")


class Lot(models.Model):
    """A lot of a phase's works and who does it."""

    id = models.SlugField(primary_key=True, max_length=63)
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="lots", verbose_name=_("phase"))
    rank = models.PositiveSmallIntegerField(_("rang"))
    name = models.CharField(_("lot"), max_length=120)
    contractor = models.CharField(_("titulaire"), max_length=160, blank=True)
    contract = models.CharField(_("marché"), max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["phase", "rank"]
        verbose_name = _("lot")
        constraints: ClassVar = [models.UniqueConstraint(fields=["phase", "rank"], name="lot_rank_once")]

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """One piece of work. Days are first and last, both worked. It waits for what is in `after`."""

    id = models.SlugField(primary_key=True, max_length=63)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="tasks", verbose_name=_("lot"))
    kind = models.CharField(_("nature"), max_length=13, choices=TaskChoice)
    name = models.CharField(_("tâche"), max_length=160)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("emplacement")
    )
    link = models.ForeignKey(
        Link, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("liaison")
    )
    cameras = models.ManyToManyField(Camera, blank=True, related_name="tasks", verbose_name=_("caméras"))
    after = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="before")
    planned_from_on = models.DateField(_("début prévu"))
    planned_to_on = models.DateField(_("fin prévue"))
    actual_from_on = models.DateField(_("début réel"), null=True, blank=True)
    actual_to_on = models.DateField(_("fin réelle"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["planned_from_on", "id"]
        verbose_name = _("tâche")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(planned_to_on__gte=models.F("planned_from_on")), name="task_planned_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(actual_to_on__isnull=True)
                | models.Q(actual_from_on__isnull=False, actual_to_on__gte=models.F("actual_from_on")),
                name="task_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BudgetEntry(models.Model):
    """A dated sum, in cents before tax: voted, committed, invoiced, notified or paid. Never changed, only added to."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="entries", verbose_name=_("lot"))
    kind = models.CharField(_("nature"), max_length=16, choices=BudgetChoice)
    on = models.DateField(_("le"))
    cents = models.BigIntegerField(_("montant HT, centimes"))
    reference = models.CharField(_("référence"), max_length=80)

    class Meta:
        ordering: ClassVar = ["lot", "on", "id"]
        verbose_name = _("écriture du budget")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lot", "kind", "reference"], name="budget_entry_once"),
        ]

    def __str__(self) -> str:
        return self.reference


class AcceptanceSheet(models.Model):
    """The acceptance (*réception*) of a site's works; a later repair opens another."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sheets", verbose_name=_("emplacement"))
    opened_on = models.DateField(_("ouverte le"))

    class Meta:
        ordering: ClassVar = ["site", "opened_on"]
        verbose_name = _("fiche de réception")
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "opened_on"], name="sheet_once_a_day")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.opened_on}"


class AcceptanceMeasure(models.Model):
    """One thing that was measured, against what was expected; measured again, it is a new row and the last stands.

    Of a picture only its hash, its day and the verdict stay: the picture itself dies with its test.
    """

    sheet = models.ForeignKey(AcceptanceSheet, on_delete=models.CASCADE, related_name="measures")
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, null=True, blank=True, related_name="measures")
    item = models.CharField(_("contrôle"), max_length=13, choices=ItemChoice)
    expected = models.CharField(_("attendu"), max_length=80, blank=True)
    measured = models.CharField(_("mesuré"), max_length=80)
    is_passed = models.BooleanField(_("conforme"))
    sha256 = models.CharField(max_length=64, blank=True)
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("mesuré le"))

    class Meta:
        ordering: ClassVar = ["sheet", "camera", "item", "at"]
        verbose_name = _("mesure de réception")

    def __str__(self) -> str:
        return f"{self.item} {self.measured}"


class Reserve(models.Model):
    """A fault that is to be mended by somebody by a day."""

    sheet = models.ForeignKey(AcceptanceSheet, on_delete=models.CASCADE, related_name="reserves")
    text = models.CharField(_("réserve"), max_length=300)
    owner = models.CharField(_("à lever par"), max_length=160)
    due_on = models.DateField(_("avant le"))
    lifted_on = models.DateField(_("levée le"), null=True, blank=True)
    is_blocking = models.BooleanField(_("empêche la réception"), default=True)

    class Meta:
        ordering: ClassVar = ["due_on", "id"]
        verbose_name = _("réserve")

    def __str__(self) -> str:
        return self.text


class IssuedPaper(models.Model):
    """A paper that ends a phase's works, as it was issued: never drawn again, a later state is another version.

    Source: CCAG-Travaux 2021, art. 40 and 41.
    """

    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="papers")
    name = models.CharField(_("document"), max_length=20, choices=PaperChoice)
    version = models.PositiveSmallIntegerField(_("version"))
    number = models.CharField(_("numéro"), max_length=80, unique=True)
    on = models.DateField(_("établi le"))
    cameras: models.JSONField[list[str], list[str]] = models.JSONField(_("caméras"))
    """Those it tells of, by number: one put on the phase later is not accepted by it."""
    basis = models.CharField(max_length=64)
    """Hash of what it was drawn from: the same, and there is nothing to issue again."""
    scan = models.CharField(max_length=32, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    sealed = models.BinaryField()
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("établi à"))

    class Meta:
        ordering: ClassVar = ["phase", "name", "version"]
        verbose_name = _("document établi")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["phase", "name", "version"], name="paper_version_once"),
        ]

    def __str__(self) -> str:
        return self.number


class SignedCopy(models.Model):
    """A copy of an issued paper that came back signed, as it was scanned, sealed; nothing is ever replaced."""

    paper = models.ForeignKey(IssuedPaper, on_delete=models.PROTECT, related_name="copies")
    signed_on = models.DateField(_("signé le"))
    note = models.CharField(_("signataires"), max_length=200, blank=True)
    scan = models.CharField(max_length=32, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    media_type = models.CharField(max_length=20)
    sealed = models.BinaryField()
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("jointe le"))

    class Meta:
        ordering: ClassVar = ["paper", "at", "pk"]
        verbose_name = _("exemplaire signé")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["paper", "sha256"], name="signed_copy_once"),
        ]

    def __str__(self) -> str:
        return f"{self.paper_id} {self.signed_on}"
