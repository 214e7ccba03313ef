"""Locks, requisitions with their cameras, pieces and steps, recipients, packs and hand-overs.

No row has a status: what happened is a row with its author and instant, and the rest is derived (`rules`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.core.ids import new_id
from beffroi.evidence.hold_rules import HoldKind, Inquiry
from beffroi.evidence.rules import Aside, PackState, PieceKind, StepKind
from beffroi.territory.models import LATITUDE, LONGITUDE


class RegisterYear(models.Model):
    """The last number given in a year; its lock keeps the register without gap."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last_rank = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last_rank}"


class Requisition(models.Model):
    """A request for pictures: what, where, when, by whom, under which frame. Never deleted.

    `officer` and `unit` name who asks in the exercise of their office; nobody else is named here.
    """

    number = models.CharField(_("numéro"), primary_key=True, max_length=16)
    year = models.PositiveSmallIntegerField()
    rank = models.PositiveIntegerField()
    facts = models.CharField(_("faits"), max_length=120)
    """What happened, in general words; never a person."""
    place = models.CharField(_("lieu"), max_length=120)
    lat = models.FloatField(_("latitude"), validators=LATITUDE, null=True, blank=True)
    lon = models.FloatField(_("longitude"), validators=LONGITUDE, null=True, blank=True)
    radius_m = models.PositiveSmallIntegerField(_("rayon, mètres"), default=60)
    from_at_us = models.BigIntegerField()
    to_at_us = models.BigIntegerField()
    officer = models.CharField(_("OPJ ou autorité"), max_length=120, blank=True)
    unit = models.CharField(_("unité"), max_length=120, blank=True)
    phone = models.CharField(_("rappel par le standard"), max_length=40, blank=True)
    frame = models.CharField(_("cadre"), max_length=16, blank=True)
    procedure = models.CharField(_("numéro de procédure"), max_length=60, blank=True)
    dated_on = models.DateField(_("date de la réquisition"), null=True, blank=True)
    asked_by_on = models.DateField(_("réponse demandée le"), null=True, blank=True)
    opened_at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["-year", "-rank"]
        verbose_name = _("réquisition")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["year", "rank"], name="requisition_number_once"),
            models.CheckConstraint(condition=models.Q(from_at_us__lt=models.F("to_at_us")), name="requisition_span"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def inquiry(self) -> Inquiry:
        """What would tie a lock to it."""
        return Inquiry(officer=self.officer, unit=self.unit, frame=self.frame, dated_on=self.dated_on)

    @property
    def title(self) -> str:
        """Facts and place."""
        return f"{self.facts}, {self.place}"


class Hold(models.Model):
    """A span of one camera that is not destroyed before `until_at_us`; it releases by itself then.

    The nodes keep the whole files that the span touches.
    """

    KINDS: ClassVar = [
        (HoldKind.TELEPHONE.value, _("appel téléphonique")),
        (HoldKind.INQUIRY.value, _("enquête")),
        (HoldKind.INCIDENT.value, _("constat d’un opérateur")),
        (HoldKind.ACCESS.value, _("demande d’accès")),
        (HoldKind.LIMITATION.value, _("limitation signée par le DPO")),
    ]

    id = models.SlugField(primary_key=True, max_length=63)
    kind = models.CharField(_("motif"), max_length=12, choices=KINDS, default=HoldKind.INCIDENT.value)
    camera = models.ForeignKey("plan.Camera", on_delete=models.PROTECT, related_name="holds", verbose_name=_("caméra"))
    from_at_us = models.BigIntegerField()
    to_at_us = models.BigIntegerField()
    until_at_us = models.BigIntegerField(db_index=True)
    subject = models.CharField(_("objet"), max_length=200)
    """What it is kept for: an incident, a requisition's number, an access request's; never a person."""
    requisition = models.ForeignKey(
        Requisition, null=True, blank=True, on_delete=models.PROTECT, related_name="holds", verbose_name=_("enquête")
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """The DPO, of a limitation."""
    made_at_us = models.BigIntegerField(default=0)
    released_at_us = models.BigIntegerField(null=True, blank=True)
    """When it was lifted before its end."""

    class Meta:
        ordering: ClassVar = ["from_at_us", "id"]
        verbose_name = _("verrou")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(from_at_us__lt=models.F("to_at_us")), name="hold_has_a_span"),
            models.CheckConstraint(
                condition=~models.Q(kind=HoldKind.INQUIRY.value) | models.Q(requisition__isnull=False),
                name="inquiry_hold_has_its_inquiry",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=HoldKind.LIMITATION.value) | models.Q(signed_by__isnull=False),
                name="limitation_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class Choice(models.Model):
    """A camera of a requisition: kept, or set aside with its reason; the last row of a camera counts."""

    ASIDES: ClassVar = [
        (Aside.OUT_OF_FIELD.value, _("hors champ")),
        (Aside.BEHIND_FACADE.value, _("une façade cache le point")),
        (Aside.TOO_FAR.value, _("trop loin")),
        (Aside.DEAD.value, _("en panne à ce moment")),
        (Aside.MASKED.value, _("le masque couvre le point")),
        (Aside.NO_FOOTAGE.value, _("aucune image enregistrée")),
        (Aside.NOT_ASKED.value, _("hors de la demande")),
        (Aside.NOTHING_SEEN.value, _("relue : rien à voir")),
    ]

    requisition = models.ForeignKey(Requisition, on_delete=models.PROTECT, related_name="choices")
    camera = models.ForeignKey("plan.Camera", on_delete=models.PROTECT, related_name="+")
    is_kept = models.BooleanField(_("retenue"))
    reason = models.CharField(_("motif"), max_length=16, choices=ASIDES, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["requisition", "pk"]
        verbose_name = _("caméra choisie")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(is_kept=True) ^ ~models.Q(reason=""), name="kept_or_aside_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requisition_id} {self.camera_id}"


class Scan(models.Model):
    """A paper as it was scanned: sealed under the site key, named by us, its type told by its content."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    media_type = models.CharField(max_length=20)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return self.pk


class Piece(models.Model):
    """A paper of a requisition. It counts once it says when it was signed and by whom."""

    KINDS: ClassVar = [
        (PieceKind.REQUISITION.value, _("réquisition signée")),
        (PieceKind.AUTHORISATION.value, _("autorisation du procureur")),
        (PieceKind.INSTRUCTIONS.value, _("instructions générales du procureur")),
        (PieceKind.COMMISSION.value, _("commission rogatoire")),
        (PieceKind.RECEIPT.value, _("récépissé signé")),
        (PieceKind.ORIGINAL.value, _("original papier")),
        (PieceKind.OTHER.value, _("autre pièce")),
    ]

    requisition = models.ForeignKey(Requisition, on_delete=models.PROTECT, related_name="pieces")
    kind = models.CharField(_("pièce"), max_length=16, choices=KINDS)
    reference = models.CharField(_("référence"), max_length=60, blank=True)
    signed_by = models.CharField(_("signataire"), max_length=120, blank=True)
    dated_on = models.DateField(_("datée du"), null=True, blank=True)
    scan = models.OneToOneField(Scan, null=True, blank=True, on_delete=models.PROTECT, related_name="piece")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["requisition", "pk"]
        verbose_name = _("pièce")

    def __str__(self) -> str:
        return f"{self.requisition_id} {self.kind}"


class Step(models.Model):
    """What somebody did for a requisition, and when. `code`: of a result, a reason, a piece; never a sentence."""

    KINDS: ClassVar = [(kind.value, kind.value) for kind in StepKind]

    requisition = models.ForeignKey(Requisition, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=KINDS)
    code = models.CharField(max_length=40, blank=True)
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """None: the system."""
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["requisition", "at_us", "pk"]
        verbose_name = _("étape")

    def __str__(self) -> str:
        return f"{self.requisition_id} {self.kind}"


class Recipient(models.Model):
    """Somebody to whom pictures may be handed. Source: CSI R. 253-3 III, closed list."""

    QUALITIES: ClassVar = [
        ("opj", _("officier ou agent de police judiciaire")),
        ("l252-3", _("service de police ou de gendarmerie nommé par l’arrêté (L. 252-3)")),
        ("command", _("autorité requise en salle de commandement")),
        ("administrative", _("autorité administrative, dans une procédure")),
        ("inspection", _("inspection de l’État")),
    ]

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    quality = models.CharField(_("qualité (R. 253-3 III)"), max_length=16, choices=QUALITIES)
    name = models.CharField(_("nom"), max_length=120)
    unit = models.CharField(_("service"), max_length=120)
    reference = models.CharField(_("carte ou acte"), max_length=60, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    added_at_us = models.BigIntegerField()
    ended_at_us = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["unit", "name"]
        verbose_name = _("destinataire")

    def __str__(self) -> str:
        return f"{self.name}, {self.unit}"


class Pack(models.Model):
    """What is handed over, asked for by an agent and made by the worker. Its state is what its instants say.

    `folder` is the name under `packs/`, given by us. `failure` is a code.
    """

    id = models.CharField(primary_key=True, max_length=32, default=new_id, editable=False)
    requisition = models.ForeignKey(Requisition, on_delete=models.PROTECT, related_name="packs")
    recipient = models.ForeignKey(Recipient, null=True, on_delete=models.PROTECT, related_name="packs")
    """Whom its slip names."""
    with_working_copy = models.BooleanField(_("avec copie de travail"), default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at_us = models.BigIntegerField()
    folder = models.CharField(max_length=80, blank=True)
    files = models.PositiveIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    originals_sha256 = models.CharField(max_length=64, blank=True)
    is_stamped = models.BooleanField(default=False)
    without_images: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Ids of cameras that had no picture of the span."""
    made_at_us = models.BigIntegerField(null=True, blank=True)
    failed_at_us = models.BigIntegerField(null=True, blank=True)
    failure = models.CharField(max_length=40, blank=True)
    destroy_asked_at_us = models.BigIntegerField(null=True, blank=True)
    """From then its files go; a kill in between is finished by the next pass."""
    destroyed_at_us = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["asked_at_us", "pk"]
        verbose_name = _("pack")

    def __str__(self) -> str:
        return f"{self.requisition_id} {self.pk[:8]}"

    @property
    def state(self) -> PackState:
        """Derived: the last thing that happened to it."""
        if self.destroyed_at_us is not None:
            return PackState.DESTROYED
        if self.failed_at_us is not None:
            return PackState.FAILED
        if any(True for _ in self.hand_overs.all()):
            return PackState.HANDED_OVER
        return PackState.ASKED if self.made_at_us is None else PackState.MADE


class HandOver(models.Model):
    """An answer given to a registered recipient: with its pack, or negative without. Source: CSI R. 253-3 III."""

    MEDIA: ClassVar = [
        ("disc", _("disque non réinscriptible")),
        ("drive", _("disque dur (grand volume)")),
        ("usb", _("clé USB, avec motif")),
        ("platform", _("plateforme d’échange de l’enquête")),
        ("paper", _("réponse écrite, sans images")),
    ]
    EXEMPTIONS: ClassVar = [
        ("no-burner", _("le graveur est en panne")),
        ("cannot-read", _("le destinataire ne peut pas lire un disque, il l’a écrit")),
        ("court-asks", _("le magistrat l’a demandé par écrit")),
    ]
    """Why a rewritable medium carries what a write-once disc could. Source: arrêté of 3 August 2007, art. 3."""

    requisition = models.ForeignKey(Requisition, on_delete=models.PROTECT, related_name="hand_overs")
    pack = models.ForeignKey(Pack, null=True, blank=True, on_delete=models.PROTECT, related_name="hand_overs")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="hand_overs")
    medium = models.CharField(_("support"), max_length=10, choices=MEDIA)
    medium_reference = models.CharField(_("numéro du support"), max_length=60, blank=True)
    medium_exemption = models.CharField(_("motif d’un support réinscriptible"), max_length=12, choices=EXEMPTIONS,
                                        blank=True)  # fmt: skip
    reader_medium = models.CharField(_("support du lecteur"), max_length=10, choices=MEDIA, blank=True)
    reader_reference = models.CharField(_("numéro du support du lecteur"), max_length=60, blank=True)
    keeps_until_on = models.DateField(_("à détruire au plus tard le"), null=True, blank=True)
    """Of a recipient named by the order; in a judicial procedure, its own rules apply (R. 253-4)."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at_us = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["at_us", "pk"]
        verbose_name = _("remise")

    def __str__(self) -> str:
        return f"{self.requisition_id} → {self.recipient_id}"


# Beside what they are about; Django looks for them here.
from beffroi.evidence.access.models import AccessRequest as AccessRequest  # noqa: E402
from beffroi.evidence.access.models import AccessStep as AccessStep  # noqa: E402
