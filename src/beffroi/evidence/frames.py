"""The legal frames of requisitions, read from `frames.toml`: dated data, so that a new law is a new line."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import translation

from beffroi.core.dates import DateSpan
from beffroi.core.errors import InvalidInput
from beffroi.evidence.rules import Asked, PieceKind

FILE = Path(__file__).parent / "frames.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One legal ground on which pictures may be asked for, in force on `span`."""

    code: str
    article: str
    span: DateSpan
    fr: str
    en: str
    said_fr: str
    said_en: str
    pieces: tuple[Asked, ...]

    @property
    def label(self) -> str:
        """Its name in the language of the page."""
        return self.fr if translation.get_language() == "fr" else self.en

    @property
    def said(self) -> str:
        """What it asks for, in the language of the page."""
        return self.said_fr if translation.get_language() == "fr" else self.said_en


@cache
def _all(file: Path) -> tuple[Frame, ...]:
    return tuple(_frame(row) for row in tomllib.loads(file.read_text("utf-8"))["frame"])


def _frame(row: dict[str, Any]) -> Frame:
    asked = [tuple(map(PieceKind, names)) for names in row["pieces"]]
    return Frame(
        span=DateSpan(from_on=row["from_on"], until_on=row.get("until_on")),
        pieces=tuple(Asked(any_of=names, max_age_months=row.get("max_age_months")) for names in asked),
        **{name: row[name] for name in ("code", "article", "fr", "en", "said_fr", "said_en")},
    )


def frames_on(on: date) -> tuple[Frame, ...]:
    """The frames in force on a day, in the file's order."""
    return tuple(frame for frame in _all(FILE) if on in frame.span)


def frame_of(code: str, on: date) -> Frame:
    """The frame of a code in force on a day.

    Errors: InvalidInput.
    """
    found = next((frame for frame in frames_on(on) if frame.code == code), None)
    if found is None:
        raise InvalidInput(
            f"“{code}” is no legal frame in force on {on}; choose one from the list.",
            message_fr=f"« {code} » n'est pas un cadre en vigueur au {on} ; choisissez-en un dans la liste.",
            field="frame",
        )
    return found
