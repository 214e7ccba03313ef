"""A stream sent as Motion JPEG instead: its own coded pictures, decoded and written again one by one."""

from __future__ import annotations

import io
from typing import Literal

import av
from av.error import FFmpegError
from PIL import Image

from beffroi.simulator.reel import Codec

QUALITY = 75
"""The scale of RFC 2435 §4.2, which is libjpeg's: no tables travel."""
_DECODERS: dict[Codec, Literal["h264", "hevc"]] = {"h264": "h264", "h265": "hevc"}


class JpegWriter:
    """JPEG pictures of one coded stream."""

    def __init__(self, codec: Codec) -> None:
        self._decoder = av.CodecContext.create(_DECODERS[codec], "r")
        self._decoder.thread_count = 1
        self._has_key = False

    def picture(self, nals: list[bytes], *, is_key: bool) -> bytes | None:
        """The frame as a baseline JPEG, 4:2:0, standard Huffman tables; None before the first key frame."""
        self._has_key = self._has_key or is_key
        if not self._has_key:
            return None
        packet = av.Packet(b"".join(b"\0\0\0\1" + nal for nal in nals))
        try:
            frames = self._decoder.decode(packet)
        except FFmpegError:
            self._has_key = False
            return None
        if not frames:
            return None
        jpeg = io.BytesIO()
        Image.fromarray(frames[-1].to_ndarray(format="rgb24")).save(jpeg, "JPEG", quality=QUALITY, subsampling="4:2:0")
        return jpeg.getvalue()
