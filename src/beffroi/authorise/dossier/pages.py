"""What pages show of dossiers: where each stands, piece by piece, and where what is missing is filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from beffroi.authorise.assessment.queries import standing as assessment_standing
from beffroi.authorise.dossier import doubts, queries, words
from beffroi.authorise.dossier.approaching import approaches_of
from beffroi.authorise.dossier.documents.gathered import ask
from beffroi.authorise.dossier.documents.money import between
from beffroi.authorise.dossier.documents.tracing import traced
from beffroi.authorise.dossier.keeping import filed_papers, index_of
from beffroi.authorise.dossier.making import Making, making_of
from beffroi.authorise.dossier.pieces import OTHER_TEXTS, TEXTS, Missing, Timer, pieces_of_mode, timer_of
from beffroi.authorise.dossier.words import Want
from beffroi.authorise.models import Assessment, Attachment, BuiltDocument, Contact, Dossier, Sign
from beffroi.authorise.models.dossiers import ContactRole, PieceChoice
from beffroi.authorise.signs import is_overdue, next_check_on
from beffroi.plan.calc.ranges import Range
from beffroi.plan.costing import Traced
from beffroi.plan.models import Camera
from beffroi.plan.queries import cameras_on
from beffroi.plan.rules import StateName
from beffroi.territory.queries import evidence_by_zone

_DAY = "l j F Y"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a dossier is: tone, shape, words; and what falls due."""

    tone: str
    shape: str
    word: str
    due: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A dossier in the list."""

    dossier: Dossier
    cameras: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceLine:
    """A piece of R. 252-3: whole or what it lacks, its papers, its texts."""

    label: str
    wants: Sequence[Want]
    texts: Sequence[tuple[str, str | Promise, bool]]
    """Key, name, whether it is written."""
    attached: Sequence[Attachment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A paper that was made."""

    name: str
    title: str
    pages: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One dossier."""

    dossier: Dossier
    standing: Standing
    timer: Timer | None
    pieces: Sequence[PieceLine]
    missing: int
    documents: Sequence[Document]
    """Of the last build; once filed, only those made afterwards."""
    filed: Sequence[BuiltDocument]
    """As they were filed; whatever is made afterwards leaves them."""
    is_draft_build: bool
    making: Making | None
    """Of its papers: under way, or why it failed."""
    changes: Sequence[tuple[str, str | Promise, object, object]]
    """Camera, what differs, as authorised, as asked."""
    assessment: Assessment | None
    """The version that stands."""
    masks: Sequence[tuple[str, int]]
    """Who draws the planned masks, in the editor's words; of how many cameras."""
    others: Sequence[tuple[str, str | Promise, bool]]
    """Texts of papers that are no piece: key, name, whether it is written."""
    doubts: Sequence[tuple[str, str]]
    """What its papers suppose, in words; the page where it is verified, when there is one."""


def lines(on: date) -> list[Line]:
    """Every dossier, the last one opened first."""
    return [
        Line(dossier=one, cameras=one.cameras.count(), standing=standing(one, queries.missing(one, on), on))
        for one in queries.dossiers()
    ]


def standing(dossier: Dossier, missing: Sequence[Missing], on: date) -> Standing:
    """In one word, with the next day that counts."""
    if dossier.decision:
        tone, shape = ("ok", "s-ok") if dossier.decision == "granted" else ("bad", "s-bad")
        return Standing(tone=tone, shape=shape, word=dossier.get_decision_display(), due=_day(dossier.decided_on))
    if dossier.receipt_on:
        timer = _timer(dossier)
        assert timer is not None
        if on >= timer.implied_refusal_on:
            return Standing(tone="bad", shape="s-bad", word=_("refus implicite"), due=_day(timer.implied_refusal_on))
        due = _("silence vaut refus le %(day)s") % {"day": _day(timer.implied_refusal_on)}
        return Standing(tone="wait", shape="s-wait", word=_("instruit"), due=due)
    if dossier.filed_on:
        return Standing(tone="wait", shape="s-wait", word=_("déposé, récépissé attendu"), due=_day(dossier.filed_on))
    if missing:
        word = _("à compléter : %(count)s") % {"count": len({one.piece for one in missing})}
        return Standing(tone="warn", shape="s-warn", word=word)
    return Standing(tone="ok", shape="s-ok", word=_("prêt à déposer"))


