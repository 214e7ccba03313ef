"""The civil database from its one setting: empty for SQLite, or `postgresql://…`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from beffroi.core.config import Config
from beffroi.core.errors import InvalidInput

SQLITE_NAME = "civil.sqlite3"
_SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON; "
    "PRAGMA journal_size_limit=67108864;"
)
"""A line of the journal outlives a power cut (FULL); what is pruned leaves no bytes behind (secure_delete)."""


def database(config: Config) -> dict[str, Any]:
    """Django's DATABASES["default"].

    Errors: InvalidInput when the address is not one of PostgreSQL, or its password file cannot be read.
    """
    if not config.database.url:
        return sqlite(config.data / SQLITE_NAME)
    return postgresql(config.database.url, password=_password(config))


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite with write locks taken at BEGIN, readers never blocked, and a bounded wait."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10, "init_command": _SQLITE_START},
    }


def postgresql(url: str, *, password: str = "") -> dict[str, Any]:
    """PostgreSQL by its address; `password` wins over one in the address."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition("@")[2].rpartition(":")
    if not port.isdecimal():
        host, port = f"{host}:{port}" if host else port, ""
    if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:
        raise InvalidInput(
            "database.url: write postgresql://user@host:port/name, or leave it empty for SQLite.",
            message_fr="database.url : écrivez postgresql://utilisateur@hôte:port/base, ou laissez vide pour SQLite.",
            field="database.url",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": password or unquote(parts.password or ""),
        # Not `parts.hostname`: a socket's folder keeps its capitals.
        "HOST": unquote(host).strip("[]"),
        "PORT": port,
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


def _password(config: Config) -> str:
    if not config.database.password_file:
        return ""
    path = config.data / config.database.password_file
    try:
        return path.read_text().strip()
    except OSError as error:
        raise InvalidInput(
            f"database.password_file: {path}: {error.strerror}.",
            message_fr=f"database.password_file : {path} : {error.strerror}.",
            field="database.password_file",
        ) from None
