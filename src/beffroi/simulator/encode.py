"""Codes one minute of a scene into a reel: once, with libx264 or libx265, still parts and still moments skipped."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from beffroi.simulator import h264, h265
from beffroi.simulator.band import BAND_ROWS
from beffroi.simulator.burnt_clock import CELL_W_PX, burn, first_column, glyph, loop_text
from beffroi.simulator.colour import Planes, to_planes
from beffroi.simulator.reel import Reel, ReelFrame

_X264 = (
    "keyint=infinite:scenecut=0:bframes=0:cabac=0:ref=1:8x8dct=0:weightp=0:no-deblock=1:rc-lookahead=0"
    ":threads=1:aq-mode=0:mbtree=0:force-cfr=1"
)
_X265 = (
    "keyint=-1:scenecut=0:bframes=0:pools=none:frame-threads=1:log-level=none:info=0:ref=1:ctu=32:min-cu-size=32:max-merge=1"
    ":no-sao=1:early-skip=1:rd=1:no-temporal-mvp=1:aq-mode=0:no-cutree=1:rc-lookahead=0:b-adapt=0:no-weightp=1:no-open-gop=1"
)


@dataclass(slots=True)
class Encoder:
    """An open encoder fed with one frame that is rewritten in place."""

    context: av.VideoCodecContext
    picture: av.VideoFrame
    planes: Planes
    sent: int = 0

    def encode(self, *, key: bool) -> list[bytes]:
        """NAL units of the picture as it now stands."""
        self.picture.pts = self.sent
        self.sent += 1
        kinds = av.video.frame.PictureType
        self.picture.pict_type = kinds.I if key else kinds.NONE
        return [nal for packet in self.context.encode(self.picture) for nal in h264.split_annex_b(bytes(packet))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`gop`: frames between key frames; `quality`: quantiser, lower is better and larger."""

    fps: int
    gop: int
    quality: int


def open_encoder(codec: str, size: h264.PictureSize, settings: Settings) -> Encoder:
    """An encoder of either codec, the same parameter sets for the same settings."""
    context = av.CodecContext.create("libx264" if codec == "h264" else "libx265", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = size.width_px, size.height_px, "yuv420p"
    context.framerate, context.time_base = Fraction(settings.fps), Fraction(1, settings.fps)
    context.thread_count = 1
    x = "x264-params" if codec == "h264" else "x265-params"
    colours = ":colorprim=bt709:transfer=bt709:colormatrix=bt709"
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "forced-idr": "1",
        x: (_X264 if codec == "h264" else _X265) + f":qp={settings.quality}" + colours,
    }
    picture = av.VideoFrame(size.width_px, size.height_px, "yuv420p")
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : plane.width]
        for plane in picture.planes
    )
    return Encoder(context, picture, Planes(y, u, v))


