from __future__ import annotations

import io
from collections.abc import Iterator

import av
import pytest

from beffroi.engine.contract import GrantKind, StreamName
from beffroi.engine.fmp4.fragment import from_ntp64
from tests.engine.gateway.windows import window
from tests.engine.node.town import Town, h265_clip, town, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def modern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town whose camera sends H.265."""
    h265_clip()
    with town(tmp_path_factory.mktemp("modern"), ("h265-1", "c01")) as started:
        camera = started.cameras[("h265-1", StreamName.MAIN)]
        wait_for(lambda: camera.sent > 100, seconds=20)
        yield started


def test_replay_for_a_browser_without_h265_comes_in_h264_with_the_same_instants(modern: Town) -> None:
    instants = modern.cameras[("h265-1", StreamName.MAIN)].instants
    query = f"from_at_us={instants[25]}&to_at_us={instants[75]}"
    answer = modern.ask("GET", f"/replay/h265-1/main/transcoded?{query}", modern.token("h265-1", GrantKind.REPLAY))
    assert answer.status == 200
    with av.open(io.BytesIO(answer.body), "r") as container:
        assert container.streams.video[0].codec_context.name == "h264"
        shown = [round(float(frame.to_ndarray(format="gray")[:100].mean())) for frame in container.decode(video=0)]
    assert len(shown) >= 50 and shown[:3] == pytest.approx([25, 26, 27], abs=3)
    at = answer.body.index(b"prft")
    assert abs(from_ntp64(int.from_bytes(answer.body[at + 12 : at + 20], "big")) - instants[25]) <= 1_000


def test_a_live_h265_stream_comes_in_h264_and_says_so(modern: Town) -> None:
    with window(modern) as browser:
        browser.subscribe(1, "h265-1", modern.token("h265-1"), transcode=True)
        told = browser.until("stream")
        assert told["transcoded"] and told["codec"].startswith("avc1.")
        frames = browser.take_frames(20)
        assert frames[0].is_key
        # One place a node: a second one is refused until the first is free.
        browser.subscribe(2, "h265-1", modern.token("h265-1"), transcode=True)
        assert browser.until("end")["error"]["kind"] == "unavailable"
        browser.say(type="unsubscribe", tile=1)
        browser.until("end")
        browser.subscribe(3, "h265-1", modern.token("h265-1"), transcode=True)
        assert browser.until("stream")["tile"] == 3


def test_without_the_wish_h265_goes_out_as_it_was_recorded(modern: Town) -> None:
    with window(modern) as browser:
        browser.subscribe(1, "h265-1", modern.token("h265-1"))
        told = browser.until("stream")
    assert not told["transcoded"] and told["codec"].startswith("hvc1.")


def test_h264_is_never_transcoded(modern: Town) -> None:
    with window(modern) as browser:
        browser.subscribe(1, "c01", modern.token(), transcode=True)
        assert not browser.until("stream")["transcoded"]
