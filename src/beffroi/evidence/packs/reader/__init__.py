"""The offline reader that lies on every pack's medium: one page, built from `ui/src/reader` by `make setup`."""

from __future__ import annotations

from pathlib import Path

from beffroi.core.errors import Unavailable

PAGE = Path(__file__).parent / "index.html"


def reader_page() -> bytes:
    """The page `lecteur/index.html`, whole: it fetches nothing.

    Errors: Unavailable when the user interface was not built.
    """
    try:
        return PAGE.read_bytes()
    except FileNotFoundError:
        raise Unavailable(
            "The offline reader was not built; run `make setup`.",
            message_fr="Le lecteur hors ligne n'a pas été construit ; lancez `make setup`.",
        ) from None
