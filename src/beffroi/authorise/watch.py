"""The watch on gates and drift: days pass, nodes report, though nobody does anything."""

from __future__ import annotations

from beffroi.authorise.services import aftermath, drifting, windows
from beffroi.core.instants import from_us

GATES_S = 60.0
DRIFT_S = 3600.0


def gates(now_us: int) -> None:
    """Ends the tests of cameras that left them, then tells the gates that opened or shut."""
    at = from_us(now_us)
    windows.close_left(at=at)
    aftermath.tell_gates(at=at)


def drift(now_us: int) -> None:
    """Compares the town with its orders."""
    drifting.check(at=from_us(now_us))
