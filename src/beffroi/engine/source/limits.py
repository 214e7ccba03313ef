"""Deadlines and bounds of a source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every wait has one of these.

    Attributes:
        tries_per_minute: of connecting, in the long run; `tries_at_once`: those that may go before.
        quick_tries: tries that follow each other after `retry_first_s`; then the wait doubles each time.
        key_s: pictures come, but none that decoding can start with: the camera is called again, for most begin with
            a key frame. Longer than any group of pictures of a smart codec.
        settle_s: a new stream is read at each arrival for so long: it pins the wall clock and lets the
            kernel's receive window grow before batched reading starts.
        batch_min_s, batch_max_s: period of batched reading; it varies so that the clock estimate does not
            settle on a beat with the camera's own period.
    """

    connect_s: float = 5.0
    response_s: float = 5.0
    silent_s: float = 8.0
    key_s: float = 30.0
    tries_per_minute: int = 6
    tries_at_once: int = 12
    quick_tries: int = 8
    retry_first_s: float = 0.5
    retry_most_s: float = 15.0
    refused_first_s: float = 5.0
    refused_most_s: float = 60.0
    settle_s: float = 2.0
    batch_min_s: float = 0.18
    batch_max_s: float = 0.21
    teardown_s: float = 1.0
