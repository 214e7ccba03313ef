"""The one configuration tree: DATA/beffroi.toml, then environment variables. Keys: `ref/config.md`.

Environment names are `BEFFROI_` and the key in capitals, `_` for `.` (`web.port` is `BEFFROI_WEB_PORT`), and
two short ones: `BEFFROI_DATA` (the folder, which cannot be in the file it holds) and `BEFFROI_PORT`.
An unknown key or variable refuses to start. Secrets are never values here: keys lie in DATA/keys.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ConfigDict, TypeAdapter, ValidationError

from beffroi.core.errors import InvalidInput

FILE_NAME = "beffroi.toml"
OWN_CERT, OWN_KEY = "keys/web.pem", "keys/web.key"
"""Where `beffroi init --tls own-ca` puts the certificate."""
DEFAULT_DATA = Path("beffroi-data")
_PREFIX = "BEFFROI_"
_SHORT = {"BEFFROI_PORT": "web.port"}
_NOT_OURS = ("BEFFROI_TEST_", "BEFFROI_BENCH_")
"""Read by the tests and the benches, never by the product."""
_STRICT = ConfigDict(extra="forbid")
_EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - compared, never bound
_HOST_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]+")
LEGAL_RETENTION_DAYS = 30
"""Source: CSI L252-5, one month at most outside judicial procedure."""
USUAL_RETENTION_DAYS, LEAST_RETENTION_DAYS = 15, 7
"""The shortest time that is enough: 7 to 15 days by the practice of prefectures and the CNIL."""
JOURNAL_MONTHS = (6, 36)
"""Source: CSI R253-5, three years at most; CNIL délibération 2021-122, six months at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """The web server."""

    __pydantic_config__ = _STRICT
    host: str = "127.0.0.1"
    """Address it listens on; beyond loopback `tls_cert` and `tls_key` are required."""
    port: int = 8400
    names: tuple[str, ...] = ()
    """Host names browsers may use, besides localhost and 127.0.0.1."""
    tls_cert: str = ""
    """PEM chain; relative to the data folder."""
    tls_key: str = ""
    """PEM private key, mode 0600; relative to the data folder."""
    threads: int = 8
    """Requests of one address served at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseConfig:
    """The civil database."""

    __pydantic_config__ = _STRICT
    url: str = ""
    """Empty: SQLite DATA/civil.sqlite3. Else `postgresql://user@host:port/name`."""
    password_file: str = ""
    """File that holds the password of `url`; relative to the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """The recording node of this machine."""

    __pydantic_config__ = _STRICT
    host: str = ""
    """Address it listens on; empty: that of web."""
    port: int = 0
    """0: the port of web plus one."""
    web_url: str = ""
    """Address of web as this node reaches it; empty: web on this machine."""
    footage: str = "footage"
    """Folder of the footage; relative to the data folder."""
    footage_max_gib: float = 0.0
    """0: only the disk limits."""
    mask_slots: int = -1
    """Cameras it may burn masks into at once, as `beffroi bench mask` measured; -1: not measured, one a core."""
    metrics_from: tuple[str, ...] = ()
    """Addresses, besides loopback, that may read the metrics."""
    vault_mirror: str = ""
    """Folder on another disk for a second vault of footage keys; relative to the data folder. Empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleConfig:
    """How agents sign in."""

    __pydantic_config__ = _STRICT
    second_factor: str = "offered"
    """`required`: whoever has none sets one up before anything else (what `beffroi init` writes); `offered`."""
    oidc_issuer: str = ""
    """Issuer of an OpenID Connect provider (ProConnect); empty: none."""
    oidc_client: str = ""
    """Our identifier at that provider."""
    oidc_secret_file: str = ""
    """File that holds our secret at that provider, mode 0600; relative to the data folder."""
    oidc_name: str = "ProConnect"
    """What the sign-in page calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """How long footage lives; an order may only shorten it."""

    __pydantic_config__ = _STRICT
    max_days: int = USUAL_RETENTION_DAYS
    """Longest life of footage, in days."""
    reason: str = ""
    """Why another time than the usual one: whoever inspects reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceConfig:
    """How long a call keeps pictures, and what becomes of what was handed over."""

    __pydantic_config__ = _STRICT
    telephone_days: int = 8
    """A lock by telephone waits this long for its requisition."""
    inquiry_months: int = 6
    """A lock that outlives the order's limit ends this long after it was last asked for, or is renewed."""
    grace_hours: int = 48
    """The working copy of a pack is destroyed this long after its hand-over was confirmed."""
    limitation: bool = False
    """A person's request may keep pictures beyond the order's limit, signed by the DPO."""
    seal_cert: str = ""
    """PEM chain of the town's own sealing certificate; relative to the data folder. Empty: the town's authority."""
    seal_key: str = ""
    """Its PEM private key, mode 0600; relative to the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalConfig:
    """How long the journal is kept, and who besides us can tell that it was not rewritten."""

    __pydantic_config__ = _STRICT
    keep_months: int = 12
    witness: str = ""
    """Folder that this machine's administrator cannot rewrite; relative to the data folder."""
    witness_url: str = ""
    """Address that heads are posted to."""
    timestamp_url: str = ""
    """RFC 3161 authority."""
    timestamp_ca: str = ""
    """PEM certificates that the authority's tokens must lead to; relative to the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything an installation may set."""

    __pydantic_config__ = _STRICT
    data: Path = DEFAULT_DATA
    language: str = "fr"
    """Language of pages before somebody logs in: `fr` or `en`."""
    web: WebConfig = field(default_factory=WebConfig)
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    node: NodeConfig = field(default_factory=NodeConfig)
    people: PeopleConfig = field(default_factory=PeopleConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    evidence: EvidenceConfig = field(default_factory=EvidenceConfig)
    journal: JournalConfig = field(default_factory=JournalConfig)

    @property
    def keys(self) -> Path:
        """Folder of the secrets, mode 0700."""
        return self.data / "keys"

    @property
    def footage(self) -> Path:
        """Folder of the local node's footage."""
        return self.data / self.node.footage

    @property
    def node_host(self) -> str:
        """Address the local node listens on."""
        return self.node.host or self.web.host

    @property
    def node_port(self) -> int:
        """Port the local node listens on."""
        return self.node.port or self.web.port + 1

    @property
    def has_tls(self) -> bool:
        """True when web and node speak HTTPS."""
        return bool(self.web.tls_cert)

    @property
    def tls_files(self) -> tuple[Path, Path] | None:
        """Certificate chain and private key, None for plain HTTP."""
        return (self.data / self.web.tls_cert, self.data / self.web.tls_key) if self.has_tls else None

    @property
    def web_url(self) -> str:
        """Origin under which people open web."""
        return self._url(self.web.host, self.web.port)

    @property
    def node_url(self) -> str:
        """Origin of the local node, as browsers reach it."""
        return self._url(self.node_host, self.node_port)

    @property
    def origins(self) -> tuple[str, ...]:
        """Exact origins under which pages of web may be open."""
        scheme = "https" if self.has_tls else "http"
        names = ["localhost", "127.0.0.1", *self.web.names]
        if not is_loopback(self.web.host) and self.web.host not in _EVERY_ADDRESS:
            names.append(self.web.host)
        return tuple(f"{scheme}://{name}:{self.web.port}" for name in dict.fromkeys(names))

    @property
    def web_url_for_node(self) -> str:
        """Where the local node finds web."""
        if self.node.web_url or not self.has_tls or self.web.tls_cert != OWN_CERT:
            return self.node.web_url or self.web_url
        is_here = is_loopback(self.web.host) or self.web.host in _EVERY_ADDRESS
        return self._url("localhost" if is_here else self.web.host, self.web.port, name="")

    @property
    def town_authority(self) -> Path | None:
        """The town's own authority, when `beffroi init --tls own-ca` made the certificate in use."""
        return self.keys / "town-ca.pem" if self.web.tls_cert == OWN_CERT else None

    def _url(self, host: str, port: int, *, name: str | None = None) -> str:
        scheme = "https" if self.has_tls else "http"
        if name is None:
            name = next(iter(self.web.names), "")
        if not name:
            name = "localhost" if is_loopback(host) or host in _EVERY_ADDRESS else host
        return f"{scheme}://{name}:{port}"


def is_loopback(host: str) -> bool:
    """True when `host` is reached from this machine only."""
    return host in {"localhost", "::1", ""} or host.startswith("127.")


def load(environ: Mapping[str, str] | None = None, *, data: Path | None = None) -> Config:
    """The configuration of `data`, of BEFFROI_DATA, or of ./beffroi-data, in that order.

    Errors: InvalidInput naming the unknown key or the value that does not fit.
    """
    environ = os.environ if environ is None else environ
    folder = data or Path(environ.get("BEFFROI_DATA") or DEFAULT_DATA)
    tree = _from_file(folder / FILE_NAME)
    for name, text in environ.items():
        if name.startswith(_PREFIX) and name != "BEFFROI_DATA" and not name.startswith(_NOT_OURS):
            _put(tree, name, text)
    tree["data"] = str(folder.expanduser().absolute())
    try:
        config: Config = TypeAdapter(Config).validate_python(tree)
    except ValidationError as error:
        raise _refusal(error) from None
    check(config)
    return config


def keys() -> list[str]:
    """Every key, dotted, in the order of the tree; `data` is the folder itself."""
    found = []
    for one in fields(Config):
        section = _SECTIONS.get(one.name)
        found += [f"{one.name}.{inner.name}" for inner in fields(section)] if section else [one.name]
    return found


_SECTIONS: dict[str, Any] = {
    "web": WebConfig,
    "database": DatabaseConfig,
    "node": NodeConfig,
    "people": PeopleConfig,
    "retention": RetentionConfig,
    "evidence": EvidenceConfig,
    "journal": JournalConfig,
}


def _from_file(path: Path) -> dict[str, Any]:
    try:
        tree = tomllib.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}.", message_fr=f"{path} ne peut pas être lu : {error}.", field=FILE_NAME
        ) from None
    if "data" in tree:
        raise InvalidInput(
            "data cannot be set in the folder's own file; use BEFFROI_DATA.",
            message_fr="data ne se règle pas dans le fichier du dossier lui-même ; utilisez BEFFROI_DATA.",
            field="data",
        )
    return tree


