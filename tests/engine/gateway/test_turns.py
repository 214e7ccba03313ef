"""Who is served when: in turn, and first pictures before what follows any of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from beffroi.engine.gateway import turns as module
from beffroi.engine.gateway.tile import Tile
from beffroi.engine.gateway.turns import Turns


class Fed:
    """A tile with messages to send; the first is its first picture."""

    def __init__(self, name: str, count: int) -> None:
        self.has_begun = False
        self._left = deque(f"{name}{number}" for number in range(count))

    @property
    def is_waiting(self) -> bool:
        return bool(self._left)

    def next_message(self) -> str:
        self.has_begun = True
        return self._left.popleft()


def fed(name: str, count: int) -> Tile:
    return cast("Tile", Fed(name, count))


def served(turns: Turns) -> list[Any]:
    messages = []
    while turns:
        messages.append(turns.take())
    return [message for message in messages if message is not None]


def within(scene: Callable[[Turns, list[str]], Awaitable[None]]) -> None:
    async def run() -> None:
        woken: list[str] = []
        await scene(Turns(lambda: woken.append("woken")), woken)

    asyncio.run(run())


def test_what_follows_a_first_picture_waits_for_the_first_pictures_of_the_others() -> None:
    async def scene(turns: Turns, woken: list[str]) -> None:
        a, b, c = fed("a", 3), fed("b", 2), fed("c", 2)
        for tile in (a, b, c):
            turns.expect(tile)
        turns.add(a)
        turns.add(b)
        assert served(turns) == ["a0", "b0"]
        turns.add(c)
        assert sorted(served(turns)) == ["a1", "a2", "b1", "c0", "c1"]

    within(scene)


def test_a_camera_without_a_picture_holds_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HOLD_S", 0.0)

    async def scene(turns: Turns, woken: list[str]) -> None:
        a, silent = fed("a", 2), fed("s", 0)
        turns.expect(silent)
        turns.expect(a)
        turns.add(a)
        assert served(turns) == ["a0"]
        woken.clear()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert woken
        assert served(turns) == ["a1"]

    within(scene)


@pytest.mark.parametrize("gone", ["held", "expected"])
def test_a_tile_that_is_taken_away_holds_nobody_and_sends_nothing_more(gone: str) -> None:
    async def scene(turns: Turns, woken: list[str]) -> None:
        a, b = fed("a", 2), fed("b", 2)
        turns.expect(a)
        turns.expect(b)
        turns.add(a)
        assert served(turns) == ["a0"]
        if gone == "expected":
            turns.forget(b)
            assert served(turns) == ["a1"]
        else:
            turns.forget(a)
            turns.add(b)
            assert served(turns) == ["b0", "b1"]

    within(scene)
