"""`beffroi inspection`: the pack of a visit by the departmental commission, without the pages."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.errors import Conflict, InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi inspection`."""
    parser.description = (
        "Orders, states, drift, registers, proof of the journal, in one zip with the hash of every file. Read only; "
        "no picture in it. That it was made is a line of the journal. Source: CSI L. 253-1."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a new .zip file")
    parser.add_argument("--json", action="store_true", help="report in JSON")
    civil.add_data_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Makes it; returns the exit code."""
    os.umask(0o077)
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    from beffroi.oversee.inspection import making, services

    path: Path = arguments.file
    if path.exists():
        raise Conflict(
            f"{path} exists; give a new file.", message_fr=f"{path} existe ; donnez un nouveau fichier.", field="file"
        )
    began_s = time.monotonic()
    with civil.reaching():
        try:
            sums = making.write(path, time.time_ns() // 1000)
        except OSError as error:
            raise InvalidInput(
                f"{path}: {error.strerror}.", message_fr=f"{path} : {error.strerror}.", field="file"
            ) from None
        digest = services.tell_written(path, sums)
    lasted_s = time.monotonic() - began_s
    if arguments.json:
        print_json({"file": str(path), "sha256": digest, "files": len(sums), "seconds": round(lasted_s, 1)})
    else:
        print(f"{path}: {len(sums)} files, {lasted_s:.0f} s")
        print(f"SHA-256 {digest}")
    return 0
