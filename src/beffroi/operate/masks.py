"""Writes and reads of masks: each drawing is a new version, each proof a row. Source: CSI L. 251-3."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache

from django.db import transaction
from django.db.models import Max
from shapely import STRtree
from shapely.geometry import shape

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.engine.contract import CameraMasks, EngineFact, FactKind, MaskDriver, MaskPolygon
from beffroi.journal.services import append
from beffroi.operate import mask_rules, nudges, registers, rules
from beffroi.operate.models import Device, MaskProof, MaskVersion
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.events import Masking
from beffroi.plan.models import Camera
from beffroi.plan.planned_masks import mask_plan
from beffroi.territory.models import Building

_GROUND_S = 600
_ONVIF_PATH = "/onvif/device_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Masks as somebody drew them. `after`: number of the version it was drawn over, 0 for none."""

    polygons: tuple[MaskPolygon, ...]
    driver: MaskDriver
    reason: str
    after: int = 0
    still_at_us: int = 0
    still_sha256: str = ""


def draw(device: Device, drawing: Drawing, *, by: str, now_us: int) -> MaskVersion:
    """The camera's masks are these from now on; its node is told.

    Errors: InvalidInput naming the field (a finding that nobody signs, too), Conflict when somebody drew meanwhile.
    """
    turns = device.camera is not None and device.camera.kind == "ptz"
    mask_rules.check_masks(drawing.polygons, drawing.reason, turns=turns)
    if drawing.reason == mask_rules.NOTHING and by == "system":
        raise InvalidInput(
            "A finding is somebody's: say who looked.",
            message_fr="Un constat est de quelqu'un : dites qui a regardé.",
            field="author",
        )
    with transaction.atomic():
        Device.objects.select_for_update().get(pk=device.pk)
        last = MaskVersion.objects.filter(camera=device.pk).aggregate(last=Max("number"))["last"] or 0
        if drawing.after != last:
            raise Conflict(
                "Somebody drew this camera's masks meanwhile; look at them, then draw again.",
                message_fr="Quelqu'un a dessiné les masques de cette caméra entre-temps ; regardez-les, puis "
                "recommencez.",
                field="polygons",
            )
        version = MaskVersion.objects.create(
            camera=device.pk,
            number=last + 1,
            driver=drawing.driver.value,
            polygons=[{"points": polygon.points, "preset": polygon.preset} for polygon in drawing.polygons],
            reason=drawing.reason,
            author=by,
            pose=asdict(pose_of(device.camera)) if device.camera and not drawing.polygons else {},
            made_at_us=now_us,
            still_at_us=drawing.still_at_us,
            still_sha256=drawing.still_sha256,
        )
        nudges.after_commit([device.node])
        append(registers.of_masks(device.pk, by, drawing.reason, detail=_told(version, drawing.polygons)))
    return version


def _told(version: MaskVersion, polygons: tuple[MaskPolygon, ...]) -> dict[str, int | str]:
    told: dict[str, int | str] = {
        "version": version.number,
        "polygons": len(polygons),
        "driver": version.driver,
        "sha256": mask_rules.digest(polygons),
    }
    if version.still_sha256:
        told |= {"still_at_us": version.still_at_us, "still_sha256": version.still_sha256}
    return told


def keep_proofs(facts: Iterable[EngineFact]) -> None:
    """Proofs among the facts of an exchange, inside its transaction; one delivered again changes nothing."""
    rows = [
        MaskProof(
            camera=fact.camera,
            stream=str(fact.detail.get("stream", ""))[:4],
            version=int(fact.detail.get("version", 0)),
            driver=str(fact.detail.get("driver", ""))[:8],
            verdict=str(fact.detail.get("verdict", ""))[:8],
            cause=str(fact.detail.get("cause", ""))[:40],
            levels=int(fact.detail.get("levels", 0)),
            at_us=fact.at_us,
            sha256=str(fact.detail.get("sha256", ""))[:64],
            before_sha256=str(fact.detail.get("before_sha256", ""))[:64],
            before_at_us=int(fact.detail.get("before_at_us", 0)),
        )
        for fact in facts
        if fact.kind is FactKind.MASK_PROOF
    ]
    MaskProof.objects.bulk_create(rows, ignore_conflicts=True)


# -- reads ------------------------------------------------------------------------------------------------


def latest(cameras: Iterable[str]) -> dict[str, MaskVersion]:
    """The version in force of each camera that has one, without a polygon where there is nothing to mask."""
    rows = MaskVersion.objects.filter(camera__in=list(cameras)).order_by("camera", "number")
    return {row.camera: row for row in rows}


