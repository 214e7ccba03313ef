"""`beffroi backup`: the civil database, the settings and the keys in one file under a passphrase.

Never footage, nor the keys of footage: destroying those must destroy every copy.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from pathlib import Path

from beffroi import __version__
from beffroi.cli import civil, secret_file
from beffroi.cli.main import print_json
from beffroi.core import sealed_file
from beffroi.core.config import FILE_NAME, Config
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import to_rfc3339

FORMAT = 1
MANIFEST, SQLITE, DUMP = "manifest.json", "civil.sqlite3", "civil.json"
KEPT = (
    FILE_NAME,
    *("keys/site.key", "keys/town-ca.pem", "keys/town-ca.key", "keys/web.pem", "keys/web.key"),
    *("node/node.key", "node/node.json"),
)
LEFT_OUT = ["contenttypes", "sessions", "axes"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi backup`."""
    civil.add_data_argument(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="file to create; an existing one is refused")
    parser.add_argument("--passphrase-file", type=Path, required=True, metavar="F", help="file whose text seals it")
    parser.add_argument("--json", action="store_true", help="report in JSON")


def run(arguments: argparse.Namespace) -> int:
    """Writes the backup; returns the exit code."""
    os.umask(0o077)
    config = civil.configured(arguments.data)
    passphrase = read_passphrase(arguments.passphrase_file)
    sealed_file.check_passphrase(passphrase)
    civil.check_database(config)
    if arguments.file.exists():
        raise Conflict(
            f"{arguments.file} exists; choose another name.",
            message_fr=f"{arguments.file} existe ; choisissez un autre nom.",
            field="file",
        )
    civil.open_civil()
    with tempfile.TemporaryDirectory(dir=config.data, prefix=".backup-") as name:
        packed = _pack(config, Path(name))
        _seal(packed, arguments.file, passphrase)
    size_bytes = arguments.file.stat().st_size
    if arguments.json:
        print_json({"file": str(arguments.file), "bytes": size_bytes})
    else:
        print(f"{arguments.file}: {size_bytes / 1e6:.1f} MB. Keep the passphrase elsewhere; without it nothing opens.")
    return 0


def read_passphrase(path: Path) -> str:
    """The text of a passphrase file, its last newline left out."""
    return secret_file.read(path, field="passphrase-file")


def _seal(packed: Path, file: Path, passphrase: str) -> None:
    """Writes `file` whole or not at all; what an interrupted backup left beside it is replaced."""
    fresh = file.with_name(file.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        with packed.open("rb") as source, fresh.open("xb") as target:
            fresh.chmod(0o600)
            sealed_file.seal(source, target, passphrase)
        fresh.rename(file)
    except OSError as error:
        raise InvalidInput(
            f"{fresh}: {error.strerror}.", message_fr=f"{fresh} : {error.strerror}.", field="file"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _pack(config: Config, folder: Path) -> Path:
    database = _save_sqlite(config, folder) if not config.database.url else _dump(folder)
    manifest = {
        "format": FORMAT,
        "version": __version__,
        "made_at": to_rfc3339(time.time_ns() // 1000),
        "database": database.name,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    packed = folder / "packed.tar"
    with tarfile.open(packed, "w") as tar:
        tar.add(folder / MANIFEST, MANIFEST)
        tar.add(database, database.name)
        for name in KEPT:
            if (config.data / name).exists():
                tar.add(config.data / name, name)
    return packed


def _save_sqlite(config: Config, folder: Path) -> Path:
    """A consistent copy while others write. Source: SQLite online backup API."""
    copy, database = folder / SQLITE, config.data / SQLITE
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.DatabaseError as error:
        raise InvalidInput(
            f"{database} cannot be read: {error}. Restore a backup made before.",
            message_fr=f"{database} ne peut pas être lu : {error}. Restaurez une sauvegarde antérieure.",
            field="data",
        ) from None
    return copy


def _dump(folder: Path) -> Path:
    """All rows as of one instant while others write. Source: PostgreSQL, "Transaction Isolation"."""
    from django.core.management import call_command
    from django.db import connection, transaction

    path = folder / DUMP
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        call_command("dumpdata", exclude=LEFT_OUT, natural_foreign=True, output=str(path), verbosity=0)
    return path