def _day(on: date | None) -> str:
    return date_format(on, _DAY) if on else ""


def _timer(dossier: Dossier) -> Timer | None:
    if dossier.receipt_on is None:
        return None
    return timer_of(dossier.receipt_on, commission_extended=dossier.is_commission_extended)


def page(dossier: Dossier, on: date) -> Page:
    """Everything about one dossier on a day."""
    missing = queries.missing(dossier, on)
    index, made, filed = index_of(dossier), papers_of(dossier), filed_papers(dossier)
    return Page(
        dossier=dossier,
        standing=standing(dossier, missing, on),
        timer=_timer(dossier),
        pieces=_pieces(dossier, missing),
        missing=len(missing),
        documents=[] if {one.sha256 for one in made} <= {one.sha256 for one in filed} else made,
        filed=filed,
        is_draft_build=not index.get("complete", True),
        making=making_of(dossier, timezone.now()),
        changes=_changes(dossier),
        masks=[(one.said()[get_language() == "fr"], count) for one, count in queries.mask_drawers(dossier)],
        assessment=assessment_standing(),
        others=[(key, words.TEXTS[key], key in queries.texts_of(dossier)) for key in OTHER_TEXTS],
        doubts=[(words.doubt_sentence(one), words.doubt_where(dossier, one)) for one in doubts.doubtful(dossier)],
    )


def _changes(dossier: Dossier) -> list[tuple[str, str | Promise, object, object]]:
    names = {camera.pk: f"{camera.number} · {camera.name}" for camera in Camera.objects.all()}
    return [
        (names.get(camera, camera), words.CHANGES[field], words.changed_value(before), words.changed_value(now))
        for camera, field, before, now in queries.changes_of(dossier)
    ]


def _pieces(dossier: Dossier, missing: Sequence[Missing]) -> list[PieceLine]:
    written = queries.texts_of(dossier)
    attached = list(dossier.attachments.all())
    has_maintainer = "maintainer" in queries.contacts()
    asked = pieces_of_mode(dossier.mode, has_perimeter=dossier.perimeter is not None, has_maintainer=has_maintainer)
    return [
        PieceLine(
            label=str(PieceChoice(piece.value).label),
            wants=words.wants(dossier, [one for one in missing if one.piece is piece]),
            texts=[(key, words.TEXTS[key], key in written) for key in TEXTS.get(piece, ())],
            attached=[one for one in attached if one.piece == piece.value],
        )
        for piece in asked
    ]


# -- files ------------------------------------------------------------------------------------------------


def papers_of(dossier: Dossier) -> list[Document]:
    """Those of the last build."""
    return [
        Document(
            name=str(one["file"]).removesuffix(".pdf"), title=one["title"], pages=one["pages"], sha256=one["sha256"]
        )
        for one in index_of(dossier).get("documents", ())
    ]


# -- contacts, signs, 1996 --------------------------------------------------------------------------------


def contact_rows() -> list[tuple[ContactRole, Contact | None]]:
    """Every role, with who holds it."""
    known = queries.contacts()
    return [(role, known.get(role.value)) for role in ContactRole]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignLine:
    """A notice and its next check."""

    sign: Sign
    next_on: date | None
    tone: str
    shape: str
    word: str


def sign_lines(on: date) -> list[SignLine]:
    """Those overdue first, then those not placed."""
    found = [_sign_line(sign, on) for sign in Sign.objects.select_related("site")]
    order = {"bad": 0, "wait": 1, "ok": 2}
    return sorted(found, key=lambda line: (order[line.tone], line.sign.pk))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachLine:
    """A street that enters what is filmed; `sign_m`: how far the nearest sign in place is."""

    place: str
    sign_m: int | None
    is_signed: bool


_STANDING = frozenset({StateName.INSTALLED, StateName.DECLARED, StateName.IN_TEST, StateName.ACCEPTED,
                       StateName.IN_SERVICE})  # fmt: skip


