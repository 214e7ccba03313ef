"""Fan-out of one stream: the recorder first, then whoever looks.

The same class stands on both sides of the link: in the recorder it feeds footage and the link, in the
gateway it feeds the windows. It never waits: a reader without room skips to the next key frame and is told
how many frames it missed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from beffroi.engine.contract import GapCause
from beffroi.engine.stream import AccessUnit, CodecConfig, FrameSink

GOP_MAX_BYTES = 8 << 20
"""12 s of a smart codec at 4 Mbit/s is 6 MB; a longer group is not kept and a viewer waits for the next key frame."""
GOP_MAX_FRAMES = 1500


class HubReader(Protocol):
    """Someone who looks at a stream. Calls come from the loop, in order, and must not block or raise."""

    def has_room(self) -> bool:
        """False when the next frame would have to wait: it is then skipped, with all up to the next key frame."""

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        """A configuration, sent before the frames it applies to."""

    def missed(self, frames: int) -> None:
        """So many frames were skipped; the next one is a key frame."""

    def frame(self, unit: AccessUnit) -> None:
        """One access unit."""

    def close_run(self, cause: GapCause, at_us: int) -> None:
        """Nothing more until the next `open_run`."""


class _Seat:
    """A reader and what it still has to be told."""

    __slots__ = ("missed", "reader", "waits_for_key")

    def __init__(self, reader: HubReader) -> None:
        self.reader = reader
        self.missed = 0
        self.waits_for_key = False

    def offer(self, unit: AccessUnit) -> None:
        if self.waits_for_key:
            if not (unit.is_key and self.reader.has_room()):
                self.missed += 1
                return
            self.waits_for_key = False
            if self.missed:
                self.reader.missed(self.missed)
                self.missed = 0
        elif not self.reader.has_room():
            self.waits_for_key, self.missed = True, 1
            return
        self.reader.frame(unit)


class Hub:
    """One stream's fan-out; is the `FrameSink` its source feeds.

    Attributes:
        config: configuration of the open run, None between runs.
        cause: why the last run ended; None while one is open or before the first.
        last_at_us: instant of the newest frame, 0 before the first.
    """

    __slots__ = ("_gop", "_gop_bytes", "_on_viewers", "_recorder", "_seats", "cause", "config", "last_at_us")

    def __init__(self, recorder: FrameSink | None, *, on_viewers: Callable[[bool], None] | None = None) -> None:
        self._recorder = recorder
        self._on_viewers = on_viewers
        self._seats: list[_Seat] = []
        self._gop: list[AccessUnit] = []
        self._gop_bytes = 0
        self.config: CodecConfig | None = None
        self.cause: GapCause | None = None
        self.last_at_us = 0

    @property
    def viewers(self) -> int:
        """How many readers are attached."""
        return len(self._seats)

    @property
    def gop(self) -> list[AccessUnit]:
        """The frames since the last key frame; empty when there is none or it was too long to keep."""
        return list(self._gop)

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        if self._recorder is not None:
            self._recorder.open_run(config, at_us)
        self.config, self.cause = config, None
        self._forget_gop()
        for seat in self._seats:
            seat.reader.open_run(config, at_us)

    def frame(self, unit: AccessUnit) -> None:
        if self._recorder is not None:
            self._recorder.frame(unit)
        self.last_at_us = unit.at_us
        self._keep(unit)
        for seat in self._seats:
            seat.offer(unit)

    def close_run(self, cause: GapCause, at_us: int) -> None:
        if self._recorder is not None:
            self._recorder.close_run(cause, at_us)
        self.config, self.cause = None, cause
        self._forget_gop()
        for seat in self._seats:
            seat.reader.close_run(cause, at_us)

    def skipped(self, frames: int) -> None:
        """The feed itself left out `frames` (the link was full); its next frame is a key frame."""
        self._forget_gop()
        for seat in self._seats:
            seat.missed += frames
            seat.waits_for_key = True

    def attach(self, reader: HubReader) -> None:
        """Give `reader` the configuration and the last group of pictures at once, then every frame."""
        seat = _Seat(reader)
        if self.config is not None:
            reader.open_run(self.config, self.last_at_us)
            for unit in self._gop:
                reader.frame(unit)
            seat.waits_for_key = not self._gop
        self._seats.append(seat)
        if len(self._seats) == 1 and self._on_viewers is not None:
            self._on_viewers(True)

    def detach(self, reader: HubReader) -> None:
        """Forget `reader`; nothing happens when it is not attached."""
        kept = [seat for seat in self._seats if seat.reader is not reader]
        was_last = bool(self._seats) and not kept
        self._seats = kept
        if was_last and self._on_viewers is not None:
            self._on_viewers(False)

    def _keep(self, unit: AccessUnit) -> None:
        if unit.is_key:
            self._gop = [unit]
            self._gop_bytes = unit.size_bytes
        elif self._gop:
            self._gop.append(unit)
            self._gop_bytes += unit.size_bytes
            if self._gop_bytes > GOP_MAX_BYTES or len(self._gop) > GOP_MAX_FRAMES:
                self._forget_gop()

    def _forget_gop(self) -> None:
        self._gop = []
        self._gop_bytes = 0
