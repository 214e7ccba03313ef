"""Whose turn it is among the tiles of a window.

Tiles are served one message each, in turn. The first pictures of tiles asked for together leave before what follows
any of them: a wall is whole while the rest of its groups is still on its way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from beffroi.engine.gateway.tile import Tile

HOLD_S = 0.25
"""How long what follows a first picture waits at most for the first pictures of others: a camera may be silent."""


class Turns:
    """The tiles that have something to send; `wake` is called when there is one."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._turns: deque[Tile] = deque()
        self._inside: set[Tile] = set()
        self._expected: set[Tile] = set()
        self._held: list[Tile] = []
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        return bool(self._turns)

    def expect(self, tile: Tile) -> None:
        """The first picture of `tile` is on its way."""
        self._expected.add(tile)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HOLD_S, self._release)

    def add(self, tile: Tile) -> None:
        """`tile` has something to send."""
        if tile not in self._inside:
            self._inside.add(tile)
            self._turns.append(tile)
        self._wake()

    def forget(self, tile: Tile) -> None:
        """Nothing of `tile` is sent any more."""
        if tile in self._inside:
            self._inside.discard(tile)
            (self._held if tile in self._held else self._turns).remove(tile)
        self._has_come(tile)

    def take(self) -> str | bytes | None:
        """The next message; None when the tile whose turn it was has nothing, or waits."""
        tile = self._turns.popleft()
        if not tile.is_waiting:
            self._inside.discard(tile)
            return None
        if tile.has_begun and self._expected:
            self._held.append(tile)
            return None
        self._turns.append(tile)
        message = tile.next_message()
        if tile.has_begun:
            self._has_come(tile)
        return message

    def _has_come(self, tile: Tile) -> None:
        self._expected.discard(tile)
        if not self._expected:
            self._release()

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._expected.clear()
        if self._held:
            self._turns.extend(self._held)
            self._held.clear()
            self._wake()

    def close(self) -> None:
        """Lets go of every tile."""
        self._held.clear()
        self._release()
