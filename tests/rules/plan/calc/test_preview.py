"""The drawn preview: well-formed, to scale, and as dense as it says."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from shapely import box

from beffroi.plan.calc import preview
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.projection import Pinhole
from beffroi.plan.calc.town import Building, Lens, Pose

SVG = "{http://www.w3.org/2000/svg}"
PINHOLE = Pinhole(
    pose=Pose(east_m=0.0, north_m=0.0, height_m=6.0, bearing_deg=0.0, tilt_deg=0.0),
    lens=Lens(width_px=1920, height_px=1080, hfov_deg=90.0),
)


def polygons_of(svg: str) -> list[list[tuple[float, float]]]:
    root = ElementTree.fromstring(svg)
    return [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in one.attrib["points"].split())]
        for one in root.iter(f"{SVG}polygon")
    ]


def test_a_facade_is_drawn_where_a_pinhole_puts_it() -> None:
    skyline = Skyline.of([Building(id="h", footprint=box(-5, 20, 5, 30), height_m=9.0, is_dwelling=True)])
    drawn = polygons_of(preview.scene_svg(PINHOLE, skyline))
    assert set(drawn[0]) == {(720, 828), (720, 396), (1200, 828), (1200, 396)}


def test_a_person_is_drawn_as_tall_as_the_density_says() -> None:
    drawn = polygons_of(preview.scene_svg(PINHOLE, Skyline.of(()), preview.Shown(people_m=(12.0,))))
    rows = [y for shape in drawn for _, y in shape]
    assert max(rows) - min(rows) == pytest.approx(1.7 * 960 / 12.0, abs=0.2)


def test_what_is_nearer_is_drawn_over_what_is_farther() -> None:
    shop = Building(id="s", footprint=box(-3, 40, 3, 45), height_m=9.0)
    svg = preview.scene_svg(PINHOLE, Skyline.of([shop]), preview.Shown(people_m=(10.0,)))
    assert svg.index("#c9ced6") < svg.index("#9b3d32")


def test_a_caption_cannot_break_the_drawing() -> None:
    svg = preview.scene_svg(PINHOLE, Skyline.of(()), preview.Shown(caption="<rue & place>"))
    assert ElementTree.fromstring(svg).findtext(f"{SVG}title") == "<rue & place>"


@pytest.mark.parametrize("density_px_m", [12.5, 25.0, 62.5, 125.0, 250.0])
def test_a_sample_person_has_the_pixels_of_its_density(density_px_m: float) -> None:
    picture = preview.person_px(density_px_m)
    standing = (picture.astype(int) - (150, 152, 148) != 0).any(axis=(1, 2))
    assert standing.sum() == pytest.approx(1.71 * density_px_m, rel=0.02, abs=1.5)
    assert preview.pixels_svg(picture).count("<rect") < picture.shape[0] * picture.shape[1]


def test_eyes_are_told_apart_only_near_identification() -> None:
    def darkest(density: float) -> int:
        face = preview.person_px(density)[int(0.14 * density) : int(0.17 * density) + 1]
        return int(np.min(face.sum(axis=2)))

    assert darkest(250.0) < 200 < darkest(25.0)