def _fill(target: Planes, source: Planes, top_px: int) -> None:
    """Copies `source` from row `top_px` down; rows it lacks repeat its last one."""
    for to, of, top in (
        (target.y, source.y, top_px),
        (target.u, source.u, top_px // 2),
        (target.v, source.v, top_px // 2),
    ):
        rows = min(len(to), len(of) - top)
        to[:rows] = of[top : top + rows]
        to[rows:] = of[-1]


def _fill_below(target: Planes, source: Planes, top_px: int) -> None:
    """Copies what lies below row `top_px`."""
    target.y[top_px:] = source.y[top_px:]
    target.u[top_px // 2 :] = source.u[top_px // 2 :]
    target.v[top_px // 2 :] = source.v[top_px // 2 :]


def _fill_top(target: Planes, source: Planes) -> None:
    """Copies the top rows."""
    target.y[: len(source.y)] = source.y
    target.u[: len(source.u)] = source.u
    target.v[: len(source.v)] = source.v


class H264Maker:
    """Makes a reel whose top band is left to `Band`; give it every frame of the minute in order.

    Args:
        still: the picture without what moves.
        band: its top 32 rows, (32, width, 3), without texts.
        moving_top_px: nothing moves above this row.
    """

    def __init__(self, still: Planes, band: NDArray[np.float32], *, moving_top_px: int, settings: Settings) -> None:
        height_px, width_px = still.y.shape
        self._size = h264.PictureSize(width_px=width_px, height_px=height_px)
        self._settings = settings
        self._band = band
        self._moving_row = max(BAND_ROWS + 1, min(moving_top_px // h264.MB_PX, self._size.rows - 1))
        rows = self._size.rows - self._moving_row
        moving = h264.PictureSize(width_px=width_px, height_px=rows * h264.MB_PX)
        self._encoder = open_encoder("h264", moving, settings)
        self._frames: list[ReelFrame] = []
        _fill(self._encoder.planes, still, self._moving_row * h264.MB_PX)
        nals, self._pps, self._syntax = self._still_nals(still)
        self._still = nals

    def _still_nals(self, still: Planes) -> tuple[tuple[bytes, bytes], bytes, h264.SliceSyntax]:
        """The rows between band and moving part, coded once, for either idr_pic_id."""
        rows = self._moving_row - BAND_ROWS
        size = h264.PictureSize(width_px=self._size.width_px, height_px=rows * h264.MB_PX)
        encoder = open_encoder("h264", size, self._settings)
        _fill(encoder.planes, still, BAND_ROWS * h264.MB_PX)
        nals = {nal[0] & 0x1F: nal for nal in encoder.encode(key=True)}
        syntax = h264.read_syntax(nals[h264.NAL_SPS], nals[h264.NAL_PPS])
        first_mb = BAND_ROWS * self._size.columns
        one, other = (
            h264.renumber(nals[h264.NAL_IDR], syntax, first_mb=first_mb, frame_num=0, idr_pic_id=number)
            for number in (0, 1)
        )
        return (one, other), nals[h264.NAL_PPS], syntax

    def add(self, planes: Planes | None) -> None:
        """The next frame; None when it is equal to the one before."""
        gop, index = self._settings.gop, len(self._frames)
        key = index % gop == 0
        if planes is not None:
            _fill(self._encoder.planes, planes, self._moving_row * h264.MB_PX)
        elif not key:
            self._frames.append(ReelFrame(is_key=False, nals=()))
            return
        nals = self._encoder.encode(key=key)
        nal = next(nal for nal in nals if nal[0] & 0x1F in (h264.NAL_SLICE, h264.NAL_IDR))
        moved = h264.renumber(
            nal,
            self._syntax,
            first_mb=self._moving_row * self._size.columns,
            frame_num=index % gop,
            idr_pic_id=index // gop % 2,
        )
        self._frames.append(ReelFrame(is_key=key, nals=(moved,)))

    def reel(self) -> Reel:
        """The minute made of the frames added."""
        return Reel(
            codec="h264",
            size=self._size,
            fps=self._settings.fps,
            gop=self._settings.gop,
            parameter_sets=(h264.write_sps(self._size, self._settings.fps, self._syntax.frame_num_bits), self._pps),
            syntax=self._syntax,
            moving_row=self._moving_row,
            still=self._still,
            band=self._band,
            frames=self._frames,
        )


class H265Maker:
    """Makes a reel with name and seconds of the minute burnt in; give it every frame in order.

    Frames equal to the one before repeat one coded "nothing changed" picture under another number.
    """

    def __init__(self, still: Planes, band: NDArray[np.float32], *, settings: Settings) -> None:
        height_px, width_px = still.y.shape
        self._size = h264.PictureSize(width_px=width_px, height_px=height_px)
        self._settings = settings
        self._encoder = open_encoder("h265", self._size, settings)
        self._clock = _LoopClock(band)
        self._parameter_sets: tuple[bytes, ...] = ()
        self._frames: list[ReelFrame] = []
        self._repeat = _nothing_changed(self._size, settings)
        _fill(self._encoder.planes, still, 0)
        _fill_top(self._encoder.planes, to_planes(band))

    def add(self, planes: Planes | None) -> None:
        """The next frame; None when it is equal to the one before."""
        gop, index = self._settings.gop, len(self._frames)
        key = index % gop == 0
        if planes is None and not key:
            self._frames.append(ReelFrame(is_key=False, nals=(h265.renumber(self._repeat, index % gop),)))
            return
        if planes is not None:
            _fill_below(self._encoder.planes, planes, BAND_ROWS * h264.MB_PX)
        self._clock.draw(self._encoder.planes, loop_text(index * 1_000_000 // self._settings.fps))
        nals = self._encoder.encode(key=key)
        self._parameter_sets = self._parameter_sets or tuple(nal for nal in nals if h265.is_parameter_set(nal))
        slices = [nal for nal in nals if h265.is_slice(nal)]
        numbered = tuple(slices if key else [h265.renumber(nal, index % gop) for nal in slices])
        self._frames.append(ReelFrame(is_key=key, nals=numbered))

    def reel(self) -> Reel:
        """The minute made of the frames added."""
        return Reel(
            codec="h265",
            size=self._size,
            fps=self._settings.fps,
            gop=self._settings.gop,
            parameter_sets=self._parameter_sets,
            syntax=None,
            moving_row=0,
            still=(b"", b""),
            band=np.zeros((32, self._size.width_px, 3), np.float32),
            frames=self._frames,
        )


def _nothing_changed(size: h264.PictureSize, settings: Settings) -> bytes:
    """A slice in which every block is skipped: what libx265 makes of a flat picture sent twice."""
    encoder = open_encoder("h265", size, settings)
    for plane in (encoder.planes.y, encoder.planes.u, encoder.planes.v):
        plane[:] = 128
    encoder.encode(key=True)
    return next(nal for nal in encoder.encode(key=False) if h265.is_slice(nal))


class _LoopClock:
    """Draws the loop's seconds into the planes of a picture, one cell at a time."""

    def __init__(self, band: NDArray[np.float32]) -> None:
        self._band = band
        self._cells: dict[tuple[int, str], Planes] = {}

    def draw(self, planes: Planes, text: str) -> None:
        first = first_column(self._band.shape[1], text)
        for position, char in enumerate(text, first):
            x, c = position * CELL_W_PX, position * CELL_W_PX // 2
            cell = self._cells.get((position, char))
            if cell is None:
                cell = to_planes(burn(self._band[:, x : x + CELL_W_PX], *glyph(char)))
                self._cells[(position, char)] = cell
            planes.y[:32, x : x + CELL_W_PX] = cell.y
            planes.u[:16, c : c + CELL_W_PX // 2] = cell.u
            planes.v[:16, c : c + CELL_W_PX // 2] = cell.v
