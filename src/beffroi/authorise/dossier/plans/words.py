"""French figures and dates as plans write them. Pure."""

from __future__ import annotations

from datetime import date

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
NARROW = "\u202f"


def figure(value: float, digits: int = 0) -> str:
    """12 345,6 with narrow spaces."""
    return f"{value:,.{digits}f}".replace(",", NARROW).replace(".", ",")


def trimmed(value: float) -> str:
    """62,5 and 125: no useless decimals."""
    return f"{value:g}".replace(".", ",")


def day(on: date) -> str:
    """24 novembre 2026."""
    return f"{'1er' if on.day == 1 else on.day} {MONTHS[on.month - 1]} {on.year}"


def short_day(on: date) -> str:
    """24/11/2026."""
    return f"{on:%d/%m/%Y}"


def counted(number: int, one: str, many: str = "") -> str:
    """1 accès, 2 masques."""
    return f"{figure(number)} {one if number < 2 else many or one + 's'}"
