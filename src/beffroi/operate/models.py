"""Recording nodes, devices of cameras, and what nodes reported."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from beffroi.engine.contract import GapCause, GrantKind, MaskDriver, MaskVerdict, Transport


class Node(models.Model):
    """A recording node. `public` is its Ed25519 key, base64url; empty until it has enrolled."""

    id = models.SlugField(primary_key=True, max_length=63)
    name = models.CharField(_("nom"), max_length=120)
    url = models.CharField(_("adresse"), max_length=200, blank=True)
    public = models.CharField(max_length=64, blank=True)
    enrol_code_sha256 = models.CharField(max_length=64, blank=True)
    enrol_until_at_us = models.BigIntegerField(default=0)
    enrolled_at_us = models.BigIntegerField(default=0)
    acked_seq = models.BigIntegerField(default=0)
    health_json = models.TextField(blank=True)
    """Last `NodeHealth`, as received; the state of every camera of the node is in it."""
    health_at_us = models.BigIntegerField(default=0)
    """Instant of its receipt, by web's clock."""

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    """Where a camera's pictures come from. Without `camera` it is a workshop camera: 24 hours, never counted.

    `id` is the camera's identifier on the wire. The password is sealed under the site key and never read back
    but to be handed to the node.
    """

    TRANSPORTS: ClassVar = [(Transport.TCP.value, "TCP"), (Transport.UDP.value, "UDP")]

    id = models.SlugField(primary_key=True, max_length=63)
    camera = models.OneToOneField("plan.Camera", null=True, blank=True, on_delete=models.PROTECT, related_name="device")
    name = models.CharField(_("nom"), max_length=120, blank=True)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="devices", verbose_name=_("enregistreur"))
    main_url = models.CharField(_("adresse du flux principal"), max_length=500)
    sub_url = models.CharField(_("adresse du flux secondaire"), max_length=500, blank=True)
    transport = models.CharField(_("transport"), max_length=3, choices=TRANSPORTS, default=Transport.TCP.value)
    onvif_url = models.CharField(_("adresse ONVIF"), max_length=500, blank=True)
    """Of the device service; empty: `/onvif/device_service` at port 80 of the main stream's host."""
    username = models.CharField(_("identifiant de la caméra"), max_length=120, blank=True)
    sealed_password = models.BinaryField(default=b"", editable=False)
    workshop_until_at_us = models.BigIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(camera__isnull=True) ^ models.Q(workshop_until_at_us__isnull=True),
                name="device_is_a_camera_or_a_workshop_one",
            )
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_workshop(self) -> bool:
        """A trial camera in a closed private room."""
        return self.camera_id is None


class NodeFact(models.Model):
    """One fact of a node, kept as received. (`node`, `seq`) makes a second delivery harmless."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="facts")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=24)
    at_us = models.BigIntegerField()
    camera = models.CharField(max_length=63, blank=True)
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["node", "seq"], name="node_fact_once")]
        indexes: ClassVar = [models.Index(fields=["camera", "-at_us"]), models.Index(fields=["kind", "-at_us"])]

    def __str__(self) -> str:
        return f"{self.node_id}/{self.seq} {self.kind}"


class Gap(models.Model):
    """A span without footage, and why."""

    CAUSES: ClassVar = [(cause.value, cause.value) for cause in GapCause]

    camera = models.CharField(max_length=63)
    stream = models.CharField(max_length=4)
    from_at_us = models.BigIntegerField()
    to_at_us = models.BigIntegerField()
    cause = models.CharField(max_length=16, choices=CAUSES)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["camera", "stream", "from_at_us"], name="gap_once")]
        indexes: ClassVar = [models.Index(fields=["camera", "-to_at_us"])]

    def __str__(self) -> str:
        return f"{self.camera} {self.cause}"


class View(models.Model):
    """A viewing grant that was given, and what became of it: the log that the law asks for."""

    KINDS: ClassVar = [(kind.value, kind.value) for kind in GrantKind]

    grant = models.CharField(primary_key=True, max_length=32)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="views", db_constraint=True
    )
    camera = models.CharField(max_length=63)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="views")
    kind = models.CharField(max_length=16, choices=KINDS)
    reason_code = models.CharField(max_length=24)
    reason_reference = models.CharField(max_length=120, blank=True)
    from_at_us = models.BigIntegerField(default=0)
    to_at_us = models.BigIntegerField(default=0)
    issued_at_us = models.BigIntegerField()
    opened_at_us = models.BigIntegerField(default=0)
    ended_at_us = models.BigIntegerField(default=0)
    end_cause = models.CharField(max_length=40, blank=True)
    frames = models.BigIntegerField(default=0)
    sent_bytes = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["camera", "-issued_at_us"]), models.Index(fields=["-issued_at_us"])]

    def __str__(self) -> str:
        return f"{self.grant} {self.kind} {self.camera}"


class MaskVersion(models.Model):
    """What a camera may not show, as of an instant; without a polygon: somebody found nothing to mask.

    A version is never changed: the next one replaces it. Source: CSI L. 251-3.
    """

    DRIVERS: ClassVar = [(driver.value, driver.value) for driver in MaskDriver]

    camera = models.CharField(max_length=63)
    number = models.PositiveIntegerField()
    driver = models.CharField(max_length=8, choices=DRIVERS)
    polygons: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    """`[{"points": [[x, y], …], "preset": ""}]`, whole numbers in 0..10,000 of width and height."""
    reason = models.CharField(max_length=24)
    author = models.CharField(max_length=63)
    """An agent's id, or `system`."""
    made_at_us = models.BigIntegerField()
    pose: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """Of a finding that there is nothing to mask: how the camera stood (`mask_rules.Pose`); it holds for that alone."""
    still_at_us = models.BigIntegerField(default=0)
    """Instant of the picture it was drawn on; 0: drawn by coordinates. The picture itself is not kept here."""
    still_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["camera", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["camera", "number"], name="mask_version_once")]

    def __str__(self) -> str:
        return f"{self.camera}/{self.number}"


class MaskProof(models.Model):
    """What one decoded picture said of a version's masks. Its pictures stay on the node and die with their hour."""

    VERDICTS: ClassVar = [(verdict.value, verdict.value) for verdict in MaskVerdict]

    camera = models.CharField(max_length=63)
    stream = models.CharField(max_length=4)
    version = models.PositiveIntegerField()
    driver = models.CharField(max_length=8, choices=MaskVersion.DRIVERS)
    verdict = models.CharField(max_length=8, choices=VERDICTS)
    cause = models.CharField(max_length=40, blank=True)
    levels = models.PositiveSmallIntegerField(default=0)
    """Widest spread of brightness or colour found inside a mask, of 255."""
    at_us = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    before_sha256 = models.CharField(max_length=64, blank=True)
    before_at_us = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["camera", "stream", "at_us"], name="mask_proof_once")]
        indexes: ClassVar = [models.Index(fields=["camera", "-at_us"])]

    def __str__(self) -> str:
        return f"{self.camera}/{self.version} {self.verdict}"


# Beside what they are about; Django looks for them here.
from beffroi.operate.logbook.models import LogLine as LogLine  # noqa: E402
from beffroi.operate.logbook.models import LogTelling as LogTelling  # noqa: E402
from beffroi.operate.logbook.models import LogYear as LogYear  # noqa: E402
