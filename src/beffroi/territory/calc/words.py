"""Names as people type them: no accents, no capitals, short forms spelled out."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

_SHORT = MappingProxyType(
    {"av": "avenue", "bd": "boulevard", "bld": "boulevard", "boul": "boulevard", "pl": "place", "r": "rue",
     "st": "saint", "ste": "sainte", "imp": "impasse", "rte": "route", "all": "allees", "ch": "chemin", "q": "quai",
     "mal": "marechal"}
)  # fmt: skip
_IDLE = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "et", "a"})


def words(text: str) -> tuple[str, ...]:
    """The words of a name that tell it from others.

    >>> words("4 Bd de l’Ayrolle")
    ('4', 'boulevard', 'ayrolle')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    found = (_SHORT.get(word, word) for word in re.findall(r"[a-z0-9]+", plain))
    return tuple(word for word in found if word not in _IDLE)


def without_numbers(asked: tuple[str, ...]) -> tuple[str, ...]:
    """What is asked less its house number: no position is known to the door."""
    return tuple(word for word in asked if not word.isdecimal())


def score(asked: tuple[str, ...], name: tuple[str, ...]) -> int:
    """How well a name answers: 0 when some word asked has no match; whole words count more than beginnings."""
    total = 0
    for word in asked:
        if word in name:
            total += 3
        elif any(candidate.startswith(word) for candidate in name):
            total += 2
        else:
            return 0
    return total * 10 - min(len(name), 9) + (5 if asked and name[: len(asked)] == asked else 0)
