"""Changes values of `beffroi.toml`: reads the tree, writes it back whole. Comments of the file are not kept."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def change(path: Path, changes: Mapping[str, object]) -> bool:
    """Sets dotted keys; creates the file (mode 0600) when absent. False, and nothing written, when all was so."""
    try:
        tree = tomllib.loads(path.read_text())
    except FileNotFoundError:
        tree = {}
    before = json.dumps(tree, sort_keys=True)
    for key, value in changes.items():
        section, _, leaf = key.rpartition(".")
        target = tree.setdefault(section, {}) if section else tree
        target[leaf] = value
    if path.exists() and json.dumps(tree, sort_keys=True) == before:
        return False
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(rendered(tree))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return True


def rendered(tree: Mapping[str, Any]) -> str:
    """TOML text of a tree of one level of tables."""
    lines = ["# Beffroi; keys: ref/config.md"]
    lines += [f"{key} = {_value(value)}" for key, value in tree.items() if not isinstance(value, dict)]
    for section, values in tree.items():
        if isinstance(values, dict):
            lines += ["", f"[{section}]", *(f"{key} = {_value(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    # JSON's strings, numbers, booleans and lists of them are TOML's.
    return json.dumps(value, ensure_ascii=False)
