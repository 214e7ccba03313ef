"""`beffroi reader`: the offline reader and the verifier, for a medium of their own."""

from __future__ import annotations

import argparse
from pathlib import Path

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.evidence.packs.reader import write_reader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi reader`."""
    parser.description = (
        "Writes the offline reader, the verifier and a note into a folder, to be handed over on another medium than "
        "the pictures (arrêté of 3 August 2007, art. 3). Needs no town, no key, no network."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="empty or new: the second medium")


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0. Errors: Conflict when the folder holds anything, InvalidInput when it cannot be written."""
    folder: Path = arguments.folder
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(
            f"{folder} is not empty; give the reader a medium of its own.",
            message_fr=f"{folder} n'est pas vide ; donnez au lecteur son propre support.",
            field="folder",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_reader(folder, number="")
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror}.",
            message_fr=f"On ne peut pas écrire dans {folder} : {error.strerror}.",
            field="folder",
        ) from None
    print(folder)
    return 0
