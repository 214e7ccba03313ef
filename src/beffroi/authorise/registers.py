"""What authorise writes in the journal: codes and ids, in the transaction of what they tell."""

from __future__ import annotations

from beffroi.journal.rules import Detail
from beffroi.journal.services import Entry, Register, append


def tell(action: str, *, by: str, register: Register = Register.CONFIGURATION, detail: Detail | None = None,
         **codes: str) -> None:  # fmt: skip
    """One line. `by`: an agent's id or `system`; `codes`: `subject`, `camera`, `reason`."""
    append(Entry(register=register, action=action, author=by, detail=detail or {}, **codes))
