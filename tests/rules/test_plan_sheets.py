"""Paper, words and tints of the drawn plans: true scale, nothing over anything, readable in black and white."""

import itertools
from datetime import date

import pytest
from shapely import LineString, Polygon, box

from beffroi.authorise.dossier.plans import layers, svg
from beffroi.authorise.dossier.plans.labels import Labels, around, inside
from beffroi.authorise.dossier.plans.paper import SITE_SCALES, Paper, outline, paper_of
from beffroi.authorise.dossier.plans.words import counted, day, figure

SHEET = box(0, 0, 195, 146)


def test_twenty_metres_are_forty_millimetres_at_one_to_five_hundred() -> None:
    paper = Paper(west_m=706_200, north_m=6_333_500, scale=500)
    (x1, y1), (x2, y2) = paper.at(706_220, 6_333_480), paper.at(706_240, 6_333_460)
    assert (x2 - x1, y2 - y1) == pytest.approx((40.0, 40.0))


@pytest.mark.parametrize(("wide_m", "scale"), [(60, 500), (120, 1000), (300, 2000), (900, 5000)])
def test_the_largest_scale_that_holds_the_field_is_taken(wide_m: float, scale: int) -> None:
    paper = paper_of((706_000, 6_333_000, 706_000 + wide_m, 6_333_040), SITE_SCALES)
    assert paper.scale == scale
    assert paper.ground.centroid.distance(box(706_000, 6_333_000, 706_000 + wide_m, 6_333_040).centroid) < 1e-6


def test_crosses_stand_on_round_lambert_coordinates() -> None:
    paper = Paper(west_m=706_213.7, north_m=6_333_511.2, scale=500)
    found = list(paper.crosses())
    assert found
    assert all(east % 20 == 0 and north % 20 == 0 for east, north in found)
    assert all(paper.ground.covers(box(east, north, east, north).centroid) for east, north in found)


def test_an_outline_keeps_holes_and_says_nothing_of_nothing() -> None:
    ring = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    assert outline(ring).count("M") == 2
    assert outline(Polygon()) == ""


def test_words_never_cover_words_while_there_is_room() -> None:
    labels = Labels(edge=SHEET)
    for _ in range(40):
        assert labels.place(inside(SHEET), (12, 4)) is not None
    assert all(one.intersection(other).area < 1e-6 for one, other in itertools.combinations(labels.taken, 2))
    assert all(SHEET.covers(one) for one in labels.taken)


def test_words_that_find_no_room_are_left_out_unless_they_must_stand() -> None:
    labels = Labels(edge=SHEET)
    labels.keep_free(SHEET)
    assert labels.place(around((50, 50), first_mm=5), (12, 4)) is None
    assert labels.place(around((50, 50), first_mm=5), (12, 4), is_needed=True) is not None


def test_a_street_name_is_upright_for_the_reader() -> None:
    for line in (LineString([(100, 20), (20, 100)]), LineString([(20, 100), (100, 20)])):
        found = Labels(edge=SHEET).along(line, "RUE DROITE", 2.3)
        assert found is not None
        assert -90 < found[2] <= 90
        assert LineString([(100, 20), (20, 100)]).distance(box(*found[:2], *found[:2]).centroid) < 1e-6


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.1."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_tints_of_the_bands_are_told_apart_in_black_and_white() -> None:
    order = [luminance(svg.TINTS[name]) for name in ("identify", "recognise", "observe", "detect")]
    assert all((lighter + 0.05) / (darker + 0.05) >= 1.2 for darker, lighter in itertools.pairwise(order))


def test_numbers_and_days_are_french() -> None:
    assert figure(6333457.25, 1) == "6\u202f333\u202f457,2"
    assert counted(1, "bâtiment") == "1 bâtiment"
    assert counted(2, "accès supposé", "accès supposés") == "2 accès supposés"
    assert day(date(2026, 11, 1)) == "1er novembre 2026"


def test_a_persons_words_stay_words() -> None:
    drawn = svg.sheet([svg.text((1, 1), '<b>"&', 2)], size_mm=(10, 10), title="<t>")
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert "<t>" not in drawn


def test_a_street_that_only_brushes_the_sheet_gives_no_name_and_no_fault() -> None:
    paper = Paper(west_m=706_200, north_m=6_333_500, scale=500)
    edge = LineString([(706_190, 6_333_499.9), (706_400, 6_333_499.9)])
    corner = LineString([(706_199, 6_333_499.9), (706_200.1, 6_333_501)])
    assert not list(layers.street_names(paper, [("Rue", edge), ("Quai", corner)], Labels(edge=SHEET)))


def test_the_scale_gives_way_to_a_mast_in_its_corner() -> None:
    paper = Paper(west_m=0.0, north_m=73.0, scale=500)
    edge = box(0, 0, paper.width_mm, paper.height_mm)
    for spot, left in (((50.0, 40.0), "137"), ((90.0, 2.0), "2")):
        drawn = layers.scale_bar(paper, Labels(edge=edge), [spot])
        assert drawn.startswith(f'<g class="scale-bar"><rect x="{left}"'), drawn[:60]
