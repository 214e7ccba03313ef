"""`beffroi init`: prepares a data folder. What is there already is kept; running it again is safe."""

from __future__ import annotations

import argparse
import datetime as dt
import getpass
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core import config as config_tree
from beffroi.core import site_key, toml_file
from beffroi.core.config import Config
from beffroi.core.errors import InvalidInput

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
    _check_tls_arguments(arguments)
    folder = config_tree.load(data=arguments.data).data
    civil.writable_folder(folder)
    made = prepare_keys(folder)
    _write_settings(folder, arguments)
    config = civil.configured(folder)
    if arguments.tls:
        civil.check_exposure(config)
    civil.open_civil()
    made += prepare_civil(config)
    made += _first_administrator(arguments)
    _report(config, made, as_json=arguments.json)
    return 0


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
    from beffroi.core import certificates

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
        certificates.check_pair(arguments.cert, arguments.key)
        changes |= {"web.tls_cert": str(arguments.cert.absolute()), "web.tls_key": str(arguments.key.absolute())}
    toml_file.change(folder / config_tree.FILE_NAME, changes)


def _certified(names: tuple[str, ...], host: str) -> tuple[str, ...]:
    return names if config_tree.is_loopback(host) or host in {"0.0.0.0", "::"} else (*names, host)  # noqa: S104 - compared


def _first_administrator(arguments: argparse.Namespace) -> list[str]:
    from beffroi.people.models import Assignment
    from beffroi.people.rules import Role
    from beffroi.people.services import add_agent

    if Assignment.objects.filter(role=Role.ADMIN, agent__is_active=True).exists():
        return []
    who = _asked_administrator(arguments)
    add_agent(who.username, who.password, (Role.ADMIN,), name=who.username)
    return ["administrator"]


def _asked_administrator(arguments: argparse.Namespace) -> Administrator:
    if arguments.admin_name and arguments.admin_password_file:
        try:
            password = arguments.admin_password_file.read_text().rstrip("\n")
        except OSError as error:
            raise InvalidInput(
                f"{arguments.admin_password_file}: {error.strerror}.", field="admin-password-file"
            ) from None
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
