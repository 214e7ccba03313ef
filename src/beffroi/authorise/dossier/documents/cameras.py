"""Blocks about cameras: the list, a sheet each, and their conformity, declared then measured."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from beffroi.authorise.dossier.documents.gathered import TO_FILL, Gathered, purpose_names
from beffroi.authorise.dossier.documents.money import between, by_camera
from beffroi.authorise.dossier.documents.sizing import kept_tb, stored
from beffroi.authorise.dossier.words import short_fr
from beffroi.authorise.drift import Preset
from beffroi.authorise.models import OrderCamera
from beffroi.authorise.queries import pose_of
from beffroi.core.dates import day_of
from beffroi.core.documents.blocks import (
    BLANK,
    NONE,
    Block,
    day,
    facts,
    heading,
    listed,
    number,
    page,
    signatures,
    subheading,
    table,
    text,
)
from beffroi.plan import conformity
from beffroi.plan import ground as of_plan
from beffroi.plan.calc.optics import depression_deg
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.town import Pose
from beffroi.plan.models import AcceptanceMeasure, Camera, TargetClass
from beffroi.plan.planned_masks import drawer_of
from beffroi.plan.queries import declared, demand
from beffroi.plan.works.rules import Item
from beffroi.territory.queries import town_zone

_AIMED_M = 15.0
"""Where a sheet says how steeply a camera looks."""


def camera_list(given: Gathered) -> list[Block]:
    rows = [
        (
            camera.number,
            f"{camera.site.mark} · {camera.site.name}",
            camera.site.zone.number,
            camera.get_kind_display(),
            camera.get_target_class_display(),
            f"{camera.bearing_deg:.0f}°",
            f"{camera.hfov_deg:.0f}°",
            f"{number(camera.height_m, 1)} m",
            camera.phase.name,
        )
        for camera in given.cameras
    ]
    head = ("N°", "Emplacement", "Zone", "Type", "Besoin", "Cap", "Champ", "Hauteur", "Phase")
    return [table(head, rows, (0.7, 2.8, 0.7, 0.9, 1.3, 0.7, 0.8, 1, 1.4)), *_presets(given)]


def _presets(given: Gathered) -> Iterable[Block]:
    """The positions that PTZ cameras return to, each a view that the order authorises; nothing where there are none."""
    rows = [
        (camera.number, rank, *preset_columns(preset))
        for camera in given.cameras
        for rank, preset in enumerate(pose_of(camera).presets or (), 1)
    ]
    if rows:
        yield subheading("Positions enregistrées des caméras mobiles")
        yield table(("Caméra", "Rang", "Nom", "Cap", "Inclinaison", "Champ"), rows, (0.9, 0.7, 3, 0.9, 1.2, 0.9))


def preset_columns(preset: Preset) -> tuple[str, str, str, str]:
    """Name, bearing, tilt, field."""
    return (
        preset.name or NONE,
        f"{number(preset.bearing_deg)}°",
        f"{number(preset.tilt_deg)}°",
        f"{number(preset.hfov_deg, 1)}°",
    )


def preset_said(preset: Preset) -> str:
    """A preset in one line."""
    name, bearing, tilt, field = preset_columns(preset)
    look = f"cap {bearing}, inclinaison {tilt}, champ {field}"
    return f"{name} : {look}" if preset.name else look


def cameras_by_phase(given: Gathered) -> list[Block]:
    rows: list[tuple[object, ...]] = [
        (
            phase.name,
            len({camera.site_id for camera in given.cameras if camera.phase_id == phase.pk}),
            sum(camera.phase_id == phase.pk for camera in given.cameras),
            day(phase.planned_on),
            day(phase.in_service_on) if phase.in_service_on else f"estimée : {day(phase.expected_on)}",
        )
        for phase in given.phases
    ]
    rows.append(("Ensemble", len(given.sites), len(given.cameras), BLANK, BLANK))
    head = ("Phase", "Emplacements", "Caméras", "Mise en service prévue", "Mise en service")
    return [table(head, rows, (1.8, 1.2, 0.9, 1.8, 1.8), figures=(1, 2), sums=(-1,))]


# -- a sheet each -----------------------------------------------------------------------------------------


def camera_sheets(given: Gathered) -> list[Block]:
    """A page each, with every field that the file of a camera has."""
    costs = by_camera(given)
    return [block for camera in given.cameras for block in _sheet(camera, given, costs[camera.pk])]


def _sheet(camera: Camera, given: Gathered, cost: Range) -> Iterable[Block]:
    yield page()
    yield heading(f"{camera.number} · {camera.name}")
    yield facts(_where(camera, given))
    yield facts(_what(camera, given))
    yield facts(_papers(camera, given, cost))


def _where(camera: Camera, given: Gathered) -> list[tuple[str, object]]:
    site, zone = camera.site, given.zone_of(camera)
    return [
        ("Identifiant", camera.pk),
        ("Emplacement", f"{site.mark} · {site.name} (position {site.get_confidence_display()})"),
        ("Latitude, longitude", f"{number(camera.lat, 6)} ; {number(camera.lon, 6)}"),
        ("Zone", f"{zone.number}. {zone.name}"),
        ("Phase", camera.phase.name),
        ("Finalités", " ; ".join(purpose_names(given.dossier.purposes))),
        ("Finalité de la zone", purpose_names([zone.purpose])[0]),
    ]


def _in_force(camera: Camera, given: Gathered) -> OrderCamera | None:
    """What covers it that day, the longest order first: a feast's does not hide the programme's."""
    standing = {order.pk for order in given.systems}
    covered = [row for row in given.covered.get(camera.pk, ()) if row.order_id in standing]
    return max(covered, key=lambda row: row.order.ends_on, default=None)


def _what(camera: Camera, given: Gathered) -> list[tuple[str, object]]:
    asked = demand(camera)
    rate = given.rates[camera.pk]
    pose = Pose(east_m=0, north_m=0, height_m=camera.height_m, bearing_deg=0, tilt_deg=camera.tilt_deg)
    return [
        ("Rôle", camera.role or TO_FILL),
        ("Besoin, type", f"{TargetClass(camera.target_class).label} ; {camera.get_kind_display()}"),
        ("Cible", f"à {number(camera.aimed_m, 0)} m" if camera.aimed_m else NONE),
        *_short(camera),
        ("Champ au sens de l'arrêté de 2007", "étroit, déplacement rapide" if asked.is_narrow else "large"),
        ("Lumière de nuit", camera.get_night_light_display() or TO_FILL),
        ("Pose", f"hauteur {number(camera.height_m, 1)} m, cap {camera.bearing_deg:.0f}°, inclinaison "
                 f"{camera.tilt_deg:.0f}°, champ {camera.hfov_deg:.0f}°"),
        *preset_rows(camera),
        (f"Plongée à {_AIMED_M:.0f} m", f"{number(depression_deg(pose, _AIMED_M), 0)}°"),
        ("Modèle", _model(camera, given)),
        ("Focale", f"{number(camera.focal_mm, 1)} mm" if camera.focal_mm else NONE),
        ("Définition enregistrée", f"{camera.width_px} × {camera.height_px} points"),
        ("Cadence, codage", f"{number(camera.fps)} images/s, {camera.get_codec_display()}, sans son"),
        ("Débit attendu", _mbit_s(rate)),
        ("Image de jour de référence", _measured(camera, Item.DAY_PICTURE, given)),
        ("Image de nuit de référence", _measured(camera, Item.NIGHT_PICTURE, given)),
        ("Masques prévus", drawer_of(camera, of_plan.camera(camera), dict(given.models)).said()[1]),
        ("Masques contrôlés", _measured(camera, Item.MASK_PROOF, given)),
    ]  # fmt: skip


def preset_rows(camera: Camera) -> Iterable[tuple[str, object]]:
    """The line of a sheet about its presets, where it has some."""
    presets = pose_of(camera).presets
    if presets:
        yield "Positions enregistrées", "\n".join(preset_said(one) for one in presets)


def _short(camera: Camera) -> Iterable[tuple[str, object]]:
    """The line of a sheet about a target that the geometry does not allow; nothing where it does."""
    short = short_fr(camera)
    if short:
        yield "Besoin et géométrie", f"la géométrie ne permet pas {short}"


def _model(camera: Camera, given: Gathered) -> str:
    """Its model's name with the figures that the camera has from it."""
    model = given.models.get(camera.model)
    if model is None:
        return NONE
    night = f"nuit à {number(model.night_range_m, 0)} m" if model.night_range_m else ""
    power = f"{number(model.power_w, 0)} W" if model.power_w else ""
    return " ; ".join(part for part in (model.name, night, power) if part)


