"""kill -9 at each step of a making: a whole pack or none, and the task run again makes it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from beffroi.evidence.packs import slip
from beffroi.evidence.packs.contract import PackOrder
from beffroi.evidence.packs.making import make_pack, packs_folder
from beffroi.evidence.packs.verifier import Verifier

pytestmark = pytest.mark.django_db


def killed_at(step: int, order: PackOrder, slip_pdf: bytes) -> bool:
    """Make the pack in a child that dies before its file operation number `step`; False when it got to its end.

    The slip was drawn before the fork: the threads of the drawing library do not come along.
    """
    packs = packs_folder()
    child = os.fork()
    if child == 0:
        left = step
        slip.document_pdf = lambda *_, **__: slip_pdf  # type: ignore[attr-defined]  # a name it imports

        def count(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if event in {"open", "os.rename", "os.mkdir", "os.remove"} and str(arguments[0]).startswith(str(packs)):
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1

        sys.addaudithook(count)
        try:
            make_pack(order)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_at_any_step_it_leaves_a_whole_pack_or_none(order: PackOrder) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a child cannot share its parent's connection")
    slip_pdf = drawn_slip(order)
    step, unfinished = 0, 0
    while killed_at(step, order, slip_pdf):
        done = packs_folder() / order.number
        if done.exists():
            assert whole(done), step
            break
        unfinished += 1
        assert [path.name for path in packs_folder().glob("*")] in ([], [".making-p1"])
        step += 1 if step < 4 else 3
    assert unfinished > 10
    assert whole(make_pack(order).folder)
    assert [path.name for path in packs_folder().iterdir()] == [order.number]


def drawn_slip(order: PackOrder) -> bytes:
    """The slip of a pack made for that alone."""
    made = make_pack(order).folder
    drawn = (made / "bordereau.pdf").read_bytes()
    shutil.rmtree(made)
    return drawn


def whole(pack: Path) -> bool:
    checked = Verifier(pack)
    checked.run()
    return checked.found == []
