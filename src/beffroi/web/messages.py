"""Translations: finds the French sentences of the sources, compares them with the English catalogue, compiles it.

`python -m beffroi.web.messages` compiles (part of `make setup`); `--missing` lists what has no English yet.
French is the source language: a sentence of the sources is its own key.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
LOCALE = Path(__file__).parent / "locale"
STAGES = ("people", "territory", "plan", "authorise", "operate", "evidence", "oversee", "web")
_CALLS = {"_", "gettext", "gettext_lazy", "now_"}
_IN_TEMPLATE = re.compile(r"""gettext\(u?(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[,)]""")


def sentences() -> set[str]:
    """Every sentence that the Python sources and the templates ask to translate."""
    found: set[str] = set()
    for stage in STAGES:
        for path in (PACKAGE / stage).rglob("*.py"):
            if "migrations" not in path.parts:
                found.update(_in_python(path))
        for path in (PACKAGE / stage).rglob("templates/**/*.html"):
            found.update(_in_template(path))
    return found


def _in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _in_template(path: Path) -> Iterator[str]:
    from django.utils.translation.template import templatize

    for found in _IN_TEMPLATE.finditer(templatize(path.read_text(), origin=str(path))):
        yield str(ast.literal_eval(found["text"]))


def missing() -> list[str]:
    """Sentences without an English one, in order."""
    import polib

    english = {entry.msgid for entry in polib.pofile(str(_english())) if entry.translated()}
    return sorted(sentences() - english)


def unused() -> list[str]:
    """English sentences whose French is in no source any more."""
    import polib

    return sorted({entry.msgid for entry in polib.pofile(str(_english()))} - sentences())


def compile_all() -> None:
    """Writes the `.mo` beside each `.po`."""
    import polib

    for path in LOCALE.rglob("*.po"):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def _english() -> Path:
    return LOCALE / "en" / "LC_MESSAGES" / "django.po"


def main() -> int:
    """Entry point of the module."""
    if "--missing" in sys.argv[1:]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beffroi.web.settings")
        print("\n".join(missing()))
        return 0
    compile_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
