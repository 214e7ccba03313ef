"""`beffroi bench facts`: a file of 100,000 dated facts imported, from its text to the moment they all count.

SQLite with the settings of the product, in a folder of its own on the disk of `--folder`; the demo town's zones, so
that each position is looked for in sixteen outlines. Every round is another file in an empty base.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import report
from bench.children import MeasureFailed
from bench.journal import open_civil
from bench.report import Figure, Measured, Target

FACTS, LIMIT_S = 100_000, 10.0
KINDS = ("damage", "theft-from-vehicle", "vehicle-theft", "theft-person", "nuisance")


def run(arguments: argparse.Namespace) -> Measured:
    """Rounds of one import each; wall and processor seconds."""
    facts = arguments.lines or (5_000 if arguments.quick else FACTS)
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    folder = Path(tempfile.mkdtemp(prefix="bench-facts-", dir=arguments.folder))
    try:
        open_civil(folder)
        land_town()
        timed = [_imported(_text(facts, seed), facts) for seed in range(rounds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(timed, facts)


def land_town() -> None:
    """The demo town in the base that is open."""
    import beffroi
    from beffroi.authorise.services import import_town

    import_town(Path(beffroi.__file__).parent / "demo_town", start_on=date(2026, 11, 23))


def _text(facts: int, seed: int) -> str:
    """A police extract: number, nature, an hour of the last five years, a position in or around the town."""
    dice = random.Random(seed)
    first = datetime(2021, 12, 1)
    rows = ["reference;nature;date;latitude;longitude"]
    for number in range(facts):
        at = first + timedelta(minutes=dice.randrange(5 * 365 * 1440 - 40_000))
        place = f"{dice.uniform(44.093, 44.112):.6f};{dice.uniform(3.062, 3.089):.6f}"
        rows.append(f"{seed}-{number};{dice.choice(KINDS)};{at:%Y-%m-%d %H:%M};{place}")
    return "\n".join(rows)


def _imported(text: str, facts: int) -> tuple[float, float]:
    from beffroi.territory.factfile import FactFile
    from beffroi.territory.models import Fact, FactImport
    from beffroi.territory.services import import_facts

    FactImport.objects.all().delete()
    file = FactFile(name="faits.csv", text=text, source="bench")
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    found = import_facts(file, by="bench")
    took = time.perf_counter() - wall_s, time.process_time() - cpu_s
    if found.landed != facts or Fact.objects.count() != facts:
        raise MeasureFailed(f"{found.landed} facts of {facts} landed")
    report.say(f"{facts} facts in {took[0]:.1f} s, {took[1]:.1f} s of processor")
    return took


def _measured(timed: list[tuple[float, float]], facts: int) -> Measured:
    wall, cpu = (Figure.of([one[index] for one in timed]) for index in (0, 1))
    scale = FACTS / facts
    targets = [Target(name="seconds to import 100,000 facts", limit=LIMIT_S, reached=wall.median * scale)]
    rows = [[f"{facts} facts", "seconds"], ["wall", wall.text(1)], ["processor", cpu.text(1)]]
    document: dict[str, Any] = {
        "bench": "facts",
        "machine": report.machine(),
        "facts": facts,
        "wall_s": [round(one[0], 2) for one in timed],
        "cpu_s": [round(one[1], 2) for one in timed],
        "targets": [target.document() for target in targets],
    }
    return Measured(document, report.table(rows), targets)
