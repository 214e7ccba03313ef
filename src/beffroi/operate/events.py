"""What operate asks of upper stages. `web/wiring.py` gives the answers; without one, nothing is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from beffroi.engine.contract import Hold

HoldsOf = Callable[[Iterable[str], int], Mapping[str, tuple[Hold, ...]]]
"""(camera ids, now in microseconds) → the holds in force on each."""

_holds_of: HoldsOf | None = None


def answer_holds(answer: HoldsOf) -> None:
    """From now on `answer` says what is held."""
    global _holds_of  # noqa: PLW0603  # set once at start, by wiring
    _holds_of = answer


def holds_of(cameras: Iterable[str], now_us: int) -> Mapping[str, tuple[Hold, ...]]:
    """The holds in force on each camera."""
    return _holds_of(cameras, now_us) if _holds_of else {}
