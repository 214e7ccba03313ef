"""One camera's minute, drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from beffroi.simulator.burnt_clock import named
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.colour import Planes, to_planes
from beffroi.simulator.sky import Sky


def halved(planes: Planes) -> Planes:
    def half(p: NDArray[np.uint8]) -> NDArray[np.uint8]:
        q = p.astype(np.uint16)
        return ((q[::2, ::2] + q[1::2, ::2] + q[::2, 1::2] + q[1::2, 1::2] + 2) >> 2).astype(np.uint8)

    return Planes(half(planes.y), half(planes.u), half(planes.v))


class Film:
    def __init__(self, spec: CameraSpec, sky: Sky, town: str) -> None:
        rgb = np.full((720, 1280, 3), 110 if sky != "night" else 40, np.float32)
        rgb[:240] += 60
        self.still = to_planes(rgb)
        self.band = rgb[:32]
        self.sub_band = rgb[:64:2, ::2]
        self.sub_still = halved(self.still)
        self.picture = self.still.copy()
        self.sub_picture = self.sub_still.copy()
        self.moving_top_px = 240

    def named_band(self, name: str) -> NDArray[np.float32]:
        return named(self.band, name)

    def frames(self, count: int, fps: int) -> Iterator[bool]:
        for i in range(count):
            if i % 2:
                yield False
                continue
            self.picture = self.still.copy()
            x = i * 3 % 1200 // 2 * 2
            self.picture.y[400:450, x : x + 60] = 30
            self.sub_picture = halved(self.picture)
            yield True
