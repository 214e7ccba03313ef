"""Decisions are pure: a stage's rules know no Django, read and write nothing, and have no clock of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "beffroi"
RULES = sorted(path for path in SOURCE.rglob("*rules.py") if "engine" not in path.parts)
IMPURE = {"django", "os", "io", "sqlite3", "socket", "subprocess", "time", "threading", "asyncio", "shutil", "logging"}
CLOCKS = {"now", "today", "utcnow", "time", "time_ns"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def asked_of_clocks(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="datetime" | "date" | "time" as whose), attr=asked)):
                if asked in CLOCKS:
                    yield f"{whose}.{asked}"


def test_there_are_rules() -> None:
    assert len(RULES) > 10


@pytest.mark.parametrize("path", RULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_rules_are_pure(path: Path) -> None:
    tree = ast.parse(path.read_text())
    names = set(imported(tree))
    assert {name for name in names if name.partition(".")[0] in IMPURE} == set()
    assert {name for name in names if name.endswith((".models", ".queries", ".services"))} == set()
    assert list(asked_of_clocks(tree)) == []
