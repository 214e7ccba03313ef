"""The demo's masks and findings: one camera masks itself, one does not, of others somebody found nothing to mask.

Jeu fictif.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beffroi.operate.masks import Drawing

FILE = "masks.toml"
_DAY_US = 86_400_000_000


def draw(town: Path) -> None:
    """What the town's text says, once: what was drawn since is kept. The accounts must be there."""
    from beffroi.operate import masks
    from beffroi.operate.models import Device
    from beffroi.people.models import Agent

    given = list(_drawings(town))
    devices = Device.objects.select_related("camera").in_bulk([camera for camera, *_ in given])
    known = masks.latest(devices)
    authors = {agent.username: agent.pk for agent in Agent.objects.all()}
    for camera, drawing, by, days_ago in given:
        if camera in devices and camera not in known:
            made_at_us = time.time_ns() // 1000 - days_ago * _DAY_US
            masks.draw(devices[camera], drawing, by=authors[by], now_us=made_at_us)


def _drawings(town: Path) -> Iterator[tuple[str, Drawing, str, int]]:
    """Camera, drawing, who, days ago."""
    from beffroi.operate import mask_rules
    from beffroi.operate.masks import Drawing

    text = tomllib.loads((town / FILE).read_text(encoding="utf-8"))
    for one in text["masks"]:
        polygons, driver = mask_rules.parsed(one["polygons"]), mask_rules.driver_for(one["driver"])
        yield one["camera"], Drawing(polygons=polygons, driver=driver, reason=one["reason"]), one["by"], 0
    for one in text["findings"]:
        bare = Drawing(polygons=(), driver=mask_rules.driver_for("camera"), reason=mask_rules.NOTHING)
        for camera in one["cameras"]:
            yield camera, bare, one["by"], one["days_ago"]
