"""The pieces of a dossier, what each needs, and what is missing. Pure.

Source: CSI R. 252-3 (1° to 12°, impact assessment, perimeter), R. 252-15 (receipt, silence), R. 253-7, L. 251-2,
L. 251-3, L. 252-5; arrêté of 3 August 2007.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from beffroi.authorise.assessment.rules import Due, Reopening
from beffroi.core.dates import add_months

COMMISSION_MONTHS = 3
SILENCE_MONTHS = 4
"""Four months of silence after the receipt are a refusal."""
FULL_PERIMETER_SHARE = 0.8
"""A perimeter that covers more of the town is refused: nearly all of it. Source: préfecture du Nord; set here."""


class DossierKind(StrEnum):
    NEW = "new"
    MODIFICATION = "modification"
    RENEWAL = "renewal"


class DossierMode(StrEnum):
    PIECES = "pieces"
    ASSESSMENT = "assessment"


class Piece(StrEnum):
    """As R. 252-3 numbers them."""

    REPORT = "report"
    BLOCK_PLAN = "block-plan"
    DETAIL_PLAN = "detail-plan"
    SHOPS = "shops"
    PROCESSING = "processing"
    SECURITY = "security"
    INFORMATION = "information"
    RETENTION = "retention"
    MAINTENANCE = "maintenance"
    RIGHTS = "rights"
    CONFORMITY = "conformity"
    UNDERTAKING = "undertaking"
    ASSESSMENT = "assessment"
    PERIMETER_PLAN = "perimeter-plan"


NUMBERS: Mapping[Piece, str] = MappingProxyType(
    {piece: f"{number}°" for number, piece in enumerate(tuple(Piece)[:12], 1)}
)
STOOD_FOR = frozenset(
    {
        Piece.REPORT,
        Piece.PROCESSING,
        Piece.SECURITY,
        Piece.INFORMATION,
        Piece.RETENTION,
        Piece.MAINTENANCE,
        Piece.RIGHTS,
    }
)
"""What an impact assessment stands for: 1° and 5° to 10°."""

OTHER_TEXTS = ("coordination", "means")
"""Sections of papers that are no piece of R. 252-3: nothing lacks without them."""
TEXTS: Mapping[Piece, tuple[str, ...]] = MappingProxyType(
    {
        Piece.REPORT: ("context", "alternatives"),
        Piece.SECURITY: ("premises", "incidents"),
        Piece.RETENTION: ("retention-reason",),
        Piece.RIGHTS: ("rights-arrangements",),
    }
)
"""Sections that only people can write, by piece."""


class Lack(StrEnum):
    """One thing that is missing or cannot stand."""

    NO_CAMERA = "no-camera"
    NO_PURPOSE = "no-purpose"
    ZONE_PURPOSE = "zone-purpose"
    NO_EVIDENCE = "no-evidence"
    NO_TEXT = "no-text"
    NO_CONTACT = "no-contact"
    NO_SIGN = "no-sign"
    UNSIGNED_APPROACH = "unsigned-approach"
    NO_ROLE = "no-role"
    NOT_CONFORMING = "not-conforming"
    LINK_TOO_FULL = "link-too-full"
    RADIO_NOT_LAST = "radio-not-last"
    RADIO_CLEAR = "radio-clear"
    NO_ATTESTATION = "no-attestation"
    NO_UNDERTAKING = "no-undertaking"
    NO_ORDER_REPLACED = "no-order-replaced"
    OUTSIDE_PERIMETER = "outside-perimeter"
    TOO_MANY_FOR_PERIMETER = "too-many-for-perimeter"
    PERIMETER_TOO_WIDE = "perimeter-too-wide"
    DWELLING_UNMASKED = "dwelling-unmasked"
    INSIDE_BUILDING = "inside-building"
    OUTSIDE_TOWN = "outside-town"
    NO_CHANGE = "no-change"
    NO_ASSESSMENT = "no-assessment"
    ASSESSMENT_REVIEW = "assessment-review"
    HIGH_RISK = "high-risk"


ARTICLES: Mapping[Lack, str] = MappingProxyType(
    {
        Lack.NO_CAMERA: "CSI R252-3 3°",
        Lack.NO_PURPOSE: "CSI L251-2",
        Lack.ZONE_PURPOSE: "CSI L251-2",
        Lack.NO_EVIDENCE: "CSI L251-2 5°, R252-3 1°",
        Lack.NO_TEXT: "CSI R252-3",
        Lack.NO_CONTACT: "CSI R253-6",
        Lack.NO_SIGN: "CSI R253-6",
        Lack.UNSIGNED_APPROACH: "CSI R253-6 I",
        Lack.NO_ROLE: "arrêté du 3 août 2007, art. 1",
        Lack.NOT_CONFORMING: "arrêté du 3 août 2007",
        Lack.LINK_TOO_FULL: "arrêté du 3 août 2007, annexe 1 § 2",
        Lack.RADIO_NOT_LAST: "arrêté du 3 août 2007, annexe 1 § 2",
        Lack.RADIO_CLEAR: "arrêté du 3 août 2007, annexe 1 § 2",
        Lack.NO_ATTESTATION: "CSI R252-3 11°",
        Lack.NO_UNDERTAKING: "CSI R253-7",
        Lack.NO_ORDER_REPLACED: "CSI L252-4",
        Lack.OUTSIDE_PERIMETER: "CSI R252-3",
        Lack.TOO_MANY_FOR_PERIMETER: "CSI R252-3",
        Lack.PERIMETER_TOO_WIDE: "CSI L251-2",
        Lack.DWELLING_UNMASKED: "CSI L251-3",
        Lack.INSIDE_BUILDING: "CSI R252-3 3°",
        Lack.OUTSIDE_TOWN: "CSI L251-2",
        Lack.NO_CHANGE: "CSI L252-4",
        Lack.NO_ASSESSMENT: "RGPD 35",
        Lack.ASSESSMENT_REVIEW: "RGPD 35",
        Lack.HIGH_RISK: "LIL 90",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a piece lacks; `subject`: the text, contact, zone or camera that it is about."""

    piece: Piece
    lack: Lack
    subject: str = ""

    @property
    def article(self) -> str:
        return ARTICLES[self.lack]


