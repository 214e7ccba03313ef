"""RGB to YUV 4:2:0, BT.709, limited range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
_TO_YUV = np.array([[0.2126, 0.7152, 0.0722], [-0.1146, -0.3854, 0.5], [0.5, -0.4542, -0.0458]], np.float32) * (
    np.array([[219.0], [224.0], [224.0]], np.float32) / 255.0
)
_OFFSET = np.array([16.5, 128.5, 128.5], np.float32)


@dataclass(slots=True)
class Planes:
    """One picture: luma at full size, chroma at half."""

    y: Bytes
    u: Bytes
    v: Bytes

    def copy(self) -> Planes:
        return Planes(self.y.copy(), self.u.copy(), self.v.copy())


def to_planes(rgb: NDArray[np.uint8] | NDArray[np.float32]) -> Planes:
    """Planes of an (h, w, 3) picture; h and w even."""
    yuv = rgb.astype(np.float32) @ _TO_YUV.T + _OFFSET
    chroma = (yuv[0::2, 0::2, 1:] + yuv[1::2, 0::2, 1:] + yuv[0::2, 1::2, 1:] + yuv[1::2, 1::2, 1:]) * 0.25
    return Planes(yuv[:, :, 0].astype(np.uint8), chroma[:, :, 0].astype(np.uint8), chroma[:, :, 1].astype(np.uint8))


def macroblock(planes: Planes, column: int, row: int) -> bytes:
    """The 384 samples of one macroblock in I_PCM order. Source: ITU-T H.264 §7.3.5."""
    y, x = row * 16, column * 16
    c, d = row * 8, column * 8
    return (
        planes.y[y : y + 16, x : x + 16].tobytes()
        + planes.u[c : c + 8, d : d + 8].tobytes()
        + planes.v[c : c + 8, d : d + 8].tobytes()
    )
