"""Which measure a `beffroi bench FIGURE` runs, and how a failure is told."""

from __future__ import annotations

import argparse
import importlib
import os
from typing import Any

from beffroi.core.errors import InvalidInput, Unavailable
from bench.children import MeasureFailed
from bench.report import Measured


def measure(arguments: argparse.Namespace) -> Measured:
    """Run one measure.

    Errors: InvalidInput when it cannot start, Unavailable when a program it needs failed in the middle.
    """
    if arguments.folder and not (arguments.folder.is_dir() and os.access(arguments.folder, os.W_OK)):
        raise InvalidInput(
            f"{arguments.folder}: not a folder that can be written.",
            message_fr=f"{arguments.folder} : pas un dossier où l'on peut écrire.",
            field="folder",
        )
    measure_module: Any = importlib.import_module(f"bench.{arguments.figure}")
    try:
        measured: Measured = measure_module.run(arguments)
    except MeasureFailed as failed:
        raise Unavailable(str(failed)) from failed
    return measured
