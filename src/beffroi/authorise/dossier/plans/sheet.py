"""One sheet: a map, its side panel, what stands under the map. What the template draws and pages show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_CAMERA = re.compile(r'data-camera="([^"]+)"')
_SIGN = re.compile(r'data-sign="([^"]+)"')
_THIRD = re.compile(r'data-third="([^"]+)"')
_DOOR = re.compile(r'data-door="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of words. `numeric`: columns set to the right; `wide`: the column that takes what is left."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[int] = ()
    columns: int = 3
    """Side by side at most, when it is long."""
    wide: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A simulated view."""

    title: str
    words: str
    svg: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """A line of the legend."""

    svg: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSheet:
    """A sheet as it is drawn.

    Attributes:
        piece: piece of R. 252-3 and what it is, under the title.
        svg: the map alone, millimetres of paper.
        on_plan, in_base, in_form: cameras counted on the drawing, in the database, in the request.
        cells: rows of (name, value) pairs of the title block.
    """

    name: str
    title: str
    subtitle: str
    piece: str
    town: str
    fictional: bool
    scale: int
    svg: str
    alt: str
    on_plan: int
    in_base: int
    in_form: int
    facts: Table | None
    legend: Sequence[Swatch]
    notes: Sequence[str]
    pictures: Sequence[Picture]
    table_title: str
    table: Table
    cells: Sequence[Sequence[tuple[str, str]]]
    orientation: str = "landscape"
    counted: str = "caméra"
    """What is counted."""

    @property
    def control(self) -> str:
        """The line that a clerk checks."""
        things = self.counted if self.on_plan < 2 else f"{self.counted}s"
        return f"Contrôle : {self.on_plan} {things} au plan, {self.in_base} en base, {self.in_form} au formulaire."

    @property
    def is_consistent(self) -> bool:
        return self.on_plan == self.in_base == self.in_form

    def as_given(self) -> Mapping[str, Any]:
        """JSON values for the template."""
        return asdict(self) | {"control": self.control, "consistent": self.is_consistent}


def cameras_on(svg: str) -> list[str]:
    """Numbers of the cameras that a map shows."""
    return _CAMERA.findall(svg)


def signs_on(svg: str) -> list[str]:
    """States of the signs that a map shows."""
    return _SIGN.findall(svg)


def buildings_on(svg: str) -> list[str]:
    """Numbers of the third-party buildings that a map names."""
    return _THIRD.findall(svg)


def doors_on(svg: str) -> list[str]:
    """For each access that a map shows, the number of its building."""
    return _DOOR.findall(svg)
