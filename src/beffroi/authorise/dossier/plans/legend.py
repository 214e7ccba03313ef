"""The legend: a small drawing and its words, in the looks of the map itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from beffroi.authorise.dossier.plans import svg
from beffroi.authorise.dossier.plans.layers import door
from beffroi.authorise.dossier.plans.sheet import Swatch

WIDE_MM, TALL_MM = 9.0, 3.4
_BOX = "M0.1 0.1H8.9V3.3H0.1Z"
_LINE = "M0 1.7H9"


def _tint(class_id: str) -> Callable[[], str]:
    return lambda: svg.drawn_tint(class_id, _BOX, stroke=svg.BLUE, stroke_width=0.12)


def _box(look: str) -> Callable[[], str]:
    return lambda: svg.drawn(look, _BOX)


def _line(look: str) -> Callable[[], str]:
    return lambda: svg.drawn(look, _LINE)


def _mast() -> str:
    ring = svg.element("circle", cx=4.5, cy=1.7, r=1.4, fill="#fff", stroke=svg.INK, stroke_width=0.45)
    return ring + svg.element("circle", cx=4.5, cy=1.7, r=0.5, fill=svg.INK)


def _cones() -> str:
    lines = [(0.7, svg.DASHES[0]), (2.6, svg.DASHES[1])]
    return "".join(
        svg.element("path", d=f"M0 {y}H9", stroke=svg.BLUE, stroke_width=0.45, stroke_dasharray=dash)
        for y, dash in lines
    )


def _masked() -> str:
    return svg.drawn("mask", _LINE) + svg.drawn("mask-band", _LINE) + svg.drawn("facade", "M0 0.9H9", stroke_width=0.4)


def _tag() -> str:
    box = svg.element("rect", x=0.4, y=0.1, width=8.2, height=3.2, rx=0.4, fill=svg.BLUE)
    return box + svg.plain((4.5, 1.7), "C01", 2.4, fill="#fff", font_weight=700)


def sign_mark(at: tuple[float, float], state: str) -> str:
    """A sign: a filled square in place, half filled when its check is due, empty when not placed."""
    x, y = at
    square = svg.element("rect", x=x - 1.4, y=y - 1.4, width=2.8, height=2.8, fill="#fff", stroke=svg.INK,
                         stroke_width=0.4)  # fmt: skip
    fills = {"placed": f"M{x - 1.4} {y - 1.4}h2.8v2.8h-2.8Z", "due": f"M{x - 1.4} {y - 1.4}h2.8l-2.8 2.8Z"}
    return square + (svg.element("path", d=fills[state], fill=svg.INK) if state in fills else "")


def _sign(state: str) -> Callable[[], str]:
    return lambda: sign_mark((4.5, 1.7), state)


ENTRIES: Mapping[str, tuple[Callable[[], str], str]] = MappingProxyType(
    {
        "mast": (_mast, "Mât ou point de pose"),
        "tag": (_tag, "Caméra et son numéro"),
        "cones": (_cones, "Champ de la première caméra, de la deuxième"),
        "identify": (_tint("identify"), "250 px/m et plus : identifier"),
        "recognise": (_tint("recognise"), "125 à 250 px/m : reconnaître"),
        "observe": (_tint("observe"), "62,5 à 125 px/m : observer"),
        "detect": (_tint("detect"), "25 à 62,5 px/m : détecter"),
        "preset": (_box("preset"), "Position enregistrée d’une caméra mobile (P)"),
        "limit": (_line("limit"), "Limite à 12,5 px/m : au-delà rien n’est lisible"),
        "dead": (_box("dead"), "Zone morte, sol non vu"),
        "third": (_box("third"), "Bâtiment de tiers dans le champ (T)"),
        "own": (_box("own"), "Bâtiment de la ville ou d’un partenaire"),
        "building": (_box("building"), "Autre bâtiment, hors du champ"),
        "door": (lambda: door((4.5, 2.3), 0.0, "door"), "Accès relevé"),
        "supposed": (lambda: door((4.5, 2.3), 0.0, "supposed"), "Accès supposé, milieu de façade sur rue"),
        "masked": (_masked, "Façade d’habitation masquée (M)"),
        "facade": (_line("facade"), "Façade dans le champ, sans masque"),
        "field": (_box("field"), "Champ d’une caméra à 25 px/m"),
        "zone": (_box("zone"), "Zone sensible et son numéro"),
        "perimeter": (_box("perimeter"), "Périmètre demandé"),
        "boundary": (_line("boundary"), "Limite communale"),
        "cross": (lambda: svg.drawn("cross", "M2.9 1.7H6.1M4.5 0.1V3.3"), "Croix Lambert-93 (EPSG:2154)"),
        "placed": (_sign("placed"), "Affiche posée, vérifiée"),
        "due": (_sign("due"), "Affiche posée, vérification échue"),
        "planned": (_sign("planned"), "Affiche prévue"),
    }
)


def legend(*names: str, **words: str) -> list[Swatch]:
    """These lines, in this order; `words` in place of the usual ones."""
    return [Swatch(svg=_small(ENTRIES[name][0]()), words=words.get(name, ENTRIES[name][1])) for name in names]


def _small(content: str) -> str:
    return svg.sheet([content], size_mm=(WIDE_MM, TALL_MM), title="")