def _mbit_s(rate: Range) -> str:
    return f"{number(rate.low / 1e6, 1)} à {number(rate.high / 1e6, 1)} Mbit/s"


def _measured(camera: Camera, item: Item, given: Gathered) -> str:
    found = given.measures.get(camera.pk, {}).get(item.value)
    return _said(found) if found else "à contrôler à la réception"


def _said(found: AcceptanceMeasure) -> str:
    return f"{found.measured} ({'conforme' if found.is_passed else 'non conforme'}, {day(_local(found))})"


def _local(found: AcceptanceMeasure) -> date:
    return day_of(found.at, town_zone())


def _papers(camera: Camera, given: Gathered, cost: Range) -> list[tuple[str, object]]:
    row = _in_force(camera, given)
    order = row.order if row else None
    return [
        ("Conservation", f"{given.dossier.retention_days} jours"),
        ("Affiches", ", ".join(sign.pk for sign in given.signs if sign.site_id == camera.site_id)),
        ("Liaison vers le centre", _way(camera, given)),
        ("Valeur à neuf HT", f"{between(cost)} (fourchette indicative)"),
        ("Arrêté", f"{order.number} du {day(order.signed_on)}, expire le {day(order.ends_on)}" if order else
                   "aucun en vigueur : demandé par ce dossier"),
    ]  # fmt: skip


