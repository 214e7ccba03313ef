"""The child that looks at one picture: is every mask black in it? It decodes, judges, and gives a small picture back.

A picture in which something shows inside a mask is blackened there before it leaves this process.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from pydantic import ConfigDict

from beffroi.core.confine import confine
from beffroi.core.errors import BeffroiError, DataLoss
from beffroi.core.lifecycle import die_with_parent
from beffroi.engine.contract import CameraMasks, MaskVerdict, decode
from beffroi.engine.decode.fill import Fill, Judged, fresh, judge
from beffroi.engine.decode.pictures import jpeg, last_picture
from beffroi.engine.link_records import Opened, config_of

PICTURE_WIDTH_PX = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture to look at; its sample follows."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    config: Opened
    masks: CameraMasks
    sample_bytes: int


def look(shown: Shown, sample: bytes) -> tuple[Judged, bytes]:
    """The verdict and a picture, whose masked parts are as decoded only when they are black."""
    config = config_of(shown.config)
    try:
        picture = last_picture(config, [(0, sample)], 0)
    except DataLoss:
        picture = None
    if picture is None:
        return Judged(verdict=MaskVerdict.UNPROVED, cause="undecodable"), b""
    polygons = [polygon.points for polygon in shown.masks.polygons]
    judged = judge(picture, polygons)
    if judged.verdict is not MaskVerdict.PROVED:
        picture = fresh(picture, picture.width & ~1, picture.height & ~1)
        Fill(polygons, picture.width, picture.height).paint(picture)
    return judged, jpeg(picture, width_px=PICTURE_WIDTH_PX)


def main() -> int:
    """Entry point: `Shown` as a line of JSON and the sample on the input; the verdict and the picture on the output."""
    die_with_parent()
    try:
        shown = decode(Shown, sys.stdin.buffer.readline())
        confine()
        judged, picture = look(shown, sys.stdin.buffer.read(shown.sample_bytes))
    except BeffroiError:
        return 1
    told = {"verdict": judged.verdict, "cause": judged.cause, "levels": judged.levels, "picture_bytes": len(picture)}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + picture)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
