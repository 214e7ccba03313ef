"""Writes of dossiers, by subject."""

from beffroi.authorise.dossier.services.filing import (
    Drawn,
    file,
    open_dossier,
    open_from,
    record_built,
    record_decision,
    record_receipt,
    revise,
    write_text,
)
from beffroi.authorise.dossier.services.landing import land
from beffroi.authorise.dossier.services.registers import (
    attach,
    check_sign,
    content_of,
    detach,
    put_contact,
    put_sign,
)

__all__ = [
    "Drawn",
    "attach",
    "check_sign",
    "content_of",
    "detach",
    "file",
    "land",
    "open_dossier",
    "open_from",
    "put_contact",
    "put_sign",
    "record_built",
    "record_decision",
    "record_receipt",
    "revise",
    "write_text",
]
