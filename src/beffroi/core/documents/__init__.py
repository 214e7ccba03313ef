"""PDF documents that are archived and read aloud: PDF/A-2a and PDF/UA-1, in French, by typst.

A document is a `.typ` template beside its stage's code and one JSON object:

    document_pdf(Path(__file__).with_name("slip.typ"), {"title": "Bordereau", …}, made_at=now)

The template imports the common look and reads the object; no text of a person ever becomes source:

    #import "/core/documents/look.typ": *
    #let given = json(bytes(sys.inputs.given))
    #show: document_page.with(title: given.title, town: given.town, reference: given.reference, made: given.made,
      fictional: given.fictional)          // "jeu fictif" where the town's data are invented, else null
    == Un titre
    #facts(((("Nom", given.name)),))      // facts, rows_table, signature_box, code: see the common look

Most papers need no template of their own: `PAPER` draws a title and a row of `blocks`.

Paths in templates start at the package (`/core/documents/look.typ`); a template lies inside the package. SVG goes in
as text and is shown with `image(bytes(given.plan), format: "svg", alt: "…")`: PDF/UA wants an `alt` on every picture.
Fonts: those inside typst (Libertinus Serif, DejaVu Sans Mono), never the machine's: the same bytes everywhere.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

from beffroi.core.errors import Internal

PACKAGE = Path(__file__).resolve().parents[2]
PAPER = Path(__file__).with_name("paper.typ")
"""The template of a paper made of `blocks`."""
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]


def document_pdf(template: Path, given: Mapping[str, Any], *, made_at: dt.datetime) -> bytes:
    """The PDF of `template` filled with `given` (JSON values); the same arguments give the same bytes.

    `made_at`: aware; what the PDF says of its own making. Blocks for some tenths of a second: for a worker or a page
    that says so, not for an event loop.
    Errors: Internal when the template does not take what it was given.
    """
    inputs = {"given": json.dumps(given, ensure_ascii=False)}
    try:
        made = typst.compile(
            template.resolve(),
            format="pdf",
            root=PACKAGE,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=STANDARDS,
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise Internal(
            f"{template.name} could not be drawn: {error.message}.",
            message_fr=f"{template.name} n'a pas pu être dessiné : {error.message}.",
        ) from None
    assert isinstance(made, bytes)  # one PDF, no output path
    return made


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[])
