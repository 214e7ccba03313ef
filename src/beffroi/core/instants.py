"""Instants: whole microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).

`*_at_us` is such an integer: exact in SQLite, in JSON and in a JavaScript number until the year 2255.
`*_at` is an aware UTC datetime. RTP and MP4 media time stays in 90 kHz ticks (`*_ticks90k`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

US_PER_S = 1_000_000
TICKS90K_PER_S = 90_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(at: datetime) -> int:
    """Microseconds since the epoch of an aware datetime."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_us(at_us: int) -> datetime:
    """Aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=at_us)


def to_rfc3339(at_us: int) -> str:
    """RFC 3339 UTC text with microseconds, e.g. `2026-11-06T15:42:08.410000Z`."""
    return from_us(at_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_rfc3339(text: str) -> int:
    """Instant of an RFC 3339 text; the offset is required.

    Errors: ValueError when the text is not an instant or carries no offset.
    """
    return to_us(datetime.fromisoformat(text))


def ticks90k_to_us(ticks90k: int) -> int:
    """Duration in microseconds, rounded to nearest."""
    return (ticks90k * 100 + 4) // 9


def us_to_ticks90k(span_us: int) -> int:
    """Duration in 90 kHz ticks, rounded to nearest."""
    return (span_us * 9 + 50) // 100
