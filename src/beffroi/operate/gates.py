"""The gate of each device: that of its camera's papers, or 24 hours for a workshop camera."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from beffroi.authorise.queries import CameraGate
from beffroi.authorise.queries import gates as camera_gates
from beffroi.core.instants import US_PER_S, from_us, to_us
from beffroi.engine.contract import CameraState, Erasure, NodeHealth, decode
from beffroi.operate import nudges
from beffroi.operate.models import Device, Node

DAY_S = 86_400
_FAR_S = 366 * DAY_S
"""A gate that nothing closes is asked about again long before."""
_FRESH_US = 10 * US_PER_S
"""A camera sends pictures now when its node said so this lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether a device may stream now; when not, `message` is one of `words.CAUSES`.

    `is_test`: open for the agents of a test window alone. `is_turning_barred`, `staff`: precautions of the order:
    nobody turns it, these categories of R. 253-3 II alone look at it. `erasures`: footage that must not exist any more.
    """

    is_open: bool
    name: str
    message: str = ""
    not_after_us: int = 0
    retention_s: int = 0
    minimum_retention_s: int = 0
    is_test: bool = False
    is_turning_barred: bool = False
    staff: frozenset[str] | None = None
    erasures: tuple[Erasure, ...] = ()


def gates(devices: Iterable[Device], now_us: int) -> dict[str, Gate]:
    """The gate of each device, by its id."""
    devices = list(devices)
    at = from_us(now_us)
    known = camera_gates([device.pk for device in devices if not device.is_workshop], at=at)
    return {
        device.pk: _workshop(device, now_us) if device.is_workshop else _camera(device, known[device.pk], now_us)
        for device in devices
    }


def _workshop(device: Device, now_us: int) -> Gate:
    until_at_us = device.workshop_until_at_us or 0
    is_open = now_us < until_at_us
    return Gate(
        is_open=is_open,
        name=f"ESSAI {device.name}",
        message="" if is_open else "workshop-over",
        not_after_us=until_at_us,
        retention_s=DAY_S,
    )


def _camera(device: Device, gate: CameraGate, now_us: int) -> Gate:
    name = device.camera.name if device.camera else device.pk
    erasures = tuple(
        Erasure(camera=device.pk, from_at_us=to_us(from_at), before_at_us=to_us(before_at))
        for from_at, before_at in gate.test_footage
        if to_us(before_at) > now_us - 32 * DAY_S * US_PER_S  # older footage is gone by its retention
    )
    if gate.shut is not None:
        return Gate(is_open=False, name=name, message=gate.shut.value, erasures=erasures)
    return Gate(
        is_open=True,
        name=f"ESSAI {name}" if gate.is_test else name,
        not_after_us=to_us(gate.closes_at)
        if gate.closes_at
        else now_us // US_PER_S // DAY_S * DAY_S * US_PER_S + _FAR_S * US_PER_S,
        retention_s=min(gate.retention_s, _our_days(gate) * DAY_S),
        minimum_retention_s=gate.minimum_retention_days * DAY_S,
        is_test=gate.is_test,
        is_turning_barred=gate.is_turning_barred,
        staff=gate.staff,
        erasures=erasures,
    )


def _our_days(gate: CameraGate) -> int:
    """The town's own term gives way to the order's minimum."""
    return max(settings.BEFFROI.retention.max_days, gate.minimum_retention_days)


def tell_nodes(cameras: frozenset[str]) -> None:
    """The gates of these cameras may have changed: their nodes ask again now."""
    nudges.send({url for url in Node.objects.filter(devices__in=cameras).values_list("url", flat=True) if url})


def streaming_now(now_us: int) -> frozenset[str]:
    """Ids of the cameras, workshop ones apart, that nodes say send pictures now."""
    healths = Node.objects.exclude(health_json="").filter(health_at_us__gt=now_us - _FRESH_US)
    workshop = set(Device.objects.filter(camera__isnull=True).values_list("pk", flat=True))
    found = (decode(NodeHealth, text) for text in healths.values_list("health_json", flat=True))
    cameras = {camera.id for health in found for camera in health.cameras if camera.state is CameraState.RECORDING}
    return frozenset(cameras - workshop)
