"""Every address of web, from the resolver itself, and how to fill its holes.

A new address is in the matrix by being routed. A new kind of hole needs one line in `HOLES`: how to make an object
that the caller reaches, one that is somebody else's (where such a thing exists), and an id that nothing has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from beffroi.authorise.dossier import keeping
from beffroi.authorise.dossier import services as dossier_services
from beffroi.authorise.models import Assessment, Dossier, Precaution, PrefectRequest, Sign, TestWindow
from beffroi.authorise.models.dossiers import PieceChoice
from beffroi.core import scans
from beffroi.core.dates import day_of
from beffroi.core.instants import from_us, to_us
from beffroi.evidence.access import copies
from beffroi.evidence.models import AccessRequest, AccessStep, Hold, Piece, Recipient, Requisition, Scan
from beffroi.evidence.scans import seal
from beffroi.journal.models import Line
from beffroi.journal.services import Entry, Register, append
from beffroi.operate.models import LogLine
from beffroi.operate.services import DeviceForm, put_device
from beffroi.oversee.inspection import services as inspection
from beffroi.oversee.models import (
    Breach,
    GroupNote,
    InspectionPack,
    Membership,
    Referral,
    Review,
    Seat,
    ShareLink,
    Visit,
    WorkingGroup,
)
from beffroi.oversee.reviews.rules import Figures
from beffroi.people.models import Agent, AgentSession, Agreement, Assignment, CameraGroup, Habilitation, Waiver
from beffroi.people.permissions import Access, declared
from beffroi.people.rules import RIGHTS, Role, rights_of
from beffroi.plan.designing import asking, making
from beffroi.plan.models import (
    AcceptanceSheet,
    Camera,
    IssuedPaper,
    Link,
    Lot,
    NetworkDesign,
    Reserve,
    Scenario,
    ScenarioVersion,
    SignedCopy,
    Task,
    TownCameraModel,
)
from beffroi.plan.scenario.document import Scenario as DesignedScenario
from beffroi.territory.queries import town_zone

MARK = "zz-tour9"
"""In the id, the name and the address of the camera outside the caller's group."""
OTHER = "zz-autre"
"""In all that belongs to another agent."""
NOWHERE = "nulle-part"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]+"')


@dataclass(frozen=True)
class Route:
    """One address: its name, its path with its holes, who may call it."""

    name: str
    path: str
    pattern: URLPattern

    def __str__(self) -> str:
        return self.path

    @property
    def holes(self) -> list[str]:
        return re.findall(r"<\w+:(\w+)>", self.path)

    @property
    def access(self) -> Access | None:
        return declared(self.pattern.callback)

    @property
    def who(self) -> str:
        return self.access.who if self.access else "undeclared"

    def admits(self, role: Role | None) -> bool:
        """True when the declaration lets somebody who holds `role` alone in."""
        wanted = self.access.any_of if self.access else frozenset()
        return not wanted or bool(rights_of([role] if role else []) & wanted)

    def filled(self, ids: dict[str, str]) -> str:
        return re.sub(r"<\w+:(\w+)>", lambda found: ids[found[1]], self.path)


def routes() -> list[Route]:
    return [
        Route(name=pattern.name or "", path=f"/{prefix}{pattern.pattern}", pattern=pattern)
        for prefix, pattern in _patterns(get_resolver("beffroi.web.urls"), "")
    ]


