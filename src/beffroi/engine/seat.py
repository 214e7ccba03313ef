"""Who a node is and where it keeps things: its settings, folder, key, enrolment, made before anything starts."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beffroi.core.clock import Clock
from beffroi.core.errors import InvalidInput
from beffroi.engine.contract import FactKind
from beffroi.engine.control import WebAddress, enrol
from beffroi.engine.identity import Enrolment, SealedCache, keep_enrolment, node_key, read_enrolment
from beffroi.engine.keys import open_vault
from beffroi.engine.outbox import Detail, NewFact, Outbox
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.settings import FootageSettings

_SOCKET_PATH_MAX = 100
"""Source: unix(7), 108 bytes with the final zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """What `beffroi node` is told. `code`: enrolment code, needed at the first start only."""

    folder: Path
    footage: Path
    host: str
    port: int
    web: str
    web_ca: str = ""
    code: str = ""
    name: str = ""
    url: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    metrics_from: tuple[str, ...] = ()
    log_level: str = "warning"
    mask_slots: int | None = None
    """How many cameras it may burn masks into at once; None: not measured, one a core."""
    measure_every_s: float = 4 * 3600.0
    """How often what is stored of each camera is decoded and measured."""
    vault_mirror: Path | None = None
    """Folder on another disk that keeps a second vault of footage keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who this node is and where it keeps things; made before anything starts."""

    settings: NodeSettings
    key: Ed25519PrivateKey
    enrolment: Enrolment
    outbox: Outbox
    cache: SealedCache
    footage: Footage
    clock: Clock


def make_folder(folder: Path) -> None:
    """The node's own folder, mode 0700.

    Errors: InvalidInput when it cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InvalidInput(
            f"The folder {folder} cannot be written: {error.strerror}.",
            message_fr=f"On ne peut pas écrire dans le dossier {folder} : {error.strerror}.",
            field="folder",
        ) from None


def take_seat(settings: NodeSettings, *, clock: Clock) -> Seat:
    """Key, enrolment, outbox and footage folder, before anything starts.

    Errors: InvalidInput, Conflict, Unavailable: each is one line, and nothing was started.
    """
    make_folder(settings.folder)
    key = node_key(settings.folder)
    enrolment = read_enrolment(settings.folder)
    if enrolment is None:
        enrolment = _enrol(settings, key)
    elif settings.web:
        enrolment = replace(enrolment, web=settings.web.rstrip("/"))
    outbox = Outbox(settings.folder / "outbox.sqlite3", starts_at=clock.now_us())

    def on_fact(kind: FactKind, camera: str, detail: Detail) -> None:
        outbox.put(NewFact(kind=kind, at_us=clock.now_us(), camera=camera, detail=detail))

    footage = Footage.open(
        settings.footage,
        clock=clock,
        node=enrolment.node,
        create=True,
        settings=FootageSettings(on_fact=on_fact),
        vault=open_vault(settings.folder, mirror=settings.vault_mirror),
    )
    return Seat(
        settings=settings,
        key=key,
        enrolment=enrolment,
        outbox=outbox,
        cache=SealedCache(settings.folder, key),
        footage=footage,
        clock=clock,
    )


def _enrol(settings: NodeSettings, key: Ed25519PrivateKey) -> Enrolment:
    if not settings.code or not settings.web:
        raise InvalidInput(
            "This node is not enrolled yet: give --web and --code.",
            message_fr="Ce nœud n'est pas encore inscrit : donnez --web et --code.",
            field="code",
        )
    web = WebAddress(url=settings.web.rstrip("/"), ca=settings.web_ca)
    enrolment = enrol(web, code=settings.code, key=key, name=settings.name, url=settings.url)
    keep_enrolment(settings.folder, enrolment)
    return enrolment


def socket_path(folder: Path) -> Path:
    """Where recorder and gateway of a node's folder meet."""
    path = folder / "link.sock"
    if len(str(path)) > _SOCKET_PATH_MAX:
        # A Unix socket's path is short; the folder's descriptor gives it another name.
        return Path(f"/proc/{os.getpid()}/fd/{_folder_fd(folder)}/link.sock")
    return path


_FOLDER_FDS: dict[Path, int] = {}


def _folder_fd(folder: Path) -> int:
    if folder not in _FOLDER_FDS:
        _FOLDER_FDS[folder] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    return _FOLDER_FDS[folder]
