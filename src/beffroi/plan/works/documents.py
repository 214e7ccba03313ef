"""The papers of a phase's works: the acceptance report and the as-built file, once every sheet is passed.

Source: CCAG-Travaux (arrêté of 30 March 2021, where the contract refers to it): art. 40 (papers after the works), 41.2
(operations before acceptance), 41.3 (the owner decides), 41.6 (reserves); arrêté of 3 August 2007.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import translation

from beffroi.core.dates import day_of
from beffroi.core.documents import PAPER, document_pdf
from beffroi.core.documents.blocks import (
    NONE,
    Block,
    counted,
    day,
    facts,
    heading,
    note,
    number,
    signatures,
    subheading,
    table,
    text,
)
from beffroi.core.errors import Conflict
from beffroi.plan.models import AcceptanceMeasure, AcceptanceSheet, Camera, Link, Lot, Phase, PoseSurvey, Site, Task
from beffroi.plan.models.works import ItemChoice
from beffroi.plan.queries import link_ends
from beffroi.plan.rules import StateName, state_on
from beffroi.plan.works import queries
from beffroi.plan.works.rules import PaperName, TaskKind, Want, Wanting, site_wants
from beffroi.plan.works.words import sentence
from beffroi.territory.queries import town, town_zone

TITLES = {
    PaperName.REPORT: "Procès-verbal de réception des travaux",
    PaperName.AS_BUILT: "Dossier des ouvrages exécutés",
}
DRAFT = "PROJET · sans numéro, à établir sur la page de la phase"
TO_FILL = "[à compléter]"
JOINT = "boîte en rue"
"""What a link ends at when it is neither a building nor a site."""


def wanting(phase: Phase, on: date) -> list[str]:
    """What stands between a phase and its acceptance report: every site has a sheet, all of it passed.

    A camera that another phase puts on the same site is that phase's matter.
    """
    cameras = cameras_of(phase, on)
    found = (want for site in _sites(phase, on) for want in site_wants(queries.site_file(site, on)))
    wants = [want for want in found if not want.camera or want.camera in cameras]
    if not cameras:
        wants.append(Wanting(want=Want.NO_CAMERA))
    return [sentence(want) for want in wants]


def paper_pdf(name: PaperName, phase: Phase, *, made_at: datetime, number: str = "") -> bytes:
    """One of the two papers; without a number, a draft that says so. Some tenths of a second.

    Errors: Conflict naming the first thing that no sheet has passed yet.
    """
    on = day_of(made_at, town_zone())
    given = _given(name, phase, on) | {
        "reference": f"{number} · {phase.name}" if number else phase.name,
        "made": f"établi le {day(on)}",
        "draft": None if number else DRAFT,
    }
    return document_pdf(PAPER, given, made_at=made_at)


def basis(name: PaperName, phase: Phase, on: date) -> str:
    """Hash of what a paper says, whatever its day and number. Errors: as `paper_pdf`."""
    said = json.dumps(_given(name, phase, on), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _given(name: PaperName, phase: Phase, on: date) -> dict[str, Any]:
    left = wanting(phase, on)
    if left:
        raise Conflict(
            f"{len(left)} points of the acceptance are not passed, the first: {left[0]}",
            message_fr=f"{len(left)} points de la réception ne sont pas passés, dont le premier : {left[0]}",
        )
    with translation.override("fr"):
        made = list(_MAKERS[name](phase, on))
    known = town()
    return {
        "title": TITLES[name],
        "town": known.name if known else "",
        "service": "",
        "fictional": "jeu fictif" if known and known.is_fictional else None,
        "blocks": made,
    }


def _sites(phase: Phase, on: date) -> list[Site]:
    """Those on which the phase still has a camera."""
    return list(queries.sites_of(phase).filter(cameras__in=cameras_of(phase, on)))


def cameras_of(phase: Phase, on: date) -> list[str]:
    """Cameras of the phase that were not given up, by number."""
    known = queries.lives(phase.cameras.all(), on)
    return [camera for camera, life in known.items() if state_on(life, on) is not StateName.REMOVED]


def _sheet(site: Site, on: date) -> AcceptanceSheet:
    found = queries.sheet_of(site, on)
    assert found is not None, "every sheet is passed"
    return found


def _last(sheet: AcceptanceSheet, cameras: Collection[str], on: date) -> list[AcceptanceMeasure]:
    """The last measure of each item up to a day: the site's, then that of each of these cameras."""
    measures = queries.measures_until(sheet, on).filter(Q(camera=None) | Q(camera__in=cameras))
    found = {(row.camera_id or "", row.item): row for row in measures}
    order = list(ItemChoice.values)
    return sorted(found.values(), key=lambda row: (row.camera_id or "", order.index(row.item)))


