"""What one person may ask of a node at once: a share, so that others are served, and nothing of it costs a frame."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from beffroi.core.clock import SystemClock
from beffroi.core.errors import Unavailable
from beffroi.engine.gateway.gate import SHARES, SLOTS, WINDOWS_OF_AGENT_MAX, Gate, GatewaySettings
from beffroi.engine.gateway.live import MESSAGES_A_S, MESSAGES_AT_ONCE
from tests.engine.gateway.windows import window
from tests.engine.node.town import Town

DEEP = "[" * 8000


@pytest.fixture
def gate() -> Iterator[Gate]:
    uplink = SimpleNamespace(on_desired=[], desired=None, watch=None, unwatch=None)
    settings = GatewaySettings(socket="", footage="", listen_fd=0)
    made = Gate(settings, uplink, clock=SystemClock())  # type: ignore[arg-type]  # nothing is asked of it here
    yield made
    made._transcoder.shutdown()
    made._decoder.shutdown()


@pytest.mark.parametrize("kind", ["replay", "export", "picture"])
def test_nobody_takes_every_place_of_a_kind(gate: Gate, kind: str) -> None:
    with ExitStack() as held:
        for _ in range(SHARES[kind]):
            held.enter_context(gate.slot(kind, "anne"))
        with pytest.raises(Unavailable) as refused:
            held.enter_context(gate.slot(kind, "anne"))
        assert refused.value.message_fr != refused.value.message
        held.enter_context(gate.slot(kind, "bruno"))
    assert SHARES[kind] < SLOTS[kind]
    with gate.slot(kind, "anne"):
        assert dict(gate._busy_for) == {(kind, "anne"): 1}  # nothing is remembered of who left
    assert not gate._busy_for


def test_one_person_s_windows_are_counted_by_the_first_grant_shown_in_them(running: Town) -> None:
    with ExitStack() as open_:
        for _ in range(WINDOWS_OF_AGENT_MAX):
            shown = open_.enter_context(window(running))
            shown.subscribe(1, "c01", running.token())
            shown.until("stream")
        one_more = open_.enter_context(window(running))
        one_more.subscribe(1, "c01", running.token())
        assert one_more.until("end")["error"]["kind"] == "unavailable"
    with window(running) as later:
        later.subscribe(1, "c01", running.token())
        assert later.until("stream")


def test_a_window_that_says_too_much_is_read_slowly_and_costs_others_no_frame(running: Town) -> None:
    many = MESSAGES_AT_ONCE + 100
    with window(running) as watching, window(running) as talking:
        watching.subscribe(1, "c01", running.token())
        watching.until("stream")
        began_s = time.monotonic()
        for number in range(many):
            talking.say(type="ping", sent_ms=float(number))
        for _ in range(many):
            talking.until("pong")
        assert time.monotonic() - began_s > 100 / MESSAGES_A_S * 0.8
        frames = [frame for frame in watching.take_frames(40) if frame.tile == 1]
        assert not [text for text in watching.texts if text["type"] == "skipped"]
        ticks = [frame.ticks90k for frame in frames]
        assert ticks == list(range(ticks[0], ticks[0] + 3600 * len(ticks), 3600))


@pytest.mark.slow
def test_a_window_that_shows_nothing_is_closed(running: Town) -> None:
    """Whoever knows the origin, and no grant, holds a place for half a minute at most."""
    with window(running) as idle:
        assert idle.closes(45)


@pytest.mark.parametrize("text", [DEEP, '{"type":' + DEEP, '{"type": {}}'])
def test_a_message_too_deep_closes_its_window_and_no_other(running: Town, text: str) -> None:
    with window(running) as other, window(running) as deep:
        deep.socket.send(text)
        assert deep.closes()
        other.say(type="ping", sent_ms=1.0)
        assert other.until("pong")


def test_a_body_too_deep_is_refused_before_it_is_anything(running: Town) -> None:
    answer = running.ask("POST", "/control/probe", headers={"Content-Type": "application/json"}, body=DEEP.encode())
    assert answer.status == 400