class Doubt(StrEnum):
    """What a paper supposes. It bars no filing: somebody verifies it."""

    SUPPOSED_ACCESSES = "supposed-accesses"
    NO_PUBLIC_ADDRESS = "no-public-address"
    IDLE_PURPOSE = "idle-purpose"
    KNOWN_DRIFT = "known-drift"
    REST_ONLY = "rest-only"
    SHORT_SIGHT = "short-sight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """Of how many things in a piece something is supposed, or wants a look.

    `subject`: the purpose or the camera that it is about; `detail`: the kind of a difference, `measure`: how much.
    """

    piece: Piece
    doubt: Doubt
    count: int = 1
    of: int = 1
    subject: str = ""
    detail: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEntry:
    """A camera as the dossier asks for it. `nonconforming`: the technical rules (TEC-9 to 14) that it breaks."""

    id: str
    number: str
    zone: str
    site: str
    has_role: bool = True
    is_inside_perimeter: bool = True
    nonconforming: tuple[str, ...] = ()
    unmasked_dwellings: tuple[str, ...] = ()
    """Buildings that no planned mask can hide from it."""
    is_inside_building: bool = False
    is_inside_town: bool = True
    """Also where the town's boundary is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFile:
    """Everything a check looks at."""

    kind: DossierKind
    mode: DossierMode
    has_order_replaced: bool
    purposes: frozenset[str]
    zone_purposes: Mapping[str, str]
    """What each zone of the request is for, by id."""
    cameras: Sequence[CameraEntry]
    evidenced_zones: frozenset[str]
    texts: frozenset[str]
    contacts: frozenset[str]
    signed_sites: frozenset[str]
    """Sites with a sign placed or planned."""
    attached: frozenset[Piece]
    has_installer_certificate: bool
    is_undertaking_sent: bool
    unsigned: tuple[str, ...] = ()
    """Approaches of what is filmed that no sign tells of: the street, then where."""
    link_faults: tuple[tuple[str, Lack], ...] = ()
    """A link's id, and why it cannot carry these cameras."""
    perimeter_share: float | None = None
    """Of the town's area; None without a perimeter."""
    max_cameras: int | None = None
    changes: int | None = None
    """Differences with the authorised state; None where nothing is compared."""
    reopenings: tuple[Reopening, ...] = ()
    """Why the impact assessment that stands does not describe this request."""
    must_consult: bool = False
    """A residual risk is high, and the CNIL has not answered."""


