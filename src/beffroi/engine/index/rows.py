"""What the index answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from beffroi.core.instants import from_us
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.index.table import Fragment

Digest = bytes
Key = bytes


class FileState(StrEnum):
    """Life of a file: writing → sealed → (held) → condemned → forgotten."""

    WRITING = "writing"
    SEALED = "sealed"
    HELD = "held"  # sealed, and a hold keeps it beyond its retention
    CONDEMNED = "condemned"  # being destroyed; never shown, never exported


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One recorded file. `path` is relative to the folder; `fragments` are the acknowledged ones."""

    id: int
    camera: str
    stream: StreamName
    run: int
    path: str
    start_at_us: int
    end_at_us: int
    start_ticks90k: int
    bytes: int
    frames: int
    config_id: int
    fragments: tuple[Fragment, ...]
    state: FileState
    leaf_hash: Digest | None = None
    wrapped_key: Key = b""
    """Nothing when the file is plain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """A span without footage and why; `to_at_us` is None while it lasts."""

    camera: str
    stream: StreamName
    from_at_us: int
    to_at_us: int | None
    cause: GapCause


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSummary:
    """What there is of one stream; `oldest_at_us` and `newest_at_us` are 0 when there is nothing."""

    camera: str
    stream: StreamName
    files: int
    bytes: int
    oldest_at_us: int
    newest_at_us: int


class Span(NamedTuple):
    """A stretch of a stream's time: `what` is `file`, `destroyed` or a gap's cause; `file_id` is 0 for no file."""

    from_at_us: int
    to_at_us: int
    what: str
    file_id: int


def thumbnails_path(camera: str, at_us: int) -> str:
    """`thumbnails/CAMERA/YYYY-MM-DD/HH.thumbs`: the thumbnails of an instant's hour, UTC."""
    return f"thumbnails/{camera}/{from_us(at_us):%Y-%m-%d/%H}.thumbs"


def file_path(camera: str, stream: str, *, start_at_us: int, file_id: int) -> str:
    """`footage/CAMERA/STREAM/YYYY-MM-DD/HHMMSS-ID.mp4`, UTC; ID is the index id in hexadecimal."""
    at = from_us(start_at_us)
    return f"footage/{camera}/{stream}/{at:%Y-%m-%d}/{at:%H%M%S}-{file_id:08x}.mp4"
