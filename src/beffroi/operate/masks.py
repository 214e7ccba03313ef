"""Writes and reads of masks: each drawing is a new version, each proof a row. Source: CSI L. 251-3."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction
from django.db.models import Max
from shapely.geometry import shape

from beffroi.core.errors import Conflict
from beffroi.engine.contract import CameraMasks, EngineFact, FactKind, MaskDriver, MaskPolygon
from beffroi.journal.services import append
from beffroi.operate import mask_rules, nudges, registers, rules
from beffroi.operate.models import Device, MaskProof, MaskVersion
from beffroi.plan.models import Camera
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

    Errors: InvalidInput naming the field, Conflict when somebody drew meanwhile.
    """
    turns = device.camera is not None and device.camera.kind == "ptz"
    mask_rules.check_masks(drawing.polygons, drawing.reason, turns=turns)
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
    """Of these, the cameras that the plan shows a dwelling in view of, and whose masks nobody drew."""
    wanted = set(cameras)
    wanted -= set(latest(wanted)) if wanted else set()
    rows = Camera.objects.filter(pk__in=wanted) if wanted else ()
    ground = (Building.objects.count(), int(time.monotonic() / _GROUND_S)) if wanted else (0, 0)
    return frozenset(row.pk for row in rows if _sees_any(_Pose.of(row), ground))


@dataclass(frozen=True, slots=True)
class _Pose:
    lat: float
    lon: float
    view: mask_rules.View

    @classmethod
    def of(cls, camera: Camera) -> _Pose:
        view = mask_rules.View(
            bearing_deg=camera.bearing_deg,
            hfov_deg=camera.hfov_deg,
            range_m=rules.range_m(camera.width_px, camera.hfov_deg, "detect"),
            turns=camera.kind == "ptz",
        )
        return cls(camera.lat, camera.lon, view)


@lru_cache(maxsize=256)
def _sees_any(pose: _Pose, _ground: tuple[int, int]) -> bool:
    """Asked at every exchange of a node; the buildings of a town change by import, once in a long while."""
    dwellings = Building.objects.filter(is_dwelling=True).values_list("shape", flat=True)
    return any(mask_rules.is_in_view(shape(one), lat=pose.lat, lon=pose.lon, view=pose.view) for one in dwellings)


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
