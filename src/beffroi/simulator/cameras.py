"""The cameras to simulate: from a town's `cameras.csv`, or as many as asked in an invented centre."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from beffroi.core.errors import InvalidInput
from beffroi.core.ids import checked_slug

ORIGIN_LAT, ORIGIN_LON = 44.1001, 3.0780
_M_PER_LAT, _M_PER_LON = 111_320.0, 79_940.0
"""Metres per degree around the origin; good to 0.1 % over a town."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """A camera to simulate. `x_m` east and `y_m` north of the origin; `tilt_deg` below the horizon."""

    id: str
    short_name: str
    x_m: float
    y_m: float
    bearing_deg: float
    tilt_deg: float = 11.0
    height_m: float = 6.6
    hfov_deg: float = 68.0
    codec: Literal["h264", "h265"] = "h264"
    audio: bool = False
    gop: int = 24
    turns: bool = False
    town_fault: str = ""


def local_m(lat: float, lon: float) -> tuple[float, float]:
    """Metres east and north of the origin."""
    return (lon - ORIGIN_LON) * _M_PER_LON, (lat - ORIGIN_LAT) * _M_PER_LAT


def read_cameras(town: Path) -> list[CameraSpec]:
    """The cameras of a town's folder, in file order.

    Errors: InvalidInput when `cameras.csv` is absent, or naming the line that cannot be read.
    """
    path = town / "cameras.csv"
    if not path.is_file():
        raise InvalidInput(
            f"{town}: no cameras.csv here; give the folder of a town's text files.",
            message_fr=f"{town} : pas de cameras.csv ici ; donnez le dossier des textes d'une ville.",
            field="town",
        )
    with path.open(newline="", encoding="utf-8") as file:
        return [_from_row(row, number) for number, row in enumerate(csv.DictReader(file), 2)]


def _from_row(row: dict[str, str], number: int) -> CameraSpec:
    try:
        x_m, y_m = local_m(float(row["lat"]), float(row["lon"]))
        return _with_habits(
            CameraSpec(
                id=checked_slug(row["id"], field="id"),
                short_name=row["short_name"],
                x_m=x_m,
                y_m=y_m,
                bearing_deg=float(row["bearing_deg"]),
                tilt_deg=float(row["tilt_deg"]),
                height_m=float(row["height_m"]),
                hfov_deg=float(row["hfov_deg"]),
                codec="h265" if row.get("codec") == "h265" else "h264",
                turns=row.get("kind") == "ptz",
                town_fault=row.get("town_fault", ""),
            ),
            number,
        )
    except (KeyError, ValueError) as error:
        raise InvalidInput(
            f"cameras.csv, line {number}: {error!r}.",
            message_fr=f"cameras.csv, ligne {number} : {error!r}.",
            field="town",
        ) from None


def _with_habits(spec: CameraSpec, number: int) -> CameraSpec:
    """Some cameras offer sound, some send fewer key frames (a "smart" codec).

    A real camera begins a session with a key frame; these loops are coded once, so their groups are 3 s at most.
    """
    gop = 36 if spec.codec == "h265" or number % 19 == 7 else 24
    return replace(spec, audio=number % 5 == 0, gop=gop)


_VIEWS = (
    ("MANDAROUS > BONALD", -23, -1, 114), ("MERLE > GARE", -52, 44, 316), ("CONDAMINE", -78, -41, 62),
    ("AYROLLE > HALLES", -37, -39, 211), ("JAURES", 87, 70, 232), ("CAPELLE > PARKING", 186, -14, 118),
    ("BONALD > SADI-CARNOT", 91, -72, 141), ("FOCH", 84, -338, 350), ("HALLES", -36, -228, 78),
    ("GARE PARVIS", -312, 288, 138), ("RUE DE LA CAPELLE", 140, -12, 104), ("GAMBETTA > CAPELLE", 258, -58, 296),
)  # fmt: skip


def invented_cameras(count: int) -> list[CameraSpec]:
    """`count` cameras c01, c02, … over twelve views; every seventh is H.265."""
    specs = []
    for index in range(count):
        name, x_m, y_m, bearing_deg = _VIEWS[index % len(_VIEWS)]
        turn, lap = (index // len(_VIEWS)) % 4, index // (4 * len(_VIEWS))
        spec = CameraSpec(
            id=f"c{index + 1:02d}",
            short_name=name if not turn else f"{name} {turn + 1}",
            x_m=x_m,
            y_m=y_m,
            bearing_deg=(bearing_deg + 7 * turn) % 360,
            codec="h265" if index % 7 == 6 and not lap else "h264",
        )
        specs.append(_with_habits(spec, index))
    return specs
