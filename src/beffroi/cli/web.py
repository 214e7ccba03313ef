"""`beffroi web`: Django under gunicorn (threads) in this process, with TLS beyond loopback."""

from __future__ import annotations

import argparse
import ssl
from typing import Any

from beffroi.cli import civil
from beffroi.core.config import Config
from beffroi.core.lifecycle import die_with_parent
from beffroi.web.patience import CONNECTIONS_MAX, PatientWorker

GRACE_S = 5
TIMEOUT_S = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi web`."""
    civil.add_data_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serves until a signal; returns the exit code."""
    config = civil.configured(arguments.data)
    civil.check_exposure(config)
    civil.free_port(config.web.host, config.web.port, key="BEFFROI_PORT")
    civil.open_civil()
    civil.migrate()
    serve(config)
    return 0


def serve(config: Config) -> None:
    """Runs gunicorn; returns when it was told to stop."""
    from django.core.wsgi import get_wsgi_application
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        """gunicorn, configured here rather than by its own files and arguments."""

        def load_config(self) -> None:
            for key, value in _options(config).items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            return get_wsgi_application()

    Server().run()


def _options(config: Config) -> dict[str, Any]:
    host = f"[{config.web.host}]" if ":" in config.web.host else config.web.host
    options: dict[str, Any] = {
        "bind": f"{host}:{config.web.port}",
        "workers": 1,
        "worker_class": PatientWorker,
        "worker_connections": CONNECTIONS_MAX,
        "threads": config.web.threads,
        "timeout": TIMEOUT_S,
        "graceful_timeout": GRACE_S,
        "keepalive": 5,
        "loglevel": "warning",
        "post_fork": _die_with_master,
        "proc_name": "beffroi-web",
        "control_socket_disable": True,  # it would be one file in the user's home for every web server
        "limit_request_line": 4096,
    }
    if config.tls_files is not None:
        cert, key = config.tls_files
        options |= {"certfile": str(cert), "keyfile": str(key), "ssl_context": _modern}
    return options


def _die_with_master(master: object, worker: object) -> None:
    """gunicorn's worker would keep the port for a second after its master's death."""
    die_with_parent()


def _modern(config: object, default: Any) -> ssl.SSLContext:
    context: ssl.SSLContext = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
