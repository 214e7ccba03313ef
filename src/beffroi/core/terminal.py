"""The language of whoever types the commands."""

from __future__ import annotations

import os


def is_french() -> bool:
    """True when the terminal asks for French. Source: POSIX 8.2, the first of these that is set decides."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return locale.startswith("fr")
