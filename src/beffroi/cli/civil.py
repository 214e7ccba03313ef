"""What the commands that use the civil database share: the configuration, Django, folders and ports."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from beffroi.core import config as config_tree
from beffroi.core import site_key
from beffroi.core.config import Config
from beffroi.core.errors import Conflict, InvalidInput, Unavailable
from beffroi.core.terminal import is_french

SETTINGS = "beffroi.web.settings"


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """`--data DIR`."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (default: BEFFROI_DATA, or ./beffroi-data)"
    )


def configured(data: Path | None, *, must_exist: bool = True) -> Config:
    """The configuration; every later reader in this process and its children sees the same folder.

    Errors: InvalidInput when the folder was not prepared by `beffroi init`.
    """
    config = config_tree.load(data=data)
    os.environ["BEFFROI_DATA"] = str(config.data)
    if must_exist:
        site_key.load(config.keys)
    return config


def open_civil() -> None:
    """Django, ready to use."""
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    import django

    django.setup()
    from django.utils import translation

    translation.activate("fr" if is_french() else "en")


def migrate() -> None:
    """Brings the civil database to this version.

    Errors: Unavailable when the database cannot be reached or is damaged.
    """
    from django.core.management import call_command

    with reaching():
        call_command("migrate", verbosity=0, interactive=False)


def database_errors() -> tuple[type[Exception], ...]:
    """The kinds Django raises for its database; none while Django is not loaded."""
    django = sys.modules.get("django.db.utils")
    return (django.DatabaseError, django.InterfaceError) if django else ()


def unusable(error: Exception) -> Unavailable | None:
    """What to tell people of one of `database_errors()`: away or damaged; None when the fault is the program's."""
    from django.db import DataError, IntegrityError, ProgrammingError

    if isinstance(error, IntegrityError | DataError | ProgrammingError):
        return None
    cause = " ".join(str(error).split()).rstrip(" .?")
    return Unavailable(
        f"The civil database cannot be used: {cause}. Check database.url, or restore a backup.",
        message_fr=f"La base civile ne peut pas servir : {cause}. Vérifiez database.url, ou restaurez une sauvegarde.",
        field="database.url",
    )


@contextlib.contextmanager
def reaching() -> Iterator[None]:
    """What uses the civil database.

    Errors: Unavailable when the database cannot be reached or is damaged.
    """
    try:
        yield
    except database_errors() as error:
        said = unusable(error)
        if said is None:
            raise
        from django.db import connection

        connection.close()
        raise said from None


def check_database(config: Config) -> None:
    """Nothing, when the civil database may be opened: opening a missing SQLite file would make an empty town.

    Errors: InvalidInput when its file is absent or empty.
    """
    path = config.data / "civil.sqlite3"
    if config.database.url or (path.is_file() and path.stat().st_size):
        return
    raise InvalidInput(
        f"{path} is missing or empty; restore a backup, or run `beffroi init` for a new town.",
        message_fr=f"{path} manque ou est vide ; restaurez une sauvegarde, ou lancez `beffroi init` pour une nouvelle "
        "ville.",
        field="data",
    )


def writable_folder(folder: Path) -> None:
    """Creates `folder` with mode 0700 when absent.

    Errors: InvalidInput when it cannot be created or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = folder / f".write-{os.getpid()}"
        mark.touch()
        mark.unlink()
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written: {error.strerror}. Choose another folder with BEFFROI_DATA.",
            message_fr=f"{folder} ne peut pas être écrit : {error.strerror}. "
            "Choisissez un autre dossier par BEFFROI_DATA.",
            field="data",
        ) from None


def empty_folder(folder: Path) -> None:
    """Takes back what was written into a folder that was empty before."""
    for found in folder.iterdir():
        if found.is_dir():
            shutil.rmtree(found)
        else:
            found.unlink()


def free_port(host: str, port: int, *, key: str) -> None:
    """Nothing, when `port` can be bound.

    Errors: Conflict, one line that says which port and how to choose another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "ports end at 65535"
            raise Conflict(
                f"Port {port} on {host} cannot be used: {why}. Choose another with {key}.",
                message_fr=f"Le port {port} de {host} ne peut pas être pris : {why}. Choisissez-en un autre par {key}.",
                field=key,
            ) from None


def check_exposure(config: Config) -> None:
    """Nothing, when what leaves this machine is encrypted.

    Errors: InvalidInput beyond loopback without a certificate, or with one that does not fit.
    """
    from beffroi.core.certificates import check_pair

    if config.tls_files is not None:
        check_pair(*config.tls_files)
    elif not config_tree.is_loopback(config.web.host) or not config_tree.is_loopback(config.node_host):
        raise InvalidInput(
            "Beyond this machine Beffroi speaks HTTPS only; run `beffroi init --tls own-ca`, or set web.tls_cert.",
            message_fr="Hors de cette machine, Beffroi ne parle que HTTPS ; lancez `beffroi init --tls own-ca`, ou "
            "réglez web.tls_cert.",
            field="web.tls_cert",
        )
