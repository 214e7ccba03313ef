"""`beffroi bench live`: from a frame's last byte at the node to the drawn canvas, in a real browser.

Cameras of 704×576 at 15 frames/s from the load generator, a real `beffroi node` that records them and serves their
live pictures, the built console's wall in headless Chromium with software decoding. The console measures itself
(`window.beffroiStats`, node clock by pings). With `--beside-demo` a whole `beffroi demo` (44 simulated cameras,
their node, web and worker) runs on the same machine: one node more than a town of one machine has.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench import report
from bench.children import LoadSource, MeasureFailed, environment, stop
from bench.clip import ClipFormat, load
from bench.footage import codec_config
from bench.node import BenchNode, free_port
from bench.report import Figure, Measured, Target
from bench.web import BenchWeb

TILE = ClipFormat(width_px=704, height_px=576, fps=15, bit_s=800_000, gop=30, frames=150)
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_PICTURES_S = 30.0
_DEMO_S = 300.0
_CARRY = """localStorage.setItem("beffroi.reason", JSON.stringify(
  {code: "bench", label: "bench", reference: "", sinceUs: Date.now() * 1000, agent: "bench"}))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One window, opened anew. Milliseconds; `frames_s` over all tiles."""

    first_ms: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    frames_s: float
    skipped: int


def run(arguments: argparse.Namespace) -> Measured:
    """Open the wall anew each round."""
    if not Path(CHROMIUM).exists():
        raise MeasureFailed("Chromium is not installed: run make setup")
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    seconds = arguments.seconds or (5.0 if arguments.quick else 20.0)
    folder = Path(tempfile.mkdtemp(prefix="bench-live-", dir=arguments.folder))
    try:
        with _demo(folder) if arguments.beside_demo else contextlib.nullcontext():
            watched = _watch(folder, arguments.tiles, (rounds, seconds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(watched, arguments.tiles, arguments.beside_demo)


def _watch(folder: Path, tiles: int, turns: tuple[int, float]) -> list[Watched]:
    rounds, seconds = turns
    config = codec_config(load(TILE))
    names = [f"c{number:02}" for number in range(tiles)]
    with LoadSource(tiles, "frame", TILE) as source, BenchWeb(names, config) as web:
        addresses = dict(zip(names, source.urls, strict=True))
        with BenchNode(folder / "node", folder / "recorded", addresses, origins=(web.origin,)) as node:
            web.node = node
            time.sleep(5)  # every camera has its last group of pictures in memory
            return [_window(web, tiles, seconds) for _ in range(rounds)]


def _window(web: BenchWeb, tiles: int, seconds: float) -> Watched:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.add_init_script(_CARRY)
        page.goto(f"{web.origin}/mur/")
        first = _await_pictures(page, tiles)
        time.sleep(3)
        page.evaluate("beffroiStats.reset()")
        before = page.evaluate("beffroiStats.report()")
        time.sleep(seconds)
        after = page.evaluate("beffroiStats.report()")
        browser.close()
    watched = Watched(
        first_ms=max(tile["first_picture_ms"] for tile in first["tiles"]),
        p50_ms=after["p50_ms"],
        p95_ms=after["p95_ms"],
        max_ms=after["max_ms"],
        frames_s=(after["frames"] - before["frames"]) / seconds,
        skipped=sum(tile["skipped"] for tile in after["tiles"]),
    )
    report.say(f"p50 {watched.p50_ms:.0f} ms, p95 {watched.p95_ms:.0f} ms, first picture {watched.first_ms:.0f} ms")
    return watched


def _await_pictures(page: Page, tiles: int) -> dict[str, Any]:
    deadline_s = time.monotonic() + _PICTURES_S
    while time.monotonic() < deadline_s:
        now: dict[str, Any] = page.evaluate("window.beffroiStats ? beffroiStats.report() : {tiles: []}")
        if len(now["tiles"]) == tiles and all(tile["first_picture_ms"] is not None for tile in now["tiles"]):
            return now
        time.sleep(0.2)
    states = [(tile["camera"], tile["state"]) for tile in now["tiles"]]
    raise MeasureFailed(
        f"{_PICTURES_S:.0f} s and not every tile has a picture: {states} {page.inner_text('body')[:300]}"
    )


@contextlib.contextmanager
def _demo(folder: Path) -> Iterator[None]:
    """A whole demo town beside."""
    settings = {"BEFFROI_DATA": str(folder / "demo"), "BEFFROI_PORT": str(free_port())}
    command = [sys.executable, "-m", "beffroi.cli.main", "demo"]
    with (folder / "demo.log").open("wb") as log:
        demo = subprocess.Popen(command, env={**environment(), **settings}, stdout=log, stderr=log)
        try:
            deadline_s = time.monotonic() + _DEMO_S
            while "ready" not in (folder / "demo.log").read_text():
                if demo.poll() is not None or time.monotonic() > deadline_s:
                    raise MeasureFailed(f"demo: not ready. {(folder / 'demo.log').read_text()[-400:]}")
                time.sleep(0.5)
            yield
        finally:
            stop([demo])


def _measured(watched: list[Watched], tiles: int, beside_demo: bool) -> Measured:
    names = ("first_ms", "p50_ms", "p95_ms", "max_ms", "frames_s")
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
        "skipped": [one.skipped for one in watched],
        "cores": os.cpu_count(),
        "targets": [target.document() for target in targets],
    }
    where = "beside the whole demo" if beside_demo else "node and browser alone"
    rows = [["figure", "median (range)"], *([name, figure.text(0)] for name, figure in figures.items())]
    return Measured(document, f"{tiles} tiles of 704×576 at 15 frames/s, {where}\n{report.table(rows)}", targets)
