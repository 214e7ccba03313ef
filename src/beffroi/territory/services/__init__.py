"""Writes of the territory: the ground of a town's folder, layers of maps, files of facts."""

from beffroi.territory.services.base import import_base
from beffroi.territory.services.facts import FactReport, import_facts
from beffroi.territory.services.ground import Landed, land, put_all, read
from beffroi.territory.services.layers import LayerReport, import_layer

__all__ = [
    "FactReport",
    "Landed",
    "LayerReport",
    "import_base",
    "import_facts",
    "import_layer",
    "land",
    "put_all",
    "read",
]
