"""Blocks of forms, acts and letters to the prefect: the frames of Cerfa 13806, undertakings, naming, declarations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from beffroi.authorise.dossier.documents.cameras import preset_said
from beffroi.authorise.dossier.documents.gathered import BY_HAND, TO_FILL, Gathered, purpose_names
from beffroi.authorise.dossier.documents.sizing import together
from beffroi.authorise.dossier.pieces import DossierKind, Doubt
from beffroi.authorise.dossier.words import doubts_fr
from beffroi.authorise.drift import Preset
from beffroi.authorise.models import Declaration, Order
from beffroi.core.documents.blocks import (
    NONE,
    Block,
    boxes,
    counted,
    day,
    facts,
    letter,
    lines,
    listed,
    note,
    number,
    signatures,
    subheading,
    table,
    text,
    warning,
)
from beffroi.people.queries import Stand
from beffroi.people.rules import IN_FORCE, Category
from beffroi.people.words import STANDINGS
from beffroi.plan.link_rules import Medium
from beffroi.plan.models import Camera
from beffroi.territory.models import Purpose

NAMED_BY_MAYOR = frozenset({Category.MUNICIPAL_POLICE, Category.APPROVED})
"""The others have their own chief, or their office. Source: CSI R. 253-3 II."""
FIELDS = {
    "lon": "longitude",
    "lat": "latitude",
    "bearing_deg": "cap",
    "tilt_deg": "inclinaison",
    "hfov_deg": "champ",
    "kind": "type",
    "preset_added": "position enregistrée ajoutée",
    "preset_removed": "position enregistrée ôtée",
    "preset_changed": "position enregistrée changée",
    "retention_days": "conservation, jours",
    "purposes": "finalités",
    "perimeter_ha": "périmètre, ha",
    "max_cameras": "caméras au plus",
}


def controller(given: Gathered) -> list[Block]:
    found, service = given.contacts.get("controller"), given.contacts.get("service")
    return [
        facts(
            [
                ("Responsable", found.name if found else TO_FILL),
                ("Représenté par", found.quality if found else TO_FILL),
                ("Adresse", found.address if found else TO_FILL),
                ("Téléphone, courriel", ", ".join(filter(None, (found.phone, found.email))) if found else TO_FILL),
                ("Service qui exploite", f"{service.name}, {service.address}" if service else TO_FILL),
                ("Délégué à la protection des données", given.contact("dpo")),
            ]
        )
    ]


# -- Cerfa 13806 ------------------------------------------------------------------------------------------


def frame_nature(given: Gathered) -> list[Block]:
    kind, dossier = given.dossier.kind, given.dossier
    return [
        facts([("Département", _department(given.town.insee_code)), ("Préfecture", given.contact("prefecture"))]),
        boxes(
            [
                ("Première demande", kind == DossierKind.NEW),
                ("Modification", kind == DossierKind.MODIFICATION),
                ("Renouvellement", kind == DossierKind.RENEWAL),
            ]
        ),
        facts(
            [
                ("Numéro du dossier précédent", dossier.replaces.number if dossier.replaces else NONE),
                ("Réservé à l'administration", "arrivée, récépissé, décision : dates portées par la préfecture"),
            ]
        ),
    ]


def _department(insee_code: str) -> str:
    """Two signs, Corsica's with its letter; three overseas. Source: INSEE, code officiel géographique."""
    return insee_code[: 3 if insee_code.startswith("97") else 2]


def frame_declarant(given: Gathered) -> list[Block]:
    police = given.contacts.get("police")
    return [
        *controller(given),
        facts([("Remise des images aux enquêteurs", f"{police.name}, {police.phone}" if police else TO_FILL)]),
        lines(["Nom de naissance, prénom du signataire"]),
    ]


def frame_purposes(given: Gathered) -> list[Block]:
    asked = set(given.dossier.purposes)
    names = purpose_names([purpose.value for purpose in Purpose])
    dated = number(sum(given.evidence[zone.pk].total for zone in given.zones))
    return [
        boxes((name, purpose.value in asked) for name, purpose in zip(names, Purpose, strict=True)),
        facts(
            [
                ("Heures de fonctionnement", "24 heures sur 24, tous les jours"),
                ("Atteintes passées", f"{dated} faits datés, détaillés par zone au rapport de présentation"),
            ]
        ),
    ]  # fmt: skip


