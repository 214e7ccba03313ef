"""`beffroi bench plan`: coverage, placement and masks on an invented town of 20,000 buildings (seeded, so repeatable).

The town is a grid of streets 60 m apart, four buildings a block, heights from 3 to 15 m; 44 cameras at crossings; 16
zones of 300 m. Candidates: 120 sites × 24 bearings × 2 lenses over 17,161 cells of 10 m, without buildings, as in the
reference measure.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from scipy import sparse
from shapely import LineString, box

from beffroi.cli.plan import solvers_banner_aside
from beffroi.plan import catalogue
from beffroi.plan.calc import coverage, exact, ground, masks, phases
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.placement import Candidate, Choices, Limits, greedy
from beffroi.plan.calc.town import Building, Camera, Lens, Pose, Street, Town, Zone
from bench.report import Figure, Measured, Target, table

CAMERAS, PITCH_M, EAST_M, NORTH_M = 44, 60.0, 700_000.0, 6_300_000.0
COLUMNS, ROWS = 50, 100
PHASES = ((9, 13), (10, 13), (8, 10), (6, 8))
"""(sites, cameras) of the demo programme: 33 and 44."""
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Timed:
    """What a step gave and the seconds it took on the wall and on the processor."""

    found: Any
    wall_s: float
    cpu_s: float


def timed(step: Callable[[], Found]) -> Timed:
    """Run a step."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = step()
    return Timed(found, time.perf_counter() - wall, time.process_time() - cpu)


def town(seed: int = 1) -> Town:
    """The invented town: 20,000 buildings less the few lots left empty."""
    dice = random.Random(seed)
    width, height = COLUMNS * PITCH_M, ROWS * PITCH_M
    streets = [
        Street(id=f"h{n}", axis=LineString([(EAST_M, NORTH_M + n * PITCH_M), (EAST_M + width, NORTH_M + n * PITCH_M)]))
        for n in range(ROWS + 1)
    ] + [
        Street(id=f"v{n}", axis=LineString([(EAST_M + n * PITCH_M, NORTH_M), (EAST_M + n * PITCH_M, NORTH_M + height)]))
        for n in range(COLUMNS + 1)
    ]
    zones = []
    for number in range(16):
        west, south = EAST_M + dice.uniform(200, width - 500), NORTH_M + dice.uniform(200, height - 500)
        zones.append(Zone(id=f"z{number}", shape=box(west, south, west + 300, south + 300)))
    return Town(buildings=tuple(_buildings(dice)), zones=tuple(zones), streets=tuple(streets))


def _buildings(dice: random.Random) -> list[Building]:
    lot, found = (PITCH_M - 12) / 2, []
    for column in range(COLUMNS):
        for row in range(ROWS):
            for corner in range(4):
                west = EAST_M + column * PITCH_M + 6 + corner % 2 * lot
                south = NORTH_M + row * PITCH_M + 6 + corner // 2 * lot
                shape = box(west, south, west + lot * dice.uniform(0.6, 1), south + lot * dice.uniform(0.6, 1))
                height_m, is_dwelling = dice.uniform(3, 15), dice.random() < 0.7
                name = f"b{column}-{row}-{corner}"
                found.append(Building(id=name, footprint=shape, height_m=height_m, is_dwelling=is_dwelling))
    return found


def cameras(of: Town, seed: int = 2) -> list[Camera]:
    """44 cameras at crossings of the zones."""
    dice = random.Random(seed)
    lens = Lens(width_px=1920, height_px=1080, hfov_deg=60.0, night_range_m=40.0)
    found = []
    for number in range(CAMERAS):
        west, south, _, _ = of.zones[number % len(of.zones)].shape.bounds
        column, row = round((west - EAST_M) / PITCH_M), round((south - NORTH_M) / PITCH_M)
        pose = Pose(
            east_m=EAST_M + (column + dice.randint(0, 4)) * PITCH_M + 4,
            north_m=NORTH_M + (row + dice.randint(0, 4)) * PITCH_M + 4,
            height_m=6.0, bearing_deg=dice.choice([0.0, 90.0, 180.0, 270.0]), tilt_deg=12.0,
        )  # fmt: skip
        found.append(Camera(id=f"c{number}", site=f"s{number % 33}", pose=pose, lens=lens))
    return found


