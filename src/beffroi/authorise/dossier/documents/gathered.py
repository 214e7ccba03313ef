"""Everything the papers of a dossier say, read once: what follows is pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.conf import settings
from django.urls import reverse

from beffroi.authorise.assessment.queries import draft as assessment_draft
from beffroi.authorise.assessment.queries import standing as assessment_standing
from beffroi.authorise.dossier import doubts, queries
from beffroi.authorise.dossier.pieces import DossierKind, Doubtful, Missing, Piece, pieces_of_mode
from beffroi.authorise.models import Assessment, Contact, Declaration, Dossier, Order, OrderCamera, Sign, Undertaking
from beffroi.authorise.queries import systems_on
from beffroi.core.dates import day_of
from beffroi.core.documents.blocks import counted, day
from beffroi.core.errors import InvalidInput
from beffroi.people.queries import Stand, register
from beffroi.plan import ground as plan_ground
from beffroi.plan.calc.coverage import Proportion, proportion
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.slope import Slope, steep
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.link_rules import Budget
from beffroi.plan.links import last_weeks, link_budgets, rates, ways
from beffroi.plan.models import AcceptanceMeasure, Camera, CameraKind, Link, Phase, Site
from beffroi.plan.queries import link_ends
from beffroi.plan.works.queries import LotMoney, money
from beffroi.territory.analysis import Followed, HotSpots, followed, hot_spots
from beffroi.territory.models import Purpose, Town, Zone
from beffroi.territory.queries import evidence_by_zone, town, town_zone
from beffroi.territory.rules import Evidence

TO_FILL = "[à compléter]"
BY_HAND = "........................"
"""A place that is filled with a pen once the paper is printed."""
NATURES = {
    DossierKind.NEW: "une première autorisation",
    DossierKind.MODIFICATION: "la modification de son autorisation",
    DossierKind.RENEWAL: "le renouvellement de son autorisation",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a dossier asks for and the links that carry it: enough to say what each camera costs."""

    dossier: Dossier
    cameras: tuple[Camera, ...]
    links: tuple[Link, ...]

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """In their order, each once."""
        return tuple(sorted({camera.site for camera in self.cameras}, key=lambda site: site.rank))

    @cached_property
    def rates(self) -> Mapping[str, Range]:
        """Bit rate of each camera's main stream, by id."""
        return rates(self.cameras)

    @cached_property
    def measured(self) -> frozenset[str]:
        """Its cameras whose rate is that of a measured week."""
        return frozenset(camera.pk for camera in self.cameras) & last_weeks().keys()

    @cached_property
    def carried(self) -> Mapping[str, Budget]:
        """What each length carries of these cameras and of those already there, by id."""
        others = Camera.objects.filter(phase__programme__in={camera.phase.programme_id for camera in self.cameras})
        return {one.length.id: one for one in link_budgets({*self.cameras, *others})}

    @cached_property
    def ways(self) -> Mapping[str, Sequence[Link]]:
        """The links on each site's way to the centre, from it; a site that none leads to is not there."""
        links = Link.objects.in_bulk()
        return {end: [links[link] for link in way] for end, way in ways().items() if way}


@dataclass(frozen=True, kw_only=True)
class Gathered(Asked):
    """A dossier and all it rests on, as of an instant."""

    made_at: datetime
    town: Town
    texts: Mapping[str, str]
    contacts: Mapping[str, Contact]
    missing: tuple[Missing, ...]
    doubtful: tuple[Doubtful, ...]
    """What the plans suppose, to be verified."""
    zones: tuple[Zone, ...]
    all_zones: tuple[Zone, ...]
    evidence: Mapping[str, Evidence]
    hot: HotSpots | None
    """None: too few placed facts for a map."""
    followed: Followed
    phases: tuple[Phase, ...]
    signs: tuple[Sign, ...]
    measures: Mapping[str, Mapping[str, AcceptanceMeasure]]
    """By camera, then by item: the last of each."""
    undertaking: Undertaking | None
    assessment: Assessment | None
    """The version that stands, else the draft."""
    orders: tuple[Order, ...]
    covered: Mapping[str, tuple[OrderCamera, ...]]
    """By camera: the orders that cover it."""
    systems: tuple[Order, ...]
    """Those of the whole town in force that day."""
    declarations: tuple[Declaration, ...]
    habilitations: Sequence[Stand]
    changes: Sequence[tuple[str, str, object, object]]
    budgets: Mapping[str, Sequence[LotMoney]]
    ground: plan_ground.Ground
    proportion: Proportion
    slopes: Mapping[str, Slope]
    """Of the cameras over sloping ground, by their number."""
    ends: Mapping[str, str]
    """Names of what links join, by id."""
    attached: frozenset[str]
    """Pieces with a paper joined."""
    models: Mapping[str, CameraModel]
    """The library: generic models and the town's own, by id."""
    phase: Phase | None = field(default=None)
    """Of a paper that there is one a phase."""

    @property
    def on(self) -> date:
        return day_of(self.made_at, town_zone())

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """What R. 252-3 asks of this dossier."""
        return pieces_of_mode(
            self.dossier.mode,
            has_perimeter=self.dossier.perimeter is not None,
            has_maintainer="maintainer" in self.contacts,
        )

    def zone_of(self, camera: Camera) -> Zone:
        return camera.site.zone

    def contact(self, role: str) -> str:
        """Name and address in one line."""
        found = self.contacts.get(role)
        return f"{found.name}, {found.address}" if found else TO_FILL

    @cached_property
    def public_address(self) -> str:
        """Of the page of level 2; empty while this server has no public name."""
        return _address("rights")

    @cached_property
    def systems_address(self) -> str:
        """Of the page that lists the systems; empty while this server has no public name."""
        return _address("public-systems")

    def values(self) -> dict[str, object]:
        """What `{names}` in the words stand for."""
        ptz = sum(camera.kind == CameraKind.PTZ for camera in self.cameras)
        controller, service = self.contacts.get("controller"), self.contacts.get("service")
        return {
            "town": self.town.name,
            "made_on": day(self.on),
            "nature": NATURES[DossierKind(self.dossier.kind)],
            "cameras_count": len(self.cameras),
            "cameras": counted(len(self.cameras), "caméra"),
            "fixed": counted(len(self.cameras) - ptz, "fixe"),
            "movable": counted(ptz, "mobile"),
            "sites": counted(len(self.sites), "emplacement"),
            "zones": counted(len(self.zones), "zone"),
            "sensitive_zones": counted(len(self.zones), "zone sensible", "zones sensibles"),
            "signs": counted(len(self.signs), "affiche"),
            "retention_days": self.dossier.retention_days,
            "purposes_line": " ; ".join(purpose_names(self.dossier.purposes)),
            "controller_name": controller.name if controller else TO_FILL,
            "service_name": service.name if service else TO_FILL,
            "rights_contact": self.contact("rights"),
            "public_address": self.public_address or f"{TO_FILL}, nom public du serveur (web.names)",
        }


