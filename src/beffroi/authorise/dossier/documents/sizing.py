"""Storage, recorders and links of a dossier's cameras, for the papers that say them."""

from __future__ import annotations

from beffroi.authorise.dossier.documents.gathered import Asked
from beffroi.plan import tables
from beffroi.plan.calc.bandwidth import sum_bit_s
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.recorders import Nodes, nodes
from beffroi.plan.calc.storage import Array, array, net_range_tb


def together(given: Asked) -> Range:
    """Rate of all cameras."""
    return sum_bit_s(given.rates.values())


def kept_tb(given: Asked) -> Range:
    """Footage of the retention asked for."""
    return net_range_tb(together(given), given.dossier.retention_days)


def stored(given: Asked) -> Array:
    """Disks for the highest of the range: too few would destroy before the day."""
    return array(kept_tb(given).high)


def machines(given: Asked) -> Nodes:
    """Recorders like the one of our own bench."""
    return nodes(tables.recorders()[0], len(given.cameras), together(given).high)
