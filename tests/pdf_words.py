"""Words of a PDF as it is printed, with their places: what is on the page itself, not what was given to draw it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pikepdf

Matrix = npt.NDArray[np.float64]
_WIDE, _GAP = 0.55, 0.5
"""Of the height of the type: a letter's width, about; the gap after which other words begin."""


@dataclass(frozen=True, slots=True)
class Words:
    """Letters of one line side by side; `x`, `y`: the first one's place, points from the bottom left."""

    text: str
    x: float
    y: float


def words_of(page: pikepdf.Page) -> list[Words]:
    """In the order they are drawn."""
    found: list[Words] = []
    run, start, last = "", (0.0, 0.0), (0.0, 0.0, 0.0)
    for text, x, y, size in _shown(page.obj, np.eye(3)):
        follows = run and abs(y - last[1]) < 0.1 and last[0] < x < last[2] + _GAP * size
        if run and not follows:
            found.append(Words(run, *start))
        run, start = (run + text, start) if follows else (text, (x, y))
        last = (x, y, x + _WIDE * size * len(text))
    return [*found, Words(run, *start)] if run else found


def text_of(page: pikepdf.Page) -> str:
    """All of a page, a run a line."""
    return "\n".join(one.text for one in words_of(page))


def _shown(holder: Any, within: Matrix) -> Iterator[tuple[str, float, float, float]]:
    """Each string, its place, the height of its type."""
    matrix, kept, line, size, names = within, [], np.eye(3), 1.0, {}
    fonts = holder.get("/Resources", {}).get("/Font", {})
    for one in pikepdf.parse_content_stream(holder):
        operands, name = one.operands, str(one.operator)
        if name == "q":
            kept.append(matrix)
        elif name == "Q":
            matrix = kept.pop()
        elif name == "cm":
            matrix = _six(operands) @ matrix
        elif name == "Tm":
            line = _six(operands)
        elif name == "Tf":
            names, size = _letters(fonts[str(operands[0])]), float(operands[1])
        elif name in ("Tj", "TJ"):
            whole = line @ matrix
            x, y, _ = np.array([0.0, 0.0, 1.0]) @ whole
            parts = (
                [operands[0]] if name == "Tj" else [part for part in operands[0] if isinstance(part, pikepdf.String)]
            )
            text = "".join(_read(bytes(part), names) for part in parts)
            yield text, float(x), float(y), size * float(np.hypot(whole[0, 0], whole[0, 1]))
        elif name == "Do":
            form = holder.Resources.XObject[str(operands[0])]
            if form.Subtype == "/Form":
                yield from _shown(form, _six(form.get("/Matrix", [1, 0, 0, 1, 0, 0])) @ matrix)


def _read(codes: bytes, names: dict[int, str]) -> str:
    """Two bytes a glyph, as typst writes them."""
    return "".join(names.get(int.from_bytes(codes[at : at + 2], "big"), "") for at in range(0, len(codes), 2))


def _letters(font: Any) -> dict[int, str]:
    """What each glyph stands for. Source: PDF 1.7, 9.10.3 (ToUnicode)."""
    if "/ToUnicode" not in font:
        return {}
    written, names = font.ToUnicode.read_bytes().decode("latin-1"), {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", written, re.DOTALL):
        for code, text in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            names[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", written, re.DOTALL):
        for first, last, text in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = int(first, 16)
            names |= {code: chr(int(text, 16) + code - start) for code in range(start, int(last, 16) + 1)}
    return names


def _six(numbers: Any) -> Matrix:
    a, b, c, d, e, f = (float(one) for one in numbers)
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1]])
