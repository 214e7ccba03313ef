"""What authorise tells upper stages and asks of them. `web/wiring.py` connects; alone, nobody hears or answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

Listener = Callable[[frozenset[str]], None]
"""(camera ids) → nothing. Called after the commit."""
StreamingNow = Callable[[], frozenset[str]]
"""() → ids of the cameras whose device sends pictures now."""

LackingMasks = Callable[[Iterable[str]], frozenset[str]]
"""(camera ids) → those with a dwelling in view, without masks nor finding."""

BelowStandard = Callable[[datetime], frozenset[str]]
"""(now) → ids of the cameras in service whose stored footage was measured below what their class asks."""

_below_standard: BelowStandard | None = None
_lacking_masks: LackingMasks | None = None
_listeners: list[Listener] = []
_streaming_now: StreamingNow | None = None


def on_gates_changed(listener: Listener) -> None:
    """From now on `listener` hears of every act that may open or shut gates."""
    _listeners.append(listener)


def gates_changed(cameras: Iterable[str]) -> None:
    """An act may have opened or shut these cameras' gates."""
    changed = frozenset(cameras)
    for listener in _listeners:
        transaction.on_commit(partial(listener, changed))


def answer_streaming_now(answer: StreamingNow) -> None:
    """From now on `answer` says which cameras send pictures."""
    global _streaming_now  # noqa: PLW0603  # set once at start, by wiring
    _streaming_now = answer


def streaming_now() -> frozenset[str]:
    """The cameras whose device sends pictures now."""
    return _streaming_now() if _streaming_now else frozenset()


def answer_below_standard(answer: BelowStandard) -> None:
    """From now on `answer` says which cameras store less than they must."""
    global _below_standard  # noqa: PLW0603  # set once at start, by wiring
    _below_standard = answer


def below_standard(at: datetime) -> frozenset[str]:
    """The cameras in service whose stored footage was measured below what their class asks."""
    return _below_standard(at) if _below_standard else frozenset()


def answer_lacking_masks(answer: LackingMasks) -> None:
    """From now on `answer` says which cameras lack masks."""
    global _lacking_masks  # noqa: PLW0603  # set once at start, by wiring
    _lacking_masks = answer


def lacking_masks(cameras: Iterable[str]) -> frozenset[str]:
    """Of these cameras, those with a dwelling in view, without masks nor finding."""
    return _lacking_masks(cameras) if _lacking_masks else frozenset()