def frame_place(given: Gathered) -> list[Block]:
    has_perimeter = given.dossier.perimeter is not None
    rows = [
        (site.mark, site.name, sum(camera.site_id == site.pk for camera in given.cameras), f"zone {site.zone.number}")
        for site in given.sites
    ]
    return [
        facts(
            [
                ("Lieu", f"voie publique, commune de {given.town.name} (INSEE {given.town.insee_code})"),
                ("Superficie de la commune", _area(given)),
                ("Caméras intérieures", "0"),
                ("Caméras extérieures hors voie publique", "0"),
                ("Caméras de voie publique", str(len(given.cameras))),
                ("Emplacements", str(len(given.sites))),
                ("Périmètre", f"oui, {given.dossier.max_cameras or NONE} caméras au plus" if has_perimeter else "non"),
                ("Plans joints", "plan de périmètre" if has_perimeter else "plan de masse, plan de détail"),
            ]
        ),
        table(("Repère", "Emplacement", "Caméras", "Zone"), rows, (0.8, 4, 0.9, 1)),
    ]


def _area(given: Gathered) -> str:
    perimeter = given.ground.town.perimeter
    return f"{number(perimeter.area / 1e6, 1)} km²" if perimeter else TO_FILL


def frame_system(given: Gathered) -> list[Block]:
    installer = given.contacts.get("installer")
    is_certified = bool(installer and installer.certificate)
    return [
        boxes([("Installateur certifié", is_certified),
               ("Attestation de conformité jointe", "conformity" in given.attached)]),
        facts(
            [
                ("Installateur", given.contact("installer")),
                ("Maintenance", given.contact("maintainer")),
                ("Caméras fixes, mobiles", "{fixed}, {movable}".format_map(given.values())),
                ("Enregistrement", "numérique, continu, sans son"),
                ("Transmission", _transmission(given)),
                ("Débit total probable", f"{number(together(given).likely / 1e6)} Mbit/s"),
            ]
        ),
    ]  # fmt: skip


def _transmission(given: Gathered) -> str:
    """By which media the request's cameras reach the centre; those that no link of the town leads to are said."""
    asked = {camera.pk for camera in given.cameras}
    ways = [budget for budget in given.carried.values() if asked & set(budget.cameras)]
    used = {way.length.medium for way in ways}
    others = len(asked.difference(*(way.cameras for way in ways)))
    if not used:
        return f"autre : {TO_FILL}"
    media = " et ".join(medium.value for medium in Medium if medium in used)
    return f"{media} de la commune" + (f" ; {counted(others, 'caméra')} autrement : {TO_FILL}" if others else "")


def frame_people(given: Gathered) -> list[Block]:
    """Those whose act is in force, no other."""
    return _habilitations([stand for stand in given.habilitations if stand.standing in IN_FORCE])


def frame_room(given: Gathered) -> list[Block]:
    return [facts([("Centre de supervision", given.contact("service")),
                   ("Locaux", given.texts.get("premises", TO_FILL))])]  # fmt: skip


def frame_safety(given: Gathered) -> list[Block]:
    return [
        boxes([("Local dédié, fermé", "premises" in given.texts), ("Accès protégé par compte nominatif", True),
               ("Journal des accès", True)]),
        facts([("Conservation des images", f"{given.dossier.retention_days} jours")]),
    ]  # fmt: skip


def frame_signs(given: Gathered) -> list[Block]:
    return [
        facts(
            [
                ("Affiches", str(len(given.signs))),
                ("Dont vidéoverbalisation", str(sum(sign.is_fining for sign in given.signs))),
            ]
        ),
        table(("Repère", "Endroit", "Format"), ((sign.site.mark, sign.place, sign.get_format_display()) for sign in
              given.signs), (0.8, 4, 0.8)),
    ]  # fmt: skip


def frame_rights(given: Gathered) -> list[Block]:
    return [facts([("Droit d'accès", given.contact("rights"))]), *sign_controller(given)]


# -- acts, undertakings, letters --------------------------------------------------------------------------


def sign_controller(given: Gathered) -> list[Block]:
    found = given.contacts.get("controller")
    return [signatures(("Le responsable", found.quality if found else TO_FILL, "Date, signature, cachet :"))]


def undertaking(given: Gathered) -> list[Block]:
    found = given.undertaking
    receipt = f"{found.receipt_number}, {day(found.receipt_on)}" if found and found.receipt_on else "attendu"
    return [
        facts(
            [
                ("Acte de référence", "RU-74"),
                ("Envoyé le", day(found.sent_on) if found else "à envoyer"),
                ("Récépissé", receipt),
            ]
        )
    ]  # fmt: skip


def habilitations(given: Gathered) -> list[Block]:
    """Source: CSI R. 253-3 II; L. 132-14-1."""
    return _habilitations(given.habilitations)