def _way(camera: Camera, given: Gathered) -> str:
    """Its links one after the other, from its site to the centre."""
    way = given.ways.get(camera.site_id, ())
    told = [" ".join(given.ends.get(word, word) for word in link.name.split()) for link in way]
    return " → ".join(told) or f"{TO_FILL} : aucune liaison inscrite ne mène de cet emplacement au centre"


# -- conformity -------------------------------------------------------------------------------------------


def is_measured(given: Gathered) -> bool:
    """True once a camera's stream was measured at its acceptance."""
    return any(Item.RESOLUTION.value in found for found in given.measures.values())


def conformity_basis(given: Gathered) -> list[Block]:
    count = sum(Item.RESOLUTION.value in found for found in given.measures.values())
    if not count:
        return [text("Valeurs déclarées au dépôt, tirées du projet. Le questionnaire est établi à nouveau après la "
                     "réception, avec les valeurs mesurées.")]  # fmt: skip
    return [text(f"Établi à nouveau après réception. Caméras aux valeurs mesurées : {count} sur {len(given.cameras)} ; "
                 "les autres restent déclarées.")]  # fmt: skip


def conformity_system(given: Gathered) -> list[Block]:
    """The rules about the whole. Source: arrêté of 3 August 2007, art. 1 to 3 and annexes."""
    kept = kept_tb(given)
    installer = given.contacts.get("installer")
    rows = [
        ("Stockage numérique (8 caméras ou plus)", "obligatoire", "numérique"),
        ("Calcul du stockage", "à montrer", f"{number(kept.low, 1)} à {number(kept.high, 1)} To pour "
         f"{given.dossier.retention_days} jours ; {stored(given).disks} disques de {stored(given).disk_tb:.0f} To"),
        ("Date, heure et lieu à chaque image", "obligatoire", "joints à chaque image, enregistrés en UTC"),
        ("Base de temps", "à justifier", "NTP de la commune, écart mesuré, alerte au-delà de 1 s"),
        ("Intégrité des flux et des données associées", "obligatoire", "empreintes chaînées et signées"),
        ("Réseau", "débit suffisant, chiffrement adapté", "fibre propre, flux chiffrés hors du réseau de confiance"),
        ("Export sans perte", "obligatoire", "copie du flux, sans nouveau codage"),
        ("Enregistrement pendant l'export", "obligatoire", "oui"),
        ("Support d'export", "numérique, non réinscriptible", "disque gravé ; disque dur pour les gros volumes"),
        ("Lecteur remis à part", "obligatoire", "oui, sans installation ni réseau"),
        ("Journal des actions", "automatique, électronique", "oui, ajout seul, signé"),
        ("Installateur certifié", "dispense du questionnaire", installer.certificate if installer and
         installer.certificate else "non : le questionnaire est fourni"),
    ]  # fmt: skip
    return [table(("Exigence", "Exigé", "Déclaré"), rows, (2, 1.7, 2.8))]


