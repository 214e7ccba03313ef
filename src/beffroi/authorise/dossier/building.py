"""Makes the papers of a dossier in a folder: PDF files, then an index with their hashes, which says they are whole."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import pikepdf
from django.utils import translation

from beffroi.authorise.assessment import services as assessment
from beffroi.authorise.dossier import services
from beffroi.authorise.dossier.documents.gathered import Gathered, gather
from beffroi.authorise.dossier.documents.papers import Barred, Paper, papers, plan_papers
from beffroi.authorise.dossier.keeping import INDEX, content_of, filed_papers, state_of
from beffroi.authorise.dossier.services import Drawn
from beffroi.authorise.models import Attachment, BuiltDocument, Dossier
from beffroi.core.errors import InvalidInput
from beffroi.core.scans import ENDINGS

ASIDE = ".making"
"""The folder inside where papers wait until all are drawn."""
Progress = Callable[[int, int], object]
"""Papers made, papers in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was made, what was not and why, and what the dossier still lacks."""

    drawn: tuple[Drawn, ...]
    barred: tuple[Barred, ...]
    missing: int

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.barred


def build(
    dossier: Dossier, out: Path, *, made_at: datetime, by: str, progress: Progress = lambda _m, _a: None
) -> Built:
    """Every paper into `out`, in place of those of an earlier build. Seconds: for a worker or a command.

    They are drawn aside: a build that fails leaves the earlier papers as they were.
    Errors: InvalidInput when the folder cannot be written or holds other people's files.
    """
    with translation.override("fr"):
        given = gather(dossier, made_at=made_at)
        written = list(papers(given))
        state = state_of(given, written)
        made = sorted([*written, *plan_papers(given)], key=lambda one: one.name)
    wanted = [one for one in made if isinstance(one, Paper)]
    barred = tuple(one for one in made if isinstance(one, Barred))
    before = _before(out)
    aside = _emptied(out)
    drawn = []
    for number, paper in enumerate(wanted):
        progress(number, len(wanted))
        drawn.append(_draw(paper, given, aside))
    progress(len(wanted), len(wanted))
    built = Built(drawn=tuple(drawn), barred=barred, missing=len(given.missing))
    index = _index(built, wanted, given) | {"state": state, "joined": [_join(one, aside) for one in _joined(given)]}
    _put(index, aside, out, before=before)
    services.record_built(dossier, drawn, by=by)
    return built


def write_filed(dossier: Dossier, out: Path) -> tuple[BuiltDocument, ...]:
    """The papers as they were filed, into `out`, with their index; none when they were filed elsewhere.

    Errors: InvalidInput as for a build; DataLoss.
    """
    rows = tuple(filed_papers(dossier))
    if not rows:
        return ()
    before = _before(out)
    aside = _emptied(out)
    documents = []
    for row in rows:
        _write(aside / f"{row.name}.pdf", content_of(row))
        documents.append({"file": f"{row.name}.pdf", "title": row.title, "piece": row.piece or None,
                          "pages": row.pages, "sha256": row.sha256})  # fmt: skip
    joined = [_join(_as_joined(one), aside) for one in dossier.attachments.all() if one.sealed]
    index = {"dossier": dossier.pk, "filed_on": str(dossier.filed_on), "made_at": rows[0].at.isoformat(),
             "complete": True, "missing": 0, "cameras": dossier.cameras.count(), "state": None,
             "documents": documents, "not_made": [], "joined": joined}  # fmt: skip
    _put(index, aside, out, before=before)
    return rows


def _put(index: Mapping[str, object], aside: Path, out: Path, *, before: set[str]) -> None:
    _write(aside / INDEX, json.dumps(index, ensure_ascii=False, indent=2).encode())
    _swap(aside, out, before)


def _draw(paper: Paper, given: Gathered, out: Path) -> Drawn:
    content = paper.pdf(given)
    _write(out / f"{paper.name}.pdf", content)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pages = len(pdf.pages)
    return Drawn(name=paper.name, sha256=hashlib.sha256(content).hexdigest(), pages=pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    """A paper made elsewhere that goes with the dossier."""

    file: str
    name: str
    sha256: str
    content: Callable[[], bytes]


def _joined(given: Gathered) -> Iterator[_Joined]:
    """What was joined to a piece of this dossier, then the ministry's framework behind the impact assessment."""
    for row in given.dossier.attachments.all():
        if row.sealed and row.piece in given.pieces:
            yield _as_joined(row)
    frame = given.assessment.framework if given.assessment else None
    if frame is not None:
        content = partial(assessment.content_of, frame)
        yield _Joined(file="15-doctrine-cadre.pdf", name=frame.name, sha256=frame.sha256, content=content)


def _as_joined(row: Attachment) -> _Joined:
    file = f"jointe-{row.piece}-{row.pk}.{ENDINGS[row.media_type]}"
    return _Joined(file=file, name=row.name, sha256=row.sha256, content=partial(services.content_of, row))


def _join(one: _Joined, out: Path) -> dict[str, str]:
    _write(out / one.file, one.content())
    return {"file": one.file, "name": one.name, "sha256": one.sha256}


def _index(built: Built, wanted: Iterable[Paper], given: Gathered) -> dict[str, object]:
    papers_by_name = {paper.name: paper for paper in wanted}
    return {
        "dossier": given.dossier.pk,
        "made_at": given.made_at.isoformat(),
        "filed_on": None,
        "complete": built.is_complete,
        "missing": built.missing,
        "cameras": len(given.cameras),
        "documents": [
            {
                "file": f"{one.name}.pdf",
                "title": papers_by_name[one.name].title,
                "piece": papers_by_name[one.name].piece,
                "pages": one.pages,
                "sha256": one.sha256,
            }
            for one in built.drawn
        ],
        "not_made": [{"name": one.name, "why": one.why} for one in built.barred],
    }


def _before(out: Path) -> set[str]:
    """The papers in the folder, which earlier builds left: whole ones, and one stopped while it took their place."""
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        named = _named(out / INDEX) | _named(out / ASIDE / INDEX)
        found = {one.name for one in out.iterdir()} - {INDEX, ASIDE}
    except (OSError, ValueError, KeyError, TypeError):
        raise _taken(out, "cannot be written", "ne peut pas être écrit") from None
    if found - named:
        raise _taken(out, "holds other files", "contient d'autres fichiers")
    return found


def _named(index: Path) -> set[str]:
    if not index.exists():
        return set()
    told = json.loads(index.read_text("utf-8"))
    return {Path(one["file"]).name for one in (*told["documents"], *told.get("joined", ()))}


def _emptied(out: Path) -> Path:
    aside = out / ASIDE
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
    except OSError:
        raise _taken(out, "cannot be written", "ne peut pas être écrit") from None
    return aside


def _swap(aside: Path, out: Path, before: set[str]) -> None:
    """Each paper to its place, the index last, which names them; then those that are no longer made go."""
    new = {one.name for one in aside.iterdir()} - {INDEX}
    for name in sorted(new):
        (aside / name).replace(out / name)
    (aside / INDEX).replace(out / INDEX)
    for name in before - new:
        (out / name).unlink()
    aside.rmdir()


def _taken(out: Path, why: str, why_fr: str) -> InvalidInput:
    return InvalidInput(
        f"{out} {why}; choose another folder.", message_fr=f"{out} {why_fr} ; choisissez un autre dossier.", field="out"
    )


def _write(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
