"""How many recorder nodes, from what our own bench measured on a named machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from beffroi.core.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderFigures:
    """One measure: what a machine recorded without losing a frame, and what its disk can write.

    `cpu_ms_per_camera_s`: processor time for one second of one camera of `stream_bit_s`.
    """

    machine: str
    cores: int
    cameras: int
    stream_bit_s: float
    cpu_ms_per_camera_s: float
    disk_write_bit_s: float
    measured_on: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Machines needed, by what runs out first; `limits`: machines each resource alone would need."""

    recording: int
    standby: int
    limits: Mapping[str, float]

    @property
    def total(self) -> int:
        return self.recording + self.standby

    @property
    def bound_by(self) -> str:
        """`cameras`, `processor` or `disk`."""
        return max(self.limits, key=lambda name: self.limits[name])


def nodes(
    figures: RecorderFigures, cameras: int, video_bit_s: float, *, headroom: float = 0.5, standby: int = 1
) -> Nodes:
    """Machines like the measured one for these cameras and their video together.

    `headroom`: share of what was measured that is kept free: a bench has no replay, export or rebuild beside it.
    Processor time grows with the rate (packets), never below the measured camera's.

    Errors: InvalidInput when a figure has no sense.
    """
    if not (0 <= headroom < 1 and cameras >= 0 and video_bit_s >= 0):
        raise InvalidInput(
            "Headroom is between 0 and 1, cameras and rate are ≥ 0; mend them.",
            message_fr="La réserve est entre 0 et 1, caméras et débit sont ≥ 0 ; corrigez-les.",
            field="headroom",
        )
    free = 1 - headroom
    streams = max(float(cameras), video_bit_s / figures.stream_bit_s)
    limits = {
        "cameras": streams / (figures.cameras * free),
        "processor": streams * figures.cpu_ms_per_camera_s / (figures.cores * 1000 * free),
        "disk": video_bit_s / (figures.disk_write_bit_s * free),
    }
    recording = math.ceil(max(limits.values()) - 1e-9)
    return Nodes(recording=recording, standby=standby if recording else 0, limits=limits)
