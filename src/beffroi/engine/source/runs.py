"""Pictures to runs: opens a run on a key frame, dates pictures, closes it with the cause when something breaks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from beffroi.engine.contract import GapCause
from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.rtp.timeline import MAX_DRIFT_US, Discontinuity, Timeline
from beffroi.engine.stream import AccessUnit, CodecConfig, FrameSink

_CLOCK_JUMP_US: Final = 1_000_000
_QUIET_S: Final = 1.0
"""After so long without a picture it is asked whether the camera's time stood still."""
_FLAT_US: Final = 500_000
"""Lateness that changes by less is a pause of the sender; after one of the network it shrinks as the backlog comes."""
_HELD_US: Final = 1_000_000
_HELD_BYTES: Final = 8 << 20
"""How long, and how much, is held until that is known."""
_OPENED_MAX: Final = 120
"""Runs a minute, each a file: a stream that breaks oftener leaves a gap instead of a file a picture."""
_MINUTE_S: Final = 60.0


class _Held:
    """Pictures that came late after a quiet spell, until it is known why."""

    __slots__ = ("first_late_us", "least_late_us", "pictures", "since_us", "size_bytes")

    def __init__(self, since_us: int, late_us: int) -> None:
        self.since_us = since_us
        self.first_late_us = self.least_late_us = late_us
        self.pictures: list[tuple[list[bytes], int, int, bool, int, float]] = []
        self.size_bytes = 0

    @property
    def pause_us(self) -> int:
        """How long the camera's time stood still; 0 when pictures were only on their way."""
        is_flat = self.first_late_us - self.least_late_us < _FLAT_US < self.least_late_us
        return self.least_late_us if is_flat else 0


