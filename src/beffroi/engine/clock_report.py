"""What a node tells of clocks: its own each hour, a camera's when it goes astray and when it comes back.

Source: arrêté of 3 August 2007, annex 1 §3 (a reliable time base); the second is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from beffroi.core.clock import Synchronisation
from beffroi.engine.contract import CameraHealth, FactKind, StreamName
from beffroi.engine.outbox import Detail

EVERY_S = 3600.0
ASTRAY_MS = 1000
BACK_MS = 800
"""A camera that wavers about the second is not told at each look."""

Told = tuple[FactKind, str, Detail]
"""Kind, camera (empty for the node's own clock), detail of a fact."""


def state_of(own: Synchronisation) -> str:
    """`synchronised`, `unsynchronised`, or `unknown` when the system does not tell."""
    if own.is_synchronised is None:
        return "unknown"
    return "synchronised" if own.is_synchronised else "unsynchronised"


class ClockReport:
    """Remembers what was told, so that each change is told once."""

    def __init__(self) -> None:
        self._next_s = float("-inf")
        self._state = ""
        self._astray: set[str] = set()

    def look(self, monotonic_s: float, own: Synchronisation, cameras: Iterable[CameraHealth]) -> Iterator[Told]:
        """Facts of this moment: hourly and at each change of the node's clock; at each change of a camera's."""
        offsets = {camera.id: offset for camera in cameras if (offset := offset_ms(camera)) is not None}
        if monotonic_s >= self._next_s or state_of(own) != self._state:
            self._next_s, self._state = monotonic_s + EVERY_S, state_of(own)
            yield FactKind.CLOCK_STATE, "", _own_detail(own, offsets.values())
        for camera, offset in offsets.items():
            was_astray = camera in self._astray
            is_astray = abs(offset) > (BACK_MS if was_astray else ASTRAY_MS)
            if is_astray != was_astray:
                (self._astray.add if is_astray else self._astray.discard)(camera)
                yield FactKind.CAMERA_CLOCK, camera, {"offset_ms": offset, "is_astray": is_astray}


def offset_ms(camera: CameraHealth) -> int | None:
    """A camera's clock against the node's: that of its main stream."""
    return next((stream.clock_offset_ms for stream in camera.streams if stream.stream is StreamName.MAIN), None)


def _own_detail(own: Synchronisation, offsets: Iterable[int]) -> Detail:
    measured = list(offsets)
    told: Detail = {"state": state_of(own), "cameras": len(measured)}
    told["worst_camera_ms"] = max(measured, key=abs, default=0)
    if own.error_ms is not None:
        told["error_us"] = round(own.error_ms * 1000)
    if own.offset_ms is not None:
        told["offset_us"] = round(own.offset_ms * 1000)
    return told