def _put(tree: dict[str, Any], name: str, text: str) -> None:
    key = _SHORT.get(name) or _ENVIRONMENT.get(name)
    if key is None:
        raise InvalidInput(
            f"{name} is not a setting of Beffroi; the list is in ref/config.md.",
            message_fr=f"{name} n'est pas un réglage de Beffroi ; la liste est dans ref/config.md.",
            field=name,
        )
    section, _, leaf = key.rpartition(".")
    target = tree.setdefault(section, {}) if section else tree
    target[leaf] = [part.strip() for part in text.split(",") if part.strip()] if key in _LISTS else text


_ENVIRONMENT = {_PREFIX + key.upper().replace(".", "_"): key for key in keys() if key != "data"}
_LISTS = {"web.names", "node.metrics_from"}


def _refusal(error: ValidationError) -> InvalidInput:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "unexpected_keyword_argument":
        return InvalidInput(
            f"{key} is not a setting of Beffroi; the list is in ref/config.md.",
            message_fr=f"{key} n'est pas un réglage de Beffroi ; la liste est dans ref/config.md.",
            field=key,
        )
    return InvalidInput(f"{key}: {first['msg']}.", message_fr=f"{key} : valeur refusée ({first['msg']}).", field=key)


def check(config: Config) -> None:
    """Nothing, when every value can be meant.

    Errors: InvalidInput naming the value that does not fit.
    """
    for key, port in (("web.port", config.web.port), ("node.port", config.node_port)):
        if not 1 <= port <= 65535:
            raise InvalidInput(
                f"{key}: {port} is not a port.", message_fr=f"{key} : {port} n'est pas un port.", field=key
            )
    if config.web.threads < 1:
        raise InvalidInput("web.threads: 1 at least.", message_fr="web.threads : au moins 1.", field="web.threads")
    if not (math.isfinite(config.node.footage_max_gib) and config.node.footage_max_gib >= 0):
        raise InvalidInput(
            "node.footage_max_gib: a number of GiB, 0 for the disk's own limit.",
            message_fr="node.footage_max_gib : un nombre de Gio, 0 pour la seule limite du disque.",
            field="node.footage_max_gib",
        )
    for name in config.web.names:
        if not _HOST_NAME.fullmatch(name):
            raise InvalidInput(
                f"web.names: {name!r} is not a host name.",
                message_fr=f"web.names : {name!r} n'est pas un nom de machine.",
                field="web.names",
            )
    if config.language not in {"fr", "en"}:
        raise InvalidInput("language: fr or en.", message_fr="language : fr ou en.", field="language")
    if bool(config.web.tls_cert) != bool(config.web.tls_key):
        raise InvalidInput(
            "web.tls_cert and web.tls_key go together.",
            message_fr="web.tls_cert et web.tls_key vont ensemble.",
            field="web.tls_key",
        )
    if config.people.second_factor not in {"required", "offered"}:
        raise InvalidInput(
            "people.second_factor: required or offered.",
            message_fr="people.second_factor : required ou offered.",
            field="people.second_factor",
        )
    if bool(config.people.oidc_issuer) != bool(config.people.oidc_client and config.people.oidc_secret_file):
        raise InvalidInput(
            "people.oidc_issuer, oidc_client and oidc_secret_file go together.",
            message_fr="people.oidc_issuer, oidc_client et oidc_secret_file vont ensemble.",
            field="people.oidc_issuer",
        )
    issuer = urlsplit(config.people.oidc_issuer)
    if config.people.oidc_issuer and issuer.scheme != "https" and not is_loopback(issuer.hostname or "nowhere"):
        raise InvalidInput(
            "people.oidc_issuer: an https address.",
            message_fr="people.oidc_issuer : une adresse https.",
            field="people.oidc_issuer",
        )
    _check_retention(config.retention)
    _check_evidence(config.evidence)
    _check_journal(config.journal)


