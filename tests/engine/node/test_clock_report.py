"""The node tells its own clock each hour, and each camera's clock when it passes the second or comes back."""

from __future__ import annotations

import pytest

from beffroi.core.clock import Synchronisation, synchronisation
from beffroi.engine.clock_report import ClockReport, state_of
from beffroi.engine.contract import CameraHealth, CameraState, FactKind, StreamHealth, StreamName

GOOD = Synchronisation(is_synchronised=True, error_ms=12.5, offset_ms=-0.25)
BAD = Synchronisation(is_synchronised=False, error_ms=None)
UNTOLD = Synchronisation(is_synchronised=None, error_ms=None)


def camera(offset_ms: int | None) -> CameraHealth:
    stream = StreamHealth(stream=StreamName.MAIN, state=CameraState.RECORDING, since_at_us=1, clock_offset_ms=offset_ms)
    return CameraHealth(id="c01", state=CameraState.RECORDING, since_at_us=1, last_at_us=1, streams=(stream,))


def test_the_node_s_clock_is_told_at_once_then_each_hour_and_at_each_change() -> None:
    report = ClockReport()
    ((kind, name, detail),) = report.look(0, GOOD, [camera(-40)])
    assert (kind, name) == (FactKind.CLOCK_STATE, "")
    assert detail == {
        "state": "synchronised", "cameras": 1, "worst_camera_ms": -40, "error_us": 12_500, "offset_us": -250
    }  # fmt: skip
    assert list(report.look(3_599, GOOD, [])) == []
    assert len(list(report.look(3_600, GOOD, []))) == 1
    ((_, _, changed),) = report.look(3_700, BAD, [])
    assert changed == {"state": "unsynchronised", "cameras": 0, "worst_camera_ms": 0}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_camera_more_than_a_second_off_is_told_once_and_told_when_it_is_back(sign: int) -> None:
    report = ClockReport()
    list(report.look(0, GOOD, []))
    looks = [list(report.look(1, GOOD, [camera(sign * offset)])) for offset in (1_000, 1_001, 40_000, 900, 800)]
    assert looks == [
        [],
        [(FactKind.CAMERA_CLOCK, "c01", {"offset_ms": sign * 1_001, "is_astray": True})],
        [],
        [],
        [(FactKind.CAMERA_CLOCK, "c01", {"offset_ms": sign * 800, "is_astray": False})],
    ]
    assert list(report.look(2, GOOD, [camera(None)])) == []


def test_this_machine_says_what_it_knows_and_no_more() -> None:
    own = synchronisation()
    assert state_of(UNTOLD) == "unknown"
    assert (own.error_ms is not None) == (own.is_synchronised is True)
    assert (own.offset_ms is not None) == (own.is_synchronised is True)