def _patterns(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix, entry


@dataclass(frozen=True)
class World:
    """What is there, and who asks."""

    caller: Agent
    other: Agent
    stranger: Agent


@dataclass(frozen=True)
class Hole:
    """What may stand in one hole. `foreign` None: whoever has the right reaches all there are."""

    own: Callable[[World], Any]
    unknown: str = NOWHERE
    foreign: Callable[[World], Any] | None = None


def _session(agent: Agent) -> str:
    now = timezone.now()
    row, _ = AgentSession.objects.get_or_create(
        key=f"key-{agent.pk}"[:40],
        defaults={"agent": agent, "address": "192.0.2.9", "browser": agent.name, "since_at": now, "last_at": now},
    )
    return row.pk


def _factor(agent: Agent) -> int:
    kind = Authenticator.Type.WEBAUTHN
    credential = {"name": agent.name, "passwordless": False, "credential": {}}
    return int(Authenticator.objects.get_or_create(user=agent, type=kind, defaults={"data": credential})[0].pk)


def _assignment(agent: Agent) -> int:
    return int(Assignment.objects.get_or_create(agent=agent, role=Role.ADVISER)[0].pk)


def _habilitation(agent: Agent) -> str:
    today = timezone.localdate()
    days = {"signed_on": today, "first_on": today, "last_on": today + timedelta(days=300)}
    act = {"number": f"A-{agent.pk}", "signed_by": "Le maire", "territory": "12145", "category": "c"}
    return str(Habilitation.objects.get_or_create(agent=agent, defaults=act | days)[0].pk)


def _window(world: World) -> int:
    now = timezone.now()
    found = TestWindow.objects.first()
    if found is None:
        found = TestWindow.objects.create(opened_by=world.other, opened_at=now, ends_at=now + timedelta(hours=1))
    return int(found.pk)


def _access_request(world: World) -> str:
    now_us = to_us(timezone.now())
    row, _ = AccessRequest.objects.get_or_create(
        pk="A-2026-001",
        defaults={"year": 2026, "rank": 1, "kind": "access", "regime": "gdpr", "received_on": timezone.localdate()}
        | {"cameras": ["c01"], "from_at_us": now_us - 10**9, "to_at_us": now_us},
    )
    AccessStep.objects.get_or_create(request=row, did="received", defaults={"by": world.other, "at_us": now_us})
    path = copies.folder_of(row) / "c01.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a copy")
    return row.number


def _destroyed_day(_: World) -> str:
    """A day of c01 of which the register of erasures tells."""
    at_us = to_us(timezone.now()) - 86_400_000_000
    detail: dict[str, int | str] = {"from_at_us": at_us, "to_at_us": at_us + 1, "files": 1, "bytes": 1, "method": "key"}
    erased = Entry(register=Register.ERASURE, action="footage.destroyed", camera="c01", detail=detail)
    if not Line.objects.filter(action="footage.destroyed").exists():
        append(erased)
    return day_of(from_us(at_us), town_zone()).isoformat()


def _waiver(_: World) -> str:
    Waiver.objects.get_or_create(
        pk="dpo-people", defaults={"number": "W-1", "signed_on": timezone.localdate(), "signed_by": "Le maire"}
    )
    return "dpo-people"


def _camera_model(_: World) -> str:
    told = {"name": "Dôme", "kind": "fixed", "width_px": 1920, "height_px": 1080, "hfov_deg": 90.0, "source": "fiche"}
    masks = {"max_masks": 8, "max_points": 4, "rectangle_only": False}
    TownCameraModel.objects.get_or_create(pk="dome-1", defaults=told | masks | {"by": "system", "at": timezone.now()})
    return "dome-1"


def _lot(_: World) -> str:
    return str(Lot.objects.get_or_create(pk="lot-1", defaults={"phase_id": "p1", "rank": 1, "name": "Lot"})[0].pk)


def _task(world: World) -> str:
    day = timezone.localdate()
    days = {"planned_from_on": day, "planned_to_on": day}
    Task.objects.get_or_create(pk="task-1", defaults={"lot_id": _lot(world), "kind": "mast", "name": "Mât", **days})
    return "task-1"


def _fibre(_: World) -> str:
    shape = {"type": "LineString", "coordinates": [[3.07, 44.1], [3.071, 44.1]]}
    known = {"name": "Bras", "phase_id": "p1", "from_end": "j-1", "to_end": "s1", "length_m": 80, "shape": shape}
    return str(Link.objects.get_or_create(pk="f01", defaults=known | {"planned_on": timezone.localdate()})[0].pk)