def approach_lines(on: date) -> list[ApproachLine]:
    """Every approach of what the cameras that stand film, those without a sign in place first."""
    standing = [camera.id for camera in cameras_on(on) if camera.state in _STANDING]
    placed = Sign.objects.filter(placed_on__lte=on)
    found = approaches_of(Camera.objects.filter(pk__in=standing).order_by("pk"), placed)
    return [
        ApproachLine(
            place=queries.said(one), sign_m=None if one.sign_m is None else round(one.sign_m), is_signed=one.is_signed
        )
        for one in found
    ]


def _sign_line(sign: Sign, on: date) -> SignLine:
    tone, shape, word = "ok", "s-ok", _("en place")
    if sign.placed_on is None:
        tone, shape, word = "wait", "s-wait", _("à poser")
    elif is_overdue(sign, on):
        tone, shape, word = "bad", "s-bad", _("vérification en retard")
    return SignLine(sign=sign, next_on=next_check_on(sign), tone=tone, shape=shape, word=word)


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePage:
    """From zones to money: each zone with its cameras, each camera with its cost."""

    zones: Sequence[tuple[Traced, str, Sequence[tuple[Camera, str, str]]]]
    """A zone, its cost in words; its cameras with their detail plan and their cost."""
    total: str
    cameras: int


def trace_page(dossier: Dossier, on: date) -> TracePage:
    """As the diagnosis says it."""
    found = traced(ask(dossier), evidence_by_zone(on))
    total = sum((one.cost for one in found), Range.exactly(0))
    return TracePage(
        zones=[
            (
                one,
                between(one.cost),
                [(camera, f"plan-de-detail-{camera.site_id}", between(cost)) for camera, cost in one.lines],
            )
            for one in found
        ],
        total=between(total),
        cameras=sum(len(one.lines) for one in found),
    )


ITEMS_1996: tuple[tuple[str, str | Promise, str | Promise, str], ...] = (
    ("1°", gettext_lazy("Rapport : finalités, techniques, activité, risques d'agression ou de vol"), "R. 252-3 1°",
     "02-rapport-de-presentation"),
    ("2°", gettext_lazy("Plan de masse : bâtiments du demandeur et des tiers, accès, ouvertures"), "R. 252-3 2°",
     "03-plans-de-masse"),
    ("3°", gettext_lazy("Plan de détail : nombre, implantation, zones couvertes"), "R. 252-3 3°", "04-plans-de-detail"),
    ("4°", gettext_lazy("Transmission, enregistrement, traitement des images"), "R. 252-3 5°",
     "07-transmission-enregistrement-traitement"),
    ("5°", gettext_lazy("Sécurité des images enregistrées"), "R. 252-3 6°", "08-securite"),
    ("6°", gettext_lazy("Information du public"), "R. 252-3 7°", "09-information-du-public"),
    ("7°", gettext_lazy("Délai de conservation et ses raisons"), "R. 252-3 8°", "10-conservation"),
    ("8°", gettext_lazy("Responsable, maintenance, qualité des personnes qui exploitent et visionnent"),
     gettext_lazy("R. 252-3 9° pour la maintenance ; le reste retiré en 2023, établi quand même"), "17-habilitations"),
    ("9°", gettext_lazy("Consignes générales aux personnels"),
     gettext_lazy("retirée en 2023, établie quand même (L. 252-2)"), "18-consignes"),
    ("10°", gettext_lazy("Droit d'accès des personnes filmées"), "R. 252-3 10°", "11-droits-des-personnes"),
    ("art. 13", gettext_lazy("Registre : enregistrements, destruction, transmission au parquet"),
     gettext_lazy("R. 253-5, tenu par le journal"), ""),
    ("–", gettext_lazy("Non demandées en 1996 : conformité (11°), engagement CNIL (12°), analyse d'impact"),
     "R. 252-3 11°, 12°", "13-conformite-technique"),
)  # fmt: skip
"""Décret 96-926 of 17 October 1996, art. 1, in its first wording: the piece, today's article, the paper made."""


def old_rows(dossier: Dossier) -> list[tuple[str, str | Promise, str | Promise, str, bool]]:
    """The list of 1996, each with whether its paper is there."""
    made = {str(one["file"]).removesuffix(".pdf") for one in index_of(dossier).get("documents", ())}
    return [(number, text, today, name, name in made) for number, text, today, name in ITEMS_1996]
