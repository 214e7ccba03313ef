"""What whoever runs the system is exposed to, and what holds each offence off: read from `offences.toml`.

Source: Code pénal 226-1, 226-16 to 226-22-2; CSI L. 254-1.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils import translation

FILE = Path(__file__).with_name("offences.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One offence. `obligations`: rows of `law/obligations.toml` whose enforcement holds it off."""

    code: str
    article: str
    fr: str
    en: str
    penalty_fr: str
    penalty_en: str
    held_fr: str
    held_en: str
    obligations: tuple[str, ...]

    @property
    def label(self) -> str:
        """What it is, in the language of the page."""
        return self.fr if _is_french() else self.en

    @property
    def penalty(self) -> str:
        """The highest penalty: imprisonment, fine."""
        return self.penalty_fr if _is_french() else self.penalty_en

    @property
    def held(self) -> str:
        """What holds it off here."""
        return self.held_fr if _is_french() else self.held_en


def _is_french() -> bool:
    return translation.get_language() == "fr"


@cache
def offences() -> tuple[Offence, ...]:
    """All of them, in the order of the codes."""
    rows = tomllib.loads(FILE.read_text("utf-8"))["offence"]
    return tuple(Offence(**row | {"obligations": tuple(row["obligations"])}) for row in rows)