def _reserve(_: World) -> int:
    sheet, _made = AcceptanceSheet.objects.get_or_create(site_id="s1", opened_on=timezone.localdate())
    due = {"text": "joint", "owner": "pose", "due_on": timezone.localdate()}
    return int(Reserve.objects.get_or_create(sheet=sheet, defaults=due)[0].pk)


def _paper(_: World) -> int:
    scan, key = "0" * 32, settings.SITE_KEY.derived("works-scans")
    known = {"number": "PV-p1-1", "on": timezone.localdate(), "cameras": ["c01"], "basis": "0" * 64, "sha256": "0" * 64}
    known |= {"size_bytes": 4, "sealed": scans.seal(b"%PDF", scan=scan, key=key), "scan": scan, "at": timezone.now()}
    of = {"phase_id": "p1", "name": "proces-verbal", "version": 1}
    return int(IssuedPaper.objects.get_or_create(**of, defaults=known)[0].pk)


def _signed_copy(world: World) -> int:
    scan, key = "1" * 32, settings.SITE_KEY.derived("works-scans")
    known = {"signed_on": timezone.localdate(), "media_type": "application/pdf", "size_bytes": 4, "at": timezone.now()}
    known |= {"sealed": scans.seal(b"%PDF", scan=scan, key=key), "scan": scan}
    of = {"paper_id": _paper(world), "sha256": "1" * 64}
    return int(SignedCopy.objects.get_or_create(**of, defaults=known)[0].pk)


def _requisition(camera: str) -> str:
    """A requisition with a lock on one camera, a scanned piece, and nobody's steps."""
    rank = 1 if camera == "c01" else 2
    span = {"from_at_us": 1_790_000_000_000_000, "to_at_us": 1_790_000_060_000_000}
    known = {"number": f"R-2026-{rank:03}", "year": 2026, "rank": rank, "facts": f"Faits {camera}", "place": "Place"}
    row, is_new = Requisition.objects.get_or_create(pk=known["number"], defaults=known | span | {"opened_at_us": 1})
    if is_new:
        until = {"until_at_us": 4_000_000_000_000_000, "subject": row.pk, "kind": "telephone"}
        Hold.objects.create(id=f"hold-{rank}", camera_id=camera, requisition=row, **span, **until)
        scan = Scan.objects.create(media_type="application/pdf", size_bytes=1, sha256="0" * 64, sealed=b"")
        scan.sealed = seal(b"%PDF-1.7", scan=scan.pk)
        scan.save()
        Piece.objects.create(requisition=row, kind="requisition", scan=scan, at_us=1)
    return row.pk


def _log_line(camera: str) -> str:
    """A line of the logbook, of an offence that one camera saw."""
    rank = 1 if camera == "c01" else 2
    known = {"origin": f"MC-2026-{rank:04}", "rank": rank, "code": "tag", "source": "round", "action": "watched"}
    seen = {"seen_at_us": to_us(timezone.now()) - 10**8, "at_us": 1, "place": f"Lieu {camera}"}
    return LogLine.objects.get_or_create(pk=known["origin"], defaults=known | seen | {"camera_id": camera})[0].pk


def _scan(camera: str) -> str:
    return str(Scan.objects.get(piece__requisition=_requisition(camera)).pk)


def _recipient(_: World) -> str:
    known = {"quality": "opj", "unit": "commissariat", "added_at_us": 1}
    return str(Recipient.objects.get_or_create(name="OPJ", defaults=known)[0].pk)


def _dossier(_: World) -> str:
    days = {"opened_on": timezone.localdate(), "retention_days": 15, "purposes": ["safety"]}
    dossier, _made = Dossier.objects.get_or_create(pk="d1", defaults={"name": "Dossier", "kind": "new"} | days)
    dossier.cameras.set(Camera.objects.filter(pk="c01"))
    return str(dossier.pk)


