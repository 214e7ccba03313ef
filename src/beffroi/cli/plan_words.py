"""French words of what the plan's documents name in English, for a French terminal."""

from __future__ import annotations

from types import MappingProxyType

from beffroi.core.terminal import is_french

_FRENCH = MappingProxyType(
    {
        "staff": "agents",
        "camera": "caméras",
        "trench": "tranchées",
        "cable": "câble",
        "mast": "mâts",
        "centre": "salle",
        "storage": "enregistrement",
        "study": "études",
        "maintenance": "entretien",
        "energy": "énergie",
        "monitor": "surveiller",
        "detect": "détecter",
        "observe": "observer",
        "recognise": "reconnaître",
        "identify": "identifier",
        "of_area": "de la commune",
        "of_public_ground": "du sol public",
        "of_street_length": "des rues",
        "zones_of_area": "de la commune dans les zones",
        "cameras": "selon le nombre de caméras",
        "processor": "selon le processeur",
        "disk": "selon le disque",
    }
)


def word(name: str) -> str:
    """As the terminal's language says it; what a town named itself stays as it is."""
    return _FRENCH.get(name, name) if is_french() else name.replace("_", " ")
