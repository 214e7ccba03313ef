"""The edge: contacts, signs and dossiers as a town writes them in `dossiers.toml` and `signs.csv`."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import Field, model_validator

from beffroi.authorise.dossier.pieces import OTHER_TEXTS, TEXTS
from beffroi.authorise.models import dossiers
from beffroi.authorise.rules import MAX_RETENTION_DAYS
from beffroi.core.reading import (
    FolderReader,
    Latitude,
    Longitude,
    Read,
    Slug,
    TextRow,
    TownDate,
    check_known,
    refusal,
    unique,
)
from beffroi.core.shapes import Surface
from beffroi.territory.models import Purpose

FILE, SIGNS = "dossiers.toml", "signs.csv"
KEYS = frozenset({key for keys in TEXTS.values() for key in keys}.union(OTHER_TEXTS))


class ContactRow(TextRow):
    role: dossiers.ContactRole
    name: Annotated[str, Field(min_length=1, max_length=160)]
    quality: Annotated[str, Field(max_length=120)] = ""
    address: Annotated[str, Field(min_length=1, max_length=300)]
    phone: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] = ""
    certificate: Annotated[str, Field(max_length=80)] = ""


class SignRow(TextRow):
    id: Slug
    site: Slug
    place: Annotated[str, Field(min_length=1, max_length=160)]
    lat: Latitude
    lon: Longitude
    format: dossiers.SignFormat = dossiers.SignFormat.A3
    is_fining: bool = False
    placed_on: TownDate | None = None
    checked_on: TownDate | None = None
    check_every_months: Annotated[int, Field(ge=1, le=60)] = 12


class DossierRow(TextRow):
    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: dossiers.KindChoice
    mode: dossiers.ModeChoice = dossiers.ModeChoice.PIECES
    replaces: Slug | None = None
    cameras: Annotated[list[Slug], Field(min_length=1)]
    purposes: Annotated[list[Purpose], Field(min_length=1)]
    retention_days: Annotated[int, Field(ge=1, le=MAX_RETENTION_DAYS)]
    perimeter: Surface | None = None
    max_cameras: Annotated[int, Field(ge=1)] | None = None
    opened_on: TownDate
    filed_on: TownDate | None = None
    receipt_on: TownDate | None = None
    receipt_number: Annotated[str, Field(max_length=60)] = ""
    decision: dossiers.Decision | None = None
    decided_on: TownDate | None = None
    texts: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    attached: dict[dossiers.PieceChoice, Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict
    )
    """Names of papers joined to a request that was filed elsewhere; their scans are not here."""

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        unknown = sorted(set(self.texts) - KEYS)
        if unknown:
            known = ", ".join(sorted(KEYS))
            raise refusal(f"texts: {unknown[0]!r} is no section; known: {known}",
                          f"texts : {unknown[0]!r} n'est pas une section ; connues : {known}")  # fmt: skip
        if self.attached and not self.filed_on:
            raise refusal("attached: name papers of filed requests alone; join the others on the dossier's page",
                          "attached : nommez les pièces des seules demandes déposées ; joignez les autres sur la page "
                          "du dossier")  # fmt: skip
        days = [day for day in (self.opened_on, self.filed_on, self.receipt_on, self.decided_on) if day]
        if days != sorted(days) or (self.receipt_on and not self.filed_on):
            raise refusal("days are not in order: opened, filed, receipt, decision",
                          "les jours ne se suivent pas : ouvert, déposé, récépissé, décision")  # fmt: skip
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What a folder says of its dossiers."""

    contacts: Mapping[str, ContactRow] = field(default_factory=dict)
    signs: Mapping[str, SignRow] = field(default_factory=dict)
    dossiers: Mapping[str, DossierRow] = field(default_factory=dict)


def read(reader: FolderReader, *, cameras: Container[str], sites: Container[str], orders: Container[str]) -> Files:
    """Reads the files; problems are noted in `reader`. A folder without them has none."""
    signs = reader.csv(SIGNS, SignRow, is_needed=False)
    check_known(reader, signs, sites, field="site")
    if not (reader.folder / FILE).exists():
        return Files(signs=unique(reader, signs))
    found = reader.toml(FILE, "dossier", DossierRow)
    for one in found:
        _check(reader, one, cameras=cameras, orders=orders)
    return Files(
        contacts=unique(reader, reader.toml(FILE, "contact", ContactRow), "role"),
        signs=unique(reader, signs),
        dossiers=unique(reader, found),
    )


def _check(reader: FolderReader, read: Read[DossierRow], *, cameras: Container[str], orders: Container[str]) -> None:
    unknown = [camera for camera in read.row.cameras if camera not in cameras and camera not in reader.spoilt]
    if unknown:
        names = ", ".join(unknown)
        messages = (f"{names} not in cameras.csv; add or remove", f"{names} hors de cameras.csv ; ajoutez ou retirez")
        reader.refuse_row(read, messages, field="cameras")
    if read.row.replaces and read.row.replaces not in orders:
        messages = (f"{read.row.replaces!r} is no order; mend the id",
                    f"{read.row.replaces!r} n'est pas un arrêté ; corrigez l'identifiant")  # fmt: skip
        reader.refuse_row(read, messages, field="replaces")
