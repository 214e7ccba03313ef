"""From a fault of a paper to the error that stops it."""

from __future__ import annotations

from collections.abc import Iterable

from beffroi.authorise.rules import Fault
from beffroi.core.errors import BarredByLaw, InvalidInput


def refuse(faults: Iterable[Fault]) -> None:
    """Nothing without a fault. Errors: BarredByLaw for the first that breaks an article, InvalidInput otherwise."""
    for fault in faults:
        if fault.article:
            raise BarredByLaw(fault.message, message_fr=fault.message_fr, article=fault.article, field=fault.field)
        raise InvalidInput(fault.message, message_fr=fault.message_fr, field=fault.field)
