"""A command as a child of `serve` or `demo`: it dies with its parent.

Usage: python -m beffroi.cli.child PARENT_PID COMMAND [ARGUMENT …]
"""

from __future__ import annotations

import os
import sys

from beffroi.cli.main import main
from beffroi.core.lifecycle import die_with_parent


def run() -> int:
    """Runs the command; its exit code."""
    die_with_parent()
    if os.getppid() != int(sys.argv[1]):
        return 1  # the parent died before the kernel was asked to watch it
    return main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(run())
