"""The recording end of a stream: gathers frames into fragments on the node's loop and hands them over."""

from __future__ import annotations

from beffroi.core.instants import TICKS90K_PER_S, ticks90k_to_us
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.fmp4.fragment import nominal_duration_ticks90k
from beffroi.engine.index.rows import GapRow
from beffroi.engine.record.track import Track
from beffroi.engine.record.work import Interrupt, Run, WriteFragment
from beffroi.engine.record.writer import DiskWriter
from beffroi.engine.stream import AccessUnit, CodecConfig

MAX_FRAGMENT_BYTES = 16 << 20
"""A fragment ends here too, so that a camera gone mad cannot fill the memory."""
_FRAME_OVERHEAD_BYTES = 512
"""What a frame costs in memory beside its bytes: its pieces and its object."""
_PAUSE_TICKS90K = 2 * TICKS90K_PER_S
_PAUSE_STEPS = 3
"""A picture is overdue after so many times the step before it, and two seconds: what is missing until it is a gap."""


class StreamRecorder:
    """A `FrameSink`. Never blocks: what the disk cannot take in time is dropped up to the next key frame,
    counted, and recorded as a gap. The figures are of this recorder's life; they follow the disk, not the camera."""

    def __init__(self, track: Track, writer: DiskWriter, *, fragment_ticks90k: int) -> None:
        self._track = track
        self._writer = writer
        self._fragment_ticks90k = fragment_ticks90k
        self._run: Run | None = None
        self._units: list[AccessUnit] = []
        self._bytes = 0
        self._cut_ticks90k = 0
        self._step_ticks90k = 0
        self._needs_key = True
        self._stalled = False
        self._dropped_frames = 0

    @property
    def camera(self) -> str:
        return self._track.key.camera

    @property
    def stream(self) -> StreamName:
        return self._track.key.stream

    @property
    def frames(self) -> int:
        """Frames written."""
        return self._track.frames

    @property
    def bytes(self) -> int:
        """Bytes of those frames."""
        return self._track.bytes

    @property
    def dropped_frames(self) -> int:
        """Frames that came and were not written: full pool or failing disk."""
        return self._dropped_frames + self._track.dropped_frames

    @property
    def first_at_us(self) -> int:
        """Instant of the first frame written; 0 before it."""
        return self._track.first_at_us

    @property
    def last_at_us(self) -> int:
        """End of the footage written in this life; 0 before it."""
        return (self._track.last_end_at_us or 0) if self._track.frames else 0

    @property
    def gaps(self) -> tuple[GapRow, ...]:
        """Gaps of this life; the last may be open (`to_at_us` None)."""
        return self._track.reported_gaps()

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        if self._run is not None:
            self._flush_last()
        self._run = Run(config)
        self._needs_key = True
        self._step_ticks90k = 0

    def frame(self, unit: AccessUnit) -> None:
        units = self._units
        if units:
            if unit.is_key or unit.ticks90k >= self._cut_ticks90k or self._bytes > MAX_FRAGMENT_BYTES:
                self._cut(unit)
        elif self._needs_key and not unit.is_key:
            self._dropped_frames += 1
            return
        if not self._units:
            if self._needs_key and not unit.is_key:
                self._dropped_frames += 1
                return
            self._needs_key = False
            self._cut_ticks90k = unit.ticks90k + self._fragment_ticks90k
        self._units.append(unit)
        self._bytes += unit.size_bytes

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self._flush_last()
        self._run = None
        self._stalled = False
        self._writer.interrupt(self._track, Interrupt(cause, at_us))

    @property
    def has_open_run(self) -> bool:
        return self._run is not None

    def _cut(self, following: AccessUnit) -> None:
        """End the fragment before `following`, if frames shown before it are not still to come."""
        newest = max(unit.ticks90k for unit in self._units)
        step, before = following.ticks90k - newest, self._step_ticks90k
        self._step_ticks90k = step
        if step > _PAUSE_TICKS90K and self._is_overdue(step, before):
            self._pause()
        elif (
            following.is_key
            or following.ticks90k >= self._cut_ticks90k + self._fragment_ticks90k
            or self._bytes > MAX_FRAGMENT_BYTES
            or following.ticks90k > newest
        ):
            self._submit(following.ticks90k, following.at_us)

    def _is_overdue(self, step: int, before: int) -> bool:
        """Whether a picture came so late that others are missing; `before`: the step before a lone picture."""
        times = sorted(unit.ticks90k for unit in self._units)
        usual = times[-1] - times[-2] if len(times) > 1 else before
        return 0 < usual * _PAUSE_STEPS < step

    def _pause(self) -> None:
        """The camera sent nothing for a while: a gap, though its pictures go on where they stopped."""
        end_at_us = self._flush_last()
        if not self._needs_key:
            self._writer.interrupt(self._track, Interrupt(GapCause.SILENT, end_at_us, goes_on=True))

    def _flush_last(self) -> int:
        """End the fragment without a next frame: its last one lasts as long as the one before; returns the instant."""
        if not self._units:
            return 0
        ordered = sorted(unit.ticks90k for unit in self._units)
        end = ordered[-1] + nominal_duration_ticks90k(ordered)
        first = self._units[0]
        end_at_us = first.at_us + ticks90k_to_us(end - first.ticks90k)
        self._submit(end, end_at_us)
        return end_at_us

    def _submit(self, end_ticks90k: int, end_at_us: int) -> None:
        units, self._units = self._units, []
        pool_bytes = self._bytes + _FRAME_OVERHEAD_BYTES * len(units)
        self._bytes = 0
        run = self._run
        if run is None:
            return
        job = WriteFragment(run, units, end_ticks90k=end_ticks90k, end_at_us=end_at_us, pool_bytes=pool_bytes)
        if self._writer.submit(self._track, job):
            self._stalled = False
            return
        self._dropped_frames += len(units)
        self._needs_key = True
        if not self._stalled:
            self._stalled = True
            self._writer.interrupt(self._track, Interrupt(GapCause.DISK_STALLED, units[0].at_us))
