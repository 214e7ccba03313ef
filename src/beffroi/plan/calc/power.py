"""Power of a mast: PoE classes, the cabinet, its battery, and the trap of the lighting circuit. Watts, hours, Wh.

Source: IEEE 802.3-2022, clauses 33 and 145 (PoE); the trap: a public lighting circuit is live at night only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.core.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class PoeClass:
    """A type of PoE: what the switch's port gives and what reaches the device over 100 m of copper."""

    name: str
    port_w: float
    device_w: float


POE = (
    PoeClass(name="802.3af", port_w=15.4, device_w=12.95),
    PoeClass(name="802.3at", port_w=30.0, device_w=25.5),
    PoeClass(name="802.3bt type 3", port_w=60.0, device_w=51.0),
    PoeClass(name="802.3bt type 4", port_w=90.0, device_w=71.3),
)
MOST_W = POE[-1].device_w
"""What PoE carries to a device at most."""


def poe_class(device_w: float) -> PoeClass:
    """The smallest class that feeds a device of this greatest draw (infrared and heater on).

    Errors: InvalidInput above 71.3 W.
    """
    found = next((one for one in POE if device_w <= one.device_w), None)
    if found is None or device_w < 0:
        raise InvalidInput(
            f"No PoE class feeds {device_w:g} W; give the camera its own supply.",
            message_fr=f"Aucune classe PoE n'alimente {device_w:g} W ; donnez à la caméra sa propre alimentation.",
            field="power_w",
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cabinet:
    """A mast's cabinet. `own_w`: switch, fibre module, heater; `efficiency`: of its supply; `battery_wh`: nominal."""

    own_w: float = 15.0
    efficiency: float = 0.85
    battery_wh: float = 0.0
    usable: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetPower:
    """`poe_budget_w`: what the switch must promise its ports; `mains_w`: drawn at worst; `battery_h`: on battery."""

    poe_budget_w: float
    mains_w: float
    battery_h: float
    classes: tuple[PoeClass, ...]


def cabinet_power(cameras_w: Sequence[float], cabinet: Cabinet) -> CabinetPower:
    """From each camera's greatest draw.

    Errors: InvalidInput when a camera is beyond PoE.
    """
    classes = tuple(poe_class(watts) for watts in cameras_w)
    losses = [watts * one.port_w / one.device_w for watts, one in zip(cameras_w, classes, strict=True)]
    load = (math.fsum(losses) + cabinet.own_w) / cabinet.efficiency
    return CabinetPower(
        poe_budget_w=math.fsum(one.port_w for one in classes),
        mains_w=load,
        battery_h=cabinet.battery_wh * cabinet.usable / load,
        classes=classes,
    )


def daylight_h(latitude_deg: float, day_of_year: int) -> float:
    """Hours from sunrise to sunset (sun's upper edge, refraction included). Within some minutes.

    Source: Cooper, Solar Energy 12 (1969), declination; altitude −0.833°.
    """
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day_of_year) / 365)
    latitude = math.radians(latitude_deg)
    cosine = (math.sin(math.radians(-0.833)) - math.sin(latitude) * math.sin(declination)) / (
        math.cos(latitude) * math.cos(declination)
    )
    return 24 / math.pi * math.acos(min(1.0, max(-1.0, cosine)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LightingCircuit:
    """What a mast fed by street lighting needs to live through the longest day.

    `battery_wh`: nominal; `feed_w`: what the lamp's circuit must give while it is live, load and recharge together.
    """

    dark_supply_h: float
    battery_wh: float
    feed_w: float
    holds: bool


def on_lighting_circuit(load_w: float, cabinet: Cabinet, *, latitude_deg: float) -> LightingCircuit:
    """Is the cabinet's battery enough from lamps off to lamps on at midsummer? If not, what would be.

    A circuit switched off at midnight, as many towns do, is worse: give its hours to `through_hours`.
    """
    longest = max(daylight_h(latitude_deg, day) for day in range(1, 366))
    return through_hours(load_w, cabinet, without_h=longest)


def through_hours(load_w: float, cabinet: Cabinet, *, without_h: float) -> LightingCircuit:
    """The same for a feed that is dead `without_h` hours of each day."""
    needed = load_w * without_h / cabinet.usable
    live = 24 - without_h
    recharge = load_w * without_h / live / cabinet.efficiency if live > 0 else math.inf
    return LightingCircuit(
        dark_supply_h=without_h,
        battery_wh=needed,
        feed_w=load_w + recharge,
        holds=cabinet.battery_wh >= needed and live > 0,
    )
