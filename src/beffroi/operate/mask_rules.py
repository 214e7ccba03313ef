"""What a camera's masks may be, and what is to be said of them. Pure. Source: CSI L. 251-3; design/masks.md."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from shapely import transform
from shapely.geometry import Point
from shapely.geometry import Polygon as ShapelyPolygon
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.core.polygons import AREA_MIN, FULL, POINTS_MAX, POLYGONS_MAX, PolygonFault, fault_of
from beffroi.engine.contract import MaskDriver, MaskPolygon, MaskState

PRESET_MAX = 60
UNPROVED_S = 24 * 3600
"""Masks without a proof for so long are as good as none. Source: design/masks.md."""
NOTHING = "nothing-to-mask"
"""Somebody looked, at this pose, and found neither inside nor entrance of a dwelling; dated, under their name."""
M_PER_DEG = 111_320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskReason:
    """Why masks were drawn; a code, never a sentence about people."""

    code: str
    label_fr: str
    label_en: str


REASONS = (
    MaskReason(
        code="dwelling",
        label_fr="Intérieur ou entrée d'habitation (L. 251-3)",
        label_en="Inside or entrance of a dwelling (L. 251-3)",
    ),
    MaskReason(code="private-place", label_fr="Cour, jardin, lieu privé", label_en="Courtyard, garden, private place"),
    MaskReason(code="prefecture", label_fr="Demande de la préfecture", label_en="Asked for by the prefecture"),
    MaskReason(code="resident", label_fr="Demande d'un riverain", label_en="Asked for by a resident"),
    MaskReason(code="re-aimed", label_fr="Caméra réorientée", label_en="Camera re-aimed"),
    MaskReason(
        code=NOTHING,
        label_fr="Constat : ni intérieur ni entrée d'habitation visible",
        label_en="Finding: no inside nor entrance of a dwelling visible",
    ),
)
_CODES = frozenset(reason.code for reason in REASONS)
_FAULTS = {
    PolygonFault.TOO_FEW: ("needs three corners at least", "demande au moins trois sommets"),
    PolygonFault.TOO_MANY: (f"has over {POINTS_MAX} corners", f"a plus de {POINTS_MAX} sommets"),
    PolygonFault.OUTSIDE: (
        f"leaves the picture: coordinates go from 0 to {FULL}",
        f"sort de l'image : les coordonnées vont de 0 à {FULL}",
    ),
    PolygonFault.CROSSING: ("crosses itself; put its corners in order", "se croise ; remettez ses sommets en ordre"),
    PolygonFault.FLAT: (
        f"is too small to be proved: at least {AREA_MIN} squared units, 4 % of the width by 1 % of the height",
        f"est trop petit pour être prouvé : au moins {AREA_MIN} unités carrées, 4 % de la largeur par 1 % de la "
        "hauteur",
    ),
}


def check_masks(polygons: Sequence[MaskPolygon], reason: str, *, turns: bool) -> None:
    """Nothing, when these masks may be asked of a camera; `turns`: it is a PTZ one.

    Errors: InvalidInput naming the field and, of several polygons, which.
    """
    if reason not in _CODES:
        raise InvalidInput(
            "Choose a reason from the list.", message_fr="Choisissez un motif dans la liste.", field="reason"
        )
    if bool(polygons) == (reason == NOTHING):
        raise InvalidInput(
            "The finding “nothing of a dwelling visible” goes with no mask, and no mask with no other reason.",
            message_fr="Le constat « rien d'une habitation n'est visible » va sans masque, et aucun autre motif ne va "
            "sans masque.",
            field="reason",
        )
    if len(polygons) > POLYGONS_MAX:
        raise InvalidInput(
            f"At most {POLYGONS_MAX} masks a camera.",
            message_fr=f"{POLYGONS_MAX} masques par caméra au plus.",
            field="polygons",
        )
    for number, polygon in enumerate(polygons, 1):
        _check_polygon(polygon, number, turns=turns)


def _check_polygon(polygon: MaskPolygon, number: int, *, turns: bool) -> None:
    fault = fault_of(polygon.points)
    if fault is not None:
        wrong, wrong_fr = _FAULTS[fault]
        raise InvalidInput(f"Mask {number} {wrong}.", message_fr=f"Le masque {number} {wrong_fr}.", field="polygons")
    if polygon.preset and not turns:
        raise InvalidInput(
            f"Mask {number} names a preset, and this camera does not turn.",
            message_fr=f"Le masque {number} nomme une position, et cette caméra ne tourne pas.",
            field="polygons",
        )
    if len(polygon.preset) > PRESET_MAX:
        raise InvalidInput(
            f"Mask {number}: the preset's name is too long.",
            message_fr=f"Masque {number} : le nom de la position est trop long.",
            field="polygons",
        )


def parsed(document: object) -> tuple[MaskPolygon, ...]:
    """Masks as a page sends them: `[{"points": [[x, y], …], "preset": ""}, …]`.

    Errors: InvalidInput when it is nothing of the sort.
    """
    try:
        assert isinstance(document, list)
        return tuple(
            MaskPolygon(
                points=tuple((_whole(x), _whole(y)) for x, y in polygon["points"]),
                preset=str(polygon.get("preset", "")).strip(),
            )
            for polygon in document
        )
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
        raise InvalidInput(
            "Masks are lists of corners, two whole numbers each.",
            message_fr="Un masque est une liste de sommets, deux nombres entiers chacun.",
            field="polygons",
        ) from None


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(value)
    return value


def digest(polygons: Sequence[MaskPolygon]) -> str:
    """SHA-256 of the masks, for the journal."""
    plain = [[polygon.preset, *polygon.points] for polygon in polygons]
    return hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).hexdigest()


def standing(state: MaskState | None, proved_at_us: int, made_at_us: int, *, now_us: int) -> str:
    """What to say of masks in force: the node's word, `overdue` after a day without proof, `unknown` before it.

    `proved_at_us`: of the version's last proof that holds, 0 for none.
    """
    if state in (MaskState.WITHHELD, MaskState.PENDING):
        return state.value
    if now_us - max(proved_at_us, made_at_us) > UNPROVED_S * 1_000_000:
        return "overdue"
    return state.value if state is not None else "unknown"


def driver_for(asked: str) -> MaskDriver:
    """The driver asked for.

    Errors: InvalidInput when there is no such driver.
    """
    try:
        return MaskDriver(asked)
    except ValueError:
        raise InvalidInput(
            "Masks are set in the camera, or burnt by the recorder.",
            message_fr="Les masques sont posés dans la caméra, ou incrustés par l'enregistreur.",
            field="driver",
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a camera sees on the ground; `turns`: all around."""

    bearing_deg: float
    hfov_deg: float
    range_m: float
    turns: bool


