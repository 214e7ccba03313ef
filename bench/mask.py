"""`beffroi bench mask`: what burning costs here, and so how many cameras this machine may burn at once.

A generated street in 1280 × 720 at 25 frames a second, with its sub-stream of 640 × 360, through the very steps of the
burner: decode, fill, encode. One thread each, CPU time of this process. `--set` writes `node.mask_slots`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator

import numpy as np
from av.video.frame import VideoFrame

from beffroi.core import config as config_tree
from beffroi.core import toml_file
from beffroi.engine.contract import CameraMasks, MaskDriver, MaskPolygon
from beffroi.engine.decode.burn import Burner
from beffroi.engine.decode.h264_encoder import H264Encoder
from beffroi.engine.decode.pictures import decoder_for, pictures
from beffroi.engine.stream import CodecConfig
from bench.report import Figure, Measured, Target, table

FPS = 25
SIZES = ((1280, 720), (640, 360))
SHARE = 0.5
"""Of the cores: the rest records, serves, draws thumbnails, and bears a busier picture than this one."""
CORE_MAX_S = 0.5
"""Two cameras a core, in 720p. Source: issue 3."""
MASKS = CameraMasks(
    version=1,
    driver=MaskDriver.NODE,
    polygons=tuple(
        MaskPolygon(points=((x, 2000), (x + 1500, 2300), (x + 1400, 7000), (x + 100, 6500))) for x in (500, 3000, 7500)
    ),
)
Clip = tuple[CodecConfig, list[tuple[int, bytes]]]


def run(arguments: argparse.Namespace) -> Measured:
    """CPU seconds per camera-second, over rounds; the slots that follow."""
    seconds = int(arguments.seconds or (2 if arguments.quick else 8))
    clips = [_clip(*size, frames=seconds * FPS) for size in SIZES]
    values = []
    for _ in range(arguments.rounds or (1 if arguments.quick else 5)):
        started_s = time.process_time()
        for clip in clips:
            _burn(clip)
        values.append((time.process_time() - started_s) / seconds)
    cost = Figure.of(values)
    cores = len(os.sched_getaffinity(0))
    slots = int(cores * SHARE / cost.median)
    if arguments.set:
        config = config_tree.load(data=arguments.data)
        toml_file.change(config.data / config_tree.FILE_NAME, {"node.mask_slots": slots})
    target = Target(name="CPU seconds per burnt camera-second", limit=CORE_MAX_S, reached=cost.median)
    document = {"cpu_s": cost.median, "cores": cores, "mask_slots": slots, "targets": [target.document()]}
    rows = [["", "CPU s per camera-second"], ["decode, fill, encode: 720p and its sub-stream", cost.text(3)]]
    said = "written to node.mask_slots" if arguments.set else "--set writes it"
    return Measured(document, f"{table(rows)}\nplaces to burn on {cores} cores: {slots} ({said})", [target])


def _street(width_px: int, height_px: int, frames: int) -> Iterator[VideoFrame]:
    """A still texture over which blocks move, as people and cars do."""
    chance = np.random.default_rng(1)
    still = np.kron(chance.integers(60, 190, (height_px // 8, width_px // 8, 3), dtype=np.uint8), np.ones((8, 8, 1)))
    still = still.astype(np.uint8)
    for number in range(frames):
        image = still.copy()
        for mover in range(6):
            x = (number * (3 + mover) + mover * width_px // 6) % (width_px - 80)
            y = height_px // 3 + mover * height_px // 12
            image[y : y + height_px // 8, x : x + 60] = 40 * mover
        noise = chance.integers(0, 3, image.shape, dtype=np.uint8)
        yield VideoFrame.from_ndarray(image + noise, format="rgb24")


def _clip(width_px: int, height_px: int, *, frames: int) -> Clip:
    encoder = H264Encoder(width_px, height_px, fps=FPS)
    units = [
        unit
        for number, picture in enumerate(_street(width_px, height_px, frames))
        for unit in encoder.encode(picture, ticks90k=number * 3600, at_us=0, is_key=number % (2 * FPS) == 0)
    ]
    assert encoder.config is not None
    return encoder.config, [(unit.ticks90k, unit.sample()) for unit in units]


def _burn(clip: Clip) -> None:
    config, samples = clip
    burner, encoder = Burner(MASKS), None
    for number, picture in enumerate(pictures(decoder_for(config), samples)):
        burnt = burner(picture)
        encoder = encoder or H264Encoder(burnt.width, burnt.height, fps=FPS)
        encoder.encode(burnt, ticks90k=number * 3600, at_us=0, is_key=number % (2 * FPS) == 0)
