"""Writes of the plan: a step of a camera's life, and the landing of a town's folder."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone, translation

from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput, NotFound
from beffroi.core.reading import FolderReader, Read
from beffroi.journal.services import Entry, Register, append
from beffroi.plan import conformity, events, retained, rules, townfile
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.models import Camera, CameraState, Link, Phase, PoseSurvey, Programme, Site
from beffroi.plan.queries import histories
from beffroi.plan.retained import Left
from beffroi.plan.rules import DatedState, StateName
from beffroi.plan.townfile import Standing, StateRow, Works
from beffroi.plan.works import services as works_services
from beffroi.plan.works import words as works_words
from beffroi.plan.works.queries import acceptance_wants, covering_report
from beffroi.plan.works.rules import STANDARD, Want, Wanting, steps_of_works
from beffroi.territory.models import Purpose
from beffroi.territory.queries import evidence_of, town, town_zone
from beffroi.territory.rules import is_evidenced
from beffroi.territory.services import Landed, put_all


def record_state(camera_id: str, state: StateName, *, on: date, note: str = "") -> None:
    """Adds a step to a camera's life. A phase is dated once its last camera is in service and its report issued.

    Errors: NotFound; InvalidInput when the state cannot follow the one before it.
    """
    with transaction.atomic():
        camera = Camera.objects.select_for_update().select_related("phase", "site__zone").filter(pk=camera_id).first()
        if camera is None:
            raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="camera")
        history = histories([camera_id])[camera_id]
        _check_step([*history, DatedState(state=state, on=on)])
        if state is StateName.FILED:
            _check_exposed(camera, on)
        if state in (StateName.ACCEPTED, StateName.IN_SERVICE):
            _check_accepted(camera, on)
        CameraState.objects.create(camera=camera, step=len(history) + 1, state=state, on=on, note=note)
        if state in (StateName.IN_SERVICE, StateName.REMOVED):
            works_services.date_phase(camera.phase)
        events.state_recorded(camera_id)


def take_step(camera_id: str, state: StateName, *, on: date, by: str, note: str = "") -> None:
    """A step that the works bring: fitted, accepted, in service, back to test for a repair, removed.

    Errors: those of `record_state`; InvalidInput for a step that a paper brings, or a day to come; Conflict for a
    service whose papers are not all there.
    """
    history = histories([camera_id])[camera_id]
    if state not in steps_of_works(history[-1].state if history else None):
        raise InvalidInput(
            "This step follows a paper or a test window, not the works; write the paper down first.",
            message_fr="Cette étape suit un papier ou une fenêtre d'essai, pas les travaux ; inscrivez d'abord le "
            "papier.",
            field="state",
        )
    if on > day_of(timezone.now(), town_zone()):
        raise InvalidInput("A step is written once it is taken; give today or before.",
                           message_fr="Une étape s'écrit une fois franchie ; donnez aujourd'hui ou avant.",
                           field="on")  # fmt: skip
    if state is StateName.IN_SERVICE and (papers := events.papers_wanting([camera_id])):
        said = " ".join(paper for _, paper in papers)
        raise Conflict(f"Papers are missing before service: {said}",
                       message_fr=f"Des papiers manquent avant la mise en service : {said}", field="state")  # fmt: skip
    with transaction.atomic():
        record_state(camera_id, state, on=on, note=note)
        append(Entry(register=Register.CONFIGURATION, action="camera.stepped", author=by, camera=camera_id,
                     detail={"state": state.value}))  # fmt: skip


def move_camera(camera_id: str, *, lat: float, lon: float) -> None:
    """The plan has this camera elsewhere from now on; the caller holds the transaction and its papers.

    Errors: NotFound.
    """
    if not Camera.objects.filter(pk=camera_id).update(lat=lat, lon=lon):
        raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="camera")


def _check_step(history: list[DatedState]) -> None:
    fault = rules.fault_of(history)
    if fault is None:
        return
    before, after = history[-2], history[-1]
    if fault[1] is rules.Fault.NOT_AFTER:
        raise InvalidInput(
            f"The camera is {before.state} since {before.on}; give a later day.",
            message_fr=f"La caméra est « {before.state} » depuis le {before.on} ; donnez un jour ultérieur.",
            field="on",
        )
    allowed = ", ".join(sorted(rules.NEXT[before.state])) or "—"
    raise InvalidInput(
        f"A camera cannot go from {before.state} to {after.state}; allowed: {allowed}.",
        message_fr=f"Une caméra ne passe pas de « {before.state} » à « {after.state} » ; possible : {allowed}.",
        field="state",
    )


def _check_exposed(camera: Camera, on: date) -> None:
    """A camera against assault, theft or dealing is asked for where dated facts show the place to be exposed.

    Source: CSI L. 251-2, 5°; R. 252-3, 1°.
    """
    zone = camera.site.zone
    if zone.purpose == Purpose.SAFETY and not is_evidenced(evidence_of(zone.pk, on)):
        raise BarredByLaw(
            f"{camera.number}: zone “{zone.name}” has no dated fact of the last five years; import the facts first "
            "(CSI L. 251-2, 5°).",
            message_fr=f"{camera.number} : la zone « {zone.name} » n'a aucun fait daté des cinq dernières années ; "
            "importez d'abord les faits (CSI L. 251-2, 5°).",
            article="CSI L251-2",
            field="state",
        )


def _check_accepted(camera: Camera, on: date) -> None:
    """A camera is accepted, and enters service, when all that its site's sheet asks for was passed by that day.

    What was measured later says nothing of that day, but a failure known since bars it.
    """
    wanting = acceptance_wants(camera, on) or _failed_since(camera, on)
    below = next((want for want in wanting if want.want is Want.FAILED and want.subject in STANDARD), None)
    if below is not None:
        raise BarredByLaw(
            f"What {below.camera} stores is below what its class asks or what was declared ({below.subject}, "
            f"{conformity.ARTICLE}); set the camera right, then measure again.",
            message_fr=f"Ce que {below.camera} enregistre est en dessous de ce qu'exige sa classe ou de ce qui est "
            f"déclaré ({below.subject}, {conformity.ARTICLE}) ; réglez la caméra, puis mesurez de nouveau.",
            article=conformity.ARTICLE,
            field="state",
        )
    if wanting:
        with translation.override("en"):
            first = works_words.sentence(wanting[0])
        with translation.override("fr"):
            first_fr = works_words.sentence(wanting[0])
        since, since_fr = _SINCE if on < day_of(timezone.now(), town_zone()) else ("", "")
        raise InvalidInput(
            f"{camera.site}: what its acceptance sheet still lacks on {on}: {len(wanting)}. First, {first}{since}",
            message_fr=f"{camera.site} : ce qui manque à sa fiche de réception au {on:%d/%m/%Y} : {len(wanting)}. "
            f"D'abord, {first_fr}{since_fr}",
            field="state",
        )


_SINCE = (
    " What was measured since counts from its own day: give the step that day or a later one; a measure written with a "
    "wrong day is written again on the sheet with its own.",
    " Ce qui a été mesuré depuis compte de son propre jour : datez l'étape de ce jour ou d'après ; une mesure inscrite "
    "à un mauvais jour se réinscrit sur la fiche avec le sien.",
)


def _failed_since(camera: Camera, on: date) -> tuple[Wanting, ...]:
    today = day_of(timezone.now(), town_zone())
    later = acceptance_wants(camera, today) if on < today else ()
    return tuple(want for want in later if want.want is Want.FAILED)


def read(
    reader: FolderReader,
    *,
    centre: tuple[float, float] | None,
    zones: Container[str],
    public_buildings: Collection[str],
    authority: str = "",
    boundary: dict[str, Any] | None = None,
) -> Works:
    """The programme as written in a town's folder; problems are noted in `reader`, also of a rewritten history.

    Writes nothing. `centre` is a longitude and a latitude; `authority`: who films the road here; `boundary`: the
    folder's, else the town's as an import of layers left it.
    """
    known = town()
    standing = Standing(
        centre=centre,
        zones=zones,
        public_buildings=public_buildings,
        models=camera_models(),
        authority=authority,
        boundary=boundary or (known.boundary if known else None),
    )
    works = townfile.read(reader, standing)
    recorded = histories()
    for camera, reads in works.states.items():
        _check_kept(reader, recorded.get(camera, []), reads)
    return works


def _check_kept(reader: FolderReader, recorded: list[DatedState], reads: list[Read[StateRow]]) -> None:
    """A recorded step stands: the folder may only say the same, stop short of it, or go on from it."""
    for known, given in zip(recorded, reads, strict=False):
        if (known.state, known.on) != (given.row.state, given.row.on):
            messages = (
                f"is recorded as {known.state} on {known.on}; history is not rewritten, add a new state instead",
                f"est inscrite « {known.state} » au {known.on} ; l'histoire ne se réécrit pas, ajoutez un état",
            )
            reader.refuse_row(given, messages, field="state")
            return


def land(works: Works, *, over_retained: bool = False) -> tuple[list[Landed], list[Left]]:
    """Writes a town's programme, inside the caller's transaction.

    Sites and cameras retained from a scenario, of which the folder says otherwise, are left as they were retained and
    told; `over_retained`: the folder is right.
    Errors: InvalidInput, BarredByLaw when it takes a camera known here into service past its acceptance sheet.
    """
    known = histories()
    dated = dict(Phase.objects.values_list("pk", "in_service_on"))
    _check_phases(works, dated)
    sites = [_site(row, rank) for rank, row in enumerate(works.sites.values(), 1)]
    presets = dict(Camera.objects.values_list("pk", "presets"))
    presets |= {
        camera: [line.model_dump(exclude={"camera"}) for line in lines] for camera, lines in works.presets.items()
    }
    cameras = [_camera(row, presets.get(row.id, [])) for row in works.cameras.values()]
    left = (
        [] if over_retained else [*retained.left(sites, file="sites.csv"), *retained.left(cameras, file="cameras.csv")]
    )
    kept = {(one.file, one.id) for one in left}
    tables = [
        put_all(Programme, (Programme(**row.model_dump()) for row in works.programmes.values())),
        put_all(Phase, (_phase(row, dated.get(row.id)) for row in works.phases.values())),
        put_all(Site, (site for site in sites if ("sites.csv", site.pk) not in kept)),
        put_all(Camera, (camera for camera in cameras if ("cameras.csv", camera.pk) not in kept)),
        put_all(Link, (_link(row) for row in works.links.values())),
        _land_states(works),
        _land_surveys(works),
        *works_services.land(works.building),
    ]
    for camera, reads in works.states.items():
        for read in reads[len(known[camera]) :] if camera in known else ():
            if read.row.state in (StateName.ACCEPTED, StateName.IN_SERVICE):
                _check_accepted(Camera.objects.select_related("site").get(pk=camera), read.row.on)
    return tables, left


def _check_phases(works: Works, dated: Mapping[str, date | None]) -> None:
    """A phase that was measured here enters service by its acceptance report, not by a folder. Errors: InvalidInput."""
    for row in works.phases.values():
        phase = Phase.objects.filter(pk=row.id, sites__sheets__isnull=False).first()
        if row.in_service_on is None or phase is None or dated[row.id] is not None:
            continue
        if covering_report(phase, row.in_service_on) is None:
            raise InvalidInput(
                f"{row.id}: no acceptance report was issued by {row.in_service_on}; issue it on the phase's page, or "
                "leave in_service_on out.",
                message_fr=f"{row.id} : aucun procès-verbal de réception n'est établi au {row.in_service_on:%d/%m/%Y} "
                "; établissez-le sur la page de la phase, ou retirez in_service_on.",
                field="in_service_on",
            )


def _phase(row: townfile.PhaseRow, in_service_on: date | None) -> Phase:
    """A folder that says nothing of its service leaves the day that is written here."""
    fields = row.model_dump(exclude={"programme", "in_service_on"})
    return Phase(**fields, programme_id=row.programme, in_service_on=row.in_service_on or in_service_on)


def _site(row: townfile.SiteRow, rank: int) -> Site:
    fields = row.model_dump(exclude={"zone", "phase"})
    return Site(**fields, rank=rank, zone_id=row.zone, phase_id=row.phase)


def _camera(row: townfile.CameraRow, presets: list[dict[str, Any]]) -> Camera:
    """`presets`: the folder's, or those known where it says nothing of them."""
    fields = row.model_dump(exclude={"site", "zone", "phase", "town_fault"})
    return Camera(**fields, site_id=row.site, phase_id=row.phase, presets=presets)