def choices(seed: int = 3) -> Choices:
    """5,760 candidates over 17,161 cells of 10 m with random weights."""
    dice = np.random.default_rng(seed)
    points = np.array([(10.0 * x, 10.0 * y) for x in range(131) for y in range(131)])
    made, rows = [], []
    for site, spot in enumerate(dice.uniform(0, 1310, (120, 2))):
        away = points - spot
        distance, angle = np.hypot(*away.T), np.degrees(np.arctan2(away[:, 1], away[:, 0]))
        for reach_m, field_deg in ((60.0, 90.0), (130.0, 30.0)):
            for heading in range(24):
                aside = np.abs((angle - heading * 15 + 180) % 360 - 180)
                rows.append(np.flatnonzero((distance <= reach_m) & (aside <= field_deg / 2)))
                made.append(Candidate(id=f"{site}/{reach_m:g}/{heading}", site=f"s{site}"))
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    sees = sparse.csr_array((np.ones(ends[-1]), np.concatenate(rows), ends), shape=(len(rows), len(points)))
    return Choices(candidates=tuple(made), sees=sees, weights=dice.gamma(2.0, 1.0, len(points)))


def run(arguments: argparse.Namespace) -> Measured:
    """Each step in rounds (the exact solver once); `--seconds` is the exact solver's limit (30)."""
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    limit_s = arguments.seconds or (5.0 if arguments.quick else 30.0)
    place, given = town(), choices()
    whole = [timed(lambda: _covered(place)) for _ in range(rounds)]
    skyline, sights, on_grid = whole[0].found
    turned = [timed(lambda: _turned(skyline, sights[0], on_grid)) for _ in range(rounds * 5)]
    masked = [timed(lambda: [masks.plan(one.camera, skyline, masks.Device()) for one in sights]) for _ in range(rounds)]
    limits = Limits(cameras=CAMERAS)
    quick = [timed(lambda: greedy(given, limits)) for _ in range(rounds)]
    with solvers_banner_aside():
        free = timed(lambda: exact.best(given, limits, time_limit_s=limit_s))
        sited = timed(lambda: exact.best(given, replace(limits, sites=33), time_limit_s=limit_s))
        phased = timed(lambda: _phased(given, limit_s))
    targets = [
        Target(name="44 cameras over 20,000 buildings, seconds", limit=3.0, reached=_figure(whole).median),
        Target(name="one camera turned, milliseconds", limit=100.0, reached=_figure(turned).median * 1000),
        Target(name="greedy start, seconds", limit=0.5, reached=_figure(quick).median),
        Target(name="gap of 44 cameras at the limit, %", limit=100.0, reached=100 * (free.found.gap or 0.0)),
    ]
    rows = [("step", "wall s", "cpu s", "found")]
    rows += [
        (name, _figure(many).text(3), f"{min(one.cpu_s for one in many):.3f}", told)
        for name, many, told in (
            ("coverage of 44 cameras, index and grid included", whole, f"{len(on_grid.points)} cells of 2 m"),
            ("one camera turned: sight, bands, its cells", turned, ""),
            ("masks of 44 cameras", masked, f"{sum(len(one.views[0].masks) for one in masked[0].found)} masks"),
            ("greedy, 5,760 × 17,161", quick, f"{quick[0].found.worth / free.found.worth:.2%} of the best found"),
            ("exact, 44 cameras", [free], f"gap {free.found.gap:.4%}"),
            ("exact, 44 cameras, 33 sites", [sited], f"gap {sited.found.gap:.4%}"),
            ("four phases", [phased], f"gap {phased.found.gap:.2%}, refined from "
             f"{phased.found.sequential / phased.found.together:.2%}"),
        )
    ]  # fmt: skip
    document = {
        "buildings": len(place.buildings), "cells": len(on_grid.points), "candidates": len(given.candidates),
        "steps": {row[0]: {"wall_s": row[1], "cpu_s": row[2], "found": row[3]} for row in rows[1:]},
        "targets": [target.document() for target in targets],
    }  # fmt: skip
    return Measured(document, table(rows), targets)


def _figure(many: list[Timed]) -> Figure:
    return Figure.of([one.wall_s for one in many])


def _covered(place: Town) -> tuple[Skyline, list[coverage.Sight], ground.Grid]:
    skyline = Skyline.of(place.buildings)
    on_grid = ground.grid(place, skyline)
    sights = [coverage.sight(one, skyline, catalogue.scale()) for one in cameras(place)]
    coverage.cover(sights, place, on_grid)
    return skyline, sights, on_grid


def _turned(skyline: Skyline, one: coverage.Sight, on_grid: ground.Grid) -> None:
    """What the editor asks when a cone is dragged: where it sees, drawn and counted."""
    pose = replace(one.camera.pose, bearing_deg=(one.camera.pose.bearing_deg + 7.0) % 360)
    again = coverage.sight(replace(one.camera, pose=pose), skyline, one.scale)
    again.bands()
    again.levels(on_grid.points)


def _phased(given: Choices, limit_s: float) -> phases.Phased:
    wanted = [phases.Phase(name=f"P{n}", cameras=many, sites=sites) for n, (sites, many) in enumerate(PHASES, 1)]
    return phases.best(given, wanted, Limits(cameras=CAMERAS), time_limit_s=limit_s)
