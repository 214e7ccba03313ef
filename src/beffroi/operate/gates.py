"""The gate of each device: that of its camera's order, or 24 hours for a workshop camera."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from beffroi.authorise.queries import CameraGate
from beffroi.authorise.queries import gates as camera_gates
from beffroi.authorise.rules import Shut
from beffroi.core.instants import from_us, to_us
from beffroi.operate import rules
from beffroi.operate.models import Device

DAY_S = 86_400
_FAR_S = 366 * DAY_S
"""A gate that nothing closes is asked about again long before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Whether a device may stream now; when not, `message` is one of `words.CAUSES`."""

    is_open: bool
    name: str
    message: str = ""
    not_after_us: int = 0
    retention_s: int = 0
    minimum_retention_s: int = 0


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
    if not gate.is_open:
        return Gate(is_open=False, name=name, message=(gate.shut or Shut.NO_ORDER).value)
    return Gate(
        is_open=True,
        name=name,
        not_after_us=to_us(gate.closes_at)
        if gate.closes_at
        else now_us // rules.US // DAY_S * DAY_S * rules.US + _FAR_S * rules.US,
        retention_s=min(gate.retention_s, settings.BEFFROI.retention.max_days * DAY_S),
        minimum_retention_s=gate.minimum_retention_days * DAY_S,
    )
