"""The edge: a file of facts as a police force or a town's services write it, its columns mapped, its rows checked."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationInfo
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from beffroi.core.dates import parse_date
from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderReader, Latitude, Longitude, Slug, TextRow, refusal
from beffroi.territory.calc.words import words
from beffroi.territory.rules import FactKind

MAX_BYTES = 64_000_000
MAX_ROWS = 1_000_000
SAMPLE_ROWS = 8
MAX_UNKNOWN = 60
FIELDS = ("reference", "kind", "from", "to", "lat", "lon", "zone")
NEEDED = frozenset({"kind", "from"})
_WORDS = Path(__file__).with_name("fact_words.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactFile:
    """A file as given. `columns`: which column holds which field; `kinds`: the source's words this town added.

    `crs`: the projection of its positions (east in `lon`, north in `lat`); degrees when it is empty. Columns that are
    not mapped are never read: a name in one of them goes nowhere.
    """

    name: str
    text: str
    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, FactKind] = field(default_factory=dict)
    crs: str = ""

    @property
    def sha256(self) -> str:
        """Of its text and source: the same file twice is found by it."""
        return hashlib.sha256(f"{self.source}\n{self.text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a file would be read as: its columns, what each is taken for, words nobody knows.

    `sample`: the first rows, cells of the `read_columns` only: what is not mapped is named and never shown.
    """

    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    sample: tuple[tuple[str, ...], ...]
    rows: int
    unknown_kinds: tuple[tuple[str, int], ...]

    @property
    def read_columns(self) -> tuple[str, ...]:
        """Columns that hold a field, in the file's order."""
        return tuple(column for column in self.columns if column in self.mapping.values())

    @property
    def unread_columns(self) -> tuple[str, ...]:
        """Columns that nothing reads."""
        return tuple(column for column in self.columns if column not in self.mapping.values())

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
    except (ValueError, OverflowError, InvalidInput):
        raise refusal(
            f"{text[:30]!r} is not a date; write 2025-06-03, 2025-06-03 14:05 or 03/06/2025 14:05",
            f"{text[:30]!r} n'est pas une date ; écrivez 2025-06-03, 2025-06-03 14:05 ou 03/06/2025 14:05",
        ) from None


_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_HOUR = re.compile(r"(?<=^.{10})[T ]+(\d{1,2}) ?[hH:] ?(\d{2})")
"""After the ten signs of the day: `14h05`, `9:05`."""
_YEARS = range(1900, 10_000)


def _moment_of(text: str, context: Mapping[str, object]) -> Moment:
    zone = context["zone"]
    assert isinstance(zone, ZoneInfo)
    text = _DAY_FIRST.sub(lambda at: f"{at[3]}-{at[2]:0>2}-{at[1]:0>2}", text, count=1)
    text = _HOUR.sub(lambda at: f" {at[1]:0>2}:{at[2]}", text, count=1)
    if text[:4].isdecimal() and int(text[:4]) not in _YEARS:
        raise ValueError(text)
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
            f"{str(written)[:40]!r} is no kind of fact known here; correct it, or say its kind (--kind in a terminal)",
            f"{str(written)[:40]!r} n'est pas une nature connue ; corrigez-la, ou dites laquelle c'est (--kind au "
            "terminal)",
        )
    return found


def _zone(written: object, info: ValidationInfo) -> object:
    """A zone by its id, its number or its name."""
    known: Mapping[str, str] = (info.context or {})["zones"]
    found = known.get(_plain(str(written)))
    if found is None:
        ids = sorted(set(known.values()))
        listed = ", ".join(ids[:20]) + (", …" if len(ids) > 20 else "")
        raise refusal(
            f"{str(written)[:40]!r} does not exist; write the id, the number or the name of one of: {listed or '–'}",
            f"{str(written)[:40]!r} n'existe pas ; écrivez l'identifiant, le numéro ou le nom de l'une de : "
            f"{listed or '–'}",
        )
    return found


