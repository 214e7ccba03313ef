"""Which footage must go, may go, and must stay. Pure: no clock, no disk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import DesiredCamera, Hold

CLOCK_JUMP_US = 1 * US_PER_S
CLOCK_SUSPECT_US = 60 * US_PER_S
"""A wall clock this far from where monotonic time says it should be destroys nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """How long the footage of one camera lives.

    Attributes:
        retention_s: nothing outlives it outside a hold; counted from a file's *first* frame.
        minimum_retention_s: nothing younger goes for lack of room without an alarm.
        holds: spans kept until their own dates.
    """

    retention_s: int
    minimum_retention_s: int = 0
    holds: tuple[Hold, ...] = ()

    def __post_init__(self) -> None:
        if self.retention_s <= 0 or not 0 <= self.minimum_retention_s <= self.retention_s:
            raise ValueError("retention must be positive and no shorter than its minimum")

    @classmethod
    def of(cls, camera: DesiredCamera) -> RetentionPolicy:
        """The policy in a camera's desired state."""
        return cls(
            retention_s=camera.retention_s,
            minimum_retention_s=min(camera.minimum_retention_s, camera.retention_s),
            holds=camera.holds,
        )

    def to_json(self) -> str:
        """As stored in the index."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> RetentionPolicy:
        """What `to_json` wrote. Errors: ValueError, KeyError, TypeError."""
        fields = json.loads(text)
        return cls(
            retention_s=fields["retention_s"],
            minimum_retention_s=fields["minimum_retention_s"],
            holds=tuple(Hold(**hold) for hold in fields["holds"]),
        )

    def expired_before_us(self, now_us: int) -> int:
        """Files that start before this instant have reached their limit."""
        return now_us - self.retention_s * US_PER_S

    def spared_from_us(self, now_us: int) -> int:
        """Files that start at or after this instant are younger than the minimum."""
        return now_us - self.minimum_retention_s * US_PER_S

    def active_holds(self, now_us: int) -> tuple[Hold, ...]:
        """Holds that still keep something."""
        return tuple(hold for hold in self.holds if now_us < hold.until_at_us)


def is_held(start_at_us: int, end_at_us: int, holds: Iterable[Hold]) -> bool:
    """Whether a file that covers [start, end) has a frame in one of the spans [from, to)."""
    return any(start_at_us < hold.to_at_us and end_at_us > hold.from_at_us for hold in holds)


class ClockWatch:
    """Compares wall and monotonic time since start: a clock that was set must not destroy footage."""

    def __init__(self, wall_us: int, monotonic_s: float, newest_at_us: int) -> None:
        """`newest_at_us`: end of the newest footage at start; a clock behind it is wrong."""
        self._origin_us = wall_us - round(monotonic_s * US_PER_S)
        self._last_us = 0
        self._newest_at_us = newest_at_us

    def jump_us(self, wall_us: int, monotonic_s: float) -> int:
        """By how much the clock was set since the last call; 0 for less than a second (discipline)."""
        offset = self._offset_us(wall_us, monotonic_s)
        jump = offset - self._last_us
        self._last_us = offset
        return jump if abs(jump) >= CLOCK_JUMP_US else 0

    def is_suspect(self, wall_us: int, monotonic_s: float) -> bool:
        """Whether dates of destruction cannot be trusted now."""
        behind = wall_us + CLOCK_SUSPECT_US < self._newest_at_us
        return behind or abs(self._offset_us(wall_us, monotonic_s)) > CLOCK_SUSPECT_US

    def _offset_us(self, wall_us: int, monotonic_s: float) -> int:
        return wall_us - round(monotonic_s * US_PER_S) - self._origin_us
