"""Where the facts of a file are said to have happened: outside the town, or elsewhere than in the zone they name.

Both are refused by row, with the mend: a fact in the wrong zone would be evidence there, and one far outside is a
mistake of the position or of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely import covers, distance, points, prepare

from beffroi.core.reading import FolderReader, Read
from beffroi.territory.calc import lambert93
from beffroi.territory.factfile import FactRow

OUTSIDE_TOWN_M = 2000.0
"""Beyond the town's boundary: a station's facts reach over it, on the road that is the edge or in the next hamlet."""
OUTSIDE_ZONE_M = 100.0
"""Beyond the outline of the zone named, which counts until there: facts are placed at the nearest house or crossing."""


def check_places(
    reader: FolderReader,
    placed: Sequence[Read[FactRow]],
    *,
    boundary: dict[str, Any] | None,
    zones: Mapping[str, dict[str, Any]],
) -> None:
    """Notes rows, all with a position, that lie outside the town or outside the zone they name.

    `boundary`: the town's, when it is known; `zones`: outline by id.
    """
    if not placed:
        return
    degrees = np.array([[read.row.lon, read.row.lat] for read in placed], dtype=np.float64)
    spots = np.asarray(points(lambert93.to_en_all(degrees)), dtype=object)
    if boundary is not None:
        _check_town(reader, placed, _away_m(boundary, spots))
    named: dict[str, list[int]] = {}
    for index, read in enumerate(placed):
        if read.row.zone is not None:
            named.setdefault(read.row.zone, []).append(index)
    for zone, indexes in named.items():
        _check_zone(reader, [placed[index] for index in indexes], _away_m(zones[zone], spots[indexes]))


def _away_m(outline: dict[str, Any], spots: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """From each spot to the outline; 0 inside."""
    shape = lambert93.projected(outline)
    prepare(shape)
    away_m = np.zeros(len(spots))
    out = ~covers(shape, spots)
    away_m[out] = distance(shape, spots[out])
    return away_m


def _check_town(reader: FolderReader, placed: Sequence[Read[FactRow]], away_m: npt.NDArray[np.float64]) -> None:
    for index in np.flatnonzero(away_m > OUTSIDE_TOWN_M).tolist():
        away_km, most_km = f"{away_m[index] / 1000:.1f}", f"{OUTSIDE_TOWN_M / 1000:.0f}"
        messages = (
            f"is {away_km} km outside the town ({most_km} km at most); correct the position or its projection, or "
            "take the row out",
            f"est à {away_km.replace('.', ',')} km hors de la commune ({most_km} km au plus) ; corrigez la position "
            "ou sa projection, ou retirez la ligne",
        )
        reader.refuse_row(placed[index], messages, field="lat")


def _check_zone(reader: FolderReader, placed: Sequence[Read[FactRow]], away_m: npt.NDArray[np.float64]) -> None:
    for index in np.flatnonzero(away_m > OUTSIDE_ZONE_M).tolist():
        read = placed[index]
        messages = (
            f"names {read.row.zone}, and the position is {away_m[index]:.0f} m outside it ({OUTSIDE_ZONE_M:.0f} m at "
            "most: the zone counts then); correct one, or give the zone no column, and the position counts (in a "
            "terminal: --column zone=)",
            f"nomme {read.row.zone}, et la position est à {away_m[index]:.0f} m hors d'elle ({OUTSIDE_ZONE_M:.0f} m "
            "au plus : la zone compte alors) ; corrigez l'une, ou ne donnez pas de colonne à la zone, et la position "
            "compte (au terminal : --column zone=)",
        )
        reader.refuse_row(read, messages, field="zone")
