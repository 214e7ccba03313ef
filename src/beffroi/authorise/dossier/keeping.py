"""The papers made of a dossier: where they lie, whether they still say what the data say, those that were filed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from beffroi.authorise.dossier.documents.gathered import Gathered, gather
from beffroi.authorise.dossier.documents.papers import Barred, Paper, papers
from beffroi.authorise.models import BuiltDocument, Dossier, Sign
from beffroi.core import scans
from beffroi.core.errors import Conflict
from beffroi.core.ids import new_id
from beffroi.territory.models import Access, Building, PublicBuilding, Street, Town, Water, Zone

INDEX = "index.json"
_DRAWN_ON = (Town, Zone, Street, Water, Building, PublicBuilding, Access, Sign)
"""What the plans show besides the cameras."""


def folder_of(dossier: Dossier) -> Path:
    """Where the papers of a dossier are made; its id is a slug."""
    path: Path = settings.BEFFROI.data / "dossiers" / dossier.pk
    return path


def index_of(dossier: Dossier) -> dict[str, Any]:
    """The last build that came to its end; empty before it."""
    try:
        found: dict[str, Any] = json.loads((folder_of(dossier) / INDEX).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def state_of(given: Gathered, made: Sequence[Paper | Barred]) -> str:
    """SHA-256 of all that the papers are made from: the same state draws the same papers."""
    written = [(one.name, one.given if isinstance(one, Paper) else one.why) for one in made]
    cameras = given.dossier.cameras.order_by("pk").values_list()
    joined = given.dossier.attachments.order_by("pk").values_list("piece", "sha256")
    drawn = [list(model.objects.order_by("pk").values_list()) for model in _DRAWN_ON]
    told = json.dumps([written, list(cameras), list(joined), drawn], ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


# -- at the filing ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A paper to keep as it was filed."""

    row: BuiltDocument
    title: str
    piece: str
    content: bytes


def whole_build(dossier: Dossier) -> list[Kept]:
    """The papers of the last build. Some seconds: the data are read again.

    Errors: Conflict when they are not all there and whole, or when the data have changed since.
    """
    index = index_of(dossier)
    if not index.get("complete") or index.get("state") != _state_now(dossier, index["made_at"]):
        raise _STALE
    found = [_kept(dossier, told) for told in index["documents"]]
    if not found:
        raise _STALE
    return found


_STALE = Conflict(
    "The papers are not all made from today's data; make all the papers on the dossier's page, then record the filing.",
    message_fr="Les documents ne sont pas tous établis à partir des données d'aujourd'hui ; établissez tous les "
    "documents sur la page du dossier, puis inscrivez le dépôt.",
    field="filed_on",
)


def _state_now(dossier: Dossier, made_at: str) -> str:
    """As of the instant of the build: only changed data make a difference."""
    with translation.override("fr"):
        given = gather(dossier, made_at=datetime.fromisoformat(made_at))
        return state_of(given, list(papers(given)))


def _kept(dossier: Dossier, told: dict[str, Any]) -> Kept:
    try:
        content = (folder_of(dossier) / told["file"]).read_bytes()
    except OSError:
        raise _STALE from None
    sha256 = hashlib.sha256(content).hexdigest()
    name = str(told["file"]).removesuffix(".pdf")
    row = dossier.built.filter(name=name, sha256=sha256).defer("sealed").first()
    if row is None or sha256 != told["sha256"]:
        raise _STALE
    return Kept(row=row, title=told["title"], piece=told["piece"] or "", content=content)


def keep(papers: Sequence[Kept]) -> None:
    """Seals them into the database, inside the caller's transaction: they never change again."""
    for one in papers:
        one.row.title, one.row.piece, one.row.scan = one.title, one.piece, new_id()
        one.row.sealed = scans.seal(one.content, scan=one.row.scan, key=_key())
        one.row.save(update_fields=["title", "piece", "scan", "sealed"])


# -- afterwards -------------------------------------------------------------------------------------------


def filed_papers(dossier: Dossier) -> list[BuiltDocument]:
    """Those that were filed, by name; none of a dossier that was filed elsewhere."""
    return list(dossier.built.exclude(scan="").order_by("name").defer("sealed"))


def content_of(row: BuiltDocument) -> bytes:
    """A paper as it was filed. Errors: DataLoss."""
    return scans.unseal(bytes(row.sealed), scan=row.scan, key=_key())


def _key() -> bytes:
    key: bytes = settings.SITE_KEY.derived("dossier-scans")
    return key
