"""A camera's dated states: the one list, what may follow what, the state on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from beffroi.core.dates import DateSpan


class StateName(StrEnum):
    """The one list of camera states, in the order of a life."""

    PLANNED = "planned"
    FILED = "filed"
    AUTHORISED = "authorised"
    INSTALLED = "installed"
    DECLARED = "declared"
    IN_TEST = "in-test"
    ACCEPTED = "accepted"
    IN_SERVICE = "in-service"
    EXPIRED = "expired"
    REMOVED = "removed"


_S = StateName
_PUT_UP = frozenset({_S.INSTALLED, _S.DECLARED, _S.IN_TEST, _S.ACCEPTED, _S.IN_SERVICE})
_ENDS = frozenset({_S.EXPIRED, _S.REMOVED})
NEXT = MappingProxyType(
    {
        _S.PLANNED: frozenset({_S.FILED, _S.REMOVED}),
        _S.FILED: frozenset({_S.AUTHORISED, _S.PLANNED, _S.REMOVED}),  # back to planned: refused or withdrawn
        _S.AUTHORISED: _ENDS | {_S.INSTALLED},
        _S.INSTALLED: _ENDS | {_S.DECLARED},
        _S.DECLARED: _ENDS | {_S.IN_TEST},
        _S.IN_TEST: _ENDS | {_S.ACCEPTED, _S.INSTALLED},  # back to installed: the test failed
        _S.ACCEPTED: _ENDS | {_S.IN_SERVICE, _S.IN_TEST},
        _S.IN_SERVICE: _ENDS | {_S.IN_TEST},  # back to test: repaired, or moved
        _S.EXPIRED: frozenset({_S.FILED, _S.AUTHORISED, _S.IN_SERVICE, _S.REMOVED}),  # renewed late
        _S.REMOVED: frozenset(),
    }
)
"""What may follow each state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedState:
    """A camera has this state from this day of the town on."""

    state: StateName
    on: date


class Fault(StrEnum):
    """Why a history cannot stand."""

    NOT_AFTER = "not-after"
    """A state is dated before the one it follows."""
    NOT_ALLOWED = "not-allowed"
    """The state may not follow the one before it."""


def fault_of(history: Sequence[DatedState]) -> tuple[int, Fault] | None:
    """The first step of a history that cannot follow the one before it, and why; None for a good history.

    Any state may begin a history: a town that joins with cameras in service starts from there.
    """
    for step in range(1, len(history)):
        before, after = history[step - 1], history[step]
        if after.on < before.on:
            return step, Fault.NOT_AFTER
        if after.state not in NEXT[before.state]:
            return step, Fault.NOT_ALLOWED
    return None


def state_on(history: Iterable[DatedState], on: date) -> StateName | None:
    """The last state dated on or before a day; None when the camera is not yet planned."""
    found = None
    for dated in history:
        if dated.on > on:
            break
        found = dated.state
    return found


def was_dropped(history: Sequence[DatedState], on: date) -> bool:
    """True when a camera was given up before it was ever authorised: nothing was built, nothing is owed."""
    past = [dated.state for dated in history if dated.on <= on]
    return bool(past) and past[-1] is _S.REMOVED and not set(past) - {_S.PLANNED, _S.FILED, _S.REMOVED}


def is_standing(history: Iterable[DatedState], on: date) -> bool:
    """True when a camera was put up by a day and not taken down since, whatever its papers."""
    past = [dated.state for dated in history if dated.on <= on]
    return bool(_PUT_UP.intersection(past)) and past[-1] is not _S.REMOVED


def spans_in(history: Sequence[DatedState], state: StateName) -> tuple[DateSpan, ...]:
    """The spans of days during which a camera has a state; a state left the same day has no span."""
    ends: list[date | None] = [*(dated.on for dated in history[1:]), None]
    pairs = zip(history, ends, strict=False)
    return tuple(
        DateSpan(from_on=dated.on, until_on=end) for dated, end in pairs if dated.state is state and dated.on != end
    )


def common_state(states: Iterable[StateName]) -> StateName | None:
    """The state of a site or a phase: that of its least advanced camera, removed ones set aside.

    All removed: removed. None when there is no camera. An expired camera counts as less than any other.
    """
    found = list(states)
    standing = [state for state in found if state is not StateName.REMOVED]
    if not standing:
        return StateName.REMOVED if found else None
    if StateName.EXPIRED in standing:
        return StateName.EXPIRED
    return min(standing, key=list(StateName).index)


def turned_by_deg(planned_deg: float, seen_deg: float) -> float:
    """By how much a camera is turned from its planned bearing: -180 < d <= 180, clockwise positive."""
    turned = (seen_deg - planned_deg) % 360.0
    return turned - 360.0 if turned > 180.0 else turned
