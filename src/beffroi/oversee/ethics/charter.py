"""The charter's text: the template of `charter.toml`, or what the town adopted."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import translation

from beffroi.oversee.ethics.models import Charter

FILE = Path(__file__).with_name("charter.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principle:
    """One principle, and what it means here."""

    fr: str
    en: str
    said_fr: str
    said_en: str

    @property
    def label(self) -> str:
        """Its name, in the language of the page."""
        return self.fr if translation.get_language() == "fr" else self.en

    @property
    def said(self) -> str:
        """What it means here, in the language of the page."""
        return self.said_fr if translation.get_language() == "fr" else self.said_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What agents read and sign. `own`: the town's own commitments, in French."""

    principles: tuple[Principle, ...]
    own: str = ""

    @property
    def form(self) -> dict[str, Any]:
        """As it is kept."""
        names = ("fr", "en", "said_fr", "said_en")
        return {"principles": [{key: getattr(one, key) for key in names} for one in self.principles], "own": self.own}

    @property
    def sha256(self) -> str:
        """Of its form, keys sorted."""
        return hashlib.sha256(json.dumps(self.form, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def template() -> Text:
    """What a town begins with."""
    rows = tomllib.loads(FILE.read_text("utf-8"))["principle"]
    return Text(principles=tuple(Principle(**row) for row in rows))


def text_of(row: Charter | None) -> Text:
    """What was adopted; without, the template."""
    if row is None:
        return template()
    return Text(principles=tuple(Principle(**one) for one in row.content["principles"]), own=row.content["own"])
