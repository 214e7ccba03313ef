"""Who listens to which event of a lower stage."""

from beffroi.evidence import queries as evidence
from beffroi.operate import events as operate


def connect() -> None:
    """Called once, when Django is ready."""
    operate.answer_holds(evidence.holds_of)
