"""The top band of an H.264 picture: background, the camera's name, the running clock, written as I_PCM."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from beffroi.simulator import h264
from beffroi.simulator.burnt_clock import CELL_H_PX, CELL_W_PX, burn, first_column, glyph
from beffroi.simulator.colour import macroblock, to_planes

BAND_ROWS = CELL_H_PX // h264.MB_PX


class Band:
    """Slices of the band for one stream; `background` is (32, width, 3) with everything but the clock burnt in.

    A key slice sends the whole band; a delta slice only the characters that changed since the frame before.
    """

    def __init__(self, background: NDArray[np.float32], syntax: h264.SliceSyntax, text_length: int) -> None:
        self._background = background
        self._syntax = syntax
        self.columns = background.shape[1] // CELL_W_PX
        self._first = first_column(background.shape[1], " " * text_length)
        planes = to_planes(background)
        self._still = [macroblock(planes, x, y) for y in range(BAND_ROWS) for x in range(self.columns)]
        self._cells: dict[tuple[int, str], tuple[bytes, ...]] = {}

    def key_slice(self, text: str, idr_pic_id: int) -> bytes:
        """The band of a key frame."""
        macroblocks = self._still.copy()
        for position, char in enumerate(text):
            for row, pcm in enumerate(self._cell(position, char)):
                macroblocks[row * self.columns + self._first + position] = pcm
        return h264.pcm_key_slice(self._syntax, macroblocks, idr_pic_id)

    def delta_slice(self, before: str, text: str, *, macroblocks: int, frame_num: int) -> bytes:
        """The band when the frame before showed `before`; the slice skips on to `macroblocks` macroblocks."""
        changed = [(at, self._cell(at, char)) for at, char in enumerate(text) if before[at] != char]
        patches = [
            (row * self.columns + self._first + at, cell[row]) for row in range(BAND_ROWS) for at, cell in changed
        ]
        return h264.pcm_delta_slice(self._syntax, patches, macroblocks=macroblocks, frame_num=frame_num)

    def _cell(self, position: int, char: str) -> tuple[bytes, ...]:
        cell = self._cells.get((position, char))
        if cell is None:
            left_px = (self._first + position) * CELL_W_PX
            strokes, outline = glyph(char)
            planes = to_planes(burn(self._background[:, left_px : left_px + CELL_W_PX], strokes, outline))
            cell = self._cells[(position, char)] = tuple(macroblock(planes, 0, row) for row in range(BAND_ROWS))
        return cell
