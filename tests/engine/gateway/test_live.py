from __future__ import annotations

import base64
import statistics
import time

import pytest
from websockets.exceptions import InvalidStatus

from beffroi.engine.contract import EngineFact, GrantKind
from tests.engine.gateway.windows import Frame, window
from tests.engine.node.town import Town, clip, wait_for


def test_a_tile_gets_its_configuration_then_the_last_group_of_pictures_then_live_frames(running: Town) -> None:
    config, _ = clip()
    with window(running) as browser:
        browser.subscribe(7, "c01", running.token())
        told = browser.until("stream")
        frames = browser.take_frames(30)
    assert told["codec"] == config.mime_codec and told["tile"] == 7 and not told["transcoded"]
    assert base64.b64decode(told["description"]) == config.decoder_record
    assert (told["width_px"], told["height_px"]) == (320, 240)
    assert frames[0].is_key and frames[0].flags & 2 and not any(frame.flags & 2 for frame in frames[1:])
    ticks = [frame.ticks90k for frame in frames]
    assert ticks == list(range(ticks[0], ticks[0] + 30 * 3600, 3600))
    assert {frame.tile for frame in frames} == {7}


def test_frames_arrive_bit_for_bit(running: Town) -> None:
    _, units = clip()
    with window(running) as browser:
        browser.subscribe(1, "c01", running.token())
        for frame in browser.take_frames(30):
            assert frame.payload == units[frame.ticks90k // 3600 % len(units)].sample()


def test_the_first_viewer_switches_the_source_to_live_and_the_last_one_back(running: Town) -> None:
    camera = running.cameras[("c02", "sub")]  # type: ignore[index]  # a StrEnum equals its text
    with window(running) as one, window(running) as two:
        one.subscribe(1, "c02", running.token("c02"), "sub")
        one.until("stream")
        assert camera.live
        two.subscribe(1, "c02", running.token("c02"), "sub")
        two.until("stream")
        one.say(type="unsubscribe", tile=1)
        assert one.until("end")["error"] is None
        assert camera.live
    wait_for(lambda: not camera.live)


def test_the_state_follows_the_configuration(running: Town) -> None:
    with window(running) as browser:
        browser.subscribe(1, "c01", running.token())
        state = browser.until("state")
    assert state["state"] == "recording" and state["cause"] == ""


def test_a_ping_is_answered_with_the_node_s_clock(running: Town) -> None:
    with window(running) as browser:
        browser.say(type="ping", sent_ms=12.5)
        pong = browser.until("pong")
    assert pong["sent_ms"] == 12.5 and abs(pong["at_us"] / 1e6 - time.time()) < 5


def test_mse_fragments_carry_an_init_segment_first(running: Town) -> None:
    with window(running) as browser:
        browser.subscribe(1, "c01", running.token(), format="fmp4")
        frames = browser.take_frames(5)
    assert frames[0].flags & 4 and frames[0].payload[4:8] == b"ftyp"
    assert all(frame.payload[4:8] == b"prft" and not frame.flags & 4 for frame in frames[1:])


def test_a_renewed_grant_takes_over(running: Town) -> None:
    ends_at_us = time.time_ns() // 1000 + 1_500_000
    with window(running) as browser:
        browser.subscribe(1, "c01", running.token(ends_at_us=ends_at_us))
        browser.until("stream")
        browser.say(type="renew", tile=1, grant=running.token())
        while time.time_ns() // 1000 < ends_at_us + 1_500_000:
            message = browser.next()
            assert isinstance(message, Frame) or message["type"] != "end"


def test_a_renewal_for_another_agent_ends_the_tile(running: Town) -> None:
    with window(running) as browser:
        browser.subscribe(1, "c01", running.token())
        browser.until("stream")
        browser.say(type="renew", tile=1, grant=running.token(agent="agent-2"))
        assert browser.until("end")["error"]["kind"] == "not-permitted"


def test_a_tile_ends_when_its_grant_ends(running: Town) -> None:
    with window(running) as browser:
        browser.subscribe(1, "c01", running.token(ends_at_us=time.time_ns() // 1000 + 700_000))
        browser.until("stream")
        assert browser.until("end")["error"]["kind"] == "not-authenticated"


@pytest.mark.parametrize("origin", [None, "http://elsewhere.test", "http://town.test:8400.elsewhere.test"])
def test_a_window_of_another_origin_is_closed_before_any_message(running: Town, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused, window(running, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_the_sixty_fifth_tile_is_refused(running: Town) -> None:
    token = running.token()
    with window(running) as browser:
        for tile in range(65):
            browser.subscribe(tile, "c01", token)
        ended = browser.until("end")
    assert ended["tile"] == 64 and ended["error"]["kind"] == "unavailable"


def test_a_message_that_is_not_of_the_protocol_closes_the_window(running: Town) -> None:
    with window(running) as browser:
        browser.say(type="subscribe", tile=1, camera="c01", stream="audio", grant="x", format="frames")
        assert browser.closes()


def test_a_slow_window_skips_to_a_key_frame_and_is_told_while_another_loses_nothing(running: Town) -> None:
    with window(running) as slow, window(running) as quick:
        for tile in range(12):
            slow.subscribe(tile, "c01", running.token())
        quick.subscribe(1, "c02", running.token("c02"))
        quick.take_frames(10)
        ticks = [frame.ticks90k for frame in quick.take_frames(200)]
        assert ticks == list(range(ticks[0], ticks[0] + 200 * 3600, 3600))
        skipped = slow.until("skipped", seconds=20)
        assert skipped["frames"] > 0
        while True:
            message = slow.next()
            if isinstance(message, Frame) and message.tile == skipped["tile"]:
                assert message.is_key and message.flags & 2
                break


def test_views_are_told_to_web_with_what_was_served(running: Town) -> None:
    grant = running.grant(kind=GrantKind.LIVE)
    with window(running) as browser:
        browser.subscribe(1, "c01", running.signed(grant))
        browser.take_frames(40)

    def facts(kind: str) -> list[EngineFact]:
        return [fact for fact in running.web.facts_of(kind) if fact.detail["grant"] == grant.id]

    (opened,) = wait_for(lambda: facts("view-opened"))
    assert opened.camera == "c01" and opened.detail["reason"] == "patrol"
    (ended,) = wait_for(lambda: facts("view-ended"))
    assert ended.detail["cause"] == "closed" and int(ended.detail["frames"]) >= 40


def test_a_frame_reaches_the_window_at_once(running: Town) -> None:
    """Event-driven from hub to socket: no timer adds its period. The bench measures; this is the order of size."""
    with window(running) as browser:
        browser.subscribe(1, "c01", running.token())
        browser.take_frames(30)
        ages_ms = [(frame.arrived_at_us - frame.sent_at_us) / 1000 for frame in browser.take_frames(75)]
    print("node-side ms: p50", statistics.median(ages_ms), "p95", sorted(ages_ms)[int(len(ages_ms) * 0.95)])
    assert statistics.median(ages_ms) < 50