# -- the acceptance report --------------------------------------------------------------------------------


def _report(phase: Phase, on: date) -> Iterator[Block]:
    lots = list(Lot.objects.filter(phase=phase))
    sheets = [(site, _sheet(site, on)) for site in _sites(phase, on)]
    cameras = cameras_of(phase, on)
    yield heading("Objet")
    yield facts(
        [
            ("Phase", phase.name),
            ("Emplacements, caméras", f"{len(sheets)}, {len(cameras)}"),
            ("Travaux", f"du {day(phase.starts_on)} au {day(_ended(phase))}"),
            *_unfinished(phase, on),
        ]
    )
    yield heading("Lots et titulaires")
    rows = [(lot.rank, lot.name, lot.contractor or TO_FILL, lot.contract) for lot in lots]
    yield table(("Lot", "Objet", "Titulaire", "Marché"), rows, (0.5, 2.4, 2.4, 1.4))
    yield heading("Opérations préalables à la réception")
    yield text(
        "CCAG-Travaux, article 41.2, quand le marché s'y réfère. Chaque emplacement a sa fiche ; tous les contrôles y "
        "sont conformes à ce jour. Le détail est au dossier des ouvrages exécutés."
    )
    yield table(("Emplacement", "Fiche du", "Contrôles", "Conformes", "Dernière mesure"), _counts(sheets, cameras, on),
                (3, 1.5, 0.9, 0.9, 1.5), figures=(2, 3))  # fmt: skip
    yield heading("Réserves")
    yield from _reserves(sheets)
    yield heading("Décision")
    open_ones = sum(one.lifted_on is None for _, sheet in sheets for one in sheet.reserves.all())
    with_ = f"avec {counted(open_ones, 'réserve')} à lever aux jours dits ci-dessus" if open_ones else "sans réserve"
    yield text(
        "Au vu de ces opérations, le maître d'ouvrage prononce la réception des travaux "
        f"{with_} (art. 41.3). Elle prend effet à la date retenue pour leur achèvement : le ........................ . "
        "La décision est notifiée aux titulaires dans les trente jours. Les caméras n'entrent en service qu'après "
        "déclaration au préfet (CSI, art. R. 252-17)."
    )
    signers = [("Le maître d'ouvrage", "Nom, qualité, date, signature :")]
    signers += [(f"Lot {lot.rank} : {lot.contractor or TO_FILL}", "Date, signature :") for lot in lots]
    for at in range(0, len(signers), 3):
        yield signatures(*signers[at : at + 3])


def _unfinished(phase: Phase, on: date) -> Iterator[tuple[str, str]]:
    """The tasks that are not over, but the acceptance and the commissioning themselves: a report hides none."""
    left = Task.objects.filter(lot__phase=phase).exclude(actual_to_on__lte=on)
    names = left.exclude(kind__in=(TaskKind.ACCEPTANCE, TaskKind.COMMISSIONING)).values_list("name", flat=True)
    if names:
        yield "Restent à finir", " ; ".join(names)


def _ended(phase: Phase) -> date | None:
    days = [task.actual_to_on for task in Task.objects.filter(lot__phase=phase) if task.actual_to_on]
    return max(days, default=None)


def _counts(
    sheets: Iterable[tuple[Site, AcceptanceSheet]], cameras: Collection[str], on: date
) -> Iterator[tuple[object, ...]]:
    for site, sheet in sheets:
        rows = _last(sheet, cameras, on)
        last = max(row.at for row in rows)
        passed = sum(row.is_passed for row in rows)
        yield f"{site.mark} · {site.name}", day(sheet.opened_on), len(rows), passed, day(_local(last))


def _local(at: datetime) -> date:
    return day_of(at, town_zone())


def _reserves(sheets: Iterable[tuple[Site, AcceptanceSheet]]) -> Iterator[Block]:
    rows = [
        (
            site.mark,
            one.text,
            one.owner,
            day(one.due_on),
            f"levée le {day(one.lifted_on)}" if one.lifted_on else "à lever",
        )
        for site, sheet in sheets
        for one in sheet.reserves.all()
    ]
    if not rows:
        yield text("Aucune réserve n'a été faite.")
        return
    yield table(("Repère", "Réserve", "À lever par", "Avant le", "État"), rows, (0.7, 2.8, 1.6, 1.4, 1.4))


# -- the as-built file ------------------------------------------------------------------------------------


