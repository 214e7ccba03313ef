"""Figures of several rounds: median and range, a table for people, a document for programs."""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value: median of the rounds and their range."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """From one value a round; at least one."""
        return cls(statistics.median(values), min(values), max(values), len(values))

    def text(self, digits: int = 2) -> str:
        """`1.16 (1.15–1.37)`; the range is left out of a single round."""
        median = f"{self.median:.{digits}f}"
        return median if self.rounds == 1 else f"{median} ({self.low:.{digits}f}–{self.high:.{digits}f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure to reach. `reached` beyond `limit` in the wrong direction is a miss."""

    name: str
    limit: float
    reached: float
    at_most: bool = True

    @property
    def is_met(self) -> bool:
        return self.reached <= self.limit if self.at_most else self.reached >= self.limit

    def line(self) -> str:
        """One line for people."""
        sign = "≤" if self.at_most else "≥"
        return (
            f"{'met   ' if self.is_met else 'MISSED'}  {self.name}: {self.reached:.2f} (target {sign} {self.limit:g})"
        )

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        direction = "at_most" if self.at_most else "at_least"
        return {"name": self.name, direction: self.limit, "reached": round(self.reached, 4), "met": self.is_met}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure gives back: a document for programs, a text for people, the targets it can judge."""

    document: dict[str, Any]
    text: str
    targets: list[Target]


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile of at least one value."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def machine() -> dict[str, Any]:
    """Where and when: processor, cores, memory, kernel, load before the run."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def say(text: str) -> None:
    """Progress, on stderr: stdout is for the result."""
    print(text, file=sys.stderr, flush=True)
