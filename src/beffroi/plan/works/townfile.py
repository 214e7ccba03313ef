"""The edge: a phase's works as a town writes them in `works.toml`, checked."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from beffroi.core.reading import FolderReader, Read, Slug, TextRow, TownDate, check_known, refusal, unique
from beffroi.plan.works import rules
from beffroi.plan.works.rules import BudgetKind, Item, TaskKind, Work

FILE = "works.toml"
Euros = Annotated[Decimal, Field(max_digits=12, decimal_places=2)]
Words = Annotated[str, Field(min_length=1, max_length=160)]


class LotRow(TextRow):
    id: Slug
    phase: Slug
    rank: Annotated[int, Field(ge=1, le=99)]
    name: Words
    contractor: Annotated[str, Field(max_length=160)] = ""
    contract: Annotated[str, Field(max_length=60)] = ""


class TaskRow(TextRow):
    id: Slug
    lot: Slug
    kind: TaskKind
    name: Words
    site: Slug | None = None
    link: Slug | None = None
    cameras: tuple[Slug, ...] = ()
    after: tuple[Slug, ...] = ()
    planned_from_on: TownDate
    planned_to_on: TownDate
    actual_from_on: TownDate | None = None
    actual_to_on: TownDate | None = None
    note: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.planned_to_on < self.planned_from_on:
            raise refusal("planned_to_on comes before planned_from_on", "planned_to_on précède planned_from_on")
        if self.actual_to_on and (self.actual_from_on is None or self.actual_to_on < self.actual_from_on):
            raise refusal("actual_to_on needs an actual_from_on before it",
                          "actual_to_on demande un actual_from_on qui le précède")  # fmt: skip
        return self


class EntryRow(TextRow):
    lot: Slug
    kind: BudgetKind
    on: TownDate
    euros: Euros
    reference: Annotated[str, Field(min_length=1, max_length=80)]


class MeasureRow(TextRow):
    item: Item
    camera: Slug | None = None
    expected: Annotated[str, Field(max_length=80)] = ""
    measured: Annotated[str, Field(min_length=1, max_length=80)]
    is_passed: bool
    on: TownDate


class ReserveRow(TextRow):
    text: Annotated[str, Field(min_length=1, max_length=300)]
    owner: Words
    due_on: TownDate
    lifted_on: TownDate | None = None
    is_blocking: bool = True


class SheetRow(TextRow):
    site: Slug
    opened_on: TownDate
    measures: tuple[MeasureRow, ...] = ()
    reserves: tuple[ReserveRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Programmed:
    """What works may refer to, by id."""

    phases: Container[str]
    sites: Container[str]
    links: Container[str]
    cameras: Container[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A town's works as written."""

    lots: Mapping[str, LotRow] = field(default_factory=dict)
    tasks: Mapping[str, TaskRow] = field(default_factory=dict)
    entries: tuple[EntryRow, ...] = ()
    sheets: tuple[SheetRow, ...] = ()


def read(reader: FolderReader, known: Programmed) -> Building:
    """Reads the works; problems are noted in `reader`. A folder without the file has none."""
    if not (reader.folder / FILE).exists():
        return Building()
    lots = reader.toml(FILE, "lot", LotRow)
    check_known(reader, lots, known.phases, field="phase")
    by_lot = unique(reader, lots)
    tasks = reader.toml(FILE, "task", TaskRow)
    check_known(reader, tasks, by_lot, field="lot")
    by_task = unique(reader, tasks)
    for task in tasks:
        _check_task(reader, task, known=known, tasks=by_task)
    _check_order(reader, tasks)
    entries = reader.toml(FILE, "entry", EntryRow)
    check_known(reader, entries, by_lot, field="lot")
    sheets = reader.toml(FILE, "sheet", SheetRow)
    check_known(reader, sheets, known.sites, field="site")
    return Building(
        lots=by_lot,
        tasks=by_task,
        entries=tuple(entry.row for entry in entries),
        sheets=tuple(sheet.row for sheet in sheets),
    )


def _check_task(reader: FolderReader, task: Read[TaskRow], *, known: Programmed, tasks: Mapping[str, TaskRow]) -> None:
    row = task.row
    named = [("site", row.site, known.sites), ("link", row.link, known.links)]
    named += [("cameras", camera, known.cameras) for camera in row.cameras]
    named += [("after", before, tasks) for before in row.after]
    for name, given, held in named:
        if given is not None and given not in held and given not in reader.spoilt:
            messages = (f"{given!r} does not exist; mend the id", f"{given!r} n'existe pas ; corrigez l'identifiant")
            reader.refuse_row(task, messages, field=name)


def _check_order(reader: FolderReader, tasks: list[Read[TaskRow]]) -> None:
    """No circle of waiting, and no task over before what it waits for; a camera's fibre is looked at once landed."""
    works = [
        Work(id=task.row.id, planned_from_on=task.row.planned_from_on, planned_to_on=task.row.planned_to_on,
             actual_from_on=task.row.actual_from_on, actual_to_on=task.row.actual_to_on, after=task.row.after)
        for task in tasks
    ]  # fmt: skip
    try:
        rules.check_no_circle({work.id: work for work in works})
    except ValueError as error:
        name = str(error).split()[0]
        reader.refuse(FILE, (f"task {name} waits for itself; cut the circle of `after`",
                             f"la tâche {name} s'attend elle-même ; coupez le cercle des `after`"),
                      field="after")  # fmt: skip
    by_id = {task.row.id: task for task in tasks}
    for name, before in rules.too_early(works):
        reader.refuse_row(
            by_id[name],
            (f"ends before {before}, which it waits for; mend the days, or `after`",
             f"finit avant {before}, qu'elle attend ; corrigez les jours, ou `after`"),
            field="actual_to_on",
        )  # fmt: skip