def _habilitations(stands: Sequence[Stand]) -> list[Block]:
    rows = [
        (
            kept.agent.name,
            kept.agent.title,
            kept.get_category_display(),
            f"{kept.number} du {day(kept.signed_on)}",
            f"du {day(kept.first_on)} au {day(kept.last_on)}",
            f"{kept.approval_number} du {day(kept.approval_on)}" if kept.approval_number else NONE,
            str(STANDINGS[stand.standing][0]),
        )
        for stand in stands
        if (kept := stand.habilitation) is not None
    ]
    if not rows:
        return [text("Aucun acte n'est inscrit : inscrire les habilitations à la page Agents.")]
    head = ("Personne", "Qualité", "Catégorie R. 253-3", "Acte", "Validité", "Agrément", "État")
    return [table(head, rows, (1.1, 1.3, 1.4, 1.5, 1.7, 1.4, 1))]


def naming_order(given: Gathered) -> list[Block]:
    """The mayor names, one by one, the town's agents whose act is in force; the State's are named by their chiefs."""
    names = [
        f"{kept.agent.name}, {kept.agent.title or 'qualité à préciser'} : {kept.get_category_display()}"
        + (f", agrément {kept.approval_number} du {day(kept.approval_on)}" if kept.approval_number else "")
        for stand in given.habilitations
        if stand.standing in IN_FORCE and (kept := stand.habilitation) is not None and kept.category in NAMED_BY_MAYOR
    ]
    return [
        text(f"Arrêté n° {BY_HAND}"),
        text(f"{_mayor(given)} de {given.town.name},"),
        text("Vu le code de la sécurité intérieure, notamment ses articles L. 132-14-1, L. 252-3 et R. 253-3 ;"),
        text("ARRÊTE"),
        text("Article 1er. Sont habilitées à accéder aux images du système de vidéoprotection, pour les besoins de "
             "leurs missions et sur le territoire de la commune :"),
        listed(names or [TO_FILL]),
        text("Article 2. L'habilitation est personnelle ; elle prend fin avec les fonctions. Elle peut être suspendue "
             "ou retirée à tout moment."),
        text("Article 3. Le présent arrêté est notifié aux intéressés et transmis au préfet."),
        signatures((_mayor(given), "Date, signature :")),
    ]  # fmt: skip


def _mayor(given: Gathered) -> str:
    """As the controller's contact says it: « La maire », « Le maire »."""
    quality = given.contacts["controller"].quality if "controller" in given.contacts else ""
    return quality[:1].upper() + quality[1:] if "maire" in quality.lower() else "Le maire"


def alert_steps(given: Gathered) -> list[Block]:
    """The model convention's annex on alerts. Source: CSI R. 512, annex, art. 16-4°."""
    rows = [
        ("Constater", "Fixer l'image, verrouiller l'enregistrement, noter lieu, caméra, heure."),
        ("Prévenir", "Police nationale ou gendarmerie par la ligne convenue ; secours au 18 ou 112 ; police municipale "
         "par radio."),
        ("Suivre", "Renseigner l'équipage : lieu, direction, danger ; rien sur l'origine, l'apparence au strict "
         "besoin."),
        ("Inscrire", "Une ligne de main courante : vu, dit à qui, action, résultat."),
    ]  # fmt: skip
    return [
        table(("Étape", "Consigne"), rows, (1, 5)),
        note(f"Remise d'images aux enquêteurs : {given.contact('police')}. Lignes et réponses convenues : annexe à la "
             "convention de coordination."),
    ]  # fmt: skip


def pledge(given: Gathered) -> list[Block]:
    return [signatures(("L'opérateur", "Nom, date, signature :"), ("Le chef du centre", "Nom, date, signature :"))]


def commissioning(given: Gathered) -> list[Block]:
    """The letter of one phase: the whole of it, whatever part of it the dossier asks for. Source: CSI R. 252-17."""
    sent, order = _declared_under(given)
    assert order is not None, "this paper is made where there is something to declare"
    cameras = declared_cameras(given)
    found = given.contacts.get("controller")
    sender = [found.name, found.address] if found else [TO_FILL]
    return [
        letter(sender, [given.contact("prefecture"), f"Courrier n° {sent.letter_number if sent else BY_HAND}"]),
        subheading(given.phase.name if given.phase else ""),
        text("Madame la préfète, Monsieur le préfet,"),
        text(f"En application de l'article R. 252-17 du code de la sécurité intérieure, je vous informe de la mise en "
             f"service, le {day(sent.commissioning_on) if sent else BY_HAND}, de {counted(len(cameras), 'caméra')} de "
             f"l'arrêté {order.number} :"),
        _named_cameras(cameras),
        signatures(("Le responsable", found.quality if found else TO_FILL,
                    f"Le {day(sent.sent_on) if sent else BY_HAND}, signature :")),
    ]  # fmt: skip


