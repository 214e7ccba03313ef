"""Reads a folder of text (CSV, TOML, GeoJSON) into checked rows, and lists every problem rather than the first.

A row is a pydantic model; this is the edge. Each problem names file, line, field, what is wrong and the mend.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from beffroi.core.dates import parse_date
from beffroi.core.errors import InvalidInput

MAX_FILE_BYTES = 64_000_000
MAX_SHOWN = 50


class TextRow(BaseModel):
    """Base of the rows: unknown fields are refused, an empty CSV cell means absent."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Row = TypeVar("Row", bound=TextRow)
Line = tuple[str, int | None]
"""A file and a line of it."""


def _date(written: object, info: ValidationInfo) -> object:
    if not isinstance(written, str):
        return written
    try:
        return parse_date(written, start_on=(info.context or {})["start_on"])
    except InvalidInput as error:
        raise refusal(error.message, error.message_fr) from None


TownDate = Annotated[date, BeforeValidator(_date)]
"""A date in a town's text; see `core.dates.parse_date`."""


Slug = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
"""An identifier: a-z, 0-9, inner hyphens."""
Name = Annotated[str, Field(min_length=1, max_length=120)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Degrees = Annotated[float, Field(ge=0, lt=360)]
"""Clockwise from true north."""


def refusal(message: str, message_fr: str) -> PydanticCustomError:
    """What a row's own validator raises: what is wrong and the mend, in both languages."""
    return PydanticCustomError("refused", "{message}", {"message": message, "message_fr": message_fr})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend in one file."""

    file: str
    message: str
    message_fr: str
    line: int | None = None
    field: str = ""

    def _where(self, line_word: str) -> str:
        parts = [self.file, f"{line_word} {self.line}" if self.line else "", self.field]
        return ", ".join(part for part in parts if part)

    def text(self) -> str:
        return f"{self._where('line')}: {self.message}"

    def text_fr(self) -> str:
        return f"{self._where('ligne')} : {self.message_fr}"


class FolderRefused(InvalidInput):
    """The folder cannot be read as it is; `problems` lists all that must be mended. Nothing was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        shown, rest = problems[:MAX_SHOWN], len(problems) - MAX_SHOWN
        more = [f"… {rest} more"] if rest > 0 else []
        more_fr = [f"… {rest} autres"] if rest > 0 else []
        super().__init__(
            "\n".join(["Nothing was imported. To mend:", *(problem.text() for problem in shown), *more]),
            message_fr="\n".join(["Rien n'est importé. À corriger :", *(p.text_fr() for p in shown), *more_fr]),
        )
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Read(Generic[Row]):
    """A row and where it stands; `line` is None where it cannot be told."""

    row: Row
    file: str
    line: int | None


@dataclass(slots=True)
class FolderReader:
    """Reads files of one folder; `start_on` is the day that relative dates are told from."""

    folder: Path
    start_on: date
    problems: list[Problem] = default(default_factory=list)
    spoilt: set[str] = default(default_factory=set)
    """Ids of rows with a problem: what refers to them is not refused as well."""

    def refuse(self, file: str, messages: tuple[str, str], *, line: int | None = None, field: str = "") -> None:
        """Note a problem: English, then French."""
        english, french = messages
        self.problems.append(Problem(file=file, message=english, message_fr=french, line=line, field=field))

    def refuse_row(self, read: Read[Any], messages: tuple[str, str], *, field: str = "") -> None:
        """Note a problem of a row that is well written but does not fit the others."""
        self.refuse(read.file, messages, line=read.line, field=field)

    def raise_if_any(self) -> None:
        """Errors: FolderRefused when anything must be mended."""
        if self.problems:
            raise FolderRefused(self.problems)

    def csv(self, file: str, row_type: type[Row], *, is_needed: bool = True) -> list[Read[Row]]:
        """Rows of a CSV file with a header; columns are the row's fields, in any order."""
        text = self._text(file, is_needed=is_needed)
        return [] if text is None else self.csv_text(file, text, row_type)

    def csv_text(self, file: str, text: str, row_type: type[Row]) -> list[Read[Row]]:
        """The same of a text at hand, which `file` names. Commas, or semicolons as a spreadsheet in French writes."""
        first = text.partition("\n")[0]
        sign = ";" if first.count(";") > first.count(",") else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            if not self._is_header_good(file, header, row_type):
                return []
            return [
                read
                for cells in reader
                if cells
                for read in self._csv_row((file, reader.line_num), (header, cells), row_type)
            ]
        except csv.Error as error:
            self.refuse(file, (f"cannot be read as CSV ({error}); check its quotes",
                               "n'est pas un CSV lisible ; vérifiez ses guillemets"), line=reader.line_num)  # fmt: skip
            return []

    def toml(self, file: str, table: str, row_type: type[Row]) -> list[Read[Row]]:
        """Rows of the tables `[[table]]` (or one `[table]`) of a TOML file."""
        text = self._text(file)
        return [] if text is None else self.toml_text(file, text, table, row_type=row_type)

    def toml_text(self, file: str, text: str, table: str, *, row_type: type[Row]) -> list[Read[Row]]:
        """The same of a text at hand, which `file` names."""
        try:
            found = tomllib.loads(text).get(table, [])
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            line = int(at.group(1)) if at else None
            self.refuse(file, (f"is not TOML: {error}", f"n'est pas du TOML : {error}"), line=line)
            return []
        tables = found if isinstance(found, list) else [found]
        lines = _table_lines(text, table)
        lines += [None] * (len(tables) - len(lines))
        return [
            read for cells, line in zip(tables, lines, strict=False) for read in self.row((file, line), cells, row_type)
        ]

    def geojson(self, file: str, row_type: type[Row], *, is_needed: bool = True) -> list[Read[Row]]:
        """Rows of a FeatureCollection: each feature's properties, and its geometry as `geometry`."""
        text = self._text(file, is_needed=is_needed)
        if text is None:
            return []
        try:
            features = json.loads(text)["features"]
            found = [{**feature["properties"], "geometry": feature["geometry"]} for feature in features]
        except (ValueError, KeyError, TypeError):
            self.refuse(file, ("is not a GeoJSON FeatureCollection", "n'est pas une FeatureCollection GeoJSON"))
            return []
        lines = [text.count("\n", 0, at.start()) + 1 for at in _FEATURE.finditer(text)]
        numbered = zip(found, lines if len(lines) == len(found) else [None] * len(found), strict=True)
        return [read for cells, line in numbered for read in self.row((file, line), cells, row_type)]

    def _text(self, file: str, *, is_needed: bool = True) -> str | None:
        path = self.folder / file
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                self.refuse(file, ("is over 64 MB; cut it", "dépasse 64 Mo ; coupez-le"))
                return None
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            if is_needed:
                self.refuse(file, ("is missing; put it in the folder", "manque ; placez-le dans le dossier"))
        except UnicodeDecodeError:
            self.refuse(file, ("is not UTF-8; save it as UTF-8", "n'est pas en UTF-8 ; enregistrez-le en UTF-8"))
        except OSError as error:
            self.refuse(file, (f"cannot be read: {error.strerror}", f"ne peut être lu : {error.strerror}"))
        return None

    def _is_header_good(self, file: str, header: list[str], row_type: type[Row]) -> bool:
        known = row_type.model_fields
        required = {name for name, known_field in known.items() if known_field.is_required()}
        for name in sorted(required - set(header)):
            self.refuse(file, ("column is missing; add it", "colonne absente ; ajoutez-la"), line=1, field=name)
        for name in header:
            if name not in known:
                self.refuse(file, _unknown(name, known), line=1, field=name)
        return required <= set(header) <= set(known)

    def _csv_row(self, at: Line, line: tuple[list[str], list[str]], row_type: type[Row]) -> list[Read[Row]]:
        header, cells = line
        if len(cells) != len(header):
            messages = (
                f"has {len(cells)} cells for {len(header)} columns; check commas and quotes",
                f"a {len(cells)} cellules pour {len(header)} colonnes ; vérifiez virgules et guillemets",
            )
            self.refuse(at[0], messages, line=at[1])
            return []
        filled = {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()}
        return self.row(at, filled, row_type)

    def row(
        self, at: Line, cells: object, row_type: type[Row], *, context: Mapping[str, object] | None = None
    ) -> list[Read[Row]]:
        """The row that cells (by field) make; none when a problem was noted."""
        file, line = at
        try:
            row = row_type.model_validate(cells, context=context or {"start_on": self.start_on})
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                name = ".".join(str(part) for part in detail["loc"])
                self.refuse(file, in_words(detail, row_type), line=line, field=name)
            if isinstance(cells, dict):
                self.spoilt.add(str(cells.get("id", "")))
            return []
        return [Read(row, file, line)]


_FEATURE = re.compile(r'"type"\s*:\s*"Feature"')


def _table_lines(text: str, table: str) -> list[int | None]:
    header = re.compile(rf"\s*\[{{1,2}}\s*{re.escape(table)}\s*\]{{1,2}}")
    return [number for number, line in enumerate(text.splitlines(), 1) if header.match(line)]


def _unknown(name: str, known: dict[str, Any]) -> tuple[str, str]:
    names = ", ".join(known)
    return f"is not known here; known: {names}", f"n'est pas connu ici ; connus : {names}"


def in_words(detail: ErrorDetails, row_type: type[BaseModel]) -> tuple[str, str]:
    """One problem in both languages; what pydantic says in English stands in for the rare kinds."""
    kind, given, limits = detail["type"], repr(detail["input"])[:60], detail.get("ctx", {})
    if kind == "refused":
        return str(limits["message"]), str(limits["message_fr"])
    if kind == "missing":
        return "is missing; fill it in", "manque ; remplissez-le"
    if kind == "extra_forbidden":
        return _unknown("", _holder(row_type, detail["loc"][:-1]).model_fields)
    if kind == "string_pattern_mismatch":
        return (
            f"{given} has a sign that cannot stand here; {_PATTERN}",
            f"{given} a un signe impossible ici ; {_PATTERN_FR}",
        )
    if kind in ("literal_error", "enum"):
        expected = str(limits["expected"])
        return f"{given} is not one of {expected}", f"{given} n'est pas l'un de {expected.replace(' or ', ' ou ')}"
    if kind == "string_too_long":
        most = limits["max_length"]
        return f"{given} has over {most} signs; shorten it", f"{given} a plus de {most} signes ; raccourcissez-le"
    if kind == "string_too_short":
        return "is empty; fill it in", "est vide ; remplissez-le"
    if isinstance(detail["input"], float) and not math.isfinite(detail["input"]):
        return f"{given} is no quantity; write a number", f"{given} n'est pas une quantité ; écrivez un nombre"
    for limit, english, french in _LENGTHS:
        if limit in limits:
            return f"{given} {english % limits[limit]}", f"{given} {french % limits[limit]}"
    for edge, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        if edge in limits:
            return f"{given} must be {sign} {limits[edge]}", f"{given} doit être {sign} {limits[edge]}"
    if "parsing" in kind or kind.endswith("_type"):
        wanted, wanted_fr = _KINDS.get(kind.split("_")[0], ("of that kind", "du bon type"))
        return f"{given} is not {wanted}", f"{given} n'est pas {wanted_fr}"
    return f"{given}: {detail['msg']}", f"{given} : {detail['msg']}"


def _holder(model: type[BaseModel], loc: Iterable[int | str]) -> type[BaseModel]:
    """The model of the object at a place inside `model`; the nearest around it where a union leaves that open."""
    for part in loc:
        field_there = model.model_fields.get(str(part))
        inner = list(_models(field_there.annotation)) if field_there else []
        model = inner[0] if len(inner) == 1 else model
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


_PATTERN, _PATTERN_FR = "use a-z, 0-9 and inner hyphens", "employez a-z, 0-9 et des tirets"
_KINDS = {
    "int": ("a whole number", "un nombre entier"),
    "float": ("a number with a point", "un nombre à point décimal"),
    "bool": ("true or false", "true ou false"),
    "string": ("a text", "un texte"),
    "date": ("a date such as 2017-06-12", "une date comme 2017-06-12"),
    "list": ("a list", "une liste"),
    "tuple": ("a list", "une liste"),
    "dict": ("an object with named fields", "un objet aux champs nommés"),
    "model": ("an object with named fields", "un objet aux champs nommés"),
}
_LENGTHS = (
    ("min_length", "is too short: %s at least", "est trop court : %s au moins"),
    ("max_length", "is too long: %s at most", "est trop long : %s au plus"),
)


def unique(reader: FolderReader, reads: list[Read[Row]], key: str = "id") -> dict[Any, Row]:
    """Rows by key; a key given twice is refused."""
    seen: dict[Any, Read[Row]] = {}
    for read in reads:
        given = getattr(read.row, key)
        if given in seen:
            first = seen[given].line or seen[given].file
            messages = (
                f"{given!r} already stands at {first}; give one another {key}, or take it out",
                f"{given!r} est déjà en {first} ; donnez à l'un un autre {key}, ou retirez-le",
            )
            reader.refuse_row(read, messages, field=key)
        seen.setdefault(given, read)
    return {given: read.row for given, read in seen.items()}


def check_known(reader: FolderReader, reads: Iterable[Read[Any]], known: Container[str], *, field: str) -> None:
    """Notes rows whose `field` names nothing that is known."""
    for found in reads:
        given = getattr(found.row, field)
        if given not in known and given not in reader.spoilt:
            messages = (
                f"{given!r} does not exist; add it or mend the id",
                f"{given!r} n'existe pas ; ajoutez-le ou corrigez l'identifiant",
            )
            reader.refuse_row(found, messages, field=field)


MAX_FROM_TOWN_KM = 50.0
"""Farther than this from the town's centre, a position is a mistake."""
_KM_PER_DEG = 111.3


def is_near(centre: tuple[float, float], at: tuple[float, float]) -> bool:
    """True where `check_near` has nothing to say."""
    return _away_km(centre, at) <= MAX_FROM_TOWN_KM


def check_near(reader: FolderReader, centre: tuple[float, float] | None, reads: Iterable[Read[Any]]) -> None:
    """Notes rows whose `lat` and `lon` are too far from `centre` (longitude, latitude) to be right."""
    if centre is None:
        return
    placed = list(reads)
    far = [(found, away_km) for found in placed if (away_km := _away_km(centre, _at(found))) > MAX_FROM_TOWN_KM]
    swapped = {id(found) for found, _ in far if _away_km(centre, _at(found)[::-1]) <= MAX_FROM_TOWN_KM}
    if 1 < len(placed) == len(swapped):
        messages = (
            f"and all {len(placed)} positions of the file: latitude and longitude are swapped; exchange their columns",
            f"et les {len(placed)} positions du fichier : latitude et longitude sont échangées ; intervertissez leurs "
            "colonnes",
        )
        reader.refuse_row(placed[0], messages, field="lat")
        return
    for found, away_km in far:
        mend, mend_fr = _SWAPPED if id(found) in swapped else _ASTRAY
        messages = (f"is {away_km:.0f} km from the town{mend}", f"est à {away_km:.0f} km de la ville{mend_fr}")
        reader.refuse_row(found, messages, field="lat")


_SWAPPED = (
    ": latitude and longitude are swapped; exchange them",
    " : latitude et longitude sont échangées ; intervertissez-les",
)
_ASTRAY = (
    "; correct the position, or the projection it is written in",
    " ; corrigez la position, ou la projection où elle est écrite",
)


def _at(found: Read[Any]) -> tuple[float, float]:
    return found.row.lon, found.row.lat


def _away_km(centre: tuple[float, float], at: tuple[float, float]) -> float:
    north = (at[1] - centre[1]) * _KM_PER_DEG
    east = (at[0] - centre[0]) * _KM_PER_DEG * math.cos(math.radians(centre[1]))
    return math.hypot(east, north)
