"""The copy to look at, made by a child process: whoever decodes is not whoever signs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from beffroi.core.errors import DataLoss

FOLDER = "copie-de-travail"
DEADLINE_S = 4 * 3600


def make(source: Path, target: Path, *, label: str, start_at_us: int, time_zone: str) -> None:
    """Decode an original, burn camera and time in, encode to H.264.

    Errors: DataLoss when its pictures cannot be decoded.
    """
    target.parent.mkdir(exist_ok=True)
    order = {
        "source": str(source),
        "target": str(target),
        "label": label,
        "start_at_us": start_at_us,
        "time_zone": time_zone,
    }
    command = [sys.executable, "-m", "beffroi.engine.decode.working_copy"]
    try:
        ran = subprocess.run(
            command, input=json.dumps(order), capture_output=True, text=True, timeout=DEADLINE_S, check=False
        )
        why = ran.stderr.strip().splitlines()[-1:] if ran.returncode else []
    except subprocess.TimeoutExpired:
        why = ["too long"]
    if why or not target.exists():
        said = "".join(why) or "nothing was written"
        raise DataLoss(
            f"{source.name} has no working copy: {said}. The original is whole; make the pack without working copies.",
            message_fr=f"{source.name} n'a pas de copie de travail : {said}. L'original est intact ; faites le dossier "
            "sans copies de travail.",
        )
