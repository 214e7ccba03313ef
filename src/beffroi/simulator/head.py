"""Where a camera that turns looks, and how it gets elsewhere: at the speed of its motors."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from beffroi.core.errors import InvalidInput
from beffroi.simulator.cameras import CameraSpec

PAN_DEG_S, TILT_DEG_S, ZOOM_S = 60.0, 30.0, 1.0
"""`ZOOM_S`: seconds to halve or double the angle of view."""
TILTS_DEG, HFOVS_DEG = (0.0, 45.0), (8.0, 72.0)
_MOVE = re.compile(r"(position|preset): *([^\r\n]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """`pan_deg` clockwise from north, `tilt_deg` below the horizon, `hfov_deg` the angle of view."""

    pan_deg: float
    tilt_deg: float
    hfov_deg: float

    @classmethod
    def of(cls, spec: CameraSpec) -> Pose:
        """Where a camera looks when it is at home."""
        return cls(pan_deg=spec.bearing_deg, tilt_deg=spec.tilt_deg, hfov_deg=spec.hfov_deg)

    def seen_from(self, spec: CameraSpec) -> CameraSpec:
        """The camera, looking there."""
        return replace(spec, bearing_deg=self.pan_deg, tilt_deg=self.tilt_deg, hfov_deg=self.hfov_deg)


def presets(home: Pose) -> dict[str, Pose]:
    """The positions a camera remembers."""
    return {
        "home": home,
        "left": replace(home, pan_deg=(home.pan_deg - 60) % 360),
        "right": replace(home, pan_deg=(home.pan_deg + 60) % 360),
        "near": replace(home, hfov_deg=max(HFOVS_DEG[0], home.hfov_deg / 3)),
    }


def parse_move(text: str, home: Pose) -> Pose:
    """`position: PAN TILT HFOV` in degrees, or `preset: NAME`.

    Errors: InvalidInput when it is neither, or out of reach of the motors.
    """
    said = _MOVE.search(text)
    if said is None:
        raise InvalidInput(
            "A move is `position: PAN TILT HFOV` or `preset: NAME`.",
            message_fr="Un mouvement est `position: PAN TILT HFOV` ou `preset: NOM`.",
            field="move",
        )
    known = presets(home)
    if said[1] == "preset":
        if said[2].strip() not in known:
            raise InvalidInput(
                f"The presets are {', '.join(known)}.",
                message_fr=f"Les prépositions sont {', '.join(known)}.",
                field="preset",
            )
        return known[said[2].strip()]
    try:
        pan_deg, tilt_deg, hfov_deg = (float(word) for word in said[2].split())
    except ValueError:
        raise InvalidInput(
            "`position:` wants three numbers.", message_fr="`position:` veut trois nombres.", field="position"
        ) from None
    is_in_reach = TILTS_DEG[0] <= tilt_deg <= TILTS_DEG[1] and HFOVS_DEG[0] <= hfov_deg <= HFOVS_DEG[1]
    if not (math.isfinite(pan_deg) and is_in_reach):
        raise InvalidInput(
            f"Tilt is within {TILTS_DEG}, angle of view within {HFOVS_DEG}.",
            message_fr=f"Le site reste dans {TILTS_DEG}, l'angle de champ dans {HFOVS_DEG}.",
            field="position",
        )
    return Pose(pan_deg=pan_deg % 360, tilt_deg=tilt_deg, hfov_deg=hfov_deg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """A way from one pose to another, begun at an instant; every axis arrives at the same time."""

    start: Pose
    end: Pose
    began_at_us: int

    @property
    def lasts_s(self) -> float:
        return max(
            abs(self._turn_deg) / PAN_DEG_S,
            abs(self.end.tilt_deg - self.start.tilt_deg) / TILT_DEG_S,
            abs(math.log2(self.end.hfov_deg / self.start.hfov_deg)) * ZOOM_S,
        )

    @property
    def _turn_deg(self) -> float:
        return (self.end.pan_deg - self.start.pan_deg + 180) % 360 - 180

    def is_over(self, at_us: int) -> bool:
        """Whether the end is reached."""
        return at_us - self.began_at_us >= self.lasts_s * 1e6

    def pose(self, at_us: int) -> Pose:
        """Where the camera looks at an instant; it speeds up and slows down."""
        if self.is_over(at_us):
            return self.end
        share = max(0.0, (at_us - self.began_at_us) / 1e6 / self.lasts_s)
        share = share * share * (3 - 2 * share)
        return Pose(
            pan_deg=(self.start.pan_deg + self._turn_deg * share) % 360,
            tilt_deg=self.start.tilt_deg + (self.end.tilt_deg - self.start.tilt_deg) * share,
            hfov_deg=self.start.hfov_deg * (self.end.hfov_deg / self.start.hfov_deg) ** share,
        )
