"""What the plan tells upper stages. `web/wiring.py` connects; alone, nobody hears."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str], None]
"""(camera id) → nothing. Called inside the transaction that changed its state."""

_listeners: list[Listener] = []


def on_state_recorded(listener: Listener) -> None:
    """From now on `listener` hears of every step of a camera's life that is recorded."""
    _listeners.append(listener)


def state_recorded(camera: str) -> None:
    """A step of this camera's life was recorded."""
    for listener in _listeners:
        listener(camera)
