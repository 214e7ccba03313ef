"""What the loop hands to the writer thread, and what readers may ask of frames not yet indexed."""

from __future__ import annotations

from dataclasses import dataclass

from beffroi.engine.contract import GapCause
from beffroi.engine.stream import AccessUnit, CodecConfig


class Run:
    """One unbroken run; compared by identity."""

    __slots__ = ("config",)

    def __init__(self, config: CodecConfig) -> None:
        self.config = config


class WriteFragment:
    """Frames to write, in decoding order. `end_*` is where the next frame begins."""

    __slots__ = ("end_at_us", "end_ticks90k", "pool_bytes", "run", "units")

    def __init__(
        self, run: Run, units: list[AccessUnit], *, end_ticks90k: int, end_at_us: int, pool_bytes: int
    ) -> None:
        self.run = run
        self.units = units
        self.end_ticks90k = end_ticks90k
        self.end_at_us = end_at_us
        self.pool_bytes = pool_bytes


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Footage stops here until the next fragment that starts on a key frame; or any, when the run `goes_on`."""

    cause: GapCause
    at_us: int
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Disavow:
    """A sync failed: what was written since the last good one may not be on the disk, whatever a read says."""

    cause: GapCause


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFragment:
    """A fragment that is in its file but not yet in the index: `size` bytes of `path` at `offset`.

    The file's initialisation segment is its first `init_bytes`.
    """

    file: int
    run: int
    path: str
    config: CodecConfig
    init_bytes: int
    offset: int
    size: int
    start_at_us: int
    end_at_us: int
    duration_ticks90k: int
    frames: int
    is_key: bool
