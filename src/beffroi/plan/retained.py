"""What was retained from a scenario and a town's folder says otherwise. Reads only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from beffroi.plan.models import Camera, Site

_NOT_COMPARED = {"id", "rank", "retained_at"}
"""A site's rank is its place in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a row, as the folder has it and as it was retained."""

    name: str
    in_folder: object
    retained: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A row of the folder that is not written, for what was retained stands."""

    file: str
    id: str
    fields: tuple[Field, ...]

    def text(self) -> str:
        return f"{self.file}, {self.id}: " + ", ".join(
            f"{one.name} {one.in_folder} (retained: {one.retained})" for one in self.fields
        )

    def text_fr(self) -> str:
        return f"{self.file}, {self.id} : " + ", ".join(
            f"{one.name} {one.in_folder} (retenu : {one.retained})" for one in self.fields
        )


def left(rows: Sequence[Camera] | Sequence[Site], *, file: str) -> Iterator[Left]:
    """Those of a folder's rows that were retained otherwise."""
    if not rows:
        return
    standing = {row.pk: row for row in type(rows[0])._default_manager.filter(retained_at__isnull=False)}
    for row in rows:
        if row.pk in standing and (fields := tuple(_otherwise(row, standing[row.pk]))):
            yield Left(file=file, id=row.pk, fields=fields)


def _otherwise(row: Camera | Site, kept: Camera | Site) -> Iterable[Field]:
    for column in row._meta.concrete_fields:
        in_folder, retained = getattr(row, column.attname), getattr(kept, column.attname)
        if column.name not in _NOT_COMPARED and not _same(in_folder, retained):
            yield Field(name=column.name, in_folder=in_folder, retained=retained)


def _same(one: object, other: object) -> bool:
    """Figures typed into a file have six decimals."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0.0, abs_tol=1e-6)
    return one == other
