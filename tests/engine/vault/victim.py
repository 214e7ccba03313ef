"""A vault to kill: does one thing to it and ends itself at a named step.

Usage: python -m tests.engine.vault.victim FOLDER MIRROR ACTION STEP
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from beffroi.engine.vault.vault import Vault
from beffroi.engine.vault.wrapping import HOUR_US

ROOT = bytes(32)
PATH = "footage/c01/main/1970-01-01/000000-00000007.mp4"


def act(vault: Vault, action: str) -> None:
    """`make` hour 1, `destroy` hour 0, `hold` the file whose wrapped key lies beside, or `release` it."""
    wrapped = Path(sys.argv[1], "wrapped").read_bytes()
    match action:
        case "make":
            vault.hour_key("c01", HOUR_US)
        case "destroy":
            vault.destroy([("c01", 0)])
        case "hold":
            vault.hold({PATH: (("c01", 0), wrapped)})
        case "release":
            vault.release([PATH])


def main() -> None:
    folder, mirror, action, step = sys.argv[1:]

    def on_step(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    act(Vault.open(Path(folder), ROOT, mirror=Path(mirror), on_step=on_step), action)


if __name__ == "__main__":
    main()