def zone_words(zones: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    """What a file may call a zone, by `words`: from (id, number, name) of each to its id; the id comes first."""
    known: dict[str, str] = {}
    for pk, number, name in zones:
        for word in (name, str(number), f"z{number}", f"z{number:02d}"):
            known.setdefault(_plain(word), pk)
    return known | {_plain(pk): pk for pk in set(known.values())}


class FactRow(TextRow):
    """One row: a position or a zone."""

    reference: Annotated[str, Field(max_length=60)] = ""
    kind: Annotated[FactKind, BeforeValidator(_kind)]
    from_: Annotated[Moment, BeforeValidator(_moment), Field(alias="from")]
    to: Annotated[Moment, BeforeValidator(_moment)] | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    zone: Annotated[Slug, BeforeValidator(_zone)] | None = None

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
    header = _header(file, lines)
    mapping = _mapping(file, header)
    kind_at = header.index(mapping["kind"]) if "kind" in mapping else None
    read_at = [index for index, column in enumerate(header) if column in mapping.values()]
    known = _kinds(file)
    sample: list[tuple[str, ...]] = []
    unknown: Counter[str] = Counter()
    rows = 0
    for _, cells in lines:
        rows += 1
        if len(sample) < SAMPLE_ROWS:
            sample.append(tuple(cells[index] for index in read_at if index < len(cells)))
        word = cells[kind_at].strip() if kind_at is not None and kind_at < len(cells) else ""
        if word and _plain(word) not in known:
            unknown[word] += 1
    return Preview(
        columns=tuple(header),
        mapping=mapping,
        sample=tuple(sample),
        rows=rows,
        unknown_kinds=tuple(unknown.most_common(MAX_UNKNOWN)),
    )


def read(
    file: FactFile, reader: FolderReader, *, zone: ZoneInfo, zones: Mapping[str, str]
) -> list[tuple[int, FactRow]]:
    """Every row with its line; problems are noted in `reader`. `zones`: what the file may call a zone (`zone_words`).

    Errors: InvalidInput when a needed column is not there, there is no row, or the projection is none.
    """
    lines = _lines(file)
    header = _header(file, lines)
    mapping = _mapping(file, header)
    lacking = Preview(columns=(), mapping=mapping, sample=(), rows=0, unknown_kinds=()).lacking
    if lacking:
        raise InvalidInput(
            f"{file.name}: no column for {', '.join(lacking)}; name it (in a terminal: --column {lacking[0]}=…)",
            message_fr=f"{file.name} : pas de colonne pour {', '.join(lacking)} ; nommez-la (au terminal : --column "
            f"{lacking[0]}=…)",
            field=lacking[0],
        )
    at = [(name, header.index(column)) for name, column in mapping.items()]
    context = {"start_on": reader.start_on, "zone": zone, "kinds": _kinds(file), "zones": zones}
    spot = _Spot(file)
    found, count = [], 0
    for count, (line, cells) in enumerate(lines, 1):  # noqa: B007  # told after the loop
        if len(cells) != len(header):
            messages = (
                f"has {len(cells)} cells for {len(header)} columns; check separators and quotes",
                f"a {len(cells)} cellules pour {len(header)} colonnes ; vérifiez séparateurs et guillemets",
            )
            reader.refuse(file.name, messages, line=line)
            continue
        filled: dict[str, object] = {name: cells[index] for name, index in at if cells[index].strip()}
        if not spot.place(filled):
            reader.refuse(file.name, _NO_SPOT, line=line, field="lat")
            continue
        for read in reader.row((file.name, line), filled, FactRow, context=context):
            found.append((line, read.row))
    if not count:
        raise InvalidInput(
            f"{file.name} has a header and no row; export the facts again.",
            message_fr=f"{file.name} a un en-tête et aucune ligne ; exportez de nouveau les faits.",
            field="file",
        )
    return found


_NO_SPOT = (
    "lat and lon are not a position in this projection; degrees are written 44.098 and 3.078, metres need their "
    "projection (EPSG:2154 for Lambert-93)",
    "lat et lon ne sont pas une position dans cette projection ; les degrés s'écrivent 44.098 et 3.078, des mètres "
    "demandent leur projection (EPSG:2154 pour Lambert-93)",
)


class _Spot:
    """Puts the position of a row into degrees, in place."""

    def __init__(self, file: FactFile) -> None:
        self._move = _mover(file.crs) if file.crs else None

    def place(self, row: dict[str, object]) -> bool:
        """False when the position of a row is none; a row without one is let through."""
        if "lat" not in row or "lon" not in row:
            return True
        try:
            lon, lat = (float(str(row[name]).replace(",", ".")) for name in ("lon", "lat"))
        except ValueError:
            return False
        if self._move:
            lon, lat = self._move(lon, lat)
        row["lon"], row["lat"] = lon, lat
        return abs(lat) <= 90 and abs(lon) <= 180


def _mover(crs: str) -> Callable[[float, float], tuple[float, float]]:
    try:
        transformer = Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True)
    except CRSError:
        raise InvalidInput(
            f"{crs[:40]!r} is not a projection; write EPSG:2154 or EPSG:4326.",
            message_fr=f"{crs[:40]!r} n'est pas une projection ; écrivez EPSG:2154 ou EPSG:4326.",
            field="crs",
        ) from None

    def moved(east: float, north: float) -> tuple[float, float]:
        lon, lat = transformer.transform(east, north)
        return float(lon), float(lat)

    return moved


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
    for column in mapping.values():
        if header.count(column) > 1:
            raise InvalidInput(
                f"{file.name}: the column « {column} » stands {header.count(column)} times; rename one.",
                message_fr=f"{file.name} : la colonne « {column} » figure {header.count(column)} fois ; renommez-en "
                "une.",
                field="file",
            )
    return mapping


