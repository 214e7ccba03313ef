"""Writes of the journal. `append(Entry(register=Register.X, action="object.verb", …))`, last in a transaction."""

from beffroi.journal.rules import Entry, Register
from beffroi.journal.services.entries import append, append_all
from beffroi.journal.services.heads import sign_head
from beffroi.journal.services.pruning import prune
from beffroi.journal.services.stamps import stamp_head, timestamped
from beffroi.journal.services.witness import compare_witnesses, push_heads

__all__ = [
    "Entry",
    "Register",
    "append",
    "append_all",
    "compare_witnesses",
    "prune",
    "push_heads",
    "sign_head",
    "stamp_head",
    "timestamped",
]