def pieces_of(file: DossierFile) -> tuple[Piece, ...]:
    """The pieces this dossier is made of, in the order of R. 252-3. 4° is for shops: never ours."""
    return pieces_of_mode(
        file.mode, has_perimeter=file.perimeter_share is not None, has_maintainer="maintainer" in file.contacts
    )


def pieces_of_mode(mode: str, *, has_perimeter: bool, has_maintainer: bool) -> tuple[Piece, ...]:
    """The same, from what alone decides."""
    plans = (Piece.PERIMETER_PLAN,) if has_perimeter else (Piece.BLOCK_PLAN, Piece.DETAIL_PLAN)
    rest = [piece for piece in tuple(Piece)[4:12] if mode == DossierMode.PIECES or piece not in STOOD_FOR]
    if not has_maintainer:
        rest = [piece for piece in rest if piece is not Piece.MAINTENANCE]
    return (lead_of(mode), *plans, *rest)


def missing_of(file: DossierFile) -> tuple[Missing, ...]:
    """Everything that is missing, piece by piece; empty when the dossier may be filed."""
    pieces = pieces_of(file)
    return tuple(one for piece in pieces for one in _missing_piece(piece, file))


def _missing_piece(piece: Piece, file: DossierFile) -> Iterator[Missing]:
    for key in TEXTS.get(piece, ()):
        if key not in file.texts and piece not in file.attached:
            yield Missing(piece=piece, lack=Lack.NO_TEXT, subject=key)
    for role in _CONTACTS.get(piece, ()):
        if role not in file.contacts:
            yield Missing(piece=piece, lack=Lack.NO_CONTACT, subject=role)
    further = _FURTHER.get(piece)
    if further is not None:
        yield from further(file)


_CONTACTS: Mapping[Piece, tuple[str, ...]] = MappingProxyType(
    {
        Piece.REPORT: ("controller", "service"),
        Piece.ASSESSMENT: ("controller", "service", "dpo", "rights"),
        Piece.INFORMATION: ("controller", "dpo", "rights"),
        Piece.RIGHTS: ("rights", "commission"),
        Piece.UNDERTAKING: ("controller", "dpo"),
    }
)


def lead_of(mode: str) -> Piece:
    """The piece that says what is asked and why."""
    return Piece.REPORT if mode == DossierMode.PIECES else Piece.ASSESSMENT


def idle_purposes(asked: Sequence[str], zone_purposes: Iterable[str]) -> list[str]:
    """Purposes asked that no zone of the request carries. Source: CSI L. 251-2."""
    carried = set(zone_purposes)
    return [purpose for purpose in asked if carried and purpose not in carried]


def _lead(file: DossierFile) -> Iterator[Missing]:
    piece = lead_of(file.mode)
    if not file.cameras:
        yield Missing(piece=piece, lack=Lack.NO_CAMERA)
    if not file.purposes:
        yield Missing(piece=piece, lack=Lack.NO_PURPOSE)
    for zone, purpose in sorted(file.zone_purposes.items()):
        if file.purposes and purpose not in file.purposes:
            yield Missing(piece=piece, lack=Lack.ZONE_PURPOSE, subject=f"{zone}:{purpose}")
    for zone in sorted({camera.zone for camera in file.cameras} - file.evidenced_zones):
        yield Missing(piece=piece, lack=Lack.NO_EVIDENCE, subject=zone)
    if file.kind is not DossierKind.NEW and not file.has_order_replaced:
        yield Missing(piece=piece, lack=Lack.NO_ORDER_REPLACED)
    if file.kind is DossierKind.MODIFICATION and file.changes == 0:
        yield Missing(piece=piece, lack=Lack.NO_CHANGE)
    if file.must_consult:
        yield Missing(piece=piece, lack=Lack.HIGH_RISK)


