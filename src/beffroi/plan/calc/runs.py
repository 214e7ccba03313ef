"""Stretches of a network joined into runs: what is dug in one go, from a point or a fork to the next."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

from beffroi.plan.calc.network import Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Stretches end to end, from `a` to `b`; `forth`: of each, whether it is taken from its own `a` to its `b`."""

    a: str
    b: str
    stretches: tuple[Stretch, ...]
    forth: tuple[bool, ...]

    @property
    def length_m(self) -> float:
        return math.fsum(one.length_m for one in self.stretches)

    @property
    def cost_eur(self) -> float:
        return math.fsum(one.cost_eur for one in self.stretches)


def runs(stretches: Sequence[Stretch], points: Collection[str], kinds: Mapping[str, Hashable]) -> list[Run]:
    """All stretches, each in one run. A run ends at a point, at a fork, and where the kind of the stretches changes.

    `points`: where runs end whatever meets there; `kinds`: of each stretch by id (its phase, what lies already).
    A closed loop that no point is on begins anywhere.
    """
    at: dict[str, list[Stretch]] = defaultdict(list)
    for one in stretches:
        at[one.a].append(one)
        at[one.b].append(one)
    ends = {
        node
        for node, around in at.items()
        if node in points or len(around) != 2 or len({kinds[one.id] for one in around}) > 1
    }
    left = {one.id for one in stretches}
    starts = [(node, one) for node in sorted(ends) for one in at[node]] + [(one.a, one) for one in stretches]
    found = []
    for node, one in starts:
        if one.id in left:  # not yet in a run
            found.append(_from(node, one, (at, ends, left)))
    return found


def _from(start: str, first: Stretch, walk: tuple[Mapping[str, list[Stretch]], Collection[str], set[str]]) -> Run:
    """The run that leaves `start` by a stretch; what it takes is no longer left."""
    at, ends, left = walk
    taken, forth, here, one = [], [], start, first
    while True:
        left.discard(one.id)
        taken.append(one)
        forth.append(one.a == here)
        here = one.b if one.a == here else one.a
        following = [other for other in at[here] if other.id in left]
        if here in ends or not following:
            return Run(a=start, b=here, stretches=tuple(taken), forth=tuple(forth))
        one = following[0]