def _check_retention(retention: RetentionConfig) -> None:
    least, most = LEAST_RETENTION_DAYS, LEGAL_RETENTION_DAYS
    if not least <= retention.max_days <= most:
        raise InvalidInput(
            f"retention.max_days: {least} to {most} (CSI L252-5).",
            message_fr=f"retention.max_days : de {least} à {most} (CSI L252-5).",
            field="retention.max_days",
        )
    if retention.max_days != USUAL_RETENTION_DAYS and not retention.reason.strip():
        raise InvalidInput(
            f"retention.reason: say why {retention.max_days} days and not the usual {USUAL_RETENTION_DAYS}; the "
            "shortest time that is enough is kept.",
            message_fr=f"retention.reason : dites pourquoi {retention.max_days} jours et non les "
            f"{USUAL_RETENTION_DAYS} habituels ; on garde le temps le plus court qui suffit.",
            field="retention.reason",
        )


def _check_evidence(evidence: EvidenceConfig) -> None:
    for key, least, most in (("telephone_days", 1, 15), ("inquiry_months", 1, 12), ("grace_hours", 0, 720)):
        if not least <= getattr(evidence, key) <= most:
            raise InvalidInput(
                f"evidence.{key}: {least} to {most}.",
                message_fr=f"evidence.{key} : de {least} à {most}.",
                field=f"evidence.{key}",
            )


def _check_journal(journal: JournalConfig) -> None:
    least, most = JOURNAL_MONTHS
    if not least <= journal.keep_months <= most:
        raise InvalidInput(
            f"journal.keep_months: {least} to {most} (CSI R253-5).",
            message_fr=f"journal.keep_months : de {least} à {most} (CSI R253-5).",
            field="journal.keep_months",
        )
    for key in ("witness_url", "timestamp_url"):
        if not _is_web_address(getattr(journal, key)):
            raise InvalidInput(
                f"journal.{key}: write an address as https://name/path.",
                message_fr=f"journal.{key} : écrivez une adresse sous la forme https://nom/chemin.",
                field=f"journal.{key}",
            )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not url or (parts.scheme in {"http", "https"} and bool(parts.hostname))
