"""`beffroi bench live`: from a frame's last byte at the node to its picture given to the compositor, in a real browser.

Alone: cameras of 704×576 at 15 frames/s from the load generator, a real `beffroi node` that records them and serves
their live pictures, the built console's wall in headless Chromium with software decoding. With `--beside-demo`: the
wall of a whole `beffroi demo` (44 simulated cameras, their node, web and worker), its own first sixteen cameras.
The console measures itself (`window.beffroiStats`, node clock by pings).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench import report
from bench.children import LoadSource, MeasureFailed
from bench.clip import ClipFormat, load
from bench.footage import codec_config
from bench.node import BenchNode
from bench.report import Figure, Measured, Target
from bench.town import DemoTown
from bench.web import BenchWeb

TILE = ClipFormat(width_px=704, height_px=576, fps=15, bit_s=800_000, gop=30, frames=150)
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PICTURES_S = 30.0
CARRY = """localStorage.setItem("beffroi.reason", JSON.stringify(
  {code: "bench", label: "bench", reference: "", sinceUs: Date.now() * 1000, agent: "bench"}))"""

Opening = Callable[[Page], int]
"""Opens the wall in a page; returns how many of its tiles are to have a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One window, opened anew. Milliseconds; `frames_s` drawn and `skipped_s` left out, over all tiles."""

    first_ms: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    frames_s: float
    skipped_s: float


def run(arguments: argparse.Namespace) -> Measured:
    """Open the wall anew each round."""
    if not Path(CHROMIUM).exists():
        raise MeasureFailed("Chromium is not installed: run make setup")
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    seconds = arguments.seconds or (5.0 if arguments.quick else 20.0)
    folder = Path(tempfile.mkdtemp(prefix="bench-live-", dir=arguments.folder))
    wall = _demo_wall if arguments.beside_demo else _bench_wall
    try:
        with wall(folder, arguments.tiles) as opening:
            watched = [_window(opening, seconds) for _ in range(rounds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(watched, arguments.tiles, arguments.beside_demo)


@contextlib.contextmanager
def _bench_wall(folder: Path, tiles: int) -> Iterator[Opening]:
    config = codec_config(load(TILE))
    names = [f"c{number:02}" for number in range(tiles)]
    with LoadSource(tiles, "frame", TILE) as source, BenchWeb(names, config) as web:
        addresses = dict(zip(names, source.urls, strict=True))
        with BenchNode(folder / "node", folder / "recorded", addresses, origins=(web.origin,)) as node:
            web.node = node
            time.sleep(5)  # every camera has its last group of pictures in memory

            def opening(page: Page) -> int:
                page.add_init_script(CARRY)
                page.goto(f"{web.origin}/mur/")
                return tiles

            yield opening


@contextlib.contextmanager
def _demo_wall(folder: Path, tiles: int) -> Iterator[Opening]:
    with DemoTown(folder) as town:

        def opening(page: Page) -> int:
            town.log_in(page)
            return town.open_wall(page, tiles)

        yield opening


def _window(opening: Opening, seconds: float) -> Watched:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        first = _await_pictures(page, opening(page))
        time.sleep(3)
        before = page.evaluate("beffroiStats.reset(), beffroiStats.report()")
        time.sleep(seconds)
        after = page.evaluate("beffroiStats.report()")
        browser.close()
    lasted_s = (after["at_ms"] - before["at_ms"]) / 1000
    watched = Watched(
        first_ms=max(tile["first_picture_ms"] for tile in first),
        p50_ms=after["p50_ms"],
        p95_ms=after["p95_ms"],
        max_ms=after["max_ms"],
        frames_s=(after["frames"] - before["frames"]) / lasted_s,
        skipped_s=(_skipped(after) - _skipped(before)) / lasted_s,
    )
    report.say(f"p50 {watched.p50_ms:.0f} ms, p95 {watched.p95_ms:.0f} ms, first picture {watched.first_ms:.0f} ms")
    return watched


def _skipped(seen: dict[str, Any]) -> int:
    return sum(tile["skipped"] for tile in seen["tiles"])


def _await_pictures(page: Page, expected: int) -> list[dict[str, Any]]:
    """The tiles that have a picture, once there are as many as cameras that record."""
    deadline_s = time.monotonic() + _PICTURES_S
    while time.monotonic() < deadline_s:
        now: dict[str, Any] = page.evaluate("window.beffroiStats ? beffroiStats.report() : {tiles: []}")
        shown = [tile for tile in now["tiles"] if tile["first_picture_ms"] is not None]
        if len(shown) >= expected:
            return shown
        time.sleep(0.2)
    states = [(tile["camera"], tile["state"]) for tile in now["tiles"]]
    raise MeasureFailed(
        f"{_PICTURES_S:.0f} s and not every tile has a picture: {states} {page.inner_text('body')[:300]}"
    )


def _measured(watched: list[Watched], tiles: int, beside_demo: bool) -> Measured:
    names = ("first_ms", "p50_ms", "p95_ms", "max_ms", "frames_s", "skipped_s")
    figures = {name: Figure.of([getattr(one, name) for one in watched]) for name in names}
    targets = [Target(name="live p95 ms", limit=150 if beside_demo else 60, reached=figures["p95_ms"].median)]
    if not beside_demo:
        targets.append(Target(name="live p50 ms", limit=30, reached=figures["p50_ms"].median))
        targets.append(
            Target(name="first picture of the slowest tile, ms", limit=300, reached=figures["first_ms"].median)
        )
    document: dict[str, Any] = {
        "bench": "live",
        "machine": report.machine(),
        "tiles": tiles,
        "beside_demo": beside_demo,
        **{name: [getattr(one, name) for one in watched] for name in names},
        "cores": os.cpu_count(),
        "targets": [target.document() for target in targets],
    }
    what = "first cameras of the demo" if beside_demo else "tiles of 704×576 at 15 frames/s"
    where = "beside the whole demo" if beside_demo else "node and browser alone"
    rows = [["figure", "median (range)"], *([name, figure.text(0)] for name, figure in figures.items())]
    return Measured(document, f"{tiles} {what}, {where}\n{report.table(rows)}", targets)
