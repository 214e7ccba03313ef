"""The language of whoever types the commands."""

from __future__ import annotations

import os

from beffroi.core.documents import blocks


def is_french() -> bool:
    """True when the terminal asks for French. Source: POSIX 8.2, the first of these that is set decides."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return locale.startswith("fr")


def figure(value: float, digits: int = 0) -> str:
    """`12 345,6` with narrow no-break spaces for a French terminal, else `12,345.6`."""
    return blocks.number(value, digits) if is_french() else f"{value:,.{digits}f}"


def share(value: float, digits: int = 1) -> str:
    """`88,2 %` or `88.2%`."""
    return blocks.percent(value, digits) if is_french() else f"{value:.{digits}%}"
