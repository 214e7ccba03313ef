"""Which TCP ports processes of this machine listen on. Source: proc(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

_PROC = Path("/proc")
_LISTEN = "0A"
_SOCKET = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Listening:
    """A port that is open to callers, and to whom: `address` is the one it is bound to."""

    port: int
    address: str


def running(*words: str) -> set[int]:
    """Processes whose command line has each of these words as an argument of its own."""
    return {pid for pid in _pids() if set(words) <= set(_command(pid))}


def parent(pid: int) -> int:
    """Of a process; 0 when it is gone."""
    try:
        return int(_PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


def family(root: int) -> set[int]:
    """A process and all that came from it."""
    parents = {pid: parent(pid) for pid in _pids()}
    found = {root}
    while more := {pid for pid, of in parents.items() if of in found and pid not in found}:
        found |= more
    return found


def listening(pids: Iterable[int]) -> set[Listening]:
    """Ports that these processes hold open. One whose files we may not read is passed over."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    return {found for inode, found in _table() if inode in inodes}


def _pids() -> Iterable[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]


def _command(pid: int) -> list[str]:
    try:
        return _PROC.joinpath(str(pid), "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _sockets(pid: int) -> Iterable[str]:
    folder = _PROC / str(pid) / "fd"
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        try:
            found = _SOCKET.fullmatch(str(entry.readlink()))
        except OSError:
            continue
        if found:
            yield found[1]


def _table() -> Iterable[tuple[str, Listening]]:
    for name in ("tcp", "tcp6"):
        try:
            lines = _PROC.joinpath("net", name).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTEN:
                address, _, port = fields[1].rpartition(":")
                yield fields[9], Listening(port=int(port, 16), address=_address(address))


def _address(text: str) -> str:
    """From the kernel's words of four bytes, each the other way round."""
    raw = bytes.fromhex(text)
    return str(ip_address(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))))