def _attachment(world: World) -> int:
    dossier = Dossier.objects.get(pk=_dossier(world))
    found = dossier.attachments.first()
    if found is None:
        piece = PieceChoice.CONFORMITY
        found = dossier_services.attach(dossier, piece, name="Attestation", content=b"%PDF-1.7", by="system")
    return int(found.pk)


def _document(world: World) -> str:
    folder = keeping.folder_of(Dossier.objects.get(pk=_dossier(world)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "08-securite.pdf").write_bytes(b"%PDF-1.7")
    row = {"file": "08-securite.pdf", "title": "Sécurité", "pages": 1, "sha256": "0" * 64}
    (folder / "index.json").write_text(json.dumps({"documents": [row]}))
    return "08-securite"


def _assessment(_: World) -> str:
    """A draft, which every section may be written of."""
    days = {"opened_on": timezone.localdate()}
    return str(Assessment.objects.get_or_create(number=7, defaults=days)[0].number)


def _sign(_: World) -> str:
    where = {"lat": 44.1, "lon": 3.08, "place": "Sur le mât"}
    return str(Sign.objects.get_or_create(pk="p1", defaults={"site_id": "s1"} | where)[0].pk)


def _scenario(_: World) -> str:
    found, is_new = Scenario.objects.get_or_create(
        pk="essai", defaults={"name": "Essai", "made_by": "system", "made_at": timezone.now()}
    )
    if is_new:
        ScenarioVersion.objects.create(scenario=found, number=1, cameras=[], zones=[], by="system", at=timezone.now())
    return str(found.pk)


def _network_design(_: World) -> int:
    """A tree of one street, made."""
    found = NetworkDesign.objects.first()
    if found is None:
        street = {"type": "LineString", "coordinates": [[3.07, 44.1], [3.075, 44.1]]}
        points = [{"id": "csu", "position": [3.07, 44.1]}, {"id": "s1", "position": [3.074, 44.1001], "phase": "p1"}]
        given = {"crs": "EPSG:4326", "streets": [{"id": "rue", "shape": street}],
                 "network": {"csu": "csu", "points": points}}  # fmt: skip
        made = making.made(asking.ready(DesignedScenario.model_validate(given)), timezone.localdate())
        known = {"asked": {"csu": "csu", "points": ["s1"]}, "scenario": given, "asked_by": "system"}
        days = {"asked_at": timezone.now(), "ended_at": timezone.now()}
        found = NetworkDesign.objects.create(answer=made.model_dump(mode="json"), **known, **days)
    return int(found.pk)


def _review(_: World) -> str:
    Review.objects.get_or_create(month="2025-01-01", defaults={"figures": Figures().form, "drawn_at_us": 1})
    return "2025-01"


def _inspection(world: World) -> str:
    """A pack that the worker has made."""
    made = {"asked_by": world.other, "asked_at_us": 1, "made_at_us": 2, "sha256": "0" * 64}
    pack, _made = InspectionPack.objects.get_or_create(pk="inspection-1", defaults=made)
    inspection.folder().mkdir(parents=True, exist_ok=True)
    inspection.file_of(pack).write_bytes(b"PK")
    return str(pack.pk)


def _breach(_: World) -> str:
    return str(Breach.objects.get_or_create(pk="V-2026-001", defaults={"found_at": timezone.now()})[0].pk)


def _visit(world: World) -> str:
    known = {"body": "Groupe", "names": "X", "count": 2, "host": world.other, "written_by": world.other, "in_at_us": 1}
    return str(Visit.objects.get_or_create(pk="visit-1", defaults={"purpose": "works"} | known)[0].pk)


def _precaution(_: World) -> int:
    known = {"value": "10", "from_on": timezone.localdate()}
    return int(Precaution.objects.get_or_create(order_id="o1", kind="retention-most", defaults=known)[0].pk)


def _prefect_request(_: World) -> str:
    known = {"number": "T-1", "received_on": timezone.localdate(), "places": "Gare"}
    return str(PrefectRequest.objects.get_or_create(pk="t-1", defaults=known)[0].pk)


def _link(world: World) -> str:
    day = timezone.localdate() + timedelta(days=30)
    known = {"service": "Police", "urgency_act": "U-1", "urgency_on": timezone.localdate(), "means": "fibre"}
    rest = {"cameras": ["c01"], "until_on": day, "written_by": world.other, "written_at_us": 1}
    return str(ShareLink.objects.get_or_create(pk="link-1", defaults=known | rest)[0].pk)


def _seat(world: World) -> int:
    known = {"act": "D-1", "from_on": timezone.localdate(), "written_by": world.other}
    return int(Seat.objects.get_or_create(quality="resident", defaults=known)[0].pk)


def _referral(world: World) -> str:
    known = {"quality": "resident", "received_on": timezone.localdate(), "question": "?", "written_by": world.other}
    return str(Referral.objects.get_or_create(pk="S-2026-001", defaults=known)[0].pk)


def _group(world: World, group_id: str, member: Agent) -> str:
    """A working group with one member, who pledged."""
    known = {"name": group_id, "rules_on": timezone.localdate(), "written_by": world.other}
    group, is_new = WorkingGroup.objects.get_or_create(pk=group_id, defaults=known)
    if is_new:
        named = {"named_by": world.other, "named_at_us": 1, "pledged_at_us": 2}
        Membership.objects.create(group=group, agent=member, **named)
        GroupNote.objects.create(group=group, met_on=timezone.localdate(), text=group_id, by=member, at_us=3)
    return group_id


def _membership(world: World) -> int:
    group = _group(world, "convened", world.other)
    return int(Membership.objects.get(group=group, agent=world.other).pk)


def _agreement(_: World) -> str:
    day = timezone.localdate()
    known = {"town_number": "C-1", "town_on": day, "state_number": "E-1", "state_on": day, "last_on": day}
    return str(Agreement.objects.get_or_create(authority="Communauté", defaults=known)[0].pk)


HOLES: dict[str, Hole] = {
    "agreement_id": Hole(own=_agreement),
    "seat_id": Hole(own=_seat, unknown="999999"),
    "referral_number": Hole(own=_referral),
    "exchange_id": Hole(
        own=lambda world: _group(world, "mine", world.caller), foreign=lambda world: _group(world, OTHER, world.other)
    ),
    "convened_id": Hole(own=lambda world: _group(world, "convened", world.other)),
    "membership_id": Hole(own=_membership, unknown="999999"),
    "precaution_id": Hole(own=_precaution, unknown="999999"),
    "request_id": Hole(own=_prefect_request),
    "link_id": Hole(own=_link),
    "visit_id": Hole(own=_visit),
    "breach_number": Hole(own=_breach),
    "pack_id": Hole(own=_inspection),
    "month": Hole(own=_review, unknown="2020-01"),
    "zone_id": Hole(own=lambda _: "z1"),
    "dossier_id": Hole(own=_dossier),
    "key": Hole(own=lambda _: "context"),
    "assessment_number": Hole(own=_assessment, unknown="999"),
    "section": Hole(own=lambda _: "context"),
    "attachment_id": Hole(own=_attachment, unknown="999999"),
    "document": Hole(own=_document),
    "name": Hole(own=lambda _: "plan-de-masse-s1"),
    "role": Hole(own=lambda _: "dpo"),
    "sign_id": Hole(own=_sign),
    "phase_id": Hole(own=lambda _: "p1"),
    "site_id": Hole(own=lambda _: "s1"),
    "task_id": Hole(own=_task),
    "lot_id": Hole(own=_lot),
    "fibre_id": Hole(own=_fibre),
    "scenario_id": Hole(own=_scenario),
    "model_id": Hole(own=_camera_model),
    "design_id": Hole(own=_network_design, unknown="999999"),
    "reserve_id": Hole(own=_reserve, unknown="999999"),
    "paper_id": Hole(own=_paper, unknown="999999"),
    "copy_id": Hole(own=_signed_copy, unknown="999999"),
    "register_number": Hole(own=lambda _: _requisition("c01"), foreign=lambda _: _requisition(MARK)),
    "line_number": Hole(own=lambda _: _log_line("c01"), foreign=lambda _: _log_line(MARK)),
    "scan_id": Hole(own=lambda _: _scan("c01"), foreign=lambda _: _scan(MARK)),
    "recipient_id": Hole(own=_recipient),
    "camera_id": Hole(own=lambda _: "c01", foreign=lambda _: MARK),
    "node_id": Hole(own=lambda _: "n1"),
    "order_id": Hole(own=lambda _: "o1"),
    "window_id": Hole(own=_window, unknown="999999"),
    "agent_id": Hole(own=lambda world: world.other.pk),
    "session_id": Hole(own=lambda world: _session(world.other), foreign=lambda world: _session(world.stranger)),
    "assignment_id": Hole(
        own=lambda world: _assignment(world.other),
        foreign=lambda world: _assignment(world.stranger),
        unknown="999999",
    ),
    "habilitation_id": Hole(own=lambda world: _habilitation(world.other)),
    "group_id": Hole(own=lambda _: "g"),
    "pair": Hole(own=_waiver),
    "number": Hole(own=_access_request),
    "day": Hole(own=_destroyed_day, unknown="2020-01-01"),
    "letter": Hole(own=lambda _: "receipt"),
    "pk": Hole(
        own=lambda world: _factor(world.caller), foreign=lambda world: _factor(world.stranger), unknown="999999"
    ),
}
MINE = {"end-my-session": Hole(own=lambda world: _session(world.caller), foreign=lambda world: _session(world.other))}
"""Where one hole means another thing than elsewhere, by the name of the address."""


def hole(route: Route, name: str) -> Hole:
    """What fills this hole of this address."""
    assert route.name in MINE or name in HOLES, f"{route}: say in matrix.HOLES how to make a {name}"
    return MINE.get(route.name) or HOLES[name]


def own(route: Route, world: World) -> dict[str, str]:
    """Ids of objects that the caller reaches."""
    return {name: str(hole(route, name).own(world)) for name in route.holes}


def normal(answer: Any, *ids: str) -> tuple[int, str, str]:
    """What an answer says, the ids asked for and the tokens of its forms left out."""
    body: str = _TOKEN.sub("", answer.content.decode("utf-8", "replace"))
    told = [unquote(answer.get("Location", "")), unquote(body)]
    for one in ids:
        told = [re.sub(rf"\b{re.escape(one)}\b", "ID", text) for text in told]
    return int(answer.status_code), told[0], told[1]


def foreign_camera(make_camera: Callable[..., Any]) -> str:
    """A camera that records on the same node, in no group."""
    make_camera(MARK)
    put_device(MARK, DeviceForm(node="n1", main_url=f"rtsp://127.0.0.1:5/{MARK}/main"))
    return MARK


def make_world(agent_with: Callable[..., Agent], caller: Agent) -> World:
    """Two other agents, and a group with one camera that `caller`'s roles are held for."""
    group, _ = CameraGroup.objects.get_or_create(pk="g", defaults={"name": "Le centre", "cameras": ["c01"]})
    Assignment.objects.filter(agent=caller).update(group=group)
    return World(caller, agent_with(username=OTHER), agent_with(username=f"{OTHER}-2"))


def logged_in(caller: Agent) -> Client:
    client = Client()
    client.force_login(caller, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


PERSONAS: list[Role | None] = [None, *Role]
assert set(RIGHTS) == set(Role)
