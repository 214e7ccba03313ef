"""Reads of dossiers: everything a check looks at, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from beffroi.authorise.approaches import Approach
from beffroi.authorise.assessment import queries as assessment
from beffroi.authorise.assessment.rules import Due, Reopening
from beffroi.authorise.dossier.approaching import approaches_of
from beffroi.authorise.dossier.dwellings import unmasked
from beffroi.authorise.dossier.pieces import (
    CameraEntry,
    DossierFile,
    DossierKind,
    DossierMode,
    Lack,
    Missing,
    Piece,
    missing_of,
)
from beffroi.authorise.drift import DriftKind, Pose, preset_changes
from beffroi.authorise.models import Contact, Dossier, OrderCamera, Sign, Undertaking
from beffroi.authorise.queries import pose_of
from beffroi.plan import conformity
from beffroi.plan import ground as of_plan
from beffroi.plan.calc.mask_device import Drawer
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.link_rules import LinkFault
from beffroi.plan.links import link_budgets
from beffroi.plan.models import Camera
from beffroi.plan.planned_masks import drawer_of
from beffroi.plan.queries import declared, demand
from beffroi.territory.calc.lambert93 import area_m2, contains, to_lon_lat
from beffroi.territory.models import Purpose
from beffroi.territory.queries import evidence_by_zone, town
from beffroi.territory.rules import is_evidenced

_PRESET_FIELDS = {
    DriftKind.PRESETS_ADDED: "preset_added",
    DriftKind.PRESETS_REMOVED: "preset_removed",
    DriftKind.PRESETS_CHANGED: "preset_changed",
}
_LINK_LACKS = {
    LinkFault.TOO_FULL: Lack.LINK_TOO_FULL,
    LinkFault.RADIO_NOT_LAST: Lack.RADIO_NOT_LAST,
    LinkFault.RADIO_CLEAR: Lack.RADIO_CLEAR,
}


def dossiers() -> list[Dossier]:
    """Every dossier, the last one opened first."""
    return list(Dossier.objects.select_related("replaces").prefetch_related("cameras"))


def drafts(on: date) -> list[tuple[Dossier, int]]:
    """Dossiers not filed that cannot be yet, with how many of their pieces lack something."""
    found = [(one, len({lack.piece for lack in missing(one, on)})) for one in dossiers() if one.filed_on is None]
    return [(one, count) for one, count in found if count]


def texts_of(dossier: Dossier) -> dict[str, str]:
    """Each section as it stands; one emptied again is not there."""
    last = {row.key: row.text for row in dossier.texts.order_by("at", "pk")}
    return {key: text for key, text in last.items() if text}


def contacts() -> Mapping[str, Contact]:
    """Who answers for what, by role."""
    return {contact.role: contact for contact in Contact.objects.all()}


def missing(dossier: Dossier, on: date) -> tuple[Missing, ...]:
    """What the dossier lacks on a day; empty when it may be filed."""
    return missing_of(file_of(dossier, on))


def file_of(dossier: Dossier, on: date) -> DossierFile:
    """Everything a check looks at, as of a day."""
    known, models = contacts(), camera_models()
    evidence = evidence_by_zone(on)
    cameras = list(dossier.cameras.select_related("site__zone").order_by("number"))
    return DossierFile(
        kind=DossierKind(dossier.kind),
        mode=DossierMode(dossier.mode),
        has_order_replaced=dossier.replaces_id is not None,
        purposes=frozenset(dossier.purposes),
        zone_purposes={camera.site.zone_id: camera.site.zone.purpose for camera in cameras},
        cameras=[_entry(camera, dossier, models) for camera in cameras],
        evidenced_zones=frozenset(zone for zone, found in evidence.items() if is_evidenced(found)),
        texts=frozenset(texts_of(dossier)),
        contacts=frozenset(known),
        signed_sites=frozenset(Sign.objects.values_list("site", flat=True)),
        attached=frozenset(Piece(piece) for piece in dossier.attachments.values_list("piece", flat=True)),
        has_installer_certificate=bool(known["installer"].certificate) if "installer" in known else False,
        is_undertaking_sent=Undertaking.objects.filter(sent_on__lte=on).exists(),
        unsigned=tuple(said(one) for one in approaches_of(cameras, Sign.objects.all()) if not one.is_signed),
        link_faults=tuple(
            (one.length.id, _LINK_LACKS[fault]) for one in link_budgets(cameras) if one.cameras for fault in one.faults
        ),
        perimeter_share=_share(dossier),
        max_cameras=dossier.max_cameras,
        changes=len(changes_of(dossier)) if dossier.replaces_id else None,
        reopenings=_reopenings(cameras, on) if dossier.mode == DossierMode.ASSESSMENT else (),
        must_consult=assessment.must_consult(),
    )


def mask_drawers(dossier: Dossier) -> list[tuple[Drawer, int]]:
    """Who draws the masks, and of how many cameras, the most first: what the check of dwellings supposes."""
    models = camera_models()
    counted = Counter(drawer_of(row, of_plan.camera(row), models) for row in dossier.cameras.all())
    return counted.most_common()


def _reopenings(cameras: list[Camera], on: date) -> tuple[Reopening, ...]:
    """Phases that the assessment does not describe, cameras of the request that differ from their order since."""
    asked = {camera.pk for camera in cameras}
    drifted = [one for one in assessment.due(on) if one.due is Due.DRIFT and one.subject in asked]
    return (*assessment.barring_phases({camera.phase_id for camera in cameras}, on), *drifted)


def _entry(camera: Camera, dossier: Dossier, models: dict[str, CameraModel]) -> CameraEntry:
    inside = dossier.perimeter is None or contains(dossier.perimeter, camera.lon, camera.lat)
    seen, known = unmasked(camera, models), town()
    return CameraEntry(
        id=camera.pk,
        number=camera.number,
        zone=camera.site.zone_id,
        site=camera.site_id,
        is_inside_perimeter=inside,
        has_role=bool(camera.role),
        nonconforming=conformity.faults(demand(camera), declared(camera)),
        unmasked_dwellings=seen.buildings,
        is_inside_building=seen.is_inside,
        is_inside_town=known is None or known.boundary is None or contains(known.boundary, camera.lon, camera.lat),
    )


def said(approach: Approach) -> str:
    """An approach by its street and its place."""
    lon, lat = to_lon_lat(approach.east_m, approach.north_m)
    return f"{approach.name} ({lat:.5f}, {lon:.5f})"


def _share(dossier: Dossier) -> float | None:
    """Share of the town's area that the perimeter covers; the whole when the boundary is not known."""
    known = town()
    if dossier.perimeter is None:
        return None
    if known is None or known.boundary is None:
        return 1.0
    return area_m2(dossier.perimeter) / area_m2(known.boundary)


