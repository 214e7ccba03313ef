"""Samples to pictures to JPEG. Blocking: for a thread of the gateway, never for an event loop."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PIL import Image

from beffroi.core.errors import DataLoss
from beffroi.core.instants import TICKS90K_PER_S
from beffroi.engine.stream import CodecConfig

THUMBNAIL_WIDTH_PX = 320
_QUALITY = 82
_THUMBNAIL_QUALITY = 70

TimedSample = tuple[int, bytes]
"""Presentation time in 90 kHz ticks, and the sample."""


def decoder_for(config: CodecConfig) -> VideoCodecContext:
    """A decoder of one run, single-threaded: the live views on the same machine come first."""
    context: VideoCodecContext = av.CodecContext.create("h264" if config.codec == "h264" else "hevc", "r")
    context.extradata = config.decoder_record
    context.thread_count = 1
    return context


def pictures(context: VideoCodecContext, samples: Iterable[TimedSample], *, flush: bool = True) -> Iterator[VideoFrame]:
    """Decoded pictures in presentation order; `pts` in 90 kHz ticks.

    Errors: DataLoss when the samples cannot be decoded.
    """
    try:
        for ticks90k, sample in samples:
            packet = Packet(sample)
            packet.pts = packet.dts = ticks90k
            packet.time_base = Fraction(1, TICKS90K_PER_S)
            yield from context.decode(packet)
        if flush:
            yield from context.decode(None)
    except av.error.FFmpegError as error:
        raise DataLoss(
            f"These pictures cannot be decoded: {error.strerror}.",
            message_fr=f"Ces images ne peuvent être décodées : {error.strerror}.",
        ) from None


def last_picture(config: CodecConfig, samples: Iterable[TimedSample], until_ticks90k: int) -> VideoFrame | None:
    """The newest picture at or before an instant; the first sample is a key frame."""
    newest: VideoFrame | None = None
    for picture in pictures(decoder_for(config), samples):
        if picture.pts is not None and picture.pts <= until_ticks90k:
            newest = picture
    return newest


def jpeg(picture: VideoFrame, *, width_px: int = 0) -> bytes:
    """A picture as JPEG, `width_px` wide when given and smaller."""
    if 0 < width_px < picture.width:
        height_px = max(2, round(picture.height * width_px / picture.width))
        picture = picture.reformat(width=width_px, height=height_px)
    out = io.BytesIO()
    Image.fromarray(picture.to_ndarray(format="rgb24")).save(
        out, "JPEG", quality=_THUMBNAIL_QUALITY if width_px else _QUALITY
    )
    return out.getvalue()
