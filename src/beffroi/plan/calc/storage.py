"""Disks for the footage, and what may become of them. Decimal units: 1 TB = 10¹² bytes; binary ones are named TiB.

Retention is also a legal maximum (CSI L. 252-5): capacity beyond it is margin, never a longer memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.bandwidth import DAY_S
from beffroi.plan.calc.ranges import Range

TB = 1e12
TIB = 2.0**40
FILL = 0.9
"""A recorder's volume is filled to this share. Source: recorder makers' calculators."""
MARGIN = 0.2
UNREADABLE_PER_BIT = 1e-15
"""Makers' bound for near-line disks; real disks do better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """Disks of one size: data, parity, spares."""

    disk_tb: float
    data_disks: int
    parity_disks: int
    spare_disks: int
    net_tb: float

    @property
    def disks(self) -> int:
        return self.data_disks + self.parity_disks + self.spare_disks

    @property
    def usable_tb(self) -> float:
        """Before margin and fill."""
        return self.data_disks * self.disk_tb

    @property
    def usable_tib(self) -> float:
        """The same as an operating system shows it."""
        return self.usable_tb * TB / TIB


def net_tb(bit_s: float, days: float) -> float:
    """Footage of a rate kept for some days.

    >>> round(net_tb(44 * 4e6, 30), 1)
    57.0
    """
    if not (bit_s >= 0 and days >= 0):
        raise InvalidInput(
            "Rate and days are ≥ 0; mend them.",
            message_fr="Le débit et la durée sont ≥ 0 ; corrigez-les.",
            field="days",
        )
    return bit_s / 8 * DAY_S * days / TB


def net_range_tb(bit_s: Range, days: float) -> Range:
    """The same for a range of rates."""
    return bit_s.times(net_tb(1.0, days))


def gigabytes_a_day(bit_s: float) -> float:
    """Decimal gigabytes: Mbit/s × 10.8."""
    return net_tb(bit_s, 1) * 1000


def makers_gigabytes_a_day(bit_s: float) -> float:
    """As recorder makers' calculators count: a gigabyte of 1,024 decimal megabytes. To compare with theirs only.

    >>> round(makers_gigabytes_a_day(4e6), 2)
    42.19
    """
    return gigabytes_a_day(bit_s) * 1000 / 1024


def makers_days(bit_s: float, disk_terabytes: float, *, fill: float = FILL) -> float:
    """Days on a volume as recorder makers count: a terabyte of 1,024 of their gigabytes."""
    return disk_terabytes * 1024 * fill / makers_gigabytes_a_day(bit_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How an array is built. `parity` 1: one disk may fail (RAID 5); 2: two (RAID 6)."""

    disk_tb: float = 20.0
    parity: int = 2
    spares: int = 1
    margin: float = MARGIN
    fill: float = FILL


_LAYOUT = Layout()


def array(net: float, layout: Layout = _LAYOUT) -> Array:
    """Whole disks that hold `net` TB: net × (1 + margin) ÷ fill of data, then parity and spares.

    Errors: InvalidInput when a figure has no sense.
    """
    if not (net >= 0 and layout.disk_tb > 0 and 0 < layout.fill <= 1 and layout.margin >= 0):
        raise InvalidInput(
            "Disk size above 0, fill between 0 and 1, margin ≥ 0; mend the storage's figures.",
            message_fr="Taille de disque supérieure à 0, remplissage entre 0 et 1, marge ≥ 0 ; corrigez ces valeurs.",
            field="storage",
        )
    wanted = net * (1 + layout.margin) / layout.fill
    return Array(
        disk_tb=layout.disk_tb,
        data_disks=max(1, math.ceil(wanted / layout.disk_tb - 1e-9)),
        parity_disks=layout.parity,
        spare_disks=layout.spares,
        net_tb=net,
    )


def chance_a_disk_fails(disks: int, afr: float, *, years: float = 1.0) -> float:
    """That one disk at least of several fails, at an annual failure rate (0.0157: Backblaze, 2024).

    Independent failures: same batch, heat and age make them come together.
    """
    return float(1 - (1 - afr) ** (disks * years))


def chance_of_unreadable_sector(disks_read: int, disk_tb: float, *, per_bit: float = UNREADABLE_PER_BIT) -> float:
    """That a rebuild which reads this many whole disks meets one sector it cannot read: RAID 5's end.

    The makers' bound is pessimistic; it ranks layouts, it does not foretell.
    """
    return float(-math.expm1(disks_read * disk_tb * TB * 8 * math.log1p(-per_bit)))


def edge_hours(card_gigabytes: float, bit_s: float, *, fill: float = FILL) -> float:
    """How long a camera's own card holds while its link is cut."""
    return card_gigabytes * 1e9 * fill * 8 / bit_s / 3600
