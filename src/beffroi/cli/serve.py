"""`beffroi serve`: web on PORT, the node on PORT+1 and the worker, together on this machine."""

from __future__ import annotations

import argparse
import http.client
import os
import ssl
import time

from beffroi.cli import civil, init
from beffroi.cli.supervise import Part, Supervisor
from beffroi.core.config import Config, is_loopback
from beffroi.core.errors import Unavailable
from beffroi.core.site_key import load as load_site_key
from beffroi.engine.identity import is_enrolled

PROBE_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi serve`."""
    civil.add_data_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serves until a signal; returns the exit code."""
    os.umask(0o077)
    config = civil.configured(arguments.data)
    check_start(config)
    civil.check_database(config)

    def prepare() -> None:
        civil.open_civil()
        with civil.reaching():
            init.prepare_civil(config)

    def on_ready() -> None:
        print(f"Beffroi is ready: {config.web_url}", flush=True)

    return Supervisor(parts(config), lambda: answers(config) and node_is_up(), on_ready, prepare=prepare).run()


def check_start(config: Config, *more_ports: tuple[int, str]) -> None:
    """Everything that can be refused before anything starts.

    Errors: InvalidInput, Conflict: one line each.
    """
    civil.writable_folder(config.data)
    load_site_key(config.keys)
    civil.check_exposure(config)
    civil.free_port(config.web.host, config.web.port, key="BEFFROI_PORT")
    civil.free_port(config.node_host, config.node_port, key="BEFFROI_NODE_PORT")
    for port, key in more_ports:
        civil.free_port("127.0.0.1", port, key=key)


def parts(config: Config) -> tuple[Part, Part, Part]:
    """The three processes of one machine."""
    return (
        Part(name="web", arguments=("web",)),
        Part(name="worker", arguments=("worker",)),
        # An enrolled node knows its cameras: it records while the civil database is brought up to date.
        Part(name="node", arguments=_node(config), needs_preparation=not is_enrolled(config.data / "node")),
    )


def _node(config: Config) -> tuple[str, ...]:
    arguments = [
        *("node", "--folder", str(config.data / "node"), "--footage", str(config.footage)),
        *("--web", config.web_url_for_node),  # the address of this start: the port may have changed since enrolment
        *("--host", config.node_host, "--port", str(config.node_port), "--url", config.node_url),
    ]
    if config.tls_files is not None:
        cert, key = config.tls_files
        arguments += ["--tls-cert", str(cert), "--tls-key", str(key)]
    if config.town_authority is not None:
        arguments += ["--web-ca", str(config.town_authority)]
    if config.node.vault_mirror:
        arguments += ["--vault-mirror", str(config.data / config.node.vault_mirror)]
    if config.node.mask_slots >= 0:
        arguments += ["--mask-slots", str(config.node.mask_slots)]
    for address in config.node.metrics_from:
        arguments += ["--metrics-from", address]
    return tuple(arguments)


def answers(config: Config) -> bool:
    """True when web and the node say they are ready."""
    return all(
        _says_ready(host, port, is_tls=config.has_tls)
        for host, port in ((config.web.host, config.web.port), (config.node_host, config.node_port))
    )


def node_is_up() -> bool:
    """True when this machine's node has spoken to web lately; Django must be ready."""
    from beffroi.operate import queries

    try:
        with civil.reaching():
            nodes = queries.nodes(time.time_ns() // 1000)
            return any(node.id == init.LOCAL_NODE and node.state == "up" for node in nodes)
    except Unavailable:
        return False


def _says_ready(host: str, port: int, *, is_tls: bool) -> bool:
    reach = "127.0.0.1" if is_loopback(host) or host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared
    connection = _connection(reach, port, is_tls=is_tls)
    try:
        connection.request("GET", "/health", headers={"Host": f"localhost:{port}"})
        reply = connection.getresponse()
        return reply.status == 200 and b'"ready": true' in reply.read(4096).replace(b'":t', b'": t')
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connection(host: str, port: int, *, is_tls: bool) -> http.client.HTTPConnection:
    if not is_tls:
        return http.client.HTTPConnection(host, port, timeout=PROBE_S)
    # Only "does it answer" is asked of our own processes on this machine; nothing secret is sent.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=PROBE_S, context=context)
