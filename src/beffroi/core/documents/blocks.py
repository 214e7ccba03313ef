"""What a paper is made of: small objects that `paper.typ` draws. Pure; texts are French, values are JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

Block = dict[str, Any]
NONE = "—"
BLANK = "\u00a0"
"""A cell that says nothing because the one above it does."""
_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre")  # fmt: skip


def heading(text: str) -> Block:
    return {"kind": "heading", "text": text}


def subheading(text: str) -> Block:
    return {"kind": "subheading", "text": text}


def text(words: str) -> Block:
    return {"kind": "text", "text": words}


def note(words: str) -> Block:
    """Small print: what figures do not say, where they come from."""
    return {"kind": "note", "text": words}


def written(words: str) -> Block:
    """What a person wrote, in a frame."""
    return {"kind": "written", "text": words}


def listed(items: Iterable[str]) -> Block:
    return {"kind": "list", "items": list(items)}


def facts(rows: Iterable[tuple[str, object]]) -> Block:
    """Name and value, a line each."""
    return {"kind": "facts", "rows": [[name, str(value or "")] for name, value in rows]}


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: Sequence[float] = (),
    *,
    figures: Sequence[int] = (),
    sums: Sequence[int] = (),
) -> Block:
    """`widths`: shares of the page, the same for all columns by default; `figures`: columns of figures, set to the
    right; `sums`: rows that add up others, from the last one when below zero."""
    written = [[_cell(cell) for cell in row] for row in rows]
    block: Block = {"kind": "table", "head": list(head), "rows": written, "figures": list(figures)}
    block |= {"sums": [number % len(written) for number in sums] if written else []}
    return block | {"widths": list(widths)} if widths else block


def _cell(value: object) -> str:
    return NONE if value is None or value == "" else str(value)


def boxes(rows: Iterable[tuple[str, bool]]) -> Block:
    """A form's boxes; the word stands beside the mark."""
    return {"kind": "boxes", "rows": [list(row) for row in rows]}


def choices(items: Iterable[str]) -> Block:
    """Boxes that somebody will tick by hand."""
    return {"kind": "choices", "items": list(items)}


def lines(names: Iterable[str]) -> Block:
    """Names, each with a line to write on."""
    return {"kind": "lines", "items": list(names)}


def warning(words: str, items: Iterable[str] = ()) -> Block:
    return {"kind": "warning", "text": words, "items": list(items)}


def signatures(*signers: Sequence[str]) -> Block:
    """One frame a signer: who, then the lines printed in it."""
    return {"kind": "signatures", "boxes": [list(signer) for signer in signers]}


def letter(sender: Sequence[str], receiver: Sequence[str]) -> Block:
    return {"kind": "letter", "from": [line for line in sender if line], "to": [line for line in receiver if line]}


def page() -> Block:
    """What follows begins a page."""
    return {"kind": "page"}


# -- figures as a French reader wants them -----------------------------------------------------------------


def day(on: date | None) -> str:
    """`3 juin 2025`, `1er mai 2025`; a dash when there is none."""
    if on is None:
        return NONE
    return f"{'1er' if on.day == 1 else on.day} {_MONTHS[on.month - 1]} {on.year}"


def number(value: float, digits: int = 0) -> str:
    """`12 345,6`, with narrow no-break spaces."""
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def percent(share: float | None, digits: int = 1) -> str:
    """`12,3 %`; what is not nothing is never written as 0: `moins de 0,1 %`."""
    if share is None:
        return NONE
    least = 10.0**-digits
    if 0 < 100 * share < least / 2:
        return f"moins de {number(least, digits)}\u00a0%"
    return f"{number(100 * share, digits)}\u00a0%"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 caméra`, `2 caméras`."""
    return f"{number(count)} {one if count < 2 else many or one + 's'}"


def euros(value: float) -> str:
    """To the hundred: these are estimates."""
    return f"{number(round(value, -2))}\u00a0€"
