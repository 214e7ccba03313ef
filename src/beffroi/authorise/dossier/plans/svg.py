"""SVG as text: elements, the patterns and looks that every plan shares. Pure.

Tints are ordered from dark to light also in grey; what is red is banded, what is blue is lined: the sheet is read in
black and white.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

TINTS: Mapping[str, str] = MappingProxyType(
    {"identify": "#6d99c9", "recognise": "#9dbcdf", "observe": "#c6d9ee", "detect": "#e6eff8"}
)
"""One blue, by density class."""
BLUE, RED, INK, SOFT, PAPER = "#0b4f94", "#a61f17", "#1b1d1f", "#474c52", "#fdfdfb"
DASHES = ("none", "2.2 1", "0.6 0.7", "3 0.8 0.6 0.8")
"""Outlines of the first, second… camera of a site."""
FONT = "Inter, 'Libertinus Serif', sans-serif"

LOOKS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "water": {"fill": "#dbe8ee", "stroke": "#9db4be", "stroke-width": 0.15},
        "street": {"fill": "none", "stroke": "#b7b6ae", "stroke-width": 0.18, "stroke-dasharray": "2.2 1.6"},
        "building": {"fill": "#e9e8e2", "stroke": "#8d8c85", "stroke-width": 0.18},
        "small": {"fill": "#dddcd5", "stroke": "none"},
        "third": {"fill": "url(#third)", "stroke": SOFT, "stroke-width": 0.35},
        "own": {"fill": "#c9c7bd", "stroke": INK, "stroke-width": 0.5},
        "facade": {"fill": "none", "stroke": INK, "stroke-width": 0.6},
        "mask": {"fill": "none", "stroke": RED, "stroke-width": 1.4},
        "mask-band": {"fill": "none", "stroke": "#fff", "stroke-width": 0.8, "stroke-dasharray": "0.7 0.7"},
        "field": {"fill": TINTS["observe"], "stroke": BLUE, "stroke-width": 0.2},
        "dead": {"fill": "url(#dead)", "stroke": "none"},
        "limit": {"fill": "none", "stroke": BLUE, "stroke-width": 0.2, "stroke-dasharray": "0.8 0.8"},
        "axis": {"fill": "none", "stroke": BLUE, "stroke-width": 0.2, "stroke-dasharray": "3 0.8 0.5 0.8"},
        "preset": {
            "fill": "none",
            "stroke": BLUE,
            "stroke-width": 0.2,
            "stroke-opacity": 0.7,
            "stroke-linejoin": "round",
        },
        "cross": {"fill": "none", "stroke": INK, "stroke-width": 0.18},
        "zone": {"fill": "none", "stroke": "#5b5a55", "stroke-width": 0.35, "stroke-dasharray": "1.6 1"},
        "perimeter": {"fill": "url(#dead)", "fill-opacity": 0.35, "stroke": INK, "stroke-width": 0.7},
        "boundary": {"fill": "none", "stroke": INK, "stroke-width": 0.5, "stroke-dasharray": "5 1 0.8 1"},
        "door": {"fill": INK, "stroke": INK, "stroke-width": 0.3},
        "supposed": {"fill": "#fff", "stroke": INK, "stroke-width": 0.3},
    }
)


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """One element; `stroke_width` is written `stroke-width`, what is None is left out."""
    written = "".join(
        f" {key.strip('_').replace('_', '-')}={quoteattr(_figure(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _figure(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def drawn(look: str, d: str, **more: object) -> str:
    """A path in one of the looks; nothing for nothing."""
    if not d:
        return ""
    looks = {key.replace("-", "_"): value for key, value in LOOKS[look].items()}
    return element("path", class_=look, d=d, **{**looks, **more})


def drawn_tint(class_id: str, d: str, **more: object) -> str:
    """A density band; white lines part it from its neighbours."""
    if not d:
        return ""
    looks: dict[str, object] = {"fill": TINTS[class_id], "stroke": "#fff", "stroke_width": 0.3}
    return element("path", class_=f"band {class_id}", d=d, **(looks | more))


def text(at: tuple[float, float], words: str, size_mm: float, /, **more: object) -> str:
    """One line of words, its middle at `at` unless told; a light halo keeps it readable on lines."""
    looks: dict[str, object] = {
        "x": at[0], "y": at[1] + 0.34 * size_mm, "font_size": size_mm, "font_family": FONT, "fill": INK,
        "text_anchor": "middle", "paint_order": "stroke", "stroke": "#fff", "stroke_width": 0.25 * size_mm,
        "stroke_linejoin": "round",
    }  # fmt: skip
    return element("text", escape(words), **(looks | more))


def plain(at: tuple[float, float], words: str, size_mm: float, /, **more: object) -> str:
    """Words without halo."""
    return text(at, words, size_mm, **{"stroke": "none", "paint_order": None, "stroke_width": None, **more})


def group(parts: Iterable[str], /, **attributes: object) -> str:
    """Elements together; nothing for none."""
    content = "".join(parts)
    return element("g", content, **attributes) if content else ""


def _hatch(name: str, line: tuple[str, float], *, step: float, turn: int, ground: str = "none") -> str:
    back = element("rect", width=step, height=step, fill=ground) if ground != "none" else ""
    stroke = element("path", d=f"M0 0V{step}", stroke=line[0], stroke_width=line[1])
    return element(
        "pattern", back + stroke, id=name, width=step, height=step, patternUnits="userSpaceOnUse",
        patternTransform=f"rotate({turn})",
    )  # fmt: skip


PATTERNS = element(
    "defs",
    _hatch("third", ("#a5a49c", 0.18), step=1.6, turn=45, ground="#f3f2ed")
    + _hatch("dead", (SOFT, 0.28), step=1.1, turn=-45),
)


def sheet(parts: Iterable[str], *, size_mm: tuple[float, float], title: str) -> str:
    """A whole drawing in millimetres."""
    wide, tall = size_mm
    return element(
        "svg", element("title", escape(title)) + PATTERNS + "".join(parts), xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {wide:g} {tall:g}", width=f"{wide:g}mm", height=f"{tall:g}mm", role="img",
    )  # fmt: skip
