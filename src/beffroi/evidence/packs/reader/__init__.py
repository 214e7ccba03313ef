"""The offline reader that lies on every pack's medium: one page, built from `ui/src/reader` by `make setup`."""

from __future__ import annotations

import shutil
from pathlib import Path

from beffroi.core.errors import Unavailable
from beffroi.evidence.packs import verifier

PAGE = Path(__file__).parent / "index.html"


def write_reader(folder: Path, *, number: str) -> None:
    """The page, the verifier and a note in a folder that exists; `number`: of the pack beside them, empty for any."""
    shutil.copyfile(Path(verifier.__file__), folder / "verifier.py")
    text = Path(verifier.__file__).with_name("lisez-moi.txt").read_text("utf-8")
    (folder / "LISEZ-MOI.txt").write_text(text.replace(" {number}", f" {number}" if number else ""), "utf-8")
    if PAGE.exists():  # not in a checkout whose user interface was not built
        (folder / "index.html").write_bytes(reader_page())


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
