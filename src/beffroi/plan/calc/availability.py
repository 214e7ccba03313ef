"""How often it works: shares of time between 0 and 1, hours a year, reliability of networks.

Failures are taken as independent; a flood or a cut of the town's power is not.
Source: Barlow & Proschan, Mathematical Theory of Reliability (1965); Hardy, Lucet & Limnios, IEEE Transactions on
Reliability 56 (2007), for exact reliability along a front.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.steiner import Parts

YEAR_H = 8_766.0
MOST_STATES = 20_000
"""Beyond, an exact answer may not end; `sampled` gives an estimate with its interval."""

Link = tuple[Hashable, Hashable, float]
"""One end, the other end, share of time it works."""
_State = tuple[tuple[tuple[Hashable, ...], int], ...]
"""Parts of the front: its points that are joined, and how many wanted points the part holds."""


def availability(mtbf_h: float, mttr_h: float) -> float:
    """Mean time between failures over that plus mean time to repair."""
    return mtbf_h / (mtbf_h + mttr_h)


def series(shares: Iterable[float]) -> float:
    """All must work."""
    return math.prod(shares)


def parallel(shares: Iterable[float]) -> float:
    """One is enough."""
    return 1 - math.prod(1 - share for share in shares)


def hours_lost(share: float) -> float:
    """Hours a year it does not work."""
    return (1 - share) * YEAR_H


def fibre(length_m: float, *, cuts_per_100_km_year: float, repair_h: float) -> float:
    """Share of time a cable is whole."""
    cuts_a_year = cuts_per_100_km_year * length_m / 100_000
    return 1 / (1 + cuts_a_year * repair_h / YEAR_H)


def two_terminal(links: Sequence[Link], start: Hashable, goal: Hashable) -> float:
    """That a way of working links joins two points, exactly.

    Errors: as `all_terminal`.
    """
    return all_terminal(links, (start, goal))


def all_terminal(links: Sequence[Link], points: Iterable[Hashable]) -> float:
    """That working links join all these points, exactly: links are decided one by one along a front.

    What was decided behind the front is kept as which of its points are joined, and how many of `points` each part
    holds; ways to the same state are added up. Streets make narrow fronts: some hundred links take a second.

    Errors: InvalidInput when a share is not between 0 and 1, or the front has more than `MOST_STATES` states.
    """
    _check(links)
    kept, wanted, factor = _shrunk(links, frozenset(points))
    ordered = _along(kept, min(wanted, key=str))
    met = {end for a, b, _ in ordered for end in (a, b)}
    if len(wanted) == 1:
        return factor
    if not wanted <= met:
        return 0.0
    last = {end: number for number, (a, b, _) in enumerate(ordered) for end in (a, b)}
    states: dict[_State, float] = {(): 1.0}
    done = 0.0
    for number, (a, b, share) in enumerate(ordered):
        leaving = {end for end in (a, b) if last[end] == number}
        after: dict[_State, float] = {}
        for state, chance in states.items():
            entered = _entered(state, (a, b), wanted)
            for next_state, weight in ((_joined(entered, a, b), share), (entered, 1 - share)):
                left, verdict = _left(next_state, leaving, len(wanted))
                done += chance * weight if verdict else 0.0
                if verdict is None and weight:
                    after[left] = after.get(left, 0.0) + chance * weight
        states = after
        if len(states) > MOST_STATES:
            raise InvalidInput(
                f"{len(links)} links are too meshed to be exact; use the sampled estimate, or a part of the network.",
                message_fr=f"{len(links)} liaisons, c'est trop maillé pour un calcul exact ; utilisez l'estimation par "
                "tirage, ou une partie du réseau.",
                field="links",
            )
    return factor * done


def ring(links: int, share: float) -> float:
    """All points of a ring joined: at most one link is down. Closed form."""
    return share**links + links * share ** (links - 1) * (1 - share)


def _check(links: Sequence[Link]) -> None:
    if any(not 0 <= share <= 1 for _, _, share in links):
        raise InvalidInput(
            "A link works between 0 and 1 of the time; mend its share.",
            message_fr="Une liaison fonctionne entre 0 et 1 du temps ; corrigez sa part.",
            field="links",
        )


def _shrunk(links: Sequence[Link], points: frozenset[Hashable]) -> tuple[list[Link], frozenset[Hashable], float]:
    """Leaves go, a wanted one leaving a factor and its place to its neighbour; links in a row become one."""
    at: dict[Hashable, dict[int, Link]] = {}
    for number, link in enumerate(links):
        if link[0] != link[1]:
            for end in link[:2]:
                at.setdefault(end, {})[number] = link
    waiting, fresh, wanted, factor = list(at), len(links), set(points), 1.0
    while waiting:
        point = waiting.pop()
        own = at.get(point, {})
        if len(own) > 2 or (point in wanted and (len(own) != 1 or len(wanted) == 1)):
            continue
        ends = [(b if a == point else a) for a, b, _ in own.values()]
        for number, end in zip(own, ends, strict=True):
            del at[end][number]
        at.pop(point, None)
        if point in wanted:
            factor *= next(iter(own.values()))[2]
            wanted = (wanted - {point}) | set(ends)
        elif len(own) == 2 and ends[0] != ends[1]:
            link = (ends[0], ends[1], math.prod(share for _, _, share in own.values()))
            at[ends[0]][fresh] = at[ends[1]][fresh] = link
            fresh += 1
        waiting.extend(ends)
    kept = {number: link for own in at.values() for number, link in own.items()}
    return [kept[number] for number in sorted(kept)], frozenset(wanted), factor


def _along(links: Sequence[Link], start: Hashable) -> list[Link]:
    """Links in the order in which a walk in breadth meets them: the front stays narrow."""
    at: dict[Hashable, list[int]] = {}
    for number, (a, b, _) in enumerate(links):
        at.setdefault(a, []).append(number)
        at.setdefault(b, []).append(number)
    order: dict[int, None] = {}
    seen, waiting = {start}, [start]
    for point in waiting:
        for number in at.get(point, ()):
            if links[number][0] != links[number][1]:
                order[number] = None
            for other in links[number][:2]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return [links[number] for number in order]


def _entered(state: _State, ends: Iterable[Hashable], wanted: frozenset[Hashable]) -> _State:
    """Points the front meets for the first time are parts of their own."""
    known = {point for points, _ in state for point in points}
    fresh = [((end,), int(end in wanted)) for end in dict.fromkeys(ends) if end not in known]
    return (*state, *fresh)


def _joined(state: _State, a: Hashable, b: Hashable) -> _State:
    one = next(part for part in state if a in part[0])
    if b in one[0]:
        return state
    other = next(part for part in state if b in part[0])
    whole = (tuple(sorted(one[0] + other[0], key=str)), one[1] + other[1])
    return (*(part for part in state if part is not one and part is not other), whole)


def _left(state: _State, leaving: set[Hashable], wanted: int) -> tuple[_State, bool | None]:
    """The state once points no link touches any more have left; True: all wanted are joined, False: they cannot be."""
    parts = []
    for points, count in state:
        if count == wanted:
            return (), True
        kept = tuple(point for point in points if point not in leaving)
        if kept:
            parts.append((kept, count))
        elif count:
            return (), False
    return tuple(sorted(parts, key=str)), None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """An estimate by random draws and its 95 % interval."""

    share: float
    low: float
    high: float


def sampled(links: Sequence[Link], points: Sequence[Hashable], *, seed: int, count: int = 20_000) -> Sampled:
    """That working links join these points, in networks too large to be exact. Wilson's interval."""
    random = np.random.default_rng(seed)
    works = random.random((count, len(links))) < np.array([share for _, _, share in links])
    joined = 0
    for draw in works:
        part = Parts()
        for up, (a, b, _) in zip(draw, links, strict=True):
            if up:
                part.join(a, b)
        joined += len({part.of(point) for point in points}) == 1
    share, z = joined / count, 1.959963984540054
    middle, half = share + z * z / (2 * count), z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return Sampled(share=share, low=(middle - half) / scale, high=(middle + half) / scale)


def camera_hours_share(recorded_h: float, due_h: float) -> float:
    """Camera-hours recorded ÷ due: the figure told each year.

    Errors: InvalidInput when nothing was due, or more was recorded than was due.
    """
    if not 0 <= recorded_h <= due_h or due_h == 0:
        raise InvalidInput(
            f"{recorded_h:g} hours recorded of {due_h:g} due; check the period and the dates in service.",
            message_fr=f"{recorded_h:g} heures enregistrées pour {due_h:g} dues ; vérifiez la période et les dates de "
            "mise en service.",
            field="recorded_h",
        )
    return recorded_h / due_h
