"""What authorise writes in the journal: codes and ids, in the transaction of what they tell."""

from __future__ import annotations

from beffroi.journal.rules import Detail
from beffroi.journal.services import Entry, Register, append


def tell(
    action: str, *, by: str, subject: str = "", camera: str = "", reason: str = "", detail: Detail | None = None
) -> None:
    """One line of the configuration register."""
    append(
        Entry(
            register=Register.CONFIGURATION,
            action=action,
            author=by,
            subject=subject,
            camera=camera,
            reason=reason,
            detail=detail or {},
        )
    )
