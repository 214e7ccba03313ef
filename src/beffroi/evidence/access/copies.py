"""The covered copy: footage from the node, rectangles burnt in by a child process, one file a camera, durable.

In a folder of its own under DATA, named by us; it dies with the request's end. Killed at any step it leaves nothing
that counts: a file has its name once it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import DataLoss, NotFound
from beffroi.evidence.access.models import AccessRequest
from beffroi.operate import exports
from beffroi.people.models import Agent

REASON = "access-request"
DEADLINE_S = 3600
MAKING = ".making-"


def folder_of(row: AccessRequest) -> Path:
    """Where the copies of a request lie; its number is ours, `A-2026-001`."""
    path: Path = settings.BEFFROI.data / "access" / row.number
    return path


def numbers() -> list[str]:
    """Numbers of the requests that have copies, or what a killed making left of one."""
    return sorted(path.name for path in (settings.BEFFROI.data / "access").glob("A-*"))


def copy_of(row: AccessRequest, camera: str) -> Path:
    """A finished copy. Errors: NotFound."""
    path = folder_of(row) / f"{camera}.mp4"
    if camera not in row.cameras or not path.exists():
        raise NotFound(
            "There is no copy of this camera yet.", message_fr="Il n'y a pas encore de copie de cette caméra."
        )
    return path


def make(row: AccessRequest, camera: str, agent: Agent, *, clock: Clock | None = None) -> str:
    """Makes the copy of one camera under an export grant of `agent`; its SHA-256. Takes minutes: for a worker.

    Errors: those of the grant and of the node; DataLoss when the pictures cannot be decoded.
    """
    folder = folder_of(row)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for killed in folder.glob(f"{MAKING}*"):
        shutil.rmtree(killed)
    asked = exports.FootageOrder(
        agent=agent,
        camera=camera,
        from_at_us=row.from_at_us,
        to_at_us=row.to_at_us,
        reference=row.number,
        reason=REASON,
    )
    footage = exports.granted(asked, clock or SystemClock())
    with TemporaryDirectory(prefix=MAKING, dir=folder) as making:
        source, target = Path(making) / "original.mp4", Path(making) / "covered.mp4"
        start_at_us = footage.manifest()["given_from_at_us"]
        with footage.file() as reply, source.open("xb") as out:
            shutil.copyfileobj(reply, out, 1 << 20)
        _burn(source, target, start_at_us=start_at_us, tracks=row.tracks.get(camera, []))
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        target.rename(folder / f"{camera}.mp4")
    return digest


def _burn(source: Path, target: Path, *, start_at_us: int, tracks: object) -> None:
    order = {"source": str(source), "target": str(target), "start_at_us": start_at_us, "tracks": tracks}
    command = [sys.executable, "-m", "beffroi.engine.decode.covered_copy"]
    try:
        ran = subprocess.run(
            command, input=json.dumps(order), capture_output=True, text=True, timeout=DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise _failed("too long") from None
    if ran.returncode or not target.exists():
        raise _failed("".join(ran.stderr.strip().splitlines()[-1:]))


def _failed(why: str) -> DataLoss:
    return DataLoss(
        f"The covered copy could not be made: {why or 'nothing was written'}. Let the person watch on an appointment.",
        message_fr=f"La copie couverte n'a pas pu être faite : {why or 'rien ne fut écrit'}. Proposez un rendez-vous "
        "pour regarder.",
    )


def destroy(row: AccessRequest) -> None:
    """The copies go."""
    shutil.rmtree(folder_of(row), ignore_errors=True)
