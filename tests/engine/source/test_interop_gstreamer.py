"""Recording from a server we did not write."""

from __future__ import annotations

import io

import av
import pytest

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import CameraState, Transport
from beffroi.engine.rtsp.refusals import UnsupportedCodec, WrongPassword
from beffroi.engine.source import Source, probe, stream_source
from tests.engine.source.collecting import Collector
from tests.engine.source.conftest import GstStart

pytestmark = [pytest.mark.slow, pytest.mark.anyio]
START = b"\0\0\0\1"


def decoded_frames(collector: Collector) -> int:
    """Frames that a decoder makes of what was recorded."""
    config = collector.configs[0]
    stream = b"".join(START + nal for nal in config.parameter_sets)
    for unit in collector.units:
        sample = unit.sample()
        at = 0
        while at < len(sample):
            size = int.from_bytes(sample[at : at + 4], "big")
            stream += START + sample[at + 4 : at + 4 + size]
            at += 4 + size
    with av.open(io.BytesIO(stream), "r", format="hevc" if config.codec == "h265" else "h264") as clip:
        return sum(1 for _ in clip.decode(video=0))


async def recorded(url: str, collector: Collector, *, transport: Transport, frames: int = 50) -> Source:
    source = Source(stream_source(f"rtsp://{url}", transport=transport), collector, clock=SystemClock())
    await source.start()
    await collector.until(lambda: len(collector.units) >= frames, 15)
    assert source.health.state is CameraState.RECORDING
    await source.close()
    return source


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("transport", list(Transport))
async def test_every_frame_decodes(
    codec: str, transport: Transport, gst_server: GstStart, collector: Collector
) -> None:
    source = await recorded(gst_server(codec), collector, transport=transport)
    assert collector.configs[0].codec == codec
    assert (collector.configs[0].width_px, collector.configs[0].height_px) == (320, 180)
    assert decoded_frames(collector) == len(collector.units)
    assert source.health.lost_packets == source.health.malformed == 0
    assert collector.events[0] == "open" and collector.events[1] == "key" and collector.events[-1] == "closed"
    steps = {b.ticks90k - a.ticks90k for a, b in zip(collector.units, collector.units[1:], strict=False)}
    assert all(4000 < step < 5000 for step in steps)


async def test_digest_with_audio_beside_records_the_picture_only(gst_server: GstStart, collector: Collector) -> None:
    url = gst_server("h264", account="operateur:mot de passe", audio=True).replace(
        "127", "operateur:mot%20de%20passe@127"
    )
    source = await recorded(url, collector, transport=Transport.TCP)
    assert source.refused_tracks == ("audio PCMA",)
    assert decoded_frames(collector) == len(collector.units)


async def test_b_frames_keep_their_order_and_times(gst_server: GstStart, collector: Collector) -> None:
    await recorded(gst_server("h264", b_frames=2), collector, transport=Transport.TCP)
    ticks = [unit.ticks90k for unit in collector.units]
    assert ticks != sorted(ticks)
    assert len(set(ticks)) == len(ticks)
    assert decoded_frames(collector) == len(collector.units)


async def test_a_probe_tells_size_codec_rate_and_audio(gst_server: GstStart) -> None:
    report = await probe(stream_source(f"rtsp://{gst_server('h265', audio=True)}"), 10)
    assert (report.codec, report.width_px, report.height_px) == ("h265", 320, 180)
    assert report.fps == pytest.approx(20, abs=1)
    assert report.refused_tracks == ("audio PCMA",)
    assert report.clock_offset_ms is None or abs(report.clock_offset_ms) < 500  # its first report may come later


async def test_jpeg_is_refused_by_name(gst_server: GstStart) -> None:
    with pytest.raises(UnsupportedCodec, match="JPEG"):
        await probe(stream_source(f"rtsp://{gst_server('jpeg')}"), 10)


async def test_a_wrong_digest_password_is_said(gst_server: GstStart) -> None:
    url = gst_server("h264", account="operateur:bon")
    with pytest.raises(WrongPassword):
        await probe(stream_source(f"rtsp://operateur:mauvais@{url}"), 10)
