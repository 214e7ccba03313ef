"""Errors that people read exist in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from beffroi.core import errors

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "beffroi"
KINDS = {name for name, found in vars(errors).items() if isinstance(found, type)}


def only_english(source: str) -> Iterator[int]:
    """Lines that make an error of ours without its French sentence."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS):
            continue
        if node.args and not any(one.arg in ("message_fr", None) for one in node.keywords):
            yield node.lineno


def test_every_error_says_it_in_french_too() -> None:
    files = [file for file in SOURCE.rglob("*.py") if "migrations" not in file.parts]
    found = [f"{file.relative_to(ROOT)}:{line}" for file in files for line in only_english(file.read_text())]
    assert not found


@pytest.mark.parametrize(("source", "lines"), [('Conflict("no")', [1]), ('\nConflict("no", message_fr="non")', [])])
def test_an_error_in_one_language_is_found(source: str, lines: list[int]) -> None:
    assert list(only_english(source)) == lines
