"""`beffroi bench`: our figures and the peers', measured in the same run. The measures live in `bench/`."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from beffroi.cli.main import print_json
from beffroi.core.errors import InvalidInput

HELP = "measure ingest, live, replay and export beside other programs"
CHECKOUT = Path(__file__).resolve().parents[3]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command a figure; `--quick` shows that it works, a full run gives figures to quote."""
    figures = parser.add_subparsers(dest="figure", metavar="FIGURE", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    common.add_argument("--quick", action="store_true", help="a short run that shows it works; not for quoting")
    common.add_argument("--rounds", type=_whole, help="rounds, rotated (default 3)")
    common.add_argument("--seconds", type=float, help="length of a measuring window")
    common.add_argument("--folder", type=Path, help="where to write footage (default: the temporary folder)")
    _add_ingest(figures.add_parser("ingest", parents=[common], help="recorders: CPU, memory, frames lost"))
    live = figures.add_parser("live", parents=[common], help="frame at the node to canvas, in a real browser")
    live.add_argument("--tiles", type=_whole, default=16)
    live.add_argument("--beside-demo", action="store_true", help="the wall of a whole demo instead")
    replay = figures.add_parser("replay", parents=[common], help="seek to first picture on a month of footage")
    replay.add_argument("--files", type=_whole, help="rows of the index (default 3,800,000)")
    replay.add_argument("--seeks", type=_whole, help="seeks in each half of a round (default 200)")
    replay.add_argument("--month", type=Path, help="keep the footage here, or use what an earlier run kept")
    replay.add_argument("--browser", action="store_true", help="seeks typed into the console, in headless Chromium")
    journal = figures.add_parser("journal", parents=[common], help="appends to the journal a second; verifying it")
    journal.add_argument("--lines", type=_whole, help="lines to verify (default 1,000,000)")
    facts = figures.add_parser("facts", parents=[common], help="a file of facts imported, until they count")
    facts.add_argument("--lines", type=_whole, help="facts of the file (default 100,000)")
    figures.add_parser("dossier", parents=[common], help="every paper of a dossier of all the town's cameras")
    purge = figures.add_parser("purge", parents=[common], help="many files destroyed while 44 cameras record")
    purge.add_argument("--files", type=_whole, help="files to destroy (default 100,000)")
    restart = figures.add_parser("restart", parents=[common], help="kill -9 of the node: when is it recorded again?")
    restart.add_argument("--cameras", type=_whole, help="simulated cameras (default 44)")
    figures.add_parser("keys", parents=[common], help="encryption at rest and fragment hashes beside bare ones")
    network = figures.add_parser("network", parents=[common], help="fibre trees proved, a known effect found again")
    network.add_argument("--steinlib", type=Path, metavar="DIR", help="folder of SteinLib B files, b01.stp to b18.stp")
    network.add_argument("--points", type=_whole, default=1000, help="points of the street graphs (default 1,000)")
    figures.add_parser("plan", parents=[common], help="coverage, masks and placement on an invented town")
    mask = figures.add_parser("mask", parents=[common], help="burning masks: CPU a camera, places on this machine")
    mask.add_argument("--set", action="store_true", help="write node.mask_slots")
    mask.add_argument("--data", type=Path, metavar="DIR", help="data folder, with --set (default: BEFFROI_DATA)")
    export = figures.add_parser("export", parents=[common], help="export beside cp + fsync, cold cache")
    export.add_argument("--megabytes", type=_whole, help="footage to export (default 1,000)")
    pack = figures.add_parser("pack", parents=[common], help="evidence packs from a real node, worker's side included")
    pack.add_argument("--minutes", type=_whole, help="footage of each of four cameras (default 60)")


def _add_ingest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cameras", type=_whole, help="cameras (default 30)")
    parser.add_argument(
        "--mode", choices=("frame", "packet"), default="frame", help="a frame sent at once, or each packet alone"
    )
    parser.add_argument("--peers", default="", help="recorders to run, by name and comma: bare,ours,ffmpeg,…")
    parser.add_argument(
        "--against", type=_whole, metavar="N", help="measure ours again with N cameras and compare (44 against 400)"
    )
    parser.add_argument(
        "--source", choices=("generator", "simulator"), default="generator", help="simulator: the demo's own cameras"
    )


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0: every target met; 1: one was missed or a round failed; 2: nothing could be measured."""
    if not (CHECKOUT / "bench" / "ingest.py").exists():
        raise InvalidInput(
            "Benchmarks need the source checkout: run this from a clone of the repository.",
            message_fr="Les mesures demandent les sources : lancez cette commande depuis un clone du dépôt.",
        )
    sys.path.insert(0, str(CHECKOUT))
    measured = importlib.import_module("bench.command").measure(arguments)
    if arguments.json:
        print_json(measured.document)
    else:
        print("\n".join([measured.text, "", *(target.line() for target in measured.targets)]))
    return 0 if all(target.is_met for target in measured.targets) else 1
