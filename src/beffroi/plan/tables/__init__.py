"""The dated tables that the calculations read: typical rates, recorders measured, prices, grants.

The files stand beside this one; a town's own file of the same form replaces one of them; every row has its source.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.bandwidth import TypicalRate
from beffroi.plan.calc.cost import Kind
from beffroi.plan.calc.funding import Limits, Scheme
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.recorders import RecorderFigures

HERE = Path(__file__).parent
Three = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]
"""Low, likely, high."""
Share = Annotated[float, Field(ge=0, le=1)]
Above = Annotated[float, Field(gt=0)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Table = TypeVar("Table", bound=_Row)


class _Rate(_Row):
    codec: str
    megapixels: Above
    mbit_s: Three


class _Rates(_Row):
    read_on: date
    source: str
    rate: tuple[_Rate, ...]


class _Recorder(_Row):
    machine: str
    cores: int = Field(ge=1)
    cameras: int = Field(ge=1)
    stream_mbit_s: Above
    cpu_ms_per_camera_s: Above
    disk_write_mbyte_s: Above
    measured_on: date
    source: str


class _Recorders(_Row):
    recorder: tuple[_Recorder, ...] = Field(min_length=1)


class _Price(_Row):
    id: str
    kind: Kind
    unit: str
    eur: Three
    source: str
    is_guess: bool = False


class _Share(_Row):
    id: str
    of: str
    share: Three
    source: str


class _Prices(_Row):
    read_on: date
    price: tuple[_Price, ...]
    share: tuple[_Share, ...]


class _Scheme(_Row):
    id: str
    name: str
    year: int
    place: str
    source: str
    shares: Mapping[Kind, Share]
    cap_per_camera_eur: float | None = None
    least_request_eur: float = 0.0
    is_state: bool = True
    is_share_read: bool = True


class _Limits(_Row):
    state_share: Share
    year: int
    source: str


class _Funding(_Row):
    limits: _Limits
    scheme: tuple[_Scheme, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A unit price and where it comes from; `is_guess`: no published source was read."""

    id: str
    kind: Kind
    unit: str
    eur: Range
    source: str
    is_guess: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Unit prices by id, shares by id, the day they were read."""

    prices: Mapping[str, Price]
    shares: Mapping[str, Range]
    read_on: date


def rates(path: Path = HERE / "rates.toml") -> tuple[TypicalRate, ...]:
    """Typical rates of streams.

    Errors (of all readers here): InvalidInput naming the file and the field.
    """
    read = _read(path, _Rates)
    source = f"{read.source} ; lues le {read.read_on:%d/%m/%Y}"
    return tuple(
        TypicalRate(codec=row.codec, megapixels=row.megapixels, bit_s=_range(row.mbit_s).times(1e6), source=source)
        for row in read.rate
    )


def recorders(path: Path = HERE / "recorders.toml") -> tuple[RecorderFigures, ...]:
    """Recorder nodes as measured, newest first."""
    return tuple(
        RecorderFigures(
            machine=row.machine,
            cores=row.cores,
            cameras=row.cameras,
            stream_bit_s=row.stream_mbit_s * 1e6,
            cpu_ms_per_camera_s=row.cpu_ms_per_camera_s,
            disk_write_bit_s=row.disk_write_mbyte_s * 8e6,
            measured_on=row.measured_on,
            source=row.source,
        )
        for row in _read(path, _Recorders).recorder
    )


def prices(path: Path = HERE / "prices.toml") -> Prices:
    """Unit prices."""
    read = _read(path, _Prices)
    rows = (
        Price(id=p.id, kind=p.kind, unit=p.unit, eur=_range(p.eur), source=p.source, is_guess=p.is_guess)
        for p in read.price
    )
    return Prices(
        prices={row.id: row for row in rows},
        shares={row.id: _range(row.share) for row in read.share},
        read_on=read.read_on,
    )


def schemes(path: Path = HERE / "funding.toml") -> tuple[tuple[Scheme, ...], Limits]:
    """Grants of all years on file, and the rule over all of them."""
    read = _read(path, _Funding)
    rows = tuple(Scheme(**{name: getattr(row, name) for name in type(row).model_fields}) for row in read.scheme)
    limits = read.limits
    return rows, Limits(state_share=limits.state_share, year=limits.year, source=limits.source)


def _range(three: Three) -> Range:
    return Range(low=three[0], likely=three[1], high=three[2])


def _read(path: Path, kind: type[Table]) -> Table:
    try:
        return kind.model_validate(tomllib.loads(path.read_text()))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(
            f"{path.name}: cannot be read ({error}); mend the file.",
            message_fr=f"{path.name} : illisible ({error}) ; corrigez le fichier.",
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{path.name}, {where}: {first['msg']}; mend the file.",
            message_fr=f"{path.name}, {where} : {first['msg']} ; corrigez le fichier.",
            field=where,
        ) from None
