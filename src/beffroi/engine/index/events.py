"""What happens to footage, in the order it happened on the disk; the index writer applies it in batches."""

from __future__ import annotations

from dataclasses import dataclass

from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.index.table import Fragment
from beffroi.engine.stream import CodecConfig


@dataclass(frozen=True, slots=True)
class StreamKey:
    """One stream of one camera."""

    camera: str
    stream: StreamName


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeat:
    """What is fixed about a file when it is made."""

    id: int
    key: StreamKey
    run: int
    path: str
    start_at_us: int
    start_ticks90k: int
    config: CodecConfig
    wrapped_key: bytes = b""
    """Nothing when the file is plain."""


@dataclass(frozen=True, slots=True)
class Written:
    """A whole fragment is in the file. `end_at_us` is where the next frame begins, `init_bytes` the first offset,
    `digest` the SHA-256 of its samples before encryption; none of a plain file."""

    seat: FileSeat
    fragment: Fragment
    end_at_us: int
    init_bytes: int
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Nothing more will be written to this file."""

    seat: FileSeat


@dataclass(frozen=True, slots=True)
class GapOpened:
    """Footage is missing from here."""

    key: StreamKey
    from_at_us: int
    cause: GapCause


@dataclass(frozen=True, slots=True)
class GapClosed:
    """The open gap of this stream ends here."""

    key: StreamKey
    to_at_us: int


FootageEvent = Written | Sealed | GapOpened | GapClosed


def event_key(event: FootageEvent) -> StreamKey:
    """The stream an event is about."""
    return event.seat.key if isinstance(event, Written | Sealed) else event.key
