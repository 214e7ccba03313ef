"""`beffroi bench network`: exact trees on street graphs and on SteinLib B; how often an interval covers a known effect.

Street graphs are invented: a bent grid of blocks of about 80 m, 15 % of the streets missing, five prices a metre. 69
points to join: a CSU, 35 buildings, 33 sites. SteinLib's files are not ours to ship: name their folder.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from pathlib import Path
from typing import Any

import networkx as nx

from beffroi.cli.plan import solvers_banner_aside
from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import network
from beffroi.plan.calc.network import Points, Stretch
from beffroi.plan.calc.steiner import Edge, steiner_tree
from beffroi.territory.calc import injected, panel
from beffroi.territory.calc.panel import PanelEffect
from bench.report import Figure, Measured, Target, say, table

TERMINALS, AGGREGATION, LIMIT_S = 69, 8, 60.0
OPTIMA = (82, 83, 138, 59, 61, 122, 111, 104, 220, 86, 88, 174, 165, 235, 318, 127, 131, 218)
"""SteinLib B, b01 to b18."""


def run(arguments: argparse.Namespace) -> Measured:
    """Trees and cores on street graphs, SteinLib when given, then the statistics' own judge."""
    points = 200 if arguments.quick else arguments.points
    with solvers_banner_aside():
        return _measured(arguments, points)


def _measured(arguments: argparse.Namespace, points: int) -> Measured:
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    towns = [_town(points, seed) for seed in range(rounds)]
    document: dict[str, Any] = {"points": points, "towns": towns}
    targets = [
        Target(name=f"tree, {points:,} points, slowest s", limit=LIMIT_S, reached=max(t["tree_s"] for t in towns)),
        Target(name="trees not proved", limit=0, reached=sum(not t["tree_proved"] for t in towns)),
    ]
    if arguments.steinlib:
        missed = _steinlib(arguments.steinlib)
        document["steinlib_b_missed"] = missed
        targets.append(Target(name="SteinLib B not solved to its optimum, of 18", limit=0, reached=len(missed)))
    seeds = 100 if arguments.quick else 1000
    covered, alarms = _judged(seeds)
    document |= {"seeds": seeds, "covered": covered, "false_alarms": alarms}
    spread = 3 * math.sqrt(0.05 * 0.95 / seeds)
    targets += [
        Target(
            name=f"share of {seeds:,} intervals over 0.80 away from 0.95", limit=spread, reached=abs(covered - 0.95)
        ),
        Target(name=f"share of false alarms in {seeds:,} away from 0.05", limit=spread, reached=abs(alarms - 0.05)),
    ]
    rows = [["", "s", "proved"]]
    for name in ("tree", "core_and_spurs"):
        figure = Figure.of([town[f"{name}_s"] for town in towns])
        rows.append([name, figure.text(1), f"{sum(town[f'{name}_proved'] for town in towns)} of {rounds}"])
    longer = Figure.of([town["approximation_longer"] for town in towns])
    dearer = f"networkx's approximation is dearer by {longer.text(3)}"
    text = f"{table(rows)}\n{dearer}\ncovered {covered:.3f}, false alarms {alarms:.3f}"
    document["targets"] = [target.document() for target in targets]
    return Measured(document, text, targets)


def _town(points: int, seed: int) -> dict[str, Any]:
    say(f"street graph {seed}")
    stretches, ends = streets(points, seed)
    started = time.perf_counter()
    tree = network.cheapest_tree(stretches, ends, seconds=2 * LIMIT_S)
    tree_s = time.perf_counter() - started
    asked = Points(csu=ends[0], aggregation=tuple(ends[1 : 1 + AGGREGATION]), others=tuple(ends[1 + AGGREGATION :]))
    started = time.perf_counter()
    held = network.ring_and_spurs(stretches, asked, seconds=2 * LIMIT_S)
    return {
        "tree_s": tree_s,
        "tree_proved": tree.is_proved,
        "gap": tree.gap,
        "approximation_longer": _approximation(stretches, ends) / tree.cost - 1,
        "core_and_spurs_s": time.perf_counter() - started,
        "core_and_spurs_proved": held.core.is_proved and held.spurs.is_proved,
    }


def streets(points: int, seed: int) -> tuple[list[Stretch], list[str]]:
    """An invented street graph and who is joined, the CSU first."""
    dice, side = random.Random(seed), round(math.sqrt(points))
    graph = nx.grid_2d_graph(side, points // side)
    at = {p: (80 * p[0] + dice.uniform(-25, 25), 80 * p[1] + dice.uniform(-25, 25)) for p in graph}
    graph.remove_edges_from([pair for pair in list(graph.edges) if dice.random() < 0.15])
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    stretches = []
    for a, b in sorted(graph.edges):
        length_m = math.dist(at[a], at[b])
        cost = length_m * dice.choice((50, 70, 70, 90, 150))
        stretches.append(Stretch(id=f"{a}-{b}", a=str(a), b=str(b), length_m=length_m, cost_eur=cost))
    return stretches, dice.sample(sorted(str(point) for point in graph), min(TERMINALS, len(graph)))


def _approximation(stretches: list[Stretch], ends: list[str]) -> float:
    graph = nx.Graph()
    graph.add_weighted_edges_from((one.a, one.b, one.cost_eur) for one in stretches)
    found = nx.algorithms.approximation.steiner_tree(graph, ends, weight="weight", method="mehlhorn")
    return float(found.size(weight="weight"))


def _steinlib(folder: Path) -> list[str]:
    missed = []
    for number, optimum in enumerate(OPTIMA, start=1):
        path = folder / f"b{number:02}.stp"
        try:
            rows = [line.split() for line in path.read_text().splitlines()]
        except OSError as error:
            raise InvalidInput(f"{path}: {error.strerror}; name a folder of SteinLib B.", field="steinlib") from None
        edges = [Edge(id=str(n), a=r[1], b=r[2], cost=float(r[3])) for n, r in enumerate(rows) if r and r[0] == "E"]
        tree = steiner_tree(edges, [row[1] for row in rows if row and row[0] == "T"])
        if not (tree.is_proved and tree.cost == optimum):
            missed.append(path.name)
    return missed


def _judged(seeds: int) -> tuple[float, float]:
    """Shares: intervals that cover an injected 0.80; intervals that leave out 1 where nothing was injected."""
    say("known effects")
    effects = [panel.before_after(injected.panel(0.8, seed=seed), "control") for seed in range(seeds)]
    nothing = [panel.before_after(injected.panel(1.0, seed=10**6 + seed), "control") for seed in range(seeds)]
    covered = sum(isinstance(one, PanelEffect) and one.change.ratio.holds(0.8) for one in effects)
    alarms = sum(isinstance(one, PanelEffect) and one.change.is_shown for one in nothing)
    return covered / seeds, alarms / seeds
