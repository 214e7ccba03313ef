"""Who draws a camera's masks, and whose limits hold: one rule for the editor, the dossier and the commands. Pure.

The camera draws them itself where its model is known to, and it has one view: ONVIF masks know no position. The
recorder burns them in every other case, all of a PTZ's positions at once, since it does not know where it looks.
Source: CSI L. 251-3; ONVIF Media2, GetMaskOptions; `design/masks.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beffroi.core.polygons import POINTS_MAX, POLYGONS_MAX
from beffroi.plan.calc.masks import Device

RECORDER = Device(max_masks=POLYGONS_MAX, max_points=POINTS_MAX, fills_every_view=True)


class Why(StrEnum):
    """What decides who draws."""

    ABLE = "able"
    UNKNOWN_MODEL = "unknown-model"
    NO_MASKS = "no-masks"
    POSITIONS = "positions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """Who draws the masks: `device` bounds them."""

    why: Why
    device: Device

    @property
    def is_camera(self) -> bool:
        """True: the camera itself; False: the recorder burns them."""
        return self.why is Why.ABLE

    def said(self) -> tuple[str, str]:
        """The rule in one sentence, English and French: every screen and paper says it so."""
        most, corners = self.device.max_masks, self.device.max_points
        shape, shape_fr = f"of {corners} corners", f"de {corners} sommets"
        if self.device.rectangle_only:
            shape, shape_fr = "rectangles", "rectangles"
        head, head_fr = _SAID[self.why]
        return f"{head}: {most} at most, {shape}", f"{head_fr} : {most} au plus, {shape_fr}"


_SAID = {
    Why.ABLE: ("drawn by the camera", "posés par la caméra"),
    Why.UNKNOWN_MODEL: ("burnt by the recorder, the model not being known", "incrustés par l'enregistreur, le modèle "
                        "n'étant pas connu"),
    Why.NO_MASKS: ("burnt by the recorder, for the camera draws none", "incrustés par l'enregistreur, car la caméra "
                   "n'en pose pas"),
    Why.POSITIONS: ("burnt by the recorder, those of all positions at once", "incrustés par l'enregistreur, ceux de "
                    "toutes les positions à la fois"),
}  # fmt: skip


def drawer(own: Device | None, *, views: int) -> Drawer:
    """Who draws the masks of a camera that looks in so many ways; `own`: its model's limits, None: not known."""
    if own is None:
        return Drawer(why=Why.UNKNOWN_MODEL, device=RECORDER)
    if own.max_masks < 1:
        return Drawer(why=Why.NO_MASKS, device=RECORDER)
    if views > 1:
        return Drawer(why=Why.POSITIONS, device=RECORDER)
    held = Device(
        max_masks=min(own.max_masks, RECORDER.max_masks),
        max_points=min(own.max_points, RECORDER.max_points),
        rectangle_only=own.rectangle_only,
    )
    return Drawer(why=Why.ABLE, device=held)
