"""What a camera's stored stream must reach, by what the camera is for. Pure.

Source: arrêté of 3 August 2007, art. 2 and annexes 1 to 3 (TEC-9 to TEC-14).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

ARTICLE = "arrêté du 3 août 2007, art. 2"
NARROW_PX = (704, 576)
WIDE_PX = (352, 288)
FAST_FPS = 12.0
LEAST_FPS = 6.0
RATE_SHARE = 0.95
"""Of the rate asked for: cameras round their clocks. Ours."""
_IDENTIFYING = frozenset({"recognise", "identify"})
_REGULATION = "traffic"


class Field(StrEnum):
    """The two fields of the arrêté: a purpose, not a lens."""

    NARROW = "narrow"
    WIDE = "wide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The least a stored stream holds. `is_fast`: people move freely where the camera looks."""

    field: Field
    is_fast: bool
    width_px: int
    height_px: int
    fps: float

    @property
    def is_narrow(self) -> bool:
        """People or objects are to be analysed."""
        return self.field is Field.NARROW


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream as declared or as measured. `fps`: pictures really taken.

    `shows_faces`: faces of 90 × 60 pixels can be extracted at the distance of its target (`calc.optics.face_at`).
    """

    width_px: int
    height_px: int
    fps: float
    shows_faces: bool = False


def demand_of(target_class: str, purposes: Collection[str] = ()) -> Demand:
    """What a camera must reach. To tell who is there is narrow, whatever the lens; on a street people walk freely.

    A camera for the regulation of traffic alone analyses nobody: the arrêté leaves it out of the narrow field.
    """
    is_regulation = set(purposes) == {_REGULATION}
    if target_class in _IDENTIFYING and not is_regulation:
        return Demand(field=Field.NARROW, is_fast=True, width_px=NARROW_PX[0], height_px=NARROW_PX[1], fps=FAST_FPS)
    return Demand(field=Field.WIDE, is_fast=False, width_px=WIDE_PX[0], height_px=WIDE_PX[1], fps=LEAST_FPS)


def faults(demand: Demand, stream: Stream) -> tuple[str, ...]:
    """Rules that the stream breaks: TEC-9 (narrow picture), TEC-11 (wide), TEC-12 (narrow, fast), TEC-13 (others).

    A narrow picture may be smaller when faces can be extracted from it (TEC-10).
    """
    broken = []
    is_small = stream.width_px < demand.width_px or stream.height_px < demand.height_px
    if is_small and not (demand.is_narrow and stream.shows_faces):
        broken.append("TEC-9" if demand.is_narrow else "TEC-11")
    if stream.fps < demand.fps * RATE_SHARE:
        broken.append("TEC-12" if demand.is_narrow and demand.is_fast else "TEC-13")
    return tuple(broken)
