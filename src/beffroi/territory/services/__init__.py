"""Writes of the territory: the ground of a town's folder, layers of maps, files of facts, one zone at a time."""

from beffroi.territory.services.accesses import change_accesses
from beffroi.territory.services.base import import_base
from beffroi.territory.services.facts import FactReport, import_facts
from beffroi.territory.services.ground import Landed, land, put_all, read
from beffroi.territory.services.layers import LayerReport, import_layer
from beffroi.territory.services.zones import ZoneAdded, ZoneSheet, add_zone, change_sheet, remove_zone

__all__ = [
    "FactReport",
    "Landed",
    "LayerReport",
    "ZoneAdded",
    "ZoneSheet",
    "add_zone",
    "change_accesses",
    "change_sheet",
    "import_base",
    "import_facts",
    "import_layer",
    "land",
    "put_all",
    "read",
    "remove_zone",
]
