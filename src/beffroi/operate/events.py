"""What operate asks of upper stages. `web/wiring.py` gives the answers; without one, nothing is held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from beffroi.engine.contract import Hold

HoldsOf = Callable[[Iterable[str], int], Mapping[str, tuple[Hold, ...]]]
"""(camera ids, now in microseconds) → the holds in force on each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """An export that somebody asks for at the console: why, of which camera and span."""

    reason: str
    reference: str
    camera: str
    from_at_us: int
    to_at_us: int


CheckLeaving = Callable[[Leaving], None]
"""Nothing when it may leave; raises BarredByLaw."""


Visitors = Callable[[], int]
"""() → people on a visit in the control room now."""

_visitors: Visitors | None = None
_check_leaving: CheckLeaving | None = None
_holds_of: HoldsOf | None = None


def answer_holds(answer: HoldsOf) -> None:
    """From now on `answer` says what is held."""
    global _holds_of  # noqa: PLW0603  # set once at start, by wiring
    _holds_of = answer


def holds_of(cameras: Iterable[str], now_us: int) -> Mapping[str, tuple[Hold, ...]]:
    """The holds in force on each camera."""
    return _holds_of(cameras, now_us) if _holds_of else {}


def answer_leaving(answer: CheckLeaving) -> None:
    """From now on `answer` says what may leave by the console."""
    global _check_leaving  # noqa: PLW0603  # set once at start, by wiring
    _check_leaving = answer


def check_leaving(leaving: Leaving) -> None:
    """Nothing, when this export may leave. Errors: BarredByLaw."""
    if _check_leaving is not None:
        _check_leaving(leaving)


def answer_visitors(answer: Visitors) -> None:
    """From now on `answer` says how many visitors are in the control room."""
    global _visitors  # noqa: PLW0603  # set once at start, by wiring
    _visitors = answer


def visitors() -> int:
    """People on a visit in the control room now."""
    return _visitors() if _visitors else 0
