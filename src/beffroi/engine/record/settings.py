"""What can be set about a footage folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from beffroi.engine.contract import FactKind

OnFact = Callable[[FactKind, str, dict[str, str | int | bool]], None]
"""(kind, camera, detail). Called from the store's own thread; what it is told is durable when it returns."""


def no_facts(kind: FactKind, camera: str, detail: dict[str, str | int | bool]) -> None:
    """For a folder that reports to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageSettings:
    """Limits and periods of one disk folder.

    Attributes:
        pool_max_bytes: frames held while the disk stalls; 660 MB is 30 s of 44 cameras at 4 Mbit/s.
        tick_s: durability period; 0 chooses by disk: 2 s, or 10 s when it rotates.
        file_s: a file is cut at the first key frame after this time, at twice it whatever comes.
        fragment_s: a fragment ends at a key frame or after this time.
        maintenance_s: how often retention and disk pressure are looked at.
        min_free_bytes: below it, or below 5 % of a small disk, the oldest footage of cameras that have a retention
            policy is destroyed.
        max_bytes: cap on all footage here; 0 for none.
        on_fact: told of gaps, destructions, disk pressure and clock jumps.
    """

    pool_max_bytes: int = 660_000_000
    tick_s: float = 0.0
    file_s: float = 60.0
    fragment_s: float = 2.0
    maintenance_s: float = 10.0
    min_free_bytes: int = 1 << 30
    max_bytes: int = 0
    on_fact: OnFact = no_facts
