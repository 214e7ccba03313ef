"""`beffroi bench dossier`: every paper of a whole dossier made, from the gathering of its data to its index on disk.

The demo town in a folder of its own on the disk of `--folder`; its renewal asks for every camera the town has, so that
each map and each sheet is drawn. A round builds in a new folder; `--quick` asks for the cameras of one site.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import report
from bench.children import MeasureFailed
from bench.facts import land_town
from bench.journal import open_civil
from bench.report import Figure, Measured, Target

LIMIT_S = 60.0
"""Source: issue 4."""
DOSSIER, QUICK_SITE = "renouvellement-1-2", "s09"


def run(arguments: argparse.Namespace) -> Measured:
    """Rounds of one build each; wall and processor seconds."""
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    folder = Path(tempfile.mkdtemp(prefix="bench-dossier-", dir=arguments.folder))
    try:
        open_civil(folder)
        land_town()
        counts = _ask(is_quick=arguments.quick)
        timed = [_built(folder / f"out-{number}", counts) for number in range(rounds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(timed, counts)


def _ask(*, is_quick: bool) -> dict[str, int]:
    """The request measured; its cameras."""
    from beffroi.authorise.models import Dossier
    from beffroi.plan.models import Camera

    cameras = Camera.objects.filter(site=QUICK_SITE) if is_quick else Camera.objects.all()
    Dossier.objects.get(pk=DOSSIER).cameras.set(cameras)
    return {"cameras": cameras.count()}


def _built(out: Path, counts: dict[str, int]) -> tuple[float, float]:
    """Wall and processor seconds; writes down how many papers and pages there are."""
    from django.utils import timezone

    from beffroi.authorise.dossier.building import build
    from beffroi.authorise.models import Dossier

    wall_s, cpu_s = time.perf_counter(), time.process_time()
    built = build(Dossier.objects.get(pk=DOSSIER), out, made_at=timezone.now(), by="bench")
    took = time.perf_counter() - wall_s, time.process_time() - cpu_s
    if built.barred or len(list(out.glob("*.pdf"))) < len(built.drawn):
        raise MeasureFailed(f"{len(built.barred)} papers were not made")
    counts |= {"documents": len(built.drawn), "pages": sum(one.pages for one in built.drawn)}
    report.say(f"{counts['documents']} documents, {counts['pages']} pages in {took[0]:.1f} s")
    return took


def _measured(timed: list[tuple[float, float]], counts: dict[str, int]) -> Measured:
    wall, cpu = (Figure.of([one[index] for one in timed]) for index in (0, 1))
    name = f"seconds to make a dossier of {counts['cameras']} cameras"
    targets = [Target(name=name, limit=LIMIT_S, reached=wall.median)]
    head = f"{counts['cameras']} cameras, {counts['documents']} documents, {counts['pages']} pages"
    rows = [[head, "seconds"], ["wall", wall.text(1)], ["processor", cpu.text(1)]]
    document: dict[str, Any] = {
        "bench": "dossier",
        "machine": report.machine(),
        **counts,
        "wall_s": [round(one[0], 2) for one in timed],
        "cpu_s": [round(one[1], 2) for one in timed],
        "targets": [target.document() for target in targets],
    }
    return Measured(document, report.table(rows), targets)
