"""A scenario retained: its cameras become the programme's, those alone that are still planned. Design: `planner.md`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify
from shapely import Point
from shapely.geometry import shape

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.plan import rules
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.editor import changes as differ
from beffroi.plan.editor.changes import Act, Change, Placed, Stood
from beffroi.plan.editor.queries import last_version, town_rows
from beffroi.plan.models import Camera, Codec, Phase, ScenarioVersion, Site, TargetClass
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName
from beffroi.plan.scenario.cameras import CameraRow
from beffroi.plan.services import record_state
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Confidence, Zone
from beffroi.territory.queries import nearest_street, town

FPS = 12.0
"""Source: arrêté of 3 August 2007, annex: twelve pictures a second at least."""
_WINDS = ("le nord", "le nord-est", "l'est", "le sud-est", "le sud", "le sud-ouest", "l'ouest", "le nord-ouest")
"""A camera's name is the town's own text, in French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a scenario's last version has otherwise than the programme, on a day."""

    version: ScenarioVersion
    found: tuple[Change, ...]


def difference(scenario_id: str, on: date, *, only: Collection[str] | None = None) -> Difference:
    """Every camera that differs, and what bars it; `only`: as if all the others stood as they are planned.

    Errors: NotFound.
    """
    version, models = last_version(scenario_id), camera_models()
    now = _programme(on, models)
    drawn = [_stood(CameraRow.model_validate(row), models) for row in version.cameras]
    if only is not None:
        drawn = _restricted(drawn, now, only)
    places = {one.id: _placed(one, now) for one in drawn}
    return Difference(version=version, found=tuple(differ.changes(drawn, now, places)))


def _programme(on: date, models: dict[str, CameraModel]) -> differ.Programme:
    cameras = {row.id: _stood(row, models) for row in town_rows()}
    known = histories()
    return differ.Programme(
        cameras=cameras,
        states={camera: rules.state_on(known.get(camera, []), on) for camera in cameras},
        sites={
            site.pk: differ.Site(
                lon=site.lon, lat=site.lat, cameras=frozenset(one.id for one in cameras.values() if one.site == site.pk)
            )
            for site in Site.objects.all()
        },
        phases=frozenset(Phase.objects.values_list("pk", flat=True)),
        done=frozenset(Phase.objects.filter(in_service_on__lte=on).values_list("pk", flat=True)),
    )


def _stood(row: CameraRow, models: dict[str, CameraModel]) -> Stood:
    model = models.get(row.model or "")
    lens = row.lens(models)
    return Stood(
        id=row.id,
        site=row.site or row.id,
        phase=row.phase,
        lon=row.position[0],
        lat=row.position[1],
        bearing_deg=row.bearing_deg,
        tilt_deg=row.tilt_deg,
        height_m=row.height_m,
        hfov_deg=lens.hfov_deg,
        width_px=lens.width_px,
        height_px=lens.height_px,
        kind=row.kind or (model.kind if model else "fixed"),
        model=row.model or "",
        presets=row.presets,
    )


def _restricted(drawn: Sequence[Stood], now: differ.Programme, only: Collection[str]) -> list[Stood]:
    kept = [one if one.id in only else now.cameras.get(one.id) for one in drawn]
    given = {one.id for one in drawn}
    rest = [one for one in now.cameras.values() if one.id not in given and one.id not in only]
    return [*(one for one in kept if one is not None), *rest]


def _placed(one: Stood, now: differ.Programme) -> Placed:
    known, at = town(), Point(one.lon, one.lat)
    site = now.sites.get(one.site)
    return Placed(
        zone=_zone_at(at),
        is_outside=bool(known and known.boundary and not shape(known.boundary).covers(at)),
        from_site_m=lambert93.near_m((one.lon, one.lat), (site.lon, site.lat)) if site else 0.0,
    )


def _zone_at(at: Point) -> str:
    """The zone of the lowest number that holds a place, empty for none."""
    return next((zone.pk for zone in Zone.objects.order_by("number") if shape(zone.shape).covers(at)), "")


def adopt(scenario_id: str, chosen: Collection[str], *, seen_version: int, on: date, by: str) -> ScenarioVersion:
    """The chosen changes are the programme's from today; the scenario follows as one more version.

    Errors: NotFound; Conflict when it was saved meanwhile; InvalidInput when nothing was chosen, or one is barred.
    """
    with transaction.atomic():
        asked = difference(scenario_id, on, only=frozenset(chosen))
        _check(asked, seen_version)
        names = _Names()
        renamed = {one.camera: _carried_out(one, names, on) for one in asked.found}
        _move_sites(asked.found)
        version = _followed(asked.version, renamed, names.sites, by=by)
        counts = {act.value: sum(one.act is act for one in asked.found) for act in Act}
        append(Entry(register=Register.CONFIGURATION, action="scenario.adopted", author=by, subject=scenario_id,
                     detail={"version": seen_version, **counts}))  # fmt: skip
    return version


