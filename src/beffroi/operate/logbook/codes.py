"""The closed list of codes, read from `codes.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from beffroi.core.errors import InvalidInput

FILE = Path(__file__).parent / "codes.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A leaf of the list. `is_offence`: an OPJ is told of it at once."""

    code: str
    fr: str
    en: str
    is_offence: bool = False

    @property
    def label(self) -> str:
        """In the reader's language."""
        return self.fr if get_language() == "fr" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Leaves that belong together."""

    fr: str
    en: str
    codes: tuple[Code, ...]

    @property
    def label(self) -> str:
        """In the reader's language."""
        return self.fr if get_language() == "fr" else self.en


@cache
def families() -> tuple[Family, ...]:
    """The whole list, in its order."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["family"]
    return tuple(
        Family(
            fr=row["fr"],
            en=row["en"],
            codes=tuple(
                Code(code=one["code"], fr=one["fr"], en=one["en"], is_offence=one.get("offence", False))
                for one in row["codes"]
            ),
        )
        for row in rows
    )


def code_of(code: str) -> Code:
    """One of the list.

    Errors: InvalidInput.
    """
    found = next((one for family in families() for one in family.codes if one.code == code), None)
    if found is None:
        raise InvalidInput("Choose a code from the list.", message_fr="Choisissez un code dans la liste.", field="code")
    return found


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Grouped by family, in the reader's language."""
    return [(family.label, [(one.code, one.label) for one in family.codes]) for family in families()]
