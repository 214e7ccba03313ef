"""Day, night, rain: what the town clock makes of the sky."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from beffroi.core.instants import US_PER_S
from beffroi.simulator.burnt_clock import PARIS

_DUSK_H = {
    1: 17.6,
    2: 18.4,
    3: 19.2,
    4: 20.7,
    5: 21.3,
    6: 21.8,
    7: 21.7,
    8: 21.0,
    9: 20.0,
    10: 19.0,
    11: 17.5,
    12: 17.3,
}
_DAWN_H = {1: 8.2, 2: 7.7, 3: 6.9, 4: 6.9, 5: 6.2, 6: 5.9, 7: 6.1, 8: 6.7, 9: 7.3, 10: 8.0, 11: 7.7, 12: 8.2}
"""Local hours of the fifteenth of each month at 44° N, rounded."""


class Sky(StrEnum):
    """One drawing each."""

    DAY = "day"
    NIGHT = "night"
    RAIN = "rain"


def sky_at(at_us: int) -> Sky:
    """The sky over the town. It rains by day for three hours now and then, the same ones for everybody."""
    local = datetime.fromtimestamp(at_us // US_PER_S, PARIS)
    hour = local.hour + local.minute / 60
    if not _DAWN_H[local.month - 1] <= hour < _DUSK_H[local.month - 1]:
        return Sky.NIGHT
    return Sky.RAIN if (local.toordinal() * 7 + local.hour // 3 * 3) % 11 == 0 else Sky.DAY