def _check(asked: Difference, seen_version: int) -> None:
    if asked.version.number != seen_version:
        raise Conflict(
            f"Version {asked.version.number} was saved meanwhile; look at it again.",
            message_fr=f"La version {asked.version.number} a été enregistrée entre-temps ; relisez-la.",
            field="seen_version",
        )
    barred = sorted(one.camera for one in asked.found if one.bars)
    if barred:
        raise InvalidInput(
            f"These cannot be retained: {', '.join(barred)}; mend them in the editor, or leave them out.",
            message_fr=f"Ne peuvent être retenues : {', '.join(barred)} ; corrigez-les dans l'éditeur ou décochez-les.",
            field="cameras",
        )
    if not asked.found:
        raise InvalidInput(
            "Nothing is chosen; tick a camera at least.",
            message_fr="Rien n'est choisi ; cochez au moins une caméra.",
            field="cameras",
        )


class _Names:
    """Numbers and ids of what joins the programme, after those that are taken."""

    def __init__(self) -> None:
        numbers = [one.lstrip("C") for one in Camera.objects.values_list("number", flat=True)]
        self._last = max((int(one) for one in numbers if one.isdecimal()), default=0)
        self.sites: dict[str, str] = {}

    def camera(self) -> str:
        """`C49` after `C48`."""
        self._last += 1
        while Camera.objects.filter(pk=f"c{self._last:02d}").exists():
            self._last += 1
        return f"C{self._last:02d}"

    def site(self, after: Stood) -> Site:
        """The site a camera hangs on: the programme's, or a new one where it stands."""
        key = self.sites.get(after.site, after.site)
        found = Site.objects.filter(pk=key).first()
        if found is not None:
            return found
        made = _new_site(after)
        self.sites[after.site] = made.pk
        return made


def _new_site(after: Stood) -> Site:
    rank = (Site.objects.aggregate(last=Max("rank"))["last"] or 0) + 1
    base = slugify(after.site)[:50] or "site"
    taken = set(Site.objects.filter(pk__startswith=base).values_list("pk", flat=True))
    key = next(one for one in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)
    street = nearest_street((after.lon, after.lat))
    return Site.objects.create(
        id=key, rank=rank, mark=str(rank), name=(street or after.site)[:120], phase_id=after.phase,
        zone_id=_zone_at(Point(after.lon, after.lat)), lat=after.lat, lon=after.lon,
        confidence=Confidence.APPROXIMATE, retained_at=timezone.now(),
    )  # fmt: skip


def _carried_out(one: Change, names: _Names, on: date) -> str:
    """Does one change; returns the camera's id in the programme."""
    if one.after is None:
        record_state(one.camera, StateName.REMOVED, on=on, note="scénario retenu")
        return one.camera
    pose = {
        "lat": one.after.lat, "lon": one.after.lon, "bearing_deg": one.after.bearing_deg,
        "tilt_deg": one.after.tilt_deg, "height_m": one.after.height_m, "hfov_deg": one.after.hfov_deg,
        "width_px": one.after.width_px, "height_px": one.after.height_px, "kind": one.after.kind,
        "model": one.after.model, "presets": [row.model_dump(mode="json") for row in one.after.presets],
        "site_id": names.site(one.after).pk, "phase_id": one.after.phase, "retained_at": timezone.now(),
    }  # fmt: skip
    if one.before is not None:
        focal = {} if one.before.hfov_deg == one.after.hfov_deg else {"focal_mm": None}
        Camera.objects.filter(pk=one.camera).update(**pose, **focal)
        return one.camera
    number = names.camera()
    site = names.site(one.after)
    Camera.objects.create(
        id=number.lower(), number=number, name=f"{site.name}, vers {_wind(one.after.bearing_deg)}"[:120],
        short_name=site.name.upper()[:40], fps=FPS, codec=Codec.H264, target_class=TargetClass.OBSERVE, **pose,
    )  # fmt: skip
    record_state(number.lower(), StateName.PLANNED, on=on, note="scénario retenu")
    return number.lower()


def _wind(bearing_deg: float) -> str:
    return _WINDS[round(bearing_deg / 45.0) % 8]


def _move_sites(found: Sequence[Change]) -> None:
    """A site whose cameras all moved follows them."""
    for site in Site.objects.filter(pk__in={one.after.site for one in found if one.after}):
        moved = [one for one in found if one.act is Act.MOVE and one.after and one.after.site == site.pk]
        east, north = differ.shift_of(site.pk, found)
        if (east or north) and len(moved) == site.cameras.count():
            moved_to = {"lon": site.lon + east, "lat": site.lat + north, "retained_at": timezone.now()}
            Site.objects.filter(pk=site.pk).update(**moved_to)


def _followed(kept: ScenarioVersion, renamed: dict[str, str], sites: dict[str, str], *, by: str) -> ScenarioVersion:
    """The scenario with the ids its cameras now have in the programme, as one more version."""
    rows = [CameraRow.model_validate(row) for row in kept.cameras]
    told = [
        row.model_copy(update={"id": renamed[row.id], "site": sites.get(row.site or row.id, row.site)})
        if row.id in renamed
        else row
        for row in rows
    ]
    return ScenarioVersion.objects.create(
        scenario=kept.scenario, number=kept.number + 1, zones=kept.zones, note="retenu", by=by, at=timezone.now(),
        cameras=[row.model_dump(mode="json", exclude_defaults=True) for row in told],
    )  # fmt: skip