def desired(devices: Iterable[Device]) -> Mapping[str, CameraMasks]:
    """What nodes must blacken, by camera id."""
    devices = list(devices)
    known = latest(device.pk for device in devices)
    return {
        device.pk: CameraMasks(
            version=version.number,
            driver=MaskDriver(version.driver),
            polygons=polygons_of(version),
            onvif_url=onvif_url(device) if version.driver == MaskDriver.CAMERA else "",
        )
        for device in devices
        if (version := known.get(device.pk)) is not None and version.polygons
    }


def lacking(cameras: Iterable[str]) -> frozenset[str]:
    """Of these, the cameras that the plan shows a dwelling in view of, without masks nor a finding of their pose."""
    wanted = list(cameras)
    known = latest(wanted) if wanted else {}
    bare = [camera for camera in wanted if camera not in known or not known[camera].polygons]
    if not bare:
        return frozenset()
    ground = (Building.objects.count(), int(time.monotonic() / _GROUND_S))
    rows = Camera.objects.filter(pk__in=bare)
    return frozenset(row.pk for row in rows if not _is_found_bare(row, known.get(row.pk)) and _sees_any(row, ground))


def maskings(cameras: Iterable[str]) -> dict[str, Masking]:
    """What acceptance wants of each camera's masks; one without dwelling in view nor planned mask is left out."""
    wanted = list(cameras)
    known, bare = latest(wanted), lacking(wanted)
    models = camera_models()
    found: dict[str, Masking] = {}
    for row in Camera.objects.filter(pk__in=wanted):
        version = known.get(row.pk)
        if version is not None and version.polygons:
            found[row.pk] = Masking.PROVE
        elif _is_found_bare(row, version):
            found[row.pk] = Masking.FOUND
        elif row.pk in bare or _has_planned(row, models):
            found[row.pk] = Masking.DRAW
    return found


def _has_planned(row: Camera, models: dict[str, CameraModel]) -> bool:
    """A mask is planned, or a dwelling cannot be masked, or nothing can be said of its field."""
    plan = mask_plan(row, models)
    return plan is None or bool(plan.refusals) or any(view.masks for view in plan.views)


def last_proof(camera: str) -> MaskProof | None:
    """What the last picture said of the masks in force; None without masks, or before a picture was judged."""
    version = latest([camera]).get(camera)
    if version is None or not version.polygons:
        return None
    return MaskProof.objects.filter(camera=camera, version=version.number).order_by("-at_us").first()


def _is_found_bare(camera: Camera, version: MaskVersion | None) -> bool:
    """Somebody found, of the camera as it stands, that it shows nothing of a dwelling's inside or entrance."""
    if version is None or not version.pose:
        return False
    return mask_rules.is_same_pose(mask_rules.Pose(**version.pose), pose_of(camera))


def pose_of(camera: Camera) -> mask_rules.Pose:
    """How a camera stands in the plan."""
    return mask_rules.Pose(**{field.name: getattr(camera, field.name) for field in fields(mask_rules.Pose)})


def _sees_any(camera: Camera, ground: tuple[int, int]) -> bool:
    view = mask_rules.View(
        bearing_deg=camera.bearing_deg,
        hfov_deg=camera.hfov_deg,
        range_m=rules.range_m(camera.width_px, camera.hfov_deg, "detect"),
        turns=camera.kind == "ptz",
    )
    return _touches_any(camera.lat, camera.lon, view, ground=ground)


@lru_cache(maxsize=4096)
def _touches_any(lat: float, lon: float, view: mask_rules.View, *, ground: tuple[int, int]) -> bool:
    """Asked at every exchange of a node; the buildings of a town change by import, once in a long while."""
    seen = mask_rules.ground_in_view(lat, lon, view)
    return len(_dwellings(ground).query(seen, predicate="intersects")) > 0


@lru_cache(maxsize=1)
def _dwellings(_ground: tuple[int, int]) -> STRtree:
    return STRtree([shape(one) for one in Building.objects.filter(is_dwelling=True).values_list("shape", flat=True)])


def polygons_of(version: MaskVersion) -> tuple[MaskPolygon, ...]:
    """The masks of a version."""
    return mask_rules.parsed(version.polygons)


def onvif_url(device: Device) -> str:
    """The address of a device's ONVIF service: as set, or the customary one of its main stream's host."""
    if device.onvif_url:
        return device.onvif_url
    host = device.main_url.partition("://")[2].partition("/")[0]
    return f"http://{_without_port(host)}{_ONVIF_PATH}"


def _without_port(host: str) -> str:
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
