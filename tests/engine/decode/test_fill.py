"""Masks as pixels: what is filled covers the polygon, what is judged tells black from anything that shows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
import shapely
from av.video.frame import VideoFrame
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from beffroi.core.polygons import FULL, fault_of
from beffroi.engine.contract import CameraMasks, MaskDriver, MaskPolygon, MaskVerdict
from beffroi.engine.decode.burn import Burner, burnt_size
from beffroi.engine.decode.fill import BLACK_Y, Fill, fresh, judge
from beffroi.engine.decode.h264_encoder import H264Encoder
from beffroi.engine.decode.pictures import decoder_for, pictures

DOOR = ((2000, 2000), (6000, 2500), (5500, 7000), (2500, 6000))
CORNERS = st.lists(st.tuples(st.integers(0, FULL), st.integers(0, FULL)), min_size=3, max_size=8, unique=True)


def busy(width_px: int = 640, height_px: int = 360, seed: int = 1) -> VideoFrame:
    """Noise over a gradient: the worst a codec meets."""
    noise = np.random.default_rng(seed).integers(0, 255, (height_px // 4, width_px // 4, 3), dtype=np.uint8)
    picture = VideoFrame.from_ndarray(np.kron(noise, np.ones((4, 4, 1), np.uint8)), format="rgb24")
    picture.pts, picture.time_base = 0, Fraction(1, 90_000)
    return picture


def masks(*polygons: tuple[tuple[int, int], ...]) -> CameraMasks:
    return CameraMasks(
        version=1, driver=MaskDriver.NODE, polygons=tuple(MaskPolygon(points=points) for points in polygons)
    )


def coded(frames: Iterator[VideoFrame]) -> list[VideoFrame]:
    """Through the product's own encoder and back: what is recorded."""
    encoder: H264Encoder | None = None
    samples = []
    for number, picture in enumerate(frames):
        encoder = encoder or H264Encoder(picture.width, picture.height)
        units = encoder.encode(picture, ticks90k=number * 3600, at_us=0, is_key=number == 0)
        samples += [(unit.ticks90k, unit.sample()) for unit in units]
    assert encoder is not None and encoder.config is not None
    return list(pictures(decoder_for(encoder.config), samples))


@settings(max_examples=40, deadline=None)
@given(CORNERS, st.sampled_from([(96, 72), (98, 55), (160, 90)]))
def test_every_pixel_that_a_polygon_touches_is_filled_in_every_plane(
    corners: list[tuple[int, int]], size: tuple[int, int]
) -> None:
    assume(fault_of(corners) is None)
    width_px, height_px = size
    fill = Fill([tuple(corners)], *size)
    shape = Polygon([(x * width_px / FULL, y * height_px / FULL) for x, y in corners])
    rows, columns = np.nonzero(~fill.luma)
    shapely.prepare(shape)
    touched = shapely.intersects(shape, shapely.box(columns, rows, columns + 1, rows + 1))
    for x, y in zip(columns[touched], rows[touched], strict=True):  # a common corner is no common area
        assert shape.intersection(shapely.box(x, y, x + 1, y + 1)).area < 1e-9
    assert not (~fill.chroma.repeat(2, 0).repeat(2, 1)[:height_px, :width_px] & fill.luma).any()


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (704, 576)])
def test_what_is_burnt_is_one_black_in_what_is_recorded(size: tuple[int, int]) -> None:
    burner = Burner(masks(DOOR))
    recorded = coded(burner(busy(*size, seed=seed)) for seed in range(3))
    assert (recorded[0].width, recorded[0].height) == burnt_size(*size)
    for picture in recorded:
        judged = judge(picture, [DOOR])
        assert judged.verdict is MaskVerdict.PROVED, judged


def test_a_picture_without_its_mask_fails_and_tells_how_far_it_is_from_black() -> None:
    judged = judge(next(iter(coded(iter([busy()])))), [DOOR])
    assert judged.verdict is MaskVerdict.FAILED and judged.levels > 100


def test_a_mask_that_slipped_by_a_thirtieth_of_the_picture_fails() -> None:
    slipped = tuple((x + 330, y) for x, y in DOOR)
    recorded = coded(iter([Burner(masks(slipped))(busy())]))
    assert judge(recorded[0], [DOOR]).verdict is MaskVerdict.FAILED


def test_of_two_masks_one_that_is_missing_fails_both() -> None:
    window = ((7000, 1000), (9000, 1000), (9000, 4000), (7000, 4000))
    recorded = coded(iter([Burner(masks(DOOR))(busy())]))
    assert judge(recorded[0], [DOOR]).verdict is MaskVerdict.PROVED
    assert judge(recorded[0], [DOOR, window]).verdict is MaskVerdict.FAILED


def test_a_wall_of_one_bright_colour_is_no_mask() -> None:
    picture = busy()
    image = picture.to_ndarray()
    image[72:260, 128:390] = 200
    assert judge(VideoFrame.from_ndarray(image, format="rgb24"), [DOOR]).cause == "not-black"


def test_a_picture_that_is_black_all_over_proves_nothing() -> None:
    dark = VideoFrame.from_ndarray(np.full((360, 640, 3), 3, np.uint8), format="rgb24")
    judged = judge(dark, [DOOR])
    assert (judged.verdict, judged.cause) == (MaskVerdict.UNPROVED, "one-colour")


def test_the_decoder_s_own_picture_is_left_as_it_was() -> None:
    """It still predicts from it: a fill in place would smear the mask over the next pictures."""
    picture = busy().reformat(format="yuv420p")
    before = picture.to_ndarray().copy()
    burnt = Burner(masks(DOOR))(picture)
    assert (picture.to_ndarray() == before).all()
    assert (burnt.to_ndarray() != before).any()
    Fill([DOOR], 640, 360).paint(again := fresh(picture, 640, 360))
    assert (again.to_ndarray() == burnt.to_ndarray()).all()
    assert burnt.to_ndarray()[180, 260] == BLACK_Y


@given(st.integers(16, 8000), st.integers(16, 8000))
def test_a_burnt_picture_is_even_and_at_most_720p(width_px: int, height_px: int) -> None:
    width, height = burnt_size(width_px, height_px)
    assert 16 <= width <= 1280 and 16 <= height <= 720 and not (width | height) & 1
