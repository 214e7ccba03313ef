"""`beffroi verify`: whether an evidence pack is whole; needs no town, no key, no network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from beffroi.evidence.packs import verifier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of the verifier that lies in every pack: the code is the same."""
    parser.add_argument("pack", type=Path, metavar="PACK", help="the folder that was handed over")
    verifier.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0: whole; 1: something is wrong, each thing with its place; 2: no pack there."""
    code, text = verifier.verify(arguments.pack, arguments)
    print(text, file=sys.stderr if code == 2 else sys.stdout)
    return code