def _lines(file: FactFile) -> Iterator[tuple[int, list[str]]]:
    """The header, then each row that is not empty, with its line."""
    text = file.text.lstrip("\ufeff")
    if "\0" in text:
        raise _no_csv(file, ("it holds a sign that is no text", "il contient un signe qui n'est pas du texte"))
    first = text[: text.find("\n") + 1] or text
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    count = 0
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield rows.line_num, [cell.strip() for cell in cells] if not count else cells
                count += 1
            if count > MAX_ROWS:
                break
    except csv.Error:
        at = rows.line_num
        why = (f"line {at}: a cell does not end; close its quotes", f"ligne {at} : une cellule sans fin ; fermez ses "
               "guillemets")  # fmt: skip
        raise _no_csv(file, why) from None
    if not count:
        raise _no_csv(file, ("it is empty", "il est vide"))
    if count > MAX_ROWS:
        raise InvalidInput(
            f"{file.name} has over {MAX_ROWS} rows; cut it.",
            message_fr=f"{file.name} a plus de {MAX_ROWS} lignes ; coupez-le.",
            field="file",
        )


LEAST_COLUMNS = 3
"""A nature, a date and a zone."""


def _header(file: FactFile, lines: Iterator[tuple[int, list[str]]]) -> list[str]:
    header = next(lines)[1]
    if len(header) < LEAST_COLUMNS:
        raise _no_csv(
            file,
            (f"the first line has {len(header)} columns, a nature, a date and a zone take three; the sign between is ; "
             "or ,",
             f"la première ligne a {len(header)} colonnes, une nature, une date et une zone en prennent trois ; le "
             "signe entre elles est ; ou ,"),
        )  # fmt: skip
    return header


def _no_csv(file: FactFile, why: tuple[str, str]) -> InvalidInput:
    return InvalidInput(
        f"{file.name} is not a CSV file with a header ({why[0]}); export it as CSV, the header on its first line.",
        message_fr=f"{file.name} n'est pas un fichier CSV avec un en-tête ({why[1]}) ; exportez-le en CSV, l'en-tête "
        "en première ligne.",
        field="file",
    )


_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How spreadsheets begin: xlsx and ods, then xls."""


def text_of(written: bytes, name: str) -> str:
    """The text of a CSV file.

    Errors: InvalidInput when it is a spreadsheet, or no UTF-8; it says how to save it.
    """
    if written.startswith(_OFFICE):
        raise InvalidInput(
            f"{name} is a spreadsheet or a zip; save the sheet as « CSV UTF-8 ».",
            message_fr=f"{name} est un classeur ou un zip ; enregistrez la feuille au format « CSV UTF-8 ».",
            field="file",
        )
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{name} is not UTF-8; save it as « CSV UTF-8 » (in a spreadsheet: Save as).",
            message_fr=f"{name} n'est pas en UTF-8 ; enregistrez-le au format « CSV UTF-8 » (tableur : Enregistrer "
            "sous).",
            field="file",
        ) from None


Progress = Callable[[int, int], None]
"""Rows written, rows in all."""
