"""What `beffroi status` calls ready, and what it ends with."""

from __future__ import annotations

import pytest

from beffroi.cli.status import CameraLine, NodeLine, Report


def report(*states: str, ready: bool = True) -> Report:
    cameras = tuple(
        CameraLine(
            id=f"c{number:02}", name="Place", state=state, since_at="", last_at="", clock_offset_ms=None, message=""
        )
        for number, state in enumerate(states, 1)
    )
    nodes: tuple[NodeLine, ...] = ()
    return Report(ports=(), ready=ready, nodes=nodes, cameras=cameras)


@pytest.mark.parametrize("state", ["silent", "refused"])
def test_one_dead_camera_leaves_the_town_ready_but_not_whole(state: str) -> None:
    assert not report("recording", state).is_whole


def test_a_camera_that_the_law_keeps_shut_misses_nothing() -> None:
    assert report("recording", "barred").is_whole


def test_nothing_is_whole_while_a_node_is_away() -> None:
    assert not report("recording", ready=False).is_whole
