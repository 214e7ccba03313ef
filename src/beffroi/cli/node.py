"""`beffroi node`: one recording node, alone."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from beffroi.cli import secret_file
from beffroi.core.config import is_loopback
from beffroi.core.errors import InvalidInput
from beffroi.engine.node import run as run_node
from beffroi.engine.seat import NodeSettings

HELP = "run one recording node alone"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--folder", type=Path, required=True, help="node state: key, sealed cache, outbox, socket")
    parser.add_argument("--footage", type=Path, required=True, help="footage folder; made when absent")
    parser.add_argument("--host", default="127.0.0.1", help="address browsers reach (default 127.0.0.1)")
    parser.add_argument("--port", type=int, required=True, help="port browsers reach")
    parser.add_argument("--web", default="", metavar="URL", help="address of web; needed to enrol")
    parser.add_argument("--web-ca", default="", metavar="FILE", help="authority that signed web's certificate (PEM)")
    parser.add_argument(
        "--mask-slots",
        type=int,
        default=-1,
        metavar="N",
        help="cameras whose masks it may burn at once (default: one a core)",
    )
    parser.add_argument("--vault-mirror", type=Path, metavar="DIR", help="folder on another disk for a second vault")
    code = parser.add_mutually_exclusive_group()
    code.add_argument("--code", default="", help="enrolment code, at the first start")
    code.add_argument("--code-file", type=Path, metavar="FILE", help="file that holds the enrolment code")
    parser.add_argument("--name", default="", help="name shown to people (default: this machine's)")
    parser.add_argument("--url", default="", help="address browsers use (default: from host and port)")
    parser.add_argument("--tls-cert", default="", metavar="FILE", help="certificate chain (PEM)")
    parser.add_argument("--tls-key", default="", metavar="FILE", help="private key (PEM)")
    parser.add_argument(
        "--metrics-from", action="append", default=[], metavar="ADDRESS", help="who may read /metrics beside loopback"
    )
    parser.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))


def run(arguments: argparse.Namespace) -> int:
    """Record until a signal comes."""
    settings = _settings(arguments)
    logging.basicConfig(
        level=arguments.log_level.upper(), stream=sys.stderr, format="node %(levelname)s %(name)s %(message)s"
    )
    uvloop.run(run_node(settings, on_ready=lambda: print(f"Node ready: {settings.url}", file=sys.stderr, flush=True)))
    return 0


def _settings(arguments: argparse.Namespace) -> NodeSettings:
    if bool(arguments.tls_cert) != bool(arguments.tls_key):
        raise InvalidInput("Give --tls-cert and --tls-key together.", message_fr="Donnez --tls-cert et --tls-key.")
    if not arguments.tls_cert and arguments.host not in LOOPBACK:
        raise InvalidInput(
            "Beyond loopback a node speaks HTTPS only: give --tls-cert and --tls-key.",
            message_fr="Hors de la boucle locale, un nœud ne parle que HTTPS : donnez --tls-cert et --tls-key.",
            field="tls-cert",
        )
    if not 1 <= arguments.port <= 65535:
        raise InvalidInput(
            f"--port: {arguments.port} is not a port.",
            message_fr=f"--port : {arguments.port} n'est pas un port.",
            field="port",
        )
    if arguments.web and not arguments.web.startswith(("http://", "https://")):
        raise InvalidInput(
            "--web takes an address such as https://beffroi.ville.example:8400.",
            message_fr="--web prend une adresse telle que https://beffroi.ville.example:8400.",
            field="web",
        )
    if arguments.web.startswith("http://") and not is_loopback(urlsplit(arguments.web).hostname or "nowhere"):
        raise InvalidInput(
            "Beyond loopback a node asks web in HTTPS only: what web tells it holds the cameras' passwords.",
            message_fr="Hors de la boucle locale, un nœud n'interroge le web qu'en HTTPS : ce que le web lui dit "
            "contient les mots de passe des caméras.",
            field="web",
        )
    for name in ("tls_cert", "tls_key", "web_ca"):
        path = getattr(arguments, name)
        if path and not os.access(path, os.R_OK):
            raise InvalidInput(f"{path} cannot be read.", message_fr=f"{path} ne peut être lu.", field=name)
    scheme = "https" if arguments.tls_cert else "http"
    return NodeSettings(
        folder=arguments.folder.absolute(),
        footage=arguments.footage.absolute(),
        host=arguments.host,
        port=arguments.port,
        web=arguments.web,
        web_ca=arguments.web_ca,
        code=_code(arguments),
        name=arguments.name or os.uname().nodename,
        url=arguments.url or f"{scheme}://{arguments.host}:{arguments.port}",
        tls_cert=arguments.tls_cert,
        tls_key=arguments.tls_key,
        metrics_from=tuple(arguments.metrics_from),
        log_level=arguments.log_level,
        mask_slots=arguments.mask_slots if arguments.mask_slots >= 0 else None,
        vault_mirror=arguments.vault_mirror.absolute() if arguments.vault_mirror else None,
    )


def _code(arguments: argparse.Namespace) -> str:
    if arguments.code_file is None:
        return str(arguments.code)
    return secret_file.read(arguments.code_file, field="code-file").strip()
