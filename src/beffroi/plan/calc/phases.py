"""A programme in phases: one after the other, then refined together; the town's own plan scored beside it.

Worth together: Σ over phases of (months until the next) × (weight seen by then): what is seen early counts longer.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from beffroi.plan.calc import exact
from beffroi.plan.calc.placement import Choices, Limits, ceiling, greedy, unmet

Floats = npt.NDArray[np.float64]
Place = Callable[[Limits, Sequence[int]], Sequence[int]]
"""(limits of one phase, cameras there already) → the cameras it adds."""
Tell = Callable[[float], object]
"""Told the share of the work that is done; what it raises ends the work."""
MAX_PASSES, MAX_TRIED = 20, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Cameras and new sites of one phase, and the months its state lasts (until the next, or the horizon)."""

    name: str
    cameras: int
    sites: int | None = None
    months: float = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phased:
    """A choice for each phase.

    Attributes:
        chosen: candidates of each phase.
        worths: weight seen once each phase is in service.
        together: Σ months × worth. `bound`: what no choice can exceed, None when not computed.
        sequential: `together` before the joint refinement.
    """

    chosen: tuple[tuple[int, ...], ...]
    worths: tuple[float, ...]
    together: float
    bound: float | None = None
    sequential: float | None = None

    @property
    def gap(self) -> float | None:
        """How far at most the best could be above, as a share of the bound."""
        if self.bound is None:
            return None
        return max(0.0, (self.bound - self.together) / self.bound) if self.bound > 0 else 0.0


def score(choices: Choices, plan: Sequence[Sequence[int]], phases: Sequence[Phase]) -> Phased:
    """What a plan is worth, phase by phase, as it stands."""
    before: list[int] = []
    worths = []
    for chosen in plan:
        before += chosen
        worths.append(choices.worth(before))
    together = sum(phase.months * worth for phase, worth in zip(phases, worths, strict=True))
    return Phased(chosen=tuple(tuple(one) for one in plan), worths=tuple(worths), together=together)


