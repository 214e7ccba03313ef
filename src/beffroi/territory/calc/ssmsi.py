"""The State's communal base of recorded crime (SSMSI): one row of its file read without its traps.

- The commune's column is renamed each year (`CODGEO_2025`, `CODGEO_2026`): the year of the communes' map.
- `est_diffuse` = `ndiff` is neither zero nor small: the series is withheld on three years, and `complement_info_*` is
  the mean of the département's withheld communes, not this town's.
- Burglaries of dwellings are per thousand *dwellings* (`insee_log`), the rest per thousand people (`insee_pop`).
- Different units of count may not be added: each cell keeps its own.

Source: SSMSI, bases statistiques communale et départementale, notice; data.gouv.fr, Licence Ouverte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from beffroi.core.errors import InvalidInput

_COMMUNE = re.compile(r"CODGEO_(\d{4})")
_NEEDED = ("annee", "indicateur", "unite_de_compte", "nombre", "est_diffuse", "insee_pop", "insee_log")
_ABSENT = frozenset({"", "NA", "N/A"})
_DWELLINGS = "cambriolages de logement"
_YEARS = range(1990, 2200)
_MOST = 2_000_000_000


class Diffusion(StrEnum):
    """The three states of a cell."""

    PUBLISHED = "published"
    ZERO = "zero"
    WITHHELD = "withheld"


class Base(StrEnum):
    """What a rate is per thousand of."""

    DWELLINGS = "dwellings"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A commune, a year, an indicator. A withheld cell has no count and no rate.

    `withheld_mean`: the département's withheld communes on average; never the town's value.
    """

    commune: str
    year: int
    indicator: str
    unit: str
    diffusion: Diffusion
    count: int | None
    per_thousand: float | None
    base: Base
    base_count: int | None
    withheld_mean: float | None


def commune_column(columns: Iterable[str]) -> str:
    """The renamed column.

    Errors: InvalidInput when there is none, or the file lacks another column.
    """
    listed = [name for name in columns if name]
    found = [name for name in listed if _COMMUNE.fullmatch(name)]
    missing = [name for name in _NEEDED if name not in listed]
    if len(found) != 1 or missing:
        lacking = ", ".join(missing or ["CODGEO_20xx"])
        raise InvalidInput(
            f"Not the SSMSI communal base: {lacking} is missing; download the « base communale » again.",
            message_fr=f"Ce n'est pas la base communale du SSMSI : il manque {lacking} ; téléchargez-la de nouveau.",
            field="columns",
        )
    return found[0]


def cells(rows: Iterable[Mapping[str, str]], commune: str) -> Iterator[Cell]:
    """Cells of one commune, in the file's order. `rows`: by column name, as text (`;` and quotes undone).

    Errors: InvalidInput with the row's number (the first is 2, after the heading), its field and the mend.
    """
    column = ""
    seen: dict[tuple[int, str, str], int] = {}
    for number, row in enumerate(rows, start=2):
        column = column or commune_column(row)
        if row[column] != commune:
            continue
        cell = _cell({name: value or "" for name, value in row.items() if name}, commune, number)
        first = seen.setdefault((cell.year, cell.indicator, cell.unit), number)
        if first != number:
            raise InvalidInput(
                f"Row {number}, indicateur: {cell.indicator} {cell.year} stands already at row {first}; remove one.",
                message_fr=f"Ligne {number}, indicateur : {cell.indicator} {cell.year} est déjà ligne {first} ; "
                "retirez-en une.",
                field="indicateur",
            )
        yield cell


def _cell(row: Mapping[str, str], commune: str, number: int) -> Cell:
    indicator = row["indicateur"].strip()
    base = Base.DWELLINGS if indicator.casefold() == _DWELLINGS else Base.PEOPLE
    count = _number(row, "nombre", number)
    base_count = _number(row, "insee_log" if base is Base.DWELLINGS else "insee_pop", number)
    diffusion = _diffusion(row, count, number)
    if diffusion is Diffusion.WITHHELD:
        count = None
    year = _number(row, "annee", number)
    if year is None or int(year) not in _YEARS:
        raise _refused("annee", row["annee"], number)
    if not indicator:
        raise _refused("indicateur", indicator, number)
    return Cell(
        commune=commune,
        year=int(year),
        indicator=indicator,
        unit=row["unite_de_compte"].strip(),
        diffusion=diffusion,
        count=None if count is None else int(count),
        per_thousand=1000 * count / base_count if count is not None and base_count else None,
        base=base,
        base_count=None if base_count is None else int(base_count),
        withheld_mean=_number(row, "complement_info_nombre", number) if diffusion is Diffusion.WITHHELD else None,
    )


def _diffusion(row: Mapping[str, str], count: float | None, number: int) -> Diffusion:
    match row["est_diffuse"].strip():
        case "ndiff":
            return Diffusion.WITHHELD
        case "diff" if count is not None:
            return Diffusion.PUBLISHED if count else Diffusion.ZERO
        case said:
            raise _refused("est_diffuse", said, number)


def _number(row: Mapping[str, str], name: str, number: int) -> float | None:
    """A number with a decimal comma, or None."""
    text = row.get(name, "").strip()
    if text in _ABSENT:
        return None
    try:
        value = float(text.replace(",", ".").replace(" ", "").replace("\u202f", ""))
    except ValueError:
        raise _refused(name, text, number) from None
    if not 0 <= value < _MOST:
        raise _refused(name, text, number)
    return value


def _refused(name: str, text: str, number: int) -> InvalidInput:
    return InvalidInput(
        f"Row {number}, {name}: {text!r} is not what the base holds there; download the file again.",
        message_fr=f"Ligne {number}, {name} : {text!r} n'est pas ce que la base y met ; téléchargez le fichier de "
        "nouveau.",
        field=name,
    )