def _address(page: str) -> str:
    names = settings.BEFFROI.web.names
    return f"https://{names[0]}{reverse(page)}" if names else ""


def purpose_names(codes: Sequence[str]) -> list[str]:
    """`5° prévention des atteintes…`, as L. 251-2 numbers them."""
    return [f"{list(Purpose).index(Purpose(code)) + 1}° {Purpose(code).label}" for code in codes]


def ask(dossier: Dossier) -> Asked:
    """The cameras by number and the links of their phases."""
    cameras = tuple(dossier.cameras.select_related("site__zone", "phase").order_by("number"))
    phases = {camera.phase_id for camera in cameras}
    return Asked(dossier=dossier, cameras=cameras, links=tuple(Link.objects.filter(phase__in=phases)))


def gather(dossier: Dossier, *, made_at: datetime) -> Gathered:
    """Reads it all. A second or so: the ground and the views are computed."""
    on = day_of(made_at, town_zone())
    asked = ask(dossier)
    cameras = asked.cameras
    ids = [camera.pk for camera in cameras]
    known = town()
    assert known is not None, "a dossier has cameras, cameras have a town"
    zones = {camera.site.zone for camera in cameras}
    phases = tuple(Phase.objects.filter(pk__in={camera.phase_id for camera in cameras}))
    ground = plan_ground.ground()
    sights = plan_ground.sights(cameras, ground)
    return Gathered(
        dossier=dossier,
        made_at=made_at,
        town=known,
        texts=queries.texts_of(dossier),
        contacts=queries.contacts(),
        missing=queries.missing(dossier, on),
        doubtful=doubts.doubtful(dossier),
        cameras=cameras,
        zones=tuple(sorted(zones, key=lambda zone: zone.number)),
        all_zones=tuple(Zone.objects.all()),
        evidence=evidence_by_zone(on),
        hot=_hot_spots(on),
        followed=followed(on),
        phases=phases,
        signs=tuple(Sign.objects.filter(site__in=[camera.site_id for camera in cameras]).select_related("site")),
        links=asked.links,
        measures=_measures(ids),
        assessment=assessment_standing() or assessment_draft(),
        undertaking=Undertaking.objects.filter(sent_on__lte=on).last(),
        orders=tuple(Order.objects.filter(covered__camera__in=ids).distinct()),
        covered=_covered(ids),
        systems=tuple(systems_on(on)),
        declarations=tuple(Declaration.objects.filter(phase__in=phases).select_related("order")),
        habilitations=register(),
        changes=queries.changes_of(dossier),
        budgets={phase.pk: money(on, phase=phase.pk) for phase in phases},
        ground=ground,
        proportion=proportion(sights, ground.town, ground.skyline),
        slopes={
            camera.number: found
            for camera, one in zip(cameras, sights, strict=True)
            if (found := steep(one, ground.skyline))
        },
        ends=link_ends(),
        attached=frozenset(dossier.attachments.values_list("piece", flat=True)),
        models=camera_models(),
    )


def _hot_spots(on: date) -> HotSpots | None:
    try:
        return hot_spots(on)
    except InvalidInput:
        return None


def _measures(cameras: Sequence[str]) -> dict[str, dict[str, AcceptanceMeasure]]:
    found: dict[str, dict[str, AcceptanceMeasure]] = defaultdict(dict)
    for row in AcceptanceMeasure.objects.filter(camera__in=cameras).order_by("at", "pk"):
        found[row.camera_id or ""][row.item] = row
    return found


def _covered(cameras: Sequence[str]) -> dict[str, tuple[OrderCamera, ...]]:
    found: dict[str, list[OrderCamera]] = defaultdict(list)
    for row in OrderCamera.objects.filter(camera__in=cameras).select_related("order").order_by("order__signed_on"):
        found[row.camera_id].append(row)
    return {camera: tuple(rows) for camera, rows in found.items()}
