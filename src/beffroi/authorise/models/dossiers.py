"""What the town asks the prefect: a dossier, the texts only people can write, what was attached and what was built."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.dossier.pieces import DossierKind, DossierMode, Piece
from beffroi.authorise.models.papers import Order
from beffroi.authorise.rules import MAX_RETENTION_DAYS
from beffroi.core.ids import new_id
from beffroi.plan.models import Camera, Site
from beffroi.territory.models import LATITUDE, LONGITUDE


class KindChoice(models.TextChoices):
    """`pieces.DossierKind` with the words people read."""

    NEW = DossierKind.NEW.value, _("première demande")
    MODIFICATION = DossierKind.MODIFICATION.value, _("modification")
    RENEWAL = DossierKind.RENEWAL.value, _("renouvellement")


class ModeChoice(models.TextChoices):
    """`pieces.DossierMode` with the words people read. Source: CSI R. 252-3."""

    PIECES = DossierMode.PIECES.value, _("toutes les pièces")
    ASSESSMENT = DossierMode.ASSESSMENT.value, _("analyse d’impact et quatre pièces")


class PieceChoice(models.TextChoices):
    """`pieces.Piece` with the words people read."""

    REPORT = Piece.REPORT.value, _("1° rapport de présentation")
    BLOCK_PLAN = Piece.BLOCK_PLAN.value, _("2° plan de masse")
    DETAIL_PLAN = Piece.DETAIL_PLAN.value, _("3° plan de détail")
    SHOPS = Piece.SHOPS.value, _("4° commerces")
    PROCESSING = Piece.PROCESSING.value, _("5° transmission, enregistrement, traitement")
    SECURITY = Piece.SECURITY.value, _("6° sécurité des enregistrements")
    INFORMATION = Piece.INFORMATION.value, _("7° information du public")
    RETENTION = Piece.RETENTION.value, _("8° conservation et ses raisons")
    MAINTENANCE = Piece.MAINTENANCE.value, _("9° maintenance")
    RIGHTS = Piece.RIGHTS.value, _("10° droit d’accès")
    CONFORMITY = Piece.CONFORMITY.value, _("11° conformité aux normes techniques")
    UNDERTAKING = Piece.UNDERTAKING.value, _("12° engagement de conformité (CNIL)")
    ASSESSMENT = Piece.ASSESSMENT.value, _("analyse d’impact (AIPD)")
    PERIMETER_PLAN = Piece.PERIMETER_PLAN.value, _("plan de périmètre")


class Decision(models.TextChoices):
    """What came of it."""

    GRANTED = "granted", _("autorisé")
    REFUSED = "refused", _("refusé")
    IMPLIED_REFUSAL = "implied-refusal", _("refus implicite")


class Dossier(models.Model):
    """One request to the prefect. Source: CSI L. 252-1, R. 252-3, R. 252-15."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("objet"), max_length=200)
    kind = models.CharField(_("nature"), max_length=12, choices=KindChoice)
    mode = models.CharField(_("forme"), max_length=12, choices=ModeChoice, default=ModeChoice.PIECES)
    replaces = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="dossiers",
        verbose_name=_("arrêté en vigueur"),
    )
    """What a modification or a renewal is compared with."""
    cameras = models.ManyToManyField(Camera, related_name="dossiers", verbose_name=_("caméras"))
    purposes: models.JSONField[list[str], list[str]] = models.JSONField(_("finalités"))
    retention_days = models.PositiveSmallIntegerField(
        _("conservation, jours"), validators=[MinValueValidator(1), MaxValueValidator(MAX_RETENTION_DAYS)]
    )
    perimeter: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        _("périmètre"), null=True, blank=True
    )
    max_cameras = models.PositiveSmallIntegerField(_("caméras au plus dans le périmètre"), null=True, blank=True)
    opened_on = models.DateField(_("ouvert le"))
    filed_on = models.DateField(_("déposé le"), null=True, blank=True)
    receipt_on = models.DateField(_("récépissé du"), null=True, blank=True)
    receipt_number = models.CharField(_("numéro du récépissé"), max_length=60, blank=True)
    is_commission_extended = models.BooleanField(_("commission prolongée d’un mois"), default=False)
    decision = models.CharField(_("décision"), max_length=15, choices=Decision, blank=True)
    decided_on = models.DateField(_("décidé le"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-opened_on", "id"]
        verbose_name = _("dossier")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(filed_on__isnull=True) | models.Q(filed_on__gte=models.F("opened_on")),
                name="dossier_filed_after_opening",
            ),
            models.CheckConstraint(
                condition=models.Q(receipt_on__isnull=True) | models.Q(receipt_on__gte=models.F("filed_on")),
                name="dossier_receipt_follows_filing",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DossierText(models.Model):
    """What only people can write: a section of a piece. A correction is a new row; the last one stands."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="texts")
    key = models.CharField(_("section"), max_length=40)
    text = models.TextField(_("texte"))
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("écrit le"))

    class Meta:
        ordering: ClassVar = ["dossier", "key", "at", "pk"]
        verbose_name = _("texte du dossier")

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.key}"


class Attachment(models.Model):
    """A paper made elsewhere that stands for a piece or goes with it: a certificate, a council's vote, an opinion.

    Sealed under the site key, named by us, its type told by its content.
    """

    scan = models.CharField(max_length=32, default=new_id, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="attachments")
    piece = models.CharField(_("pièce"), max_length=16, choices=PieceChoice)
    name = models.CharField(_("nom"), max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    media_type = models.CharField(max_length=20, default="application/pdf")
    sealed = models.BinaryField(default=bytes)
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("jointe le"))

    class Meta:
        ordering: ClassVar = ["dossier", "piece", "at"]
        verbose_name = _("pièce jointe")

    def __str__(self) -> str:
        return self.name


class BuiltDocument(models.Model):
    """A document that was drawn from the data: its hash and day stay, the file can be drawn again.

    One that was filed is kept as it was, sealed under the site key: `scan`, empty for every other, names it.
    """

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="built")
    name = models.CharField(_("document"), max_length=80)
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveSmallIntegerField(_("pages"))
    title = models.CharField(max_length=200, blank=True)
    piece = models.CharField(_("pièce"), max_length=16, choices=PieceChoice, blank=True)
    scan = models.CharField(max_length=32, default="", blank=True, editable=False)
    sealed = models.BinaryField(default=bytes)
    by = models.CharField(_("par"), max_length=63)
    at = models.DateTimeField(_("établi le"))

    class Meta:
        ordering: ClassVar = ["dossier", "name", "-at"]
        verbose_name = _("document établi")

    def __str__(self) -> str:
        return self.name


class ContactRole(models.TextChoices):
    """Who answers for what, as signs, forms and letters name them."""

    CONTROLLER = "controller", _("responsable du système")
    SERVICE = "service", _("service qui exploite")
    RIGHTS = "rights", _("exercice des droits")
    DPO = "dpo", _("délégué à la protection des données")
    POLICE = "police", _("remise d’images aux enquêteurs")
    FORCES = "forces", _("police nationale ou gendarmerie")
    INSTALLER = "installer", _("installateur")
    MAINTAINER = "maintainer", _("maintenance")
    PREFECTURE = "prefecture", _("préfecture")
    COMMISSION = "commission", _("commission départementale")


class Contact(models.Model):
    """A service, an address, a telephone: what stands on signs and forms. One a role."""

    role = models.CharField(_("rôle"), primary_key=True, max_length=12, choices=ContactRole)
    name = models.CharField(_("nom"), max_length=160)
    quality = models.CharField(_("qualité"), max_length=120, blank=True)
    address = models.CharField(_("adresse"), max_length=300)
    phone = models.CharField(_("téléphone"), max_length=40, blank=True)
    email = models.EmailField(_("courriel"), blank=True)
    certificate = models.CharField(_("certificat"), max_length=80, blank=True)
    """Of a certified installer: it stands for the conformity questionnaire. Source: CSI R. 252-3, 11°."""

    class Meta:
        ordering: ClassVar = ["role"]
        verbose_name = _("contact")

    def __str__(self) -> str:
        return self.name


class SignFormat(models.TextChoices):
    """Paper sizes of signs."""

    A4 = "a4", "A4"
    A3 = "a3", "A3"


class Sign(models.Model):
    """A public notice at a place. Source: CSI R. 253-6; instruction of 20 March 2024."""

    id = models.SlugField(primary_key=True, max_length=63)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="signs", verbose_name=_("emplacement"))
    place = models.CharField(_("endroit"), max_length=160)
    lat = models.FloatField(_("latitude"), validators=LATITUDE)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE)
    format = models.CharField(_("format"), max_length=2, choices=SignFormat, default=SignFormat.A3)
    is_fining = models.BooleanField(_("vidéoverbalisation"), default=False)
    placed_on = models.DateField(_("posé le"), null=True, blank=True)
    checked_on = models.DateField(_("vérifié le"), null=True, blank=True)
    check_every_months = models.PositiveSmallIntegerField(_("à vérifier tous les, mois"), default=12)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name = _("affiche")

    def __str__(self) -> str:
        return self.place
