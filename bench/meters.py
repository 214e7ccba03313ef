"""What a tree of processes costs, from /proc: user + system time and proportional memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU since the start of the processes, children that have ended included, and memory now."""

    cpu_s: float
    pss_bytes: int


def measure(roots: Iterable[int]) -> Cost:
    """The cost of the processes `roots` and all their descendants."""
    pids = _tree(set(roots))
    return Cost(sum(map(_cpu_s, pids)), sum(map(_pss_bytes, pids)))


def _tree(wanted: set[int]) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    tree = {pid for pid in wanted if pid in parents}
    while grown := {pid for pid, parent in parents.items() if parent in tree and pid not in tree}:
        tree |= grown
    return tree


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on. Source: proc(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return sum(int(ticks) for ticks in fields[11:15]) * _TICK_S if fields else 0.0


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
