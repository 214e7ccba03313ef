"""What the law bounds an order by on a day, read from `limits.toml`: dated data, so that a new law is a new row."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from beffroi.authorise.rules import Limits, Regime
from beffroi.core.dates import DateSpan

FILE = Path(__file__).with_name("limits.toml")


@cache
def _table(file: Path) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(file.read_text("utf-8"))


def limits_on(on: date) -> Limits:
    """The limits of a day; before the code came into force, those of that day."""
    table = _table(FILE)
    on = max(on, min(row["from_on"] for row in table["limits"]))
    row = max((row for row in table["limits"] if row["from_on"] <= on), key=lambda one: one["from_on"])
    return Limits(
        retention_days=row["retention_days"],
        months={Regime(name): months for name, months in row["months"].items()},
        purposes=frozenset(one["code"] for one in table["purpose"] if on in _span(one)),
    )


def _span(row: dict[str, Any]) -> DateSpan:
    return DateSpan(from_on=row["from_on"], until_on=row.get("until_on"))
