"""Refuse in one clear line what cannot work: Python too old, or no venv module (Debian ships it apart)."""

import importlib.util
import os
import subprocess
import sys

if sys.version_info < (3, 11):
    sys.exit(f"Beffroi needs Python 3.11 or newer; this is {sys.version.split()[0]}. Run: make PYTHON=python3.11 …")

if importlib.util.find_spec("ensurepip") is None:
    package = f"python3.{sys.version_info.minor}-venv"
    if os.geteuid() != 0:
        sys.exit(f"The Python module venv is missing. As root, run: apt-get install {package}")
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=True)
