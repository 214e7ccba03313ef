"""Finds the hashed files of the console and the plan editor in what the UI build left.

Source: Vite, backend integration (manifest).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from beffroi.core.errors import Unavailable

FOLDER = Path(__file__).parent / "static" / "console"
_MANIFEST = ".vite/manifest.json"
_FONT = re.compile(r"/(inter|atkinson-hyperlegible)-(latin|latin-ext)-(\d{3})-normal\.woff2$")
_FAMILIES = {"inter": "Inter", "atkinson-hyperlegible": "Atkinson Hyperlegible"}
_RANGES = {  # Source: the packages' own CSS
    "latin": "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,"
    "U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
    "latin-ext": "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1E00-1E9F,U+20A0-20AB,U+20AD-20C0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Paths under static/console/."""

    script: str
    styles: tuple[str, ...]


def bundle(source: str = "src/console/main.tsx") -> Bundle:
    """An entry of the UI (the console's by default) and its style sheets.

    Errors: Unavailable when the UI was not built.
    """
    entries = _manifest(_stamp())
    entry = entries.get(source)
    if entry is None:
        raise Unavailable(
            "The console was not built; run `make setup`.",
            message_fr="La console n'a pas été construite ; lancez `make setup`.",
        )
    styles = list(entry.get("css", ()))
    for name in entry.get("imports", ()):
        styles += entries[name].get("css", ())
    return Bundle(script=entry["file"], styles=tuple(dict.fromkeys(styles)))


def font_faces(static_url: str) -> str:
    """CSS of the fonts that the build brought; empty without a build: the system's font stands in."""
    faces = []
    for source, entry in _manifest(_stamp()).items():
        found = _FONT.search(source)
        if found:
            name, subset, weight = found.groups()
            faces.append(
                f'@font-face{{font-family:"{_FAMILIES[name]}";font-style:normal;font-weight:{weight};'
                f"font-display:swap;src:url({static_url}console/{entry['file']}) format('woff2');"
                f"unicode-range:{_RANGES[subset]}}}"
            )
    return "\n".join(faces)


def _stamp() -> float:
    try:
        return (FOLDER / _MANIFEST).stat().st_mtime
    except FileNotFoundError:
        return 0.0


@lru_cache(maxsize=1)
def _manifest(stamp: float) -> dict[str, dict[str, Any]]:
    return json.loads((FOLDER / _MANIFEST).read_text()) if stamp else {}
