"""The demo's masks: one camera that masks itself, one whose masks are not in its picture. Jeu fictif."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

FILE = "masks.toml"


def draw(town: Path) -> None:
    """The masks of the town's text, once: what was drawn since is kept."""
    from beffroi.operate import mask_rules, masks
    from beffroi.operate.models import Device

    drawings = tomllib.loads((town / FILE).read_text(encoding="utf-8"))["masks"]
    devices = Device.objects.in_bulk([drawing["camera"] for drawing in drawings])
    known = masks.latest(devices)
    for drawing in drawings:
        if drawing["camera"] not in known:
            asked = masks.Drawing(
                polygons=mask_rules.parsed(drawing["polygons"]),
                driver=mask_rules.driver_for(drawing["driver"]),
                reason=drawing["reason"],
            )
            masks.draw(devices[drawing["camera"]], asked, by="system", now_us=time.time_ns() // 1000)