def _as_built(phase: Phase, on: date) -> Iterator[Block]:
    sites, cameras = _sites(phase, on), cameras_of(phase, on)
    yield heading("Emplacements")
    rows = [
        (site.mark, site.name, number(site.lat, 6), number(site.lon, 6), site.get_confidence_display(),
         site.cameras.filter(pk__in=cameras).count())
        for site in sites
    ]  # fmt: skip
    yield table(
        ("Repère", "Emplacement", "Latitude", "Longitude", "Position", "Caméras"), rows, (0.7, 2.6, 1.2, 1.2, 1.4, 0.8)
    )
    yield heading("Caméras posées")
    yield from _cameras(cameras, on)
    yield heading("Liaisons")
    yield from _links(phase)
    yield heading("Travaux")
    yield from _tasks(phase)
    yield heading("Mesures de réception")
    for site in sites:
        yield subheading(f"{site.mark} · {site.name}")
        yield from _measures(_sheet(site, on), cameras, on)
    yield note(
        "À joindre par les titulaires (CCAG-Travaux, article 40) : notices, prescriptions de maintenance et garanties "
        "avant la réception ; les autres plans et pièces dans le mois qui suit sa notification."
    )
    yield note(
        "D'une image de contrôle restent l'empreinte, le jour et le verdict ; elle-même est détruite avec l'essai."
    )


def _cameras(cameras: Iterable[str], on: date) -> Iterator[Block]:
    rows = []
    for camera in Camera.objects.filter(pk__in=cameras).select_related("site").order_by("number"):
        seen = PoseSurvey.objects.filter(camera=camera, on__lte=on).order_by("-on").first()
        rows.append(
            (
                camera.number, camera.site.mark, camera.get_kind_display(), f"{number(camera.height_m, 1)} m",
                f"{camera.bearing_deg:.0f}°, {camera.tilt_deg:.0f}°",
                f"{seen.bearing_deg:.0f}°, {seen.tilt_deg:.0f}° ({day(seen.on)})" if seen else NONE,
                f"{camera.hfov_deg:.0f}°", f"{camera.width_px} × {camera.height_px}, {number(camera.fps)} im/s",
            )
        )  # fmt: skip
    head = ("N°", "Repère", "Type", "Hauteur", "Cap, inclinaison prévus", "Relevés", "Champ", "Image")
    yield table(head, rows, (0.7, 0.7, 0.8, 0.8, 1.2, 1.6, 0.7, 1.6))


def _links(phase: Phase) -> Iterator[Block]:
    ends = link_ends()
    rows = [
        (
            link.name,
            f"{ends.get(link.from_end, JOINT)} – {ends.get(link.to_end, JOINT)}",
            f"{number(link.length_m)} m",
            link.lies_in,
            day(link.laid_on),
            day(link.lit_on),
        )
        for link in Link.objects.filter(phase=phase)
    ]
    if not rows:
        yield text("Aucune liaison n'est inscrite pour cette phase.")
        return
    yield table(
        ("Liaison", "Extrémités", "Longueur", "Sol", "Posée le", "Allumée le"), rows, (1.9, 1.5, 0.9, 1.3, 1.3, 1.3)
    )


def _tasks(phase: Phase) -> Iterator[Block]:
    tasks = Task.objects.filter(lot__phase=phase).select_related("lot").order_by("lot__rank", "planned_from_on")
    rows = [
        (task.name, task.lot.name, day(task.planned_to_on), day(task.actual_from_on), day(task.actual_to_on))
        for task in tasks
    ]
    if not rows:
        yield text("Aucune tâche n'est inscrite pour cette phase.")
        return
    yield table(("Tâche", "Lot", "Fin prévue", "Début réel", "Fin réelle"), rows, (2.4, 1.6, 1.3, 1.3, 1.3))


def _measures(sheet: AcceptanceSheet, cameras: Collection[str], on: date) -> Iterator[Block]:
    numbers = dict(Camera.objects.filter(site=sheet.site_id).values_list("pk", "number"))
    rows = [
        (
            numbers.get(row.camera_id or "", f"site {sheet.site.mark}"), str(ItemChoice(row.item).label), row.expected,
            row.measured,
            "conforme" if row.is_passed else "non conforme", day(_local(row.at)),
            f"{row.sha256[:12]}…" if row.sha256 else NONE,
        )
        for row in _last(sheet, cameras, on)
    ]  # fmt: skip
    head = ("Objet", "Contrôle", "Attendu", "Mesuré", "Verdict", "Le", "Empreinte")
    yield table(head, rows, (0.9, 1.6, 1.3, 1.5, 0.9, 1.3, 1))


_MAKERS = {PaperName.REPORT: _report, PaperName.AS_BUILT: _as_built}
