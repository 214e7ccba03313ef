"""The clock a camera burns into its picture: text, glyphs, and how tests read it back from pixels.

Glyphs stand in cells of 16 x 32 pixels, aligned to macroblocks, at the top right of the picture, one column
left free. The main stream shows `06/11/2026 16:42:08.41 +01:00`, the sub-stream `16:42:08.41`, an H.265 camera
`--:--:08.41`, the place in its one-minute loop.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from beffroi.core.instants import US_PER_S

PARIS = ZoneInfo("Europe/Paris")
CELL_W_PX, CELL_H_PX = 16, 32
FONT_PX = 23
_ALPHABET = "0123456789/:.+- "
_WHITE = np.float32(250)
_READ_WIDTHS_PX = (640, 960, 1280)
_CLOCK_TEXT = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d\.\d\d [+-]\d\d:\d\d|(\d\d|--):(\d\d|--):\d\d\.\d\d")

Alpha = NDArray[np.float32]


@cache
def _second_texts(at_s: int) -> tuple[str, str, str]:
    local = datetime.fromtimestamp(at_s, PARIS)
    offset = local.strftime("%z")
    return local.strftime("%d/%m/%Y "), local.strftime("%H:%M:%S"), f" {offset[:3]}:{offset[3:]}"


def clock_text(at_us: int, *, dated: bool) -> str:
    """What is burnt at an instant: hundredths are cut, not rounded, as a clock does."""
    at_s, rest_us = divmod(at_us, US_PER_S)
    if at_s % 600 == 0:
        _second_texts.cache_clear()
    date, time, offset = _second_texts(at_s)
    return f"{date}{time}.{rest_us // 10_000:02d}{offset}" if dated else f"{time}.{rest_us // 10_000:02d}"


def loop_text(in_minute_us: int) -> str:
    """What a camera without a live clock burns: its place in the minute."""
    return f"--:--:{in_minute_us // US_PER_S:02d}.{in_minute_us % US_PER_S // 10_000:02d}"


@cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """The face of every burnt-in text; it comes with Pillow, so pictures do not depend on the machine."""
    face = ImageFont.load_default(size_px)
    assert isinstance(face, ImageFont.FreeTypeFont)
    return face


def text_alpha(text: str, size_px: tuple[int, int], left_px: float, *, font_px: int = FONT_PX) -> tuple[Alpha, Alpha]:
    """Coverage (0..1) of the strokes and of their dark outline, in a box of (width, height)."""
    layers = []
    for stroke_px in (0, 2):
        layer = Image.new("L", size_px, 0)
        ImageDraw.Draw(layer).text(
            (left_px, size_px[1] / 2), text, font=font(font_px), fill=255, anchor="lm", stroke_width=stroke_px
        )
        layers.append(np.asarray(layer, np.float32) / np.float32(255))
    return layers[0], layers[1]


@cache
def glyph(char: str) -> tuple[Alpha, Alpha]:
    """Strokes and outline of one clock character in its cell."""
    left_px = (CELL_W_PX - font(FONT_PX).getlength(char)) / 2
    return text_alpha(char, (CELL_W_PX, CELL_H_PX), left_px)


def burn(rgb: Alpha, strokes: Alpha, outline: Alpha) -> Alpha:
    """`rgb` (h, w, 3) with a white text and its dark outline over it."""
    dark = rgb * (np.float32(1) - np.float32(0.72) * outline[:, :, None])
    burnt: Alpha = dark + (_WHITE - dark) * strokes[:, :, None]
    return burnt


def named(band: Alpha, name: str) -> Alpha:
    """The top band with the camera's name at its left, shrunk to stay clear of the clock."""
    font_px = FONT_PX
    room_px = band.shape[1] - 16 * 31 if band.shape[1] >= 1280 else band.shape[1] - 16 * 13
    while font_px > 12 and font(font_px).getlength(name) + 14 > room_px:
        font_px -= 1
    return burn(band, *text_alpha(name, (band.shape[1], CELL_H_PX), 12, font_px=font_px))


def first_column(width_px: int, text: str) -> int:
    """The column of cells where a clock text starts."""
    return width_px // CELL_W_PX - len(text) - 1


def read_clock(rgb: NDArray[np.uint8], *, day: datetime | None = None) -> datetime:
    """The burnt-in instant of a picture (h, w, 3), aware.

    A main picture tells everything; a sub-stream picture tells the time of day, and `day` gives the date
    (today in Paris when absent). Pictures of another width are scaled first.

    Errors: ValueError when no clock can be read, or only the seconds of a loop (see `read_text`).
    """
    text = read_text(rgb)
    if len(text) > 12:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S.%f %z")
    time = datetime.strptime(text, "%H:%M:%S.%f")
    on = (day or datetime.now(UTC)).astimezone(PARIS)
    read = on.replace(hour=time.hour, minute=time.minute, second=time.second, microsecond=time.microsecond)
    return min((read + timedelta(days=days) for days in (-1, 0, 1)), key=lambda at: abs(at - on))


def read_text(rgb: NDArray[np.uint8]) -> str:
    """The characters of the burnt clock, by the glyph that fits each cell best.

    Errors: ValueError when no clock text is found.
    """
    for width_px in sorted(_READ_WIDTHS_PX, key=lambda width_px: abs(width_px - rgb.shape[1])):
        bright = _bright_band(rgb, width_px)
        for length in (29, 11):
            text = "".join(_best_glyph(cell) for cell in _cells(bright, length))
            if _CLOCK_TEXT.fullmatch(text):
                return text
    raise ValueError("no burnt-in clock can be read in this picture")


def _bright_band(rgb: NDArray[np.uint8], width_px: int) -> Alpha:
    if rgb.shape[1] != width_px:
        height_px = round(rgb.shape[0] * width_px / rgb.shape[1])
        rgb = np.asarray(Image.fromarray(rgb).resize((width_px, height_px), Image.Resampling.BICUBIC))
    luma = rgb[:CELL_H_PX].astype(np.float32).mean(2, dtype=np.float32)
    bright: Alpha = np.clip((luma - 150) / 90, 0, 1).astype(np.float32)
    return bright


def _cells(bright: Alpha, length: int) -> list[Alpha]:
    start = bright.shape[1] // CELL_W_PX - length - 1
    return [bright[:, column * CELL_W_PX : (column + 1) * CELL_W_PX] for column in range(start, start + length)]


def _best_glyph(cell: Alpha) -> str:
    return min(_ALPHABET, key=lambda char: float(np.abs(glyph(char)[0] - cell).sum()))
