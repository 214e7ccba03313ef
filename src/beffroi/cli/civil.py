"""What the commands that use the civil database share: the configuration, Django, folders and ports."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
from pathlib import Path

from beffroi.core import config as config_tree
from beffroi.core import site_key
from beffroi.core.config import Config
from beffroi.core.errors import Conflict, InvalidInput

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

    french = os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("fr")
    translation.activate("fr" if french else "en")


def migrate() -> None:
    """Brings the civil database to this version.

    Errors: InvalidInput when the database cannot be reached.
    """
    from django.core.management import call_command
    from django.db import OperationalError

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        cause = " ".join(str(error).split())
        raise InvalidInput(
            f"The civil database does not answer: {cause}. Check database.url.",
            message_fr=f"La base civile ne répond pas : {cause}. Vérifiez database.url.",
            field="database.url",
        ) from None


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
