"""The edge: a file of facts as a police force or a town's services write it, its columns mapped, its rows checked."""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationInfo

from beffroi.core.dates import parse_date
from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderReader, Latitude, Longitude, Slug, TextRow, refusal
from beffroi.territory.calc.words import words
from beffroi.territory.rules import FactKind

MAX_BYTES = 64_000_000
MAX_ROWS = 1_000_000
SAMPLE_ROWS = 8
FIELDS = ("reference", "kind", "from", "to", "lat", "lon", "zone")
NEEDED = frozenset({"kind", "from"})
_WORDS = Path(__file__).with_name("fact_words.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactFile:
    """A file as given. `columns`: which column holds which field; `kinds`: the source's words this town added.

    Columns that are not mapped are never read: a name in one of them goes nowhere.
    """

    name: str
    text: str
    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, FactKind] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Of its text and source: the same file twice is found by it."""
        return hashlib.sha256(f"{self.source}\n{self.text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file would be read as: its columns, what each is taken for, the first rows, words nobody knows."""

    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    sample: tuple[tuple[str, ...], ...]
    rows: int
    unknown_kinds: tuple[tuple[str, int], ...]

    @property
    def lacking(self) -> tuple[str, ...]:
        """Fields without a column, without which nothing can be read; a place is one of them."""
        place = () if {"lat", "lon"} <= set(self.mapping) or "zone" in self.mapping else ("zone",)
        return (*sorted(NEEDED - set(self.mapping)), *place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """From `from_at`, and until `to_at` when only a day is known; town time, aware."""

    from_at: datetime
    to_at: datetime


def _moment(written: object, info: ValidationInfo) -> object:
    context = info.context or {}
    text = str(written).strip()
    try:
        return _moment_of(text, context)
    except (ValueError, InvalidInput):
        raise refusal(
            f"{text[:30]!r} is not a date; write 2025-06-03 or 2025-06-03 14:05",
            f"{text[:30]!r} n'est pas une date ; écrivez 2025-06-03 ou 2025-06-03 14:05",
        ) from None


def _moment_of(text: str, context: Mapping[str, object]) -> Moment:
    zone = context["zone"]
    assert isinstance(zone, ZoneInfo)
    if len(text) >= 10 and text[2:3] == "/" and text[5:6] == "/":
        text = f"{text[6:10]}-{text[3:5]}-{text[:2]}{text[10:]}"
    if len(text) <= 10 or text.startswith("start"):
        day = parse_date(text, start_on=context["start_on"])  # type: ignore[arg-type]  # the reader's context
        begins = datetime.combine(day, time(), tzinfo=zone)
        return Moment(from_at=begins, to_at=begins + timedelta(days=1) - timedelta(seconds=1))
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return Moment(from_at=at, to_at=at)


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    return " ".join(words(word))


def _kind(written: object, info: ValidationInfo) -> object:
    known: Mapping[str, FactKind] = (info.context or {})["kinds"]
    found = known.get(_plain(str(written)))
    if found is None:
        raise refusal(
            f"{str(written)[:40]!r} is no kind of fact known here; give its kind with --kind, or correct it",
            f"{str(written)[:40]!r} n'est pas une nature connue ; donnez-la par --kind, ou corrigez-la",
        )
    return found


class FactRow(TextRow):
    """One row: a position or a zone."""

    reference: Annotated[str, Field(max_length=60)] = ""
    kind: Annotated[FactKind, BeforeValidator(_kind)]
    from_: Annotated[Moment, BeforeValidator(_moment), Field(alias="from")]
    to: Annotated[Moment, BeforeValidator(_moment)] | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    zone: Slug | None = None

    @property
    def to_at(self) -> datetime:
        return self.to.to_at if self.to else self.from_.to_at


@cache
def _known_words() -> tuple[dict[str, FactKind], dict[str, tuple[str, ...]]]:
    table = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    kinds = {_plain(word): FactKind(kind) for kind, named in table["kinds"].items() for word in named}
    own = {_plain(kind.value): kind for kind in FactKind}
    return {**own, **kinds}, {name: tuple(_plain(w) for w in named) for name, named in table["columns"].items()}


def preview(file: FactFile) -> Preview:
    """Reads the header and the natures, checks nothing else.

    Errors: InvalidInput when the file is no CSV with a header.
    """
    lines = _lines(file)
    header = next(lines)[1]
    mapping = _mapping(file, header)
    kind_at = header.index(mapping["kind"]) if "kind" in mapping else None
    known = _kinds(file)
    sample: list[tuple[str, ...]] = []
    unknown: Counter[str] = Counter()
    rows = 0
    for _, cells in lines:
        rows += 1
        if len(sample) < SAMPLE_ROWS:
            sample.append(tuple(cells))
        if kind_at is not None and kind_at < len(cells) and _plain(cells[kind_at]) not in known:
            unknown[cells[kind_at]] += 1
    return Preview(
        columns=tuple(header),
        mapping=mapping,
        sample=tuple(sample),
        rows=rows,
        unknown_kinds=tuple(unknown.most_common(20)),
    )


def read(file: FactFile, reader: FolderReader, *, zone: ZoneInfo) -> list[tuple[int, FactRow]]:
    """Every row with its line; problems are noted in `reader`.

    Errors: InvalidInput when a needed column is not there.
    """
    lines = _lines(file)
    header = next(lines)[1]
    mapping = _mapping(file, header)
    lacking = Preview(columns=(), mapping=mapping, sample=(), rows=0, unknown_kinds=()).lacking
    if lacking:
        raise InvalidInput(
            f"{file.name}: no column for {', '.join(lacking)}; name it with --column {lacking[0]}=…",
            message_fr=f"{file.name} : pas de colonne pour {', '.join(lacking)} ; nommez-la par --column "
            f"{lacking[0]}=…",
            field=lacking[0],
        )
    at = [(name, header.index(column)) for name, column in mapping.items()]
    context = {"start_on": reader.start_on, "zone": zone, "kinds": _kinds(file)}
    found = []
    for line, cells in lines:
        if len(cells) != len(header):
            messages = (f"has {len(cells)} cells for {len(header)} columns", f"a {len(cells)} cellules pour "
                        f"{len(header)} colonnes")  # fmt: skip
            reader.refuse(file.name, messages, line=line)
            continue
        filled = {name: cells[index].replace(",", ".") if name in ("lat", "lon") else cells[index]
                  for name, index in at if cells[index].strip()}  # fmt: skip
        for read in reader.row((file.name, line), filled, FactRow, context=context):
            found.append((line, read.row))
    return found


def _kinds(file: FactFile) -> dict[str, FactKind]:
    return {**_known_words()[0], **{_plain(word): kind for word, kind in file.kinds.items()}}


def _mapping(file: FactFile, header: Sequence[str]) -> dict[str, str]:
    """Field to column: what was told, then what the column's name says."""
    mapping: dict[str, str] = {}
    for name, column in file.columns.items():
        if name not in FIELDS or (column and column not in header):
            known = ", ".join(FIELDS if name not in FIELDS else header)
            raise InvalidInput(
                f"{file.name}: {name}={column} names nothing here; known: {known}.",
                message_fr=f"{file.name} : {name}={column} ne désigne rien ici ; connus : {known}.",
                field="column",
            )
        if column:
            mapping[name] = column
    plain = {_plain(column): column for column in header}
    for name, named in _known_words()[1].items():
        guess = next((plain[word] for word in named if word in plain), None)
        if name not in file.columns and guess and guess not in mapping.values():
            mapping[name] = guess
    return mapping


def _lines(file: FactFile) -> Iterator[tuple[int, list[str]]]:
    """The header, then each row that is not empty, with its line."""
    text = file.text.lstrip("\ufeff")
    first = text[: text.find("\n") + 1] or text
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    count = 0
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield rows.line_num, [cell.strip() for cell in cells] if not count else cells
                count += 1
            if count > MAX_ROWS:
                break
    except csv.Error as error:
        raise _no_csv(file, str(error)) from None
    if not count:
        raise _no_csv(file, "empty")
    if count > MAX_ROWS:
        raise InvalidInput(
            f"{file.name} has over {MAX_ROWS} rows; cut it.",
            message_fr=f"{file.name} a plus de {MAX_ROWS} lignes ; coupez-le.",
            field="file",
        )


def _no_csv(file: FactFile, why: str) -> InvalidInput:
    return InvalidInput(
        f"{file.name} is not a CSV file with a header ({why}).",
        message_fr=f"{file.name} n'est pas un fichier CSV avec un en-tête ({why}).",
        field="file",
    )


Progress = Callable[[int, int], None]
"""Rows written, rows in all."""