def conformity_cameras(given: Gathered) -> list[Block]:
    rows = [_conformity_row(camera, given) for camera in given.cameras]
    head = ("Caméra", "Champ", "Exigé", "Déclaré", "Mesuré", "Conforme")
    return [table(head, rows, (0.9, 0.8, 1.6, 1.6, 2.4, 1))]


def _conformity_row(camera: Camera, given: Gathered) -> tuple[object, ...]:
    asked = demand(camera)
    faults = conformity.faults(asked, declared(camera))
    found = given.measures.get(camera.pk, {})
    known = [found[item.value] for item in (Item.RESOLUTION, Item.RATE) if item.value in found]
    measured = "\n".join(f"{one.measured} ({day(_local(one))})" for one in known)
    is_met = not faults and all(one.is_passed for one in known)
    return (
        camera.number,
        "étroit" if asked.is_narrow else "large",
        f"{asked.width_px} × {asked.height_px}, {number(asked.fps)} im/s",
        f"{camera.width_px} × {camera.height_px}, {number(camera.fps)} im/s",
        measured or "à mesurer",
        "oui" if is_met else f"non ({', '.join(faults) or 'mesure'})",
    )


def conformity_signatures(given: Gathered) -> list[Block]:
    installer = given.contacts.get("installer")
    return [
        text("Les soussignés attestent la conformité du système aux normes de l'arrêté du 3 août 2007."),
        signatures(
            ("L'installateur", installer.name if installer else TO_FILL, "Date et signature :"),
            ("Le demandeur", given.contact("controller").split(",")[0], "Date et signature :"),
        ),
    ]


def retention_groups(given: Gathered) -> list[Block]:
    """By purpose of the zone: days and how many cameras."""
    rows = []
    for code in dict.fromkeys(zone.purpose for zone in given.zones):
        cameras = [camera.number for camera in given.cameras if given.zone_of(camera).purpose == code]
        rows.append((purpose_names([code])[0], len(cameras), f"{given.dossier.retention_days} jours",
                     ", ".join(cameras)))  # fmt: skip
    return [table(("Groupe : finalité de la zone", "Caméras", "Durée", "Lesquelles"), rows, (2, 0.8, 0.8, 3))]


def retention_orders(given: Gathered) -> list[Block]:
    """What the orders in force say."""
    return [
        listed(
            f"{order.number} : {order.retention_days} jours"
            + (f", {order.minimum_retention_days} au moins" if order.minimum_retention_days else "")
            for order in given.orders
        )
    ]


BLOCKS = {
    one.__name__: one
    for one in (camera_list, cameras_by_phase, camera_sheets, conformity_basis, conformity_system, conformity_cameras,
                conformity_signatures, retention_groups, retention_orders)
}  # fmt: skip