def ground_in_view(lat: float, lon: float, view: View) -> BaseGeometry:
    """The ground (WGS84) that a camera sees, walls in between aside: better too much of it."""
    half = min(view.hfov_deg / 2, 89.0)
    ahead = [math.radians(view.bearing_deg + half * step / 4) for step in range(-4, 5)]
    rim = [(view.range_m * math.sin(turn), view.range_m * math.cos(turn)) for turn in ahead]
    seen = Point(0, 0).buffer(view.range_m) if view.turns else ShapelyPolygon([(0.0, 0.0), *rim])
    per_deg = (M_PER_DEG * math.cos(math.radians(lat)), M_PER_DEG)
    return transform(seen, lambda metres: metres / per_deg + (lon, lat))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How a camera stood when somebody found that it shows nothing of a dwelling's inside or entrance."""

    lat: float
    lon: float
    bearing_deg: float
    tilt_deg: float
    hfov_deg: float
    kind: str


MOVED_M, TURNED_DEG, FIELD_SHARE = 5.0, 10.0, 0.10
"""What a drift from the order is: a finding holds no further. Source: design/gates.md."""


def is_same_pose(found: Pose, now: Pose) -> bool:
    """Whether a finding made of one pose still speaks of the other."""
    east = (now.lon - found.lon) * M_PER_DEG * math.cos(math.radians(found.lat))
    moved_m = math.hypot(east, (now.lat - found.lat) * M_PER_DEG)
    turned_deg = abs((now.bearing_deg - found.bearing_deg + 180.0) % 360.0 - 180.0)
    wider = abs(now.hfov_deg - found.hfov_deg) / found.hfov_deg
    return (
        now.kind == found.kind
        and moved_m <= MOVED_M
        and max(turned_deg, abs(now.tilt_deg - found.tilt_deg)) <= TURNED_DEG
        and wider <= FIELD_SHARE
    )
