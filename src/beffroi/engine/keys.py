"""The vault of a node's folder: its root comes from the node's key."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from beffroi.core.errors import NotFound, Unavailable
from beffroi.engine.identity import node_key
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.vault import Vault
from beffroi.engine.vault.wrapping import root_key


def open_vault(folder: Path, *, mirror: Path | None = None) -> Vault:
    """The vault of a node, for its one writer; made when absent.

    Errors: InvalidInput when the node's key cannot be read, Unavailable when vault or mirror cannot be opened.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Vault.open(folder, root_key(node_key(folder)), mirror=mirror)
    except (sqlite3.Error, OSError) as error:
        places = f"{folder}, {mirror}" if mirror else str(folder)
        raise Unavailable(
            f"The vault of footage keys cannot be opened ({places}): {error}.",
            message_fr=f"Le coffre des clés d'images ne peut pas être ouvert ({places}) : {error}.",
        ) from None


def open_ring(folder: Path, *, vault: Path | None = None) -> KeyRing:
    """What opens the footage of a node; `vault` is the folder of a mirror, when the node's own vault is lost.

    Errors: NotFound when there is no vault, InvalidInput when the node's key cannot be read.
    """
    if not (folder / "node.key").exists():
        raise NotFound(f"{folder} has no node.key.", message_fr=f"{folder} n'a pas de node.key.", field="vault")
    return KeyRing(vault or folder, root_key(node_key(folder)))
