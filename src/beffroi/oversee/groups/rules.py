"""Whom a working group's exchanges are open to. Pure. Source: CSI L. 132-5."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where somebody stands towards a group; nobody reads it by function, not even the mayor."""

    OUTSIDE = "outside"
    NAMED = "named"  # has not pledged confidentiality yet: reads nothing
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """A naming, as far as a decision looks at it."""

    is_pledged: bool
    is_ended: bool


def place(seats: list[Seated]) -> Place:
    """What somebody's namings to a group amount to."""
    standing = [one for one in seats if not one.is_ended]
    if not standing:
        return Place.OUTSIDE
    return Place.MEMBER if any(one.is_pledged for one in standing) else Place.NAMED
