"""What to do with a masked camera after each look at its picture. Pure. Source: design/masks.md, CSI L. 251-3."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from beffroi.engine.contract import MaskState, MaskVerdict

PROVE_S = 24 * 3600
"""A proof is made anew each day."""
UNPROVED_S = 24 * 3600
"""Without a proof for so long the camera is burnt."""
LOOK_AGAIN_S = 600.0
"""After a look that told nothing."""
AWAY_S = 10.0
"""Between tries of a camera that gives no picture: it records nothing meanwhile."""
BROKEN_S = 60.0
"""After packets of a proved session were lost: a camera may have restarted behind whatever relays it."""
UNPROVED_MAX = 3
"""Key frames of a new session that may prove nothing, one after the other; then it counts as failed."""
CHANGES_MAX = 3
"""A camera that comes back with other parameters, or without its masks, time and again is burnt."""
NO_PICTURE = "no-picture"


class Course(StrEnum):
    """How a camera's streams are opened."""

    HOLD = "hold"  # not at all
    SHOW = "show"  # as the camera sends them
    BURN = "burn"  # through a burner


def course(verdict: MaskVerdict, cause: str, *, proved_s: float | None) -> Course:
    """What follows from a look at the picture of a camera that masks itself.

    `proved_s`: age of the last proof of these masks on this connection's parameters; None before the first.
    """
    if verdict is MaskVerdict.PROVED:
        return Course.SHOW
    if verdict is MaskVerdict.UNPROVED:
        if proved_s is None:
            return Course.HOLD if cause == NO_PICTURE else Course.BURN
        if proved_s < UNPROVED_S:
            return Course.SHOW
    return Course.BURN


def state(wanted: Course, *, is_burning: bool) -> MaskState:
    """What people are told of a course."""
    if wanted is Course.BURN:
        return MaskState.BURNT if is_burning else MaskState.WITHHELD
    return MaskState.PROVED if wanted is Course.SHOW else MaskState.PENDING


_RANK = MappingProxyType({MaskVerdict.PROVED: 0, MaskVerdict.UNPROVED: 1, MaskVerdict.FAILED: 2})


def is_worse(one: MaskVerdict, other: MaskVerdict) -> bool:
    """A camera is what its worst stream is."""
    return _RANK[one] > _RANK[other]
