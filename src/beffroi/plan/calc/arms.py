"""Where the fibre stands: stretches and arms planned → laid → lit, and which phase waits for which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.network import Arm, PhasePart


class FibreState(StrEnum):
    """In order: an arm's state is that of its least advanced stretch."""

    PLANNED = "planned"
    LAID = "laid"
    LIT = "lit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The days a stretch was laid and lit; lit without laid, or before, is refused."""

    laid_on: date | None = None
    lit_on: date | None = None

    def __post_init__(self) -> None:
        if self.lit_on and (self.laid_on is None or self.lit_on < self.laid_on):
            raise InvalidInput(
                "A stretch is lit before it is laid; mend one of the two days.",
                message_fr="Un tronçon est allumé avant d'être posé ; corrigez l'une des deux dates.",
                field="lit_on",
            )

    def on(self, day: date) -> FibreState:
        """Its state on a day."""
        if self.lit_on and self.lit_on <= day:
            return FibreState.LIT
        return FibreState.LAID if self.laid_on and self.laid_on <= day else FibreState.PLANNED


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A phase that cannot be lit: it lacks these stretches, which are another phase's works (or its own)."""

    phase: str
    on_phase: str
    stretches: tuple[str, ...]


_NOTHING = Progress()


def arm_states(arms: Iterable[Arm], progress: Mapping[str, Progress], day: date) -> dict[str, FibreState]:
    """State of each point's arm; a stretch that `progress` does not name is planned. A point at the CSU is lit."""
    order = list(FibreState)
    return {
        arm.point: min(
            (progress.get(id_, _NOTHING).on(day) for id_ in arm.stretches), key=order.index, default=FibreState.LIT
        )
        for arm in arms
    }


def waits(
    parts: Sequence[PhasePart], arms_by_phase: Mapping[str, Iterable[Arm]], lit: Iterable[str]
) -> tuple[Wait, ...]:
    """Which phase waits for which, and for which stretches: those its arms need that are not lit.

    `parts`: who lays what (`network.on_final_tree`); `lit`: ids of the stretches lit on the day asked.
    """
    owner = {id_: part.phase for part in parts for id_ in part.stretches}
    done = set(lit)
    found = []
    for phase, arms in arms_by_phase.items():
        missing = {id_ for arm in arms for id_ in arm.stretches} - done
        for other in dict.fromkeys(part.phase for part in parts):
            ids = tuple(sorted(id_ for id_ in missing if owner.get(id_) == other))
            if ids:
                found.append(Wait(phase=phase, on_phase=other, stretches=ids))
    return tuple(found)
