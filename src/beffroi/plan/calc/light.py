"""Optical budget of an arm, and a radio hop where fibre does not go. dB, dBm, km, GHz, m."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.core.errors import InvalidInput

EARTH_M = 6_371_000 * 4 / 3
"""Radius of the earth as radio sees it: refraction bends rays (ITU-R P.530)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fibre:
    """Losses of one kind of fibre at one wavelength. Source: ITU-T G.652; usual installer's allowances."""

    db_per_km: float = 0.35
    splice_db: float = 0.1
    connector_db: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """An optical module. The defaults are 1000BASE-LX10. Source: IEEE 802.3 clause 59."""

    least_sent_dbm: float = -9.0
    least_received_dbm: float = -19.5
    reach_km: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpticalBudget:
    """What an arm loses, what the modules can lose, what is left."""

    loss_db: float
    available_db: float
    in_reach: bool

    @property
    def margin_db(self) -> float:
        return self.available_db - self.loss_db

    @property
    def holds(self) -> bool:
        """3 dB are left for ageing and repairs."""
        return self.in_reach and self.margin_db >= 3.0


_FIBRE, _MODULE = Fibre(), Module()


def optical_budget(
    length_m: float, *, splices: int, connectors: int, fibre: Fibre = _FIBRE, module: Module = _MODULE
) -> OpticalBudget:
    """In a town splices and connectors lose more than the length."""
    loss = length_m / 1000 * fibre.db_per_km + splices * fibre.splice_db + connectors * fibre.connector_db
    return OpticalBudget(
        loss_db=loss,
        available_db=module.least_sent_dbm - module.least_received_dbm,
        in_reach=length_m <= module.reach_km * 1000,
    )


def free_space_loss_db(distance_km: float, frequency_ghz: float) -> float:
    """Source: ITU-R P.525: 92.45 + 20 log₁₀(km · GHz)."""
    if not (distance_km > 0 and frequency_ghz > 0):
        raise InvalidInput(
            "Distance and frequency are above 0; mend them.",
            message_fr="Distance et fréquence sont supérieures à 0 ; corrigez-les.",
            field="distance_km",
        )
    return 92.45 + 20 * math.log10(distance_km * frequency_ghz)


def fresnel_radius_m(from_start_km: float, to_end_km: float, frequency_ghz: float) -> float:
    """Radius of the first Fresnel zone at a point of the path. Source: ITU-R P.526."""
    return 17.32 * math.sqrt(from_start_km * to_end_km / (frequency_ghz * (from_start_km + to_end_km)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A radio hop: sent power, gains of both antennas, what the receiver needs, loss left for rain."""

    distance_km: float
    frequency_ghz: float
    sent_dbm: float
    gains_dbi: float
    needed_dbm: float
    rain_db: float = 0.0

    @property
    def received_dbm(self) -> float:
        return self.sent_dbm + self.gains_dbi - free_space_loss_db(self.distance_km, self.frequency_ghz) - self.rain_db

    @property
    def margin_db(self) -> float:
        return self.received_dbm - self.needed_dbm


def blocked_at_m(hop: Hop, heights_m: Sequence[float], ends_m: tuple[float, float]) -> list[float]:
    """Distances from the start, in metres, where ground or roofs enter 60 % of the first Fresnel zone.

    `heights_m`: altitudes at even steps from start to end, both included; `ends_m`: altitudes of the two antennas.
    Empty: the hop sees through.
    """
    blocked = []
    steps = len(heights_m) - 1
    for step in range(1, steps):
        near, far = (hop.distance_km * part for part in (step / steps, 1 - step / steps))
        bulge = near * far * 1e6 / (2 * EARTH_M)
        ray = ends_m[0] + (ends_m[1] - ends_m[0]) * step / steps
        if heights_m[step] + bulge > ray - 0.6 * fresnel_radius_m(near, far, hop.frequency_ghz):
            blocked.append(near * 1000)
    return blocked
