"""A footage folder: ours or refused, and written by one node at a time."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.ids import new_id

MARKER = "beffroi.footage"
LOCK = "lock"
FORMAT = 1
_NOT_CONTENT = {f"{MARKER}.new", "lost+found"}
"""A creation that was cut short, and what mkfs leaves: a folder with only these is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """The file that makes a folder ours."""

    id: str
    made_at_us: int
    node: str


def claim(folder: Path, *, create: bool, node: str, now_us: int) -> Marker:
    """Make `folder` a footage folder, or recognise it as one.

    Errors: InvalidInput when it is not ours, absent without `create`, or cannot be written.
    """
    try:
        if not folder.exists():
            if not create:
                raise _refusal(folder, "it does not exist", "il n'existe pas")
            folder.mkdir(parents=True)
        if not (folder / MARKER).exists():
            _make_ours(folder, create=create, node=node, now_us=now_us)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _refusal(folder, "it cannot be written", "il n'est pas accessible en écriture")
        return read_marker(folder)
    except OSError as error:
        raise _refusal(folder, error.strerror or str(error), error.strerror or str(error)) from None


def read_marker(folder: Path) -> Marker:
    """The marker of a footage folder.

    Errors: InvalidInput when the folder has none, or one of another format.
    """
    try:
        content = json.loads((folder / MARKER).read_text("utf-8"))
        if content["format"] != FORMAT:
            raise _refusal(folder, "it was made by a later version", "une version plus récente l'a créé")
        return Marker(id=content["id"], made_at_us=content["made_at"], node=content["node"])
    except (OSError, ValueError, KeyError, TypeError):
        if not folder.exists():
            raise _refusal(folder, "it does not exist", "il n'existe pas") from None
        raise _refusal(folder, "Beffroi did not make it", "Beffroi ne l'a pas créé") from None


def _make_ours(folder: Path, *, create: bool, node: str, now_us: int) -> None:
    if not folder.is_dir():
        raise _refusal(folder, "it is not a folder", "ce n'est pas un dossier")
    if not create or {entry.name for entry in folder.iterdir()} - _NOT_CONTENT:
        raise _refusal(
            folder,
            "it is not empty and Beffroi did not make it; give an empty or a new folder",
            "il n'est pas vide et Beffroi ne l'a pas créé ; donnez un dossier vide ou nouveau",
        )
    draft = folder / f"{MARKER}.new"
    with draft.open("w", encoding="utf-8") as stream:
        json.dump({"format": FORMAT, "id": new_id(), "made_at": now_us, "node": node}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(folder / MARKER)
    fsync_folder(folder)
    fsync_folder(folder.parent)


def fsync_folder(folder: Path) -> None:
    """Make names added to or removed from a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def lock(folder: Path) -> int:
    """Hold the folder until the returned descriptor is closed or the process ends.

    Errors: Conflict when another process holds it.
    """
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise Conflict(
            f"{folder} is in use by another Beffroi node; stop it or give another folder.",
            message_fr=f"{folder} est utilisé par un autre nœud Beffroi ; arrêtez-le ou donnez un autre dossier.",
        ) from None
    return fd


def in_use(folder: Path) -> bool:
    """Whether a node holds the folder now."""
    try:
        fd = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def _refusal(folder: Path, why: str, why_fr: str) -> InvalidInput:
    return InvalidInput(
        f"The footage folder {folder} is refused: {why}.",
        message_fr=f"Le dossier d'images {folder} est refusé : {why_fr}.",
        field="folder",
    )