def _link(row: townfile.LinkRow) -> Link:
    fields = row.model_dump(exclude={"phase", "geometry", "length_m"})
    return Link(**fields, phase_id=row.phase, shape=row.geometry, length_m=townfile.link_length_m(row))


def _land_states(works: Works) -> Landed:
    recorded = histories()
    new = [
        CameraState(camera_id=camera, step=step, state=read.row.state, on=read.row.on, note=read.row.note)
        for camera, reads in works.states.items()
        for step, read in enumerate(reads, 1)
        if step > len(recorded.get(camera, []))
    ]
    CameraState.objects.bulk_create(new)
    return Landed(table="plan.camerastate", created=len(new), updated=0, untouched=_count(recorded.values()))


def _count(kept: Iterable[list[DatedState]]) -> int:
    return sum(len(history) for history in kept)


def _land_surveys(works: Works) -> Landed:
    known = set(PoseSurvey.objects.values_list("camera_id", "on"))
    given = {(row.camera, row.on) for row in works.surveys}
    PoseSurvey.objects.bulk_create(
        (PoseSurvey(**row.model_dump(exclude={"camera"}), camera_id=row.camera) for row in works.surveys),
        update_conflicts=True,
        unique_fields=["camera", "on"],
        update_fields=["bearing_deg", "tilt_deg", "note"],
    )
    return Landed(
        table="plan.posesurvey",
        created=len(given - known),
        updated=len(given & known),
        untouched=len(known - given),
    )
