"""`beffroi restore`: puts a backup into an empty data folder, and into an empty database."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from beffroi.cli import backup, civil
from beffroi.cli.main import print_json
from beffroi.core import config as config_tree
from beffroi.core import sealed_file
from beffroi.core.errors import BeffroiError, Conflict, InvalidInput

FILES = frozenset({backup.MANIFEST, backup.SQLITE, backup.DUMP, *backup.KEPT})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi restore`."""
    civil.add_data_argument(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup")
    parser.add_argument("--passphrase-file", type=Path, required=True, metavar="F", help="file whose text sealed it")
    parser.add_argument("--json", action="store_true", help="report in JSON")


def run(arguments: argparse.Namespace) -> int:
    """Restores; returns the exit code. Nothing that exists is overwritten."""
    os.umask(0o077)
    folder = arguments.data or Path(os.environ.get("BEFFROI_DATA") or config_tree.DEFAULT_DATA)
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(
            f"{folder} is not empty; restore into a new folder.",
            message_fr=f"{folder} n'est pas vide ; restaurez dans un nouveau dossier.",
            field="data",
        )
    civil.writable_folder(folder)
    manifest = _unpack(arguments.file, folder, passphrase=backup.read_passphrase(arguments.passphrase_file))
    if manifest["database"] == backup.DUMP:
        try:
            with civil.reaching():
                _load_dump(folder)
        except BeffroiError:
            civil.empty_folder(folder)  # keys and a plain dump must not stay behind a refusal
            raise
    if arguments.json:
        print_json({"data": str(folder), "made_at": manifest["made_at"], "version": manifest["version"]})
    else:
        print(f"{folder}: as of {manifest['made_at']}. Footage was never in the backup; put its disks back.")
    return 0


def _unpack(file: Path, folder: Path, *, passphrase: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as name:
        packed, staged = Path(name) / "packed.tar", Path(name) / "staged"
        try:
            with file.open("rb") as source, packed.open("wb") as target:
                sealed_file.unseal(source, target, passphrase)
        except OSError as error:
            raise InvalidInput(
                f"{file}: {error.strerror}.", message_fr=f"{file} : {error.strerror}.", field="file"
            ) from None
        try:
            with tarfile.open(packed, "r:") as tar:
                _extract(tar, staged)
            manifest: dict[str, Any] = json.loads((staged / backup.MANIFEST).read_text())
        except (tarfile.TarError, OSError, ValueError) as error:
            raise InvalidInput(
                f"{file} is no backup that can be read: {error}.",
                message_fr=f"{file} n'est pas une sauvegarde lisible : {error}.",
                field="file",
            ) from None
        if manifest.get("format") != backup.FORMAT:
            made_by = manifest.get("version")
            raise InvalidInput(
                f"{file} was made by another version of Beffroi ({made_by}).",
                message_fr=f"{file} vient d'une autre version de Beffroi ({made_by}).",
                field="file",
            )
        (staged / backup.MANIFEST).unlink()
        for found in staged.iterdir():
            shutil.move(found, folder / found.name)
    return manifest


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    """The files that a backup has, by their names, and nothing else: no folder, no link, no mode, no owner.

    Errors: InvalidInput naming what has no place there.
    """
    folder.mkdir()
    for member in tar.getmembers():
        if not member.isreg() or member.name not in FILES:
            raise InvalidInput(
                f"{member.name!r} has no place in a backup; nothing was restored.",
                message_fr=f"{member.name!r} n'a pas sa place dans une sauvegarde ; rien n'est restauré.",
                field="file",
            )
        tar.extract(member, folder, set_attrs=False)


def _load_dump(folder: Path) -> None:
    civil.configured(folder)
    civil.open_civil()
    civil.migrate()
    from django.core.management import call_command

    from beffroi.people.models import Agent

    dump = folder / backup.DUMP
    if Agent.objects.exists():
        raise Conflict(
            "The database of database.url is not empty; restore into a new one.",
            message_fr="La base de database.url n'est pas vide ; restaurez dans une nouvelle.",
            field="database.url",
        )
    call_command("loaddata", str(dump), verbosity=0)
    dump.unlink()
