"""Components close in reverse order, each within its deadline."""

import asyncio

import pytest

from beffroi.core.lifecycle import running


class Noted:
    def __init__(self, name: str, notes: list[str], *, fails: bool = False, hangs: bool = False) -> None:
        self.name, self.notes, self.fails, self.hangs = name, notes, fails, hangs

    async def start(self) -> None:
        if self.fails:
            raise RuntimeError(self.name)
        self.notes.append(f"start {self.name}")

    async def close(self) -> None:
        if self.hangs:
            await asyncio.sleep(3600)
        self.notes.append(f"close {self.name}")


def test_components_close_in_reverse_order() -> None:
    notes: list[str] = []

    async def life() -> None:
        async with running(Noted("disk", notes), Noted("door", notes)):
            notes.append("serve")

    asyncio.run(life())
    assert notes == ["start disk", "start door", "serve", "close door", "close disk"]


def test_a_failed_start_closes_what_had_started() -> None:
    notes: list[str] = []

    async def life() -> None:
        async with running(Noted("disk", notes), Noted("door", notes, fails=True)):
            raise AssertionError("never reached")

    with pytest.raises(RuntimeError, match="door"):
        asyncio.run(life())
    assert notes == ["start disk", "close disk"]


def test_a_component_that_hangs_does_not_keep_the_others_open() -> None:
    notes: list[str] = []

    async def life() -> None:
        async with running(Noted("disk", notes), Noted("door", notes, hangs=True), close_deadline_s=0.05):
            pass

    asyncio.run(life())
    assert notes[-1] == "close disk"
