"""From the words of a paper and what was gathered to its PDF."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from beffroi.authorise.dossier import plans
from beffroi.authorise.dossier.documents import assessment, cameras, coordination, forms, money, public, system, zones
from beffroi.authorise.dossier.documents.gathered import BY_HAND, TO_FILL, Gathered
from beffroi.authorise.dossier.pieces import DossierMode, Piece
from beffroi.authorise.dossier.words import doubts_fr, sentences_fr
from beffroi.authorise.models.dossiers import KindChoice, ModeChoice, PieceChoice
from beffroi.core.documents import PAPER, blocks, document_pdf
from beffroi.core.documents.blocks import Block, counted, day
from beffroi.core.errors import BarredByLaw

HERE = Path(__file__).parent
SIGN = HERE / "sign.typ"
DRAFT = "PROJET, incomplet : ne pas déposer"
_BLOCKS: Mapping[str, Callable[[Gathered], Iterable[Block]]] = {
    **zones.BLOCKS, **cameras.BLOCKS, **system.BLOCKS, **public.BLOCKS, **forms.BLOCKS, **money.BLOCKS,
    **assessment.BLOCKS, **coordination.BLOCKS,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One PDF to make: its name without ending, the template, what the template is given."""

    name: str
    title: str
    template: Path
    given: Mapping[str, Any]
    piece: Piece | None = None

    def pdf(self, given: Gathered) -> bytes:
        return document_pdf(self.template, self.given, made_at=given.made_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """A paper that is not made, and why."""

    name: str
    why: str


@cache
def words() -> Mapping[str, Mapping[str, Any]]:
    """Every paper's words, by its name, in the order of the dossier."""
    files = sorted((HERE / "words").glob("*.toml"))
    return {file.stem: tomllib.loads(file.read_text("utf-8")) for file in files}


def papers(given: Gathered) -> Iterator[Paper | Barred]:
    """Every written paper of the dossier, the list of its pieces first; `plan_papers` are the drawn ones."""
    yield _summary(given)
    for name, said in words().items():
        if said.get("is_of_the_town") and given.dossier.mode == DossierMode.PIECES:
            made = _paper(name, said, replace(given, missing=()))
            yield replace(made, given={**made.given, "draft": None})
            continue
        if not _is_asked(said, given):
            continue
        if said.get("each") == "phase":
            for phase in given.phases:
                letter = replace(given, phase=phase)
                if forms.declared_cameras(letter):
                    yield _paper(f"{name}-{phase.pk}", said, letter)
        else:
            yield _paper(name, said, given)
        if name.startswith("09"):
            yield from (_sign(paper, given) for paper in ("a3", "a4"))


def _is_asked(said: Mapping[str, Any], given: Gathered) -> bool:
    """With an impact assessment only the pieces that it leaves, and the request itself. Source: CSI R. 252-3."""
    needs = said.get("needs")
    if (needs == "order" and given.dossier.replaces_id is None) or (needs == "assessment" and not given.assessment):
        return False
    if given.dossier.mode == DossierMode.PIECES:
        return True
    return said.get("piece") in given.pieces or bool(said.get("is_request"))


def _paper(name: str, said: Mapping[str, Any], given: Gathered) -> Paper:
    made = [block for section in said["section"] for block in _section(section, given)]
    content = _given(said["title"], [*_lacking(said.get("piece"), given), *made], given)
    piece = Piece(said["piece"]) if "piece" in said else None
    reference = f"{said['article']} · {content['reference']}"
    return Paper(name=name, title=said["title"], template=PAPER, given=content | {"reference": reference}, piece=piece)


def _section(section: Mapping[str, Any], given: Gathered) -> Iterator[Block]:
    values = given.values()
    if section.get("new_page"):
        yield blocks.page()
    yield blocks.heading(section["title"])
    for paragraph in section.get("text", ()):
        yield blocks.text(paragraph.format_map(values))
    if "assessed" in section:
        written = given.assessment.texts.get(section["assessed"]) if given.assessment else ""
        yield blocks.written(written or f"{TO_FILL} : cette rubrique n'est pas écrite.")
    if "list" in section:
        yield blocks.listed(item.format_map(values) for item in section["list"])
    if "written" in section:
        yield blocks.written(given.texts.get(section["written"], f"{TO_FILL} : cette section n'est pas écrite."))
    for name in section.get("blocks", ()):
        yield from _BLOCKS[name](given)
    if "note" in section:
        yield blocks.note(section["note"].format_map(values))


def _given(title: str, made: Sequence[Block], given: Gathered) -> dict[str, Any]:
    service = given.contacts.get("service")
    return {
        "title": title,
        "town": given.town.name,
        "service": service.name if service else "",
        "reference": f"dossier {given.dossier.pk}",
        "made": f"établi le {day(given.on)}",
        "fictional": "jeu fictif" if given.town.is_fictional else None,
        "draft": _mark(given),
        "blocks": list(made) if given.missing else _by_hand(made),
    }


def _mark(given: Gathered) -> str | None:
    """What stands at the top of every page of a paper that does not go, or no longer goes, to the prefecture."""
    if given.dossier.filed_on and given.phase is None:
        return f"Établi après le dépôt du {day(given.dossier.filed_on)}, pour comparaison : n'en remplace aucune pièce"
    return DRAFT if given.missing else None


def _by_hand(made: Sequence[Block]) -> list[Block]:
    """When nothing is missing, what is still blank is left to the pen: no check asks for it."""
    found: list[Block] = json.loads(json.dumps(made, ensure_ascii=False).replace(TO_FILL, BY_HAND))
    return found


def _lacking(piece: str | None, given: Gathered) -> list[Block]:
    """On the first page: what this paper lacks, or that others lack something."""
    if not given.missing:
        return []
    own = [one for one in given.missing if one.piece == piece]
    if not own:
        return [blocks.warning(f"Le dossier est incomplet ({len(given.missing)} à compléter) ; voir le sommaire.")]
    return [blocks.warning("Il manque à cette pièce :", sentences_fr(own))]


def _summary(given: Gathered) -> Paper:
    """The list of pieces, of papers, and of what is missing."""
    dossier = given.dossier
    made: list[Block] = []
    if given.missing:
        made.append(
            blocks.warning(f"Il manque {counted(len(given.missing), 'élément')} :", sentences_fr(given.missing))
        )
    made += [
        blocks.facts(
            [
                ("Objet", dossier.name),
                ("Nature, forme", f"{KindChoice(dossier.kind).label}, {ModeChoice(dossier.mode).label}"),
                ("Demandeur", given.contact("controller")),
                ("Adressé à", given.contact("prefecture")),
                ("Caméras", f"{len(given.cameras)} au plan, {dossier.cameras.count()} en base, {len(given.cameras)} "
                            "au formulaire"),
                ("Emplacements, zones", f"{len(given.sites)}, {len(given.zones)}"),
                ("Déposé le", day(dossier.filed_on)),
            ]
        ),
        blocks.heading("Pièces de l'article R. 252-3"),
        blocks.table(("Pièce", "État", "Document"), _piece_rows(given), (2.6, 1.6, 2.2)),
        blocks.note("4° (commerces) est sans objet : aucune caméra n'est celle d'un commerçant."),
    ]  # fmt: skip
    if given.doubtful:
        made += [blocks.heading("À vérifier avant le dépôt"), blocks.listed(doubts_fr(given.doubtful))]
    others = [(said["title"], f"{name}.pdf") for name, said in words().items() if _is_other(name, said, given)]
    if others:
        made += [blocks.heading("Autres documents"), blocks.table(("Document", "Fichier"), others, (3.4, 3))]
    return Paper(name="00-sommaire", title="Sommaire du dossier", template=PAPER,
                 given=_given("Sommaire du dossier", made, given))  # fmt: skip


def _is_other(name: str, said: Mapping[str, Any], given: Gathered) -> bool:
    """A paper that is no piece, or a piece that this form does not ask for; there is one declaration a phase."""
    return _is_asked(said, given) and said.get("piece") not in given.pieces and "each" not in said


def plan_papers(given: Gathered) -> Iterator[Paper]:
    """The drawn plans, a paper a kind. Some seconds: each camera's view is drawn."""
    draft = _mark(given)
    is_whole = given.dossier.mode == DossierMode.PIECES
    for part in plans.parts(plans.sheets(given.dossier, given.on)):
        if not (is_whole or part.piece is None or part.piece in given.pieces):
            continue
        read = part.as_given(draft)
        yield Paper(name=part.name, title=part.title, template=plans.TEMPLATE, given=read, piece=part.piece)


def _piece_rows(given: Gathered) -> Iterator[tuple[str, str, str]]:
    named = {said["piece"]: name for name, said in reversed(list(words().items())) if "piece" in said}
    named |= {part.piece.value: part.name for part in plans.PARTS if part.piece and part.piece != Piece.INFORMATION}
    named[Piece.MAINTENANCE.value] = "12-cerfa-13806"
    lacking = {one.piece for one in given.missing}
    for piece in given.pieces:
        state = "à compléter" if piece in lacking else "complète"
        yield str(PieceChoice(piece.value).label), state, f"{named[piece.value]}.pdf" if piece.value in named else ""


def _sign(paper: str, given: Gathered) -> Paper | Barred:
    name = f"09-affiche-{paper}"
    try:
        said = public.sign(given, paper)
    except BarredByLaw as error:
        return Barred(name=name, why=error.message_fr)
    return Paper(name=name, title=str(said["title"]), template=SIGN, given=said, piece=Piece.INFORMATION)