class Runs:
    """The sink of a walk.

    Attributes:
        frames, bytes: recorded since the source began.
        last_unit_s: monotonic time of the last whole picture, also of those that no run could take.
        interval_ticks90k: longest step between the last pictures; it shrinks by an eighth at each one.
        config: of the open or the last run.
    """

    def __init__(self, sink: FrameSink, *, on_open: Callable[[], None]) -> None:
        self._sink = sink
        self._on_open = on_open
        self._sets = ParameterSets("h264")
        self._timeline: Timeline | None = None
        self._receipt_us = 0
        self._received_s = 0.0
        self._skew_us: int | None = None
        self._jumped_us = 0
        self._adopted: CodecConfig | None = None  # of this connection
        self._next_config: CodecConfig | None = None
        self._absence: GapCause | None = None
        self._awaited_at_us: int | None = None
        self._last_ticks90k = 0
        self._opened_s: deque[float] = deque(maxlen=_OPENED_MAX)
        self._held: _Held | None = None
        self.is_open = False
        self.config: CodecConfig | None = None
        self.frames = 0
        self.bytes = 0
        self.last_unit_s = 0.0
        self.last_at_us = 0
        self.interval_ticks90k = 0

    def awaited(self, at_us: int) -> None:
        """Recording begins now: a stream that does not come is absent since then."""
        self._awaited_at_us = at_us

    @property
    def is_awaited(self) -> bool:
        """No run has opened since recording began, and the sink was not told why."""
        return self._awaited_at_us is not None

    def connected(self, sets: ParameterSets) -> None:
        """A new connection: another timeline, the sets of its description."""
        self._sets = sets
        self._timeline = None
        self._skew_us = None
        self._jumped_us = 0
        self._adopted = self._next_config = None
        sets.changed = True

    def received(self, now_us: int, monotonic_s: float) -> None:
        """What the walk finds next was received now.

        A jump of the wall clock ends the run at the next key frame; until then the run stays on the clock it
        began with, so that no picture is lost to the jump.
        """
        self._received_s = monotonic_s
        skew_us = now_us - int(monotonic_s * 1e6)
        if self._skew_us is not None and abs(skew_us - self._skew_us) > _CLOCK_JUMP_US:
            self._jumped_us += skew_us - self._skew_us
        self._skew_us = skew_us
        self._receipt_us = now_us - self._jumped_us

    def picture(self, parts: list[bytes], size_bytes: int, timestamp: int, *, is_key: bool) -> None:
        quiet_s, self.last_unit_s = self._received_s - self.last_unit_s, self._received_s
        if (self._held is not None or quiet_s > _QUIET_S) and self._is_held(timestamp):
            self._hold(parts, size_bytes, timestamp, is_key=is_key)
            return
        if self._sets.changed:
            self._adopt(is_key)
        if self._jumped_us and (is_key or not self.is_open):
            self._break(GapCause.CLOCK)
        if not self.is_open and not (is_key and self._open(timestamp)):
            return
        timeline = self._timeline
        assert timeline is not None
        try:
            ticks90k, at_us = timeline.place(timestamp, self._receipt_us, is_key=is_key)
        except Discontinuity:
            self._break(GapCause.CLOCK)
            if not (is_key and self._open(timestamp)):
                return
            ticks90k, at_us = 0, self._receipt_us
        self.frames += 1
        self.bytes += size_bytes
        self.last_at_us = at_us
        step_ticks90k = abs(ticks90k - self._last_ticks90k)
        self._last_ticks90k = ticks90k
        self.interval_ticks90k = max(step_ticks90k, self.interval_ticks90k * 7 // 8)
        self._sink.frame(AccessUnit(parts, size_bytes, ticks90k, at_us=at_us, is_key=is_key))

    def _is_held(self, timestamp: int) -> bool:
        """Whether a picture may belong to a pause in which the camera's time stood still."""
        if self._held is None and self.is_open and self._timeline is not None:
            late_us = self._timeline.late_us(timestamp, self._receipt_us)
            if late_us > MAX_DRIFT_US:
                self._held = _Held(self._receipt_us, late_us)
        return self._held is not None

    def _hold(self, parts: list[bytes], size_bytes: int, timestamp: int, *, is_key: bool) -> None:
        """A pause of the sender leaves all that follows equally late; of the network, less and less."""
        held, timeline = self._held, self._timeline
        assert held is not None and timeline is not None
        held.pictures.append((parts, size_bytes, timestamp, is_key, self._receipt_us, self._received_s))
        held.size_bytes += size_bytes
        held.least_late_us = min(held.least_late_us, timeline.late_us(timestamp, self._receipt_us))
        is_long = self._receipt_us - held.since_us >= _HELD_US or held.size_bytes > _HELD_BYTES
        if is_long or held.least_late_us <= _FLAT_US:
            self._release()

    def _release(self) -> None:
        """Give out what was held, dated as is known now."""
        held, self._held = self._held, None
        if held is None or self._timeline is None:
            return
        self._timeline.stood_still(held.pause_us)
        now = self._receipt_us, self._received_s
        for parts, size_bytes, timestamp, is_key, receipt_us, received_s in held.pictures:
            self._receipt_us, self._received_s = receipt_us, received_s
            self.last_unit_s = received_s
            self.picture(parts, size_bytes, timestamp, is_key=is_key)
        self._receipt_us, self._received_s = now

    def lost(self, packets: int) -> None:
        self._release()
        self.close(GapCause.LOSS, self._receipt_us)

    def malformed(self) -> None:
        self._release()
        self.close(GapCause.MALFORMED, self._receipt_us)

    def close(self, cause: GapCause, at_us: int) -> None:
        """End the open run; nothing happens when there is none."""
        if self.is_open:
            self.is_open = False
            self._sink.close_run(cause, at_us)

    def absent(self, cause: GapCause, at_us: int) -> None:
        """There is no stream, for this cause; the sink is told once a cause, also when no run was open."""
        self._release()
        if self.is_open or cause is not self._absence:
            self.is_open = False
            self._absence = cause
            since_at_us = self._awaited_at_us if self._awaited_at_us is not None else at_us
            self._awaited_at_us = None
            self._sink.close_run(cause, since_at_us)

    def _break(self, cause: GapCause) -> None:
        """End the run and its timeline; the next one begins on the clock as it is now."""
        self.close(cause, self._receipt_us)
        self._timeline = None
        self._receipt_us += self._jumped_us
        self._jumped_us = 0

    def offset_ms(self, camera_at_us: int, timestamp: int) -> int | None:
        """Camera clock minus node clock, from the instant a sender report gives to a timestamp."""
        if self._timeline is None:
            return None
        return round((camera_at_us - self._timeline.at_us(timestamp)) / 1000)

    def _adopt(self, is_key: bool) -> None:
        """The parameter sets changed. When a key frame carries them the next run follows without a gap."""
        try:
            config = self._sets.config()
        except Malformed:
            return
        if config is None or config == self._adopted:
            return
        self._next_config = config
        if self.is_open and not is_key:
            self.close(GapCause.MALFORMED, self._receipt_us)
        self.is_open = False

    def _open(self, timestamp: int) -> bool:
        """Start a run; False while no configuration is known, or when runs break all the time."""
        adopted = self._next_config or self._adopted
        self._next_config = None
        if adopted is None:
            return False
        if len(self._opened_s) == _OPENED_MAX and self._received_s - self._opened_s[0] < _MINUTE_S:
            self.absent(GapCause.MALFORMED, self._receipt_us)
            return False
        self._opened_s.append(self._received_s)
        self.config = self._adopted = adopted
        if self._timeline is None:
            self._timeline = Timeline(timestamp, self._receipt_us)
        self.is_open = True
        self._absence = self._awaited_at_us = None
        self._sink.open_run(self.config, self._receipt_us)
        self._on_open()
        return True