def _assessment(file: DossierFile) -> Iterator[Missing]:
    """The version that stands is approved and describes these cameras."""
    yield from _lead(file)
    for one in file.reopenings:
        is_none = one.due is Due.NONE_APPROVED
        lack = Lack.NO_ASSESSMENT if is_none else Lack.ASSESSMENT_REVIEW
        subject = "" if is_none else f"{one.due}:{one.subject}"
        yield Missing(piece=Piece.ASSESSMENT, lack=lack, subject=subject)


def _block_plan(file: DossierFile) -> Iterator[Missing]:
    yield from _misplaced(file, Piece.BLOCK_PLAN)


def _misplaced(file: DossierFile, piece: Piece) -> Iterator[Missing]:
    for camera in file.cameras:
        if camera.unmasked_dwellings:
            subject = f"{camera.id}:{','.join(camera.unmasked_dwellings)}"
            yield Missing(piece=piece, lack=Lack.DWELLING_UNMASKED, subject=subject)
        if camera.is_inside_building:
            yield Missing(piece=piece, lack=Lack.INSIDE_BUILDING, subject=camera.id)
        if not camera.is_inside_town:
            yield Missing(piece=piece, lack=Lack.OUTSIDE_TOWN, subject=camera.id)


def _perimeter(file: DossierFile) -> Iterator[Missing]:
    piece = Piece.PERIMETER_PLAN
    if file.perimeter_share is not None and file.perimeter_share > FULL_PERIMETER_SHARE:
        yield Missing(piece=piece, lack=Lack.PERIMETER_TOO_WIDE, subject=f"{100 * file.perimeter_share:.0f}")
    if file.max_cameras is None or len(file.cameras) > file.max_cameras:
        yield Missing(piece=piece, lack=Lack.TOO_MANY_FOR_PERIMETER, subject=str(len(file.cameras)))
    for camera in file.cameras:
        if not camera.is_inside_perimeter:
            yield Missing(piece=piece, lack=Lack.OUTSIDE_PERIMETER, subject=camera.id)
    yield from _misplaced(file, piece)


def _information(file: DossierFile) -> Iterator[Missing]:
    for site in sorted({camera.site for camera in file.cameras} - file.signed_sites):
        yield Missing(piece=Piece.INFORMATION, lack=Lack.NO_SIGN, subject=site)
    for approach in file.unsigned:
        yield Missing(piece=Piece.INFORMATION, lack=Lack.UNSIGNED_APPROACH, subject=approach)


def _conformity(file: DossierFile) -> Iterator[Missing]:
    for camera in file.cameras:
        if not camera.has_role:
            yield Missing(piece=Piece.CONFORMITY, lack=Lack.NO_ROLE, subject=camera.id)
    for link, lack in file.link_faults:
        yield Missing(piece=Piece.CONFORMITY, lack=lack, subject=link)
    if file.has_installer_certificate:
        return
    for camera in file.cameras:
        for rule in camera.nonconforming:
            yield Missing(piece=Piece.CONFORMITY, lack=Lack.NOT_CONFORMING, subject=f"{camera.id}:{rule}")
    if Piece.CONFORMITY not in file.attached:
        yield Missing(piece=Piece.CONFORMITY, lack=Lack.NO_ATTESTATION)


def _undertaking(file: DossierFile) -> Iterator[Missing]:
    if not file.is_undertaking_sent:
        yield Missing(piece=Piece.UNDERTAKING, lack=Lack.NO_UNDERTAKING)


_FURTHER = MappingProxyType(
    {
        Piece.REPORT: _lead,
        Piece.ASSESSMENT: _assessment,
        Piece.BLOCK_PLAN: _block_plan,
        Piece.PERIMETER_PLAN: _perimeter,
        Piece.INFORMATION: _information,
        Piece.CONFORMITY: _conformity,
        Piece.UNDERTAKING: _undertaking,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """What falls on which day after a receipt. Source: CSI R. 252-3, R. 252-15."""

    commission_by: date
    implied_refusal_on: date


def timer_of(receipt_on: date, *, commission_extended: bool = False) -> Timer:
    """The commission has three months (one more when it asks), the prefect four: that day's end is a refusal."""
    months = COMMISSION_MONTHS + (1 if commission_extended else 0)
    return Timer(
        commission_by=add_months(receipt_on, months), implied_refusal_on=add_months(receipt_on, SILENCE_MONTHS)
    )