def counts(choices: Choices, plan: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """(new sites, cameras) of each phase of a plan: what the same money buys."""
    opened: set[str] = set()
    found = []
    for chosen in plan:
        sites = {choices.candidates[index].site for index in chosen} - opened
        opened |= sites
        found.append((len(sites), len(chosen)))
    return found


def quick(choices: Choices, phases: Sequence[Phase], limits: Limits) -> Phased:
    """The greedy plan, phase after phase, at once; its bound adds up what the best cameras left could still gain.

    Errors: InvalidInput when a mandatory zone is out of reach of all candidates together.
    """
    plan = _in_sequence(choices, phases, limits, place=lambda own, kept: greedy(choices, own, kept=kept).chosen)
    kept: list[int] = []
    bound, cameras = 0.0, 0
    for phase, chosen in zip(phases, plan, strict=True):
        kept += chosen
        cameras += phase.cameras
        bound += phase.months * ceiling(choices, kept, cameras)
    return replace(score(choices, plan, phases), bound=bound)


def best(
    choices: Choices, phases: Sequence[Phase], limits: Limits, *, time_limit_s: float = 30.0,
    tell: Tell = lambda share: None,
) -> Phased:  # fmt: skip
    """The best plan found, each phase with its counts; `limits` gives the rest (`cameras` and `sites` are not read).

    The time is shared between the phases one after the other and the bounds of their cumulative counts; the
    refinement has no clock: it stops when no exchange gains.
    """
    share_s = time_limit_s / (2 * len(phases) if len(phases) > 1 else 1)
    cumulative = []
    for number in range(len(phases)):
        total = _limits(phases[: number + 1], limits)
        cumulative.append(exact.best(choices, total, time_limit_s=share_s))
        tell((number + 1) / (2 * len(phases)))
    plans = _plans(choices, phases, limits, whole=list(cumulative[-1].chosen), share_s=share_s)
    tell(0.95)
    starts = [plan for plan in plans if _fits(choices, plan, (phases, limits))]
    refined = [score(choices, _exchanged(choices, plan, (phases, limits)), phases) for plan in starts]
    bound = sum(phase.months * (one.bound or 0.0) for phase, one in zip(phases, cumulative, strict=True))
    found = max(refined, key=lambda one: one.together)
    return replace(found, bound=max(bound, found.together), sequential=score(choices, plans[0], phases).together)


def _plans(
    choices: Choices, phases: Sequence[Phase], limits: Limits, *, whole: list[int], share_s: float
) -> list[list[list[int]]]:
    """Plans to refine: each phase at its best after those before; then the best end state, put in order."""
    if len(phases) == 1:
        return [[whole]]
    final = choices.only(whole)

    def among(these: Choices) -> Place:
        return lambda own, kept: exact.best(these, own, time_limit_s=share_s, kept=kept).chosen

    ordered = _in_sequence(final, phases, replace(limits, mandatory=()), place=among(final))
    in_order = [[whole[index] for index in chosen] for chosen in ordered]
    return [_in_sequence(choices, phases, limits, place=among(choices)), in_order]


def _limits(phases: Sequence[Phase], limits: Limits) -> Limits:
    sites = [phase.sites for phase in phases if phase.sites is not None]
    return replace(
        limits,
        cameras=sum(phase.cameras for phase in phases),
        sites=sum(sites) if len(sites) == len(phases) else None,
    )


def _in_sequence(choices: Choices, phases: Sequence[Phase], limits: Limits, *, place: Place) -> list[list[int]]:
    """Each phase placed given those before. Mandatory zones are owed at the last phase, money is the whole's."""
    kept: list[int] = []
    plan, left = [], limits.budget
    for number, phase in enumerate(phases):
        is_last = number == len(phases) - 1
        own = replace(
            limits, cameras=phase.cameras, sites=phase.sites, budget=left,
            mandatory=limits.mandatory if is_last else (),
        )  # fmt: skip
        chosen = list(place(own, kept))
        if left is not None:
            left -= choices.cost([*kept, *chosen], limits) - choices.cost(kept, limits)
        plan.append(chosen)
        kept += chosen
    return plan


def _fits(choices: Choices, plan: Sequence[Sequence[int]], asked: tuple[Sequence[Phase], Limits]) -> bool:
    """True when a plan keeps the counts of each phase, the site's, the money and the mandatory zones."""
    phases, limits = asked
    whole = [index for chosen in plan for index in chosen]
    by_site: dict[str, int] = {}
    for index in whole:
        site = choices.candidates[index].site
        by_site[site] = by_site.get(site, 0) + 1
    if len(set(whole)) < len(whole) or max(by_site.values(), default=0) > limits.per_site:
        return False
    if limits.budget is not None and choices.cost(whole, limits) > limits.budget + 1e-6:
        return False
    if unmet(choices, limits, whole):
        return False
    return all(
        cameras <= phase.cameras and (phase.sites is None or sites <= phase.sites)
        for (sites, cameras), phase in zip(counts(choices, plan), phases, strict=True)
    )


def _exchanged(
    choices: Choices, plan: Sequence[Sequence[int]], asked: tuple[Sequence[Phase], Limits]
) -> list[list[int]]:
    """A plan after exchanges: one camera for a better one in its phase, two cameras between phases, while it gains."""
    current = [list(chosen) for chosen in plan]
    for _ in range(MAX_PASSES):
        gained = _replaced(choices, current, asked)
        gained = _swapped(choices, current, asked) or gained
        if not gained:
            break
    return current


def _replaced(choices: Choices, plan: list[list[int]], asked: tuple[Sequence[Phase], Limits]) -> bool:
    """One pass: each camera taken out, and the best that fits put in its place."""
    enjoyed = _enjoyed(asked[0])
    gained = False
    for number, place in [(number, place) for number, chosen in enumerate(plan) for place in range(len(chosen))]:
        old = plan[number][place]
        rest = [[index for index in chosen if index != old] for chosen in plan]
        would_add = np.maximum(enjoyed[number] - _had(choices, rest, enjoyed), 0.0)
        gains = choices.sees @ (choices.weights * would_add)
        for new in np.argsort(-gains, kind="stable")[:MAX_TRIED].tolist():
            if gains[new] <= gains[old] * (1 + 1e-9) + 1e-9:
                break
            tried = [list(chosen) for chosen in plan]
            tried[number][place] = new
            if _fits(choices, tried, asked):
                plan[:], gained = tried, True
                break
    return gained


def _swapped(choices: Choices, plan: list[list[int]], asked: tuple[Sequence[Phase], Limits]) -> bool:
    """One pass: two cameras of different phases change places when that gains."""
    enjoyed = _enjoyed(asked[0])
    places = [(number, place) for number, chosen in enumerate(plan) for place in range(len(chosen))]
    rows = np.array([plan[number][place] for number, place in places], dtype=np.int64)
    months = np.array([enjoyed[number] for number, _ in places])
    gained = False
    for one, other in itertools.combinations(range(len(places)), 2):
        if months[one] == months[other] or _gain(choices, rows, (months, one, other)) <= 1e-9:
            continue
        tried = _with_swap(plan, places[one], places[other])
        if _fits(choices, tried, asked):
            plan[:], gained = tried, True
            rows[[one, other]] = rows[[other, one]]
    return gained


def _gain(choices: Choices, rows: npt.NDArray[np.int64], swap: tuple[Floats, int, int]) -> float:
    """What exchanging the phases of two cameras adds to the joint worth: only the cells they see can change."""
    months, one, other = swap
    mine, theirs = choices.sees[[int(rows[one])]].indices, choices.sees[[int(rows[other])]].indices
    cells = np.union1d(mine, theirs)
    rest = np.zeros(len(cells))
    by_mine, by_theirs = np.isin(cells, mine), np.isin(cells, theirs)
    others = np.delete(rows, [one, other])
    held = choices.sees[others][:, cells].multiply(np.delete(months, [one, other])[:, None])
    rest = np.asarray(held.max(axis=0).todense()).ravel() if len(others) else rest
    before = np.maximum(rest, np.maximum(by_mine * months[one], by_theirs * months[other]))
    after = np.maximum(rest, np.maximum(by_mine * months[other], by_theirs * months[one]))
    return float(choices.weights[cells] @ (after - before))


def _with_swap(plan: list[list[int]], one: tuple[int, int], other: tuple[int, int]) -> list[list[int]]:
    tried = [list(chosen) for chosen in plan]
    tried[one[0]][one[1]], tried[other[0]][other[1]] = plan[other[0]][other[1]], plan[one[0]][one[1]]
    return tried


def _enjoyed(phases: Sequence[Phase]) -> Floats:
    """Months for which what each phase first sees is seen."""
    months = np.array([phase.months for phase in phases])
    return np.cumsum(months[::-1])[::-1]


def _had(choices: Choices, plan: Sequence[Sequence[int]], enjoyed: Floats) -> Floats:
    """(n,) months for which each cell is seen under a plan; 0 when never."""
    had = np.zeros(len(choices.weights))
    for chosen, months in reversed(list(zip(plan, enjoyed, strict=True))):
        had[choices.seen_by(chosen)] = months
    return had
