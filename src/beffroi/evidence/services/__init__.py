"""Writes of evidence: locks, requisitions, their pieces, answers and hand-overs. One transaction each."""

from beffroi.evidence.services.holds import HoldRequest, hold, hold_all, release

__all__ = ["HoldRequest", "hold", "hold_all", "release"]