def declared_cameras(given: Gathered) -> list[Camera]:
    """Those of the phase under the order that is declared, as `services.declare` takes them; none: no letter."""
    _, order = _declared_under(given)
    if order is None:
        return []
    return list(Camera.objects.filter(phase=given.phase, orders=order).select_related("site").order_by("number"))


def _declared_under(given: Gathered) -> tuple[Declaration | None, Order | None]:
    """The letter sent for cameras of the dossier in this phase, and its order; before it, the order replaced."""
    phase = given.phase
    assert phase is not None, "this paper is made once a phase"
    orders = {row.order_id for camera in given.cameras if camera.phase_id == phase.pk
              for row in given.covered.get(camera.pk, ())}  # fmt: skip
    for sent in given.declarations:
        if sent.phase_id == phase.pk and sent.order_id in orders:
            return sent, sent.order
    replaced = given.dossier.replaces
    return None, replaced if replaced and replaced.pk in orders else None


def _named_cameras(cameras: list[Camera]) -> Block:
    rows = [(camera.number, camera.name, camera.site.name, camera.get_kind_display()) for camera in cameras]
    return table(("Caméra", "Nom", "Emplacement", "Type"), rows, (0.8, 2.4, 2.4, 0.8))


def authorised_state(given: Gathered) -> list[Block]:
    order = given.dossier.replaces
    assert order is not None, "this paper is made for a modification or a renewal"
    return [
        facts(
            [
                ("Arrêté", f"{order.number} du {day(order.signed_on)}"),
                ("Objet", order.name),
                ("Expire le", day(order.ends_on)),
                ("Caméras autorisées, demandées", f"{order.covered.count()}, {len(given.cameras)}"),
                (
                    "Conservation autorisée, demandée",
                    f"{order.retention_days} jours, {given.dossier.retention_days} jours",
                ),
            ]
        )
    ]


def changes(given: Gathered) -> list[Block]:
    if not given.changes:
        return [text("Aucune différence entre le projet et l'arrêté : la commune demande le maintien à l'identique."),
                *_known_drift(given), *_unkept_presets(given)]  # fmt: skip
    numbers = {camera.pk: camera.number for camera in Camera.objects.all()}
    rows = [_change(change, numbers) for change in given.changes]
    return [
        table(("Caméra", "Ce qui change", "Autorisé", "Demandé"), rows, (0.8, 1.7, 2.4, 2.4)),
        *_known_drift(given),
        *_unkept_presets(given),
    ]


def _known_drift(given: Gathered) -> Iterator[Block]:
    """What stands on the ground otherwise than the order has it. Source: CSI R. 254-1."""
    found = [one for one in given.doubtful if one.doubt is Doubt.KNOWN_DRIFT]
    if found:
        yield warning("Écarts constatés sur place, à corriger ou à demander avant le dépôt :")
        yield listed(doubts_fr(found))


def _change(change: tuple[str, str, object, object], numbers: dict[str, str]) -> tuple[object, ...]:
    camera, name, before, after = change
    where = numbers.get(camera, camera) or "toutes"
    if name in ("added", "removed"):
        return where, "caméra ajoutée" if name == "added" else "caméra supprimée", NONE, NONE
    return where, FIELDS.get(name, name), _plain(name, before), _plain(name, after)


def _unkept_presets(given: Gathered) -> Iterator[Block]:
    """Cameras whose order was written down before presets were kept: nothing can be compared."""
    replaced = given.dossier.replaces_id
    covered = {row.camera_id for rows in given.covered.values() for row in rows
               if row.order_id == replaced and row.baseline and "presets" not in row.baseline}  # fmt: skip
    numbers = [camera.number for camera in given.cameras if camera.presets and camera.pk in covered]
    if numbers:
        yield note(f"Positions enregistrées de {', '.join(numbers)} : l'état autorisé n'en consigne aucune, il ne peut "
                   "être comparé ; les positions demandées sont dans la liste des caméras.")  # fmt: skip


def _plain(name: str, value: object) -> str:
    if name.startswith("preset_"):
        return preset_said(value) if isinstance(value, Preset) else NONE
    return number(value, 6 if name in ("lat", "lon") else 1) if isinstance(value, float) else str(value)


BLOCKS = {
    one.__name__: one
    for one in (controller, frame_nature, frame_declarant, frame_purposes, frame_place, frame_system, frame_people,
                frame_room, frame_safety, frame_signs, frame_rights, sign_controller, undertaking,
                habilitations, naming_order, alert_steps, pledge, commissioning, authorised_state, changes)
}  # fmt: skip
