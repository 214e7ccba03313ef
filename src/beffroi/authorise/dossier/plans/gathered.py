"""What the plans of a dossier are drawn from, read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shapely.geometry.base import BaseGeometry

from beffroi.authorise.dossier.neighbours import own_names, pointed
from beffroi.authorise.dossier.plans.seen import CameraSight, SiteView, camera_sight
from beffroi.authorise.dossier.queries import file_of
from beffroi.authorise.models import BuiltDocument, Dossier, Sign
from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue
from beffroi.plan import ground as of_plan
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.models import Camera, Site
from beffroi.plan.planned_masks import drawer_of
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Building, HeightSource, Street, Town, Water, Zone
from beffroi.territory.queries import town

DOCUMENT = "04-plan-d-ensemble"
"""The name under which the built plans are recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """A site, its cameras of this dossier, what they see."""

    site: Site
    cameras: Sequence[Camera]
    view: SiteView


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Everything on the plans of a dossier on a day."""

    dossier: Dossier
    on: date
    town: Town | None
    ground: of_plan.Ground
    sites: Sequence[SitePlan]
    all_sites: Sequence[Site]
    streets: Sequence[tuple[str, BaseGeometry]]
    waters: Sequence[BaseGeometry]
    zones: Sequence[tuple[str, BaseGeometry]]
    signs: Sequence[Sign]
    own: Mapping[int, str]
    """Names of the town's and its partners' buildings, by index."""
    assumed: frozenset[str]
    """Buildings whose height nobody measured."""
    form: Mapping[str, int]
    """Cameras by site as the forms count them."""
    index: str
    """A, B…: a letter more each time the plans were issued."""

    @property
    def is_fictional(self) -> bool:
        return bool(self.town and self.town.is_fictional)

    @property
    def cameras(self) -> list[Camera]:
        return [camera for site in self.sites for camera in site.cameras]


def gather(dossier: Dossier, on: date, *, sites: frozenset[str] | None = None) -> Gathered:
    """Reads the ground once and looks through each camera once; only at some `sites` when told."""
    ground = of_plan.ground()
    own, accesses = own_names(ground.skyline), pointed(ground.skyline)
    known = _Known(ground=ground, own=frozenset(own), accesses=accesses, models=camera_models())
    rows = list(dossier.cameras.select_related("site__zone", "phase").order_by("site__rank", "number"))
    by_site: dict[str, list[Camera]] = {}
    for row in rows:
        by_site.setdefault(row.site_id, []).append(row)
    return Gathered(
        dossier=dossier,
        on=on,
        town=town(),
        ground=ground,
        sites=[
            SitePlan(site=held[0].site, cameras=held, view=_view(held, known))
            for name, held in by_site.items()
            if sites is None or name in sites
        ],
        all_sites=[held[0].site for held in by_site.values()],
        streets=[(row.name, lambert93.projected(row.shape)) for row in Street.objects.all()],
        waters=[lambert93.projected(row.shape) for row in Water.objects.all()],
        zones=[(str(row.number), lambert93.projected(row.shape)) for row in Zone.objects.all()],
        signs=list(Sign.objects.select_related("site").order_by("site__rank", "id")),
        own=own,
        assumed=frozenset(Building.objects.exclude(height_source=HeightSource.MEASURED).values_list("id", flat=True)),
        form=Counter(camera.site for camera in file_of(dossier, on).cameras),
        index=_index(dossier),
    )


def _index(dossier: Dossier) -> str:
    issued = BuiltDocument.objects.filter(dossier=dossier, name=DOCUMENT).count()
    return chr(ord("A") + issued) if issued < 26 else f"Z{issued - 25}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What every site's view is seen on."""

    ground: of_plan.Ground
    own: frozenset[int]
    accesses: Mapping[int, Mapping[str, tuple[float, float]]]
    models: dict[str, CameraModel]


def _view(cameras: Sequence[Camera], known: _Known) -> SiteView:
    first = of_plan.camera(cameras[0]).pose
    ground = known.ground
    return SiteView(
        mast=(first.east_m, first.north_m),
        cameras=tuple(_sight(row, known) for row in cameras),
        town=ground.town,
        skyline=ground.skyline,
        own=known.own,
        accesses=known.accesses,
    )


def _sight(row: Camera, known: _Known) -> CameraSight:
    ground = known.ground
    try:
        camera = of_plan.camera(row)
        drawer = drawer_of(row, camera, known.models)
        return camera_sight(row.number, camera, ground.skyline, scale=catalogue.scale(), drawer=drawer)
    except InvalidInput as error:
        return CameraSight(number=row.number, sight=None, masked=None, fault=error.message_fr)
