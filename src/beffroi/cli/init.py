"""`beffroi init`: prepares a data folder. What is there already is kept; running it again is safe."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime as dt
import getpass
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from beffroi.cli import civil, secret_file
from beffroi.cli.main import print_json
from beffroi.core import certificates, site_key, toml_file
from beffroi.core import config as config_tree
from beffroi.core.config import Config
from beffroi.core.errors import BeffroiError, InvalidInput

LOCAL_NODE = "n1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi init`."""
    civil.add_data_argument(parser)
    parser.add_argument("--admin-name", metavar="NAME", help="login name of the first administrator")
    parser.add_argument("--admin-password-file", type=Path, metavar="FILE", help="file that holds their password")
    parser.add_argument("--host", metavar="ADDRESS", help="address web and node listen on, e.g. 0.0.0.0")
    parser.add_argument(
        "--name", action="append", default=[], metavar="HOST", help="name browsers use; may be repeated"
    )
    parser.add_argument(
        "--tls", choices=("own-ca", "cert"), help="make a town authority and a certificate, or take one (--cert, --key)"
    )
    parser.add_argument("--cert", type=Path, metavar="FILE", help="PEM certificate chain, with --tls cert")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its PEM private key, with --tls cert")
    parser.add_argument("--json", action="store_true", help="report in JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """The first person who will log in."""

    username: str
    password: str = field(repr=False)


def run(arguments: argparse.Namespace) -> int:
    """Prepares the folder; returns the exit code."""
    os.umask(0o077)
    folder = _checked_folder(arguments)
    is_new = _is_new(folder)
    who = _asked_administrator(arguments) if is_new else None
    with _taken_back(folder) if is_new else contextlib.nullcontext():
        civil.writable_folder(folder)
        made = prepare_keys(folder)
        _write_settings(folder, arguments)
        config = civil.configured(folder)
        civil.check_exposure(config)
        civil.open_civil()
        if who:
            _check_administrator(who)
    made += prepare_civil(config)
    made += _first_administrator(arguments, who)
    _report(config, made, as_json=arguments.json)
    return 0


def _checked_folder(arguments: argparse.Namespace) -> Path:
    """The data folder, when the arguments can be used; nothing is written.

    Errors: InvalidInput for what `beffroi serve` would refuse.
    """
    _check_tls_arguments(arguments)
    config = config_tree.load(data=arguments.data)
    web = dataclasses.replace(
        config.web, host=arguments.host or config.web.host, names=tuple(arguments.name) or config.web.names
    )
    asked = dataclasses.replace(config, web=web)
    config_tree.check(asked)
    if arguments.host:
        _check_host(arguments.host)
    if arguments.tls == "cert":
        certificates.check_pair(arguments.cert, arguments.key)
    elif arguments.tls is None:
        civil.check_exposure(asked)
    return config.data


def _check_host(host: str) -> None:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        raise InvalidInput(
            f"--host: {host!r} is not an address of this machine; 0.0.0.0 means all of them.",
            message_fr=f"--host : {host!r} n'est pas une adresse de cette machine ; 0.0.0.0 les désigne toutes.",
            field="host",
        ) from None


def _is_new(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def _taken_back(folder: Path) -> Iterator[None]:
    """A new folder, left as it was found when its preparation is refused."""
    was_there = folder.exists()
    try:
        yield
    except BeffroiError:
        if was_there:
            civil.empty_folder(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _check_administrator(who: Administrator) -> None:
    from beffroi.people.models import Agent
    from beffroi.people.services import check_password

    check_password(who.password, Agent(username=who.username, name=who.username))


def prepare_keys(folder: Path) -> list[str]:
    """The site key, made when absent."""
    return ["site key"] if site_key.make(folder / "keys") else []


def prepare_civil(config: Config) -> list[str]:
    """The civil database at this version, and the node of this machine enrolled in it."""
    civil.migrate()
    from beffroi.engine.identity import Enrolment, keep_enrolment, node_key, public_text, read_enrolment
    from beffroi.operate.services import add_node

    folder = config.data / "node"
    civil.writable_folder(folder)
    is_new = read_enrolment(folder) is None
    key = node_key(folder)
    add_node(
        LOCAL_NODE,
        name="Enregistreur de cette machine",
        url=config.node_url,
        public=public_text(key),
        now_us=time.time_ns() // 1000,
    )
    keep_enrolment(folder, Enrolment(node=LOCAL_NODE, web=config.web_url_for_node))
    return ["local node"] if is_new else []


def _check_tls_arguments(arguments: argparse.Namespace) -> None:
    if (arguments.tls == "cert") != bool(arguments.cert and arguments.key):
        raise InvalidInput(
            "--tls cert goes with --cert FILE and --key FILE.",
            message_fr="--tls cert va avec --cert FICHIER et --key FICHIER.",
            field="tls",
        )


def _write_settings(folder: Path, arguments: argparse.Namespace) -> None:
    changes: dict[str, object] = {}
    if not (folder / config_tree.FILE_NAME).exists():
        changes["people.second_factor"] = "required"
    if arguments.host:
        changes["web.host"] = arguments.host
    if arguments.name:
        changes["web.names"] = arguments.name
    if arguments.tls == "own-ca":
        config = config_tree.load(data=folder)
        files = certificates.TownFiles(folder=folder / "keys")
        names = tuple(arguments.name) or config.web.names
        certificates.ensure(files, _certified(names, arguments.host or config.web.host), dt.datetime.now(dt.UTC))
        changes |= {"web.tls_cert": config_tree.OWN_CERT, "web.tls_key": config_tree.OWN_KEY}
    elif arguments.tls == "cert":
        changes |= {"web.tls_cert": str(arguments.cert.absolute()), "web.tls_key": str(arguments.key.absolute())}
    toml_file.change(folder / config_tree.FILE_NAME, changes)


def _certified(names: tuple[str, ...], host: str) -> tuple[str, ...]:
    return names if config_tree.is_loopback(host) or host in {"0.0.0.0", "::"} else (*names, host)  # noqa: S104 - compared


def _first_administrator(arguments: argparse.Namespace, who: Administrator | None) -> list[str]:
    from beffroi.people.models import Assignment
    from beffroi.people.rules import Role
    from beffroi.people.services import add_agent

    if Assignment.objects.filter(role=Role.ADMIN, agent__is_active=True).exists():
        return []
    who = who or _asked_administrator(arguments)
    add_agent(who.username, who.password, (Role.ADMIN,), name=who.username)
    return ["administrator"]


def _asked_administrator(arguments: argparse.Namespace) -> Administrator:
    if arguments.admin_name and arguments.admin_password_file:
        password = secret_file.read(arguments.admin_password_file, field="admin-password-file")
        return Administrator(username=arguments.admin_name, password=password)
    if not sys.stdin.isatty():
        raise InvalidInput(
            "There is no administrator yet: give --admin-name and --admin-password-file.",
            message_fr="Pas encore d'administrateur : donnez --admin-name et --admin-password-file.",
            field="admin-name",
        )
    name = arguments.admin_name or input("Identifiant du premier administrateur / first administrator: ").strip()
    password = getpass.getpass("Mot de passe / password (12+): ")
    if password != getpass.getpass("Encore / again: "):
        raise InvalidInput(
            "The two passwords differ.", message_fr="Les deux mots de passe diffèrent.", field="password"
        )
    return Administrator(username=name, password=password)


def _report(config: Config, made: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"data": str(config.data), "made": made, "web": config.web_url, "node": config.node_url})
        return
    print(f"{config.data}: {', '.join(made) or 'everything was there'}.")
    if config.tls_files and (config.keys / "town-ca.pem").exists():
        print(f"Browsers trust {config.web_url} once they have imported {config.keys / 'town-ca.pem'}.")
    print(f"Start with `beffroi serve`, then open {config.web_url}.")