def _terms_changed(dossier: Dossier) -> Iterator[tuple[str, object, object]]:
    """The terms of the order that the dossier replaces, and those it asks for."""
    order = dossier.replaces
    if order is not None:
        yield "retention_days", order.retention_days, dossier.retention_days
        yield "purposes", _numbers(order.purposes), _numbers(dossier.purposes)
        yield "perimeter_ha", _hectares(order.perimeter), _hectares(dossier.perimeter)
        yield "max_cameras", order.max_cameras or "–", dossier.max_cameras or "–"


def _numbers(purposes: Iterable[str]) -> str:
    """As L. 251-2 numbers them: `1°, 5°`."""
    numbered = list(Purpose)
    return ", ".join(f"{number}°" for number in sorted(numbered.index(Purpose(code)) + 1 for code in purposes))


def _hectares(perimeter: dict[str, Any] | None) -> object:
    return round(area_m2(perimeter) / 10_000, 1) if perimeter is not None else "–"


def _pose_changed(kept: Mapping[str, Any], asked: Pose) -> Iterator[tuple[str, object, object]]:
    if not kept:
        return
    baseline = Pose.of(kept)
    for field in fields(Pose):
        before, now = getattr(baseline, field.name), getattr(asked, field.name)
        if field.name != "presets" and before != now:
            yield field.name, before, now
    for change in preset_changes(baseline.presets, asked.presets):
        yield _PRESET_FIELDS[change.kind or DriftKind.PRESETS_CHANGED], change.before, change.after


def changes_of(dossier: Dossier) -> list[tuple[str, str, object, object]]:
    """Camera, field, authorised and asked value, for each difference with the order that the dossier replaces.

    A camera added has the field `added`, one given up `removed`; a preset's values are `drift.Preset`, None where it
    is not.
    """
    if dossier.replaces_id is None:
        return []
    covered = {row.camera_id: row.baseline for row in OrderCamera.objects.filter(order=dossier.replaces_id)}
    asked = {camera.pk: pose_of(camera) for camera in dossier.cameras.all()}
    found: list[tuple[str, str, object, object]] = [(camera, "added", None, None) for camera in asked.keys() - covered]
    found += [(camera, "removed", None, None) for camera in covered.keys() - asked.keys()]
    for camera in asked.keys() & covered.keys():
        found += [(camera, *change) for change in _pose_changed(covered[camera], asked[camera])]
    found += [("", name, before, now) for name, before, now in _terms_changed(dossier) if before != now]
    return sorted(found, key=lambda change: (change[0], change[1]))
