"""Reads of evidence."""

from beffroi.evidence.queries.holds import Reach, holds_of, reaches

__all__ = ["Reach", "holds_of", "reaches"]
