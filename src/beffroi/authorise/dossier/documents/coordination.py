"""Blocks of the annex to the coordination agreement: alerts, lines, response, access to pictures, cameras.

Source: CSI L. 512-4 to L. 512-6; model agreement, art. 16-4°.
"""

from __future__ import annotations

from beffroi.authorise.dossier.documents.gathered import TO_FILL, Gathered
from beffroi.core.documents.blocks import BLANK, Block, day, facts, signatures, table, written

AGREED = "[à convenir]"


def coordination_parties(given: Gathered) -> list[Block]:
    orders = [
        f"{order.number} du {day(order.signed_on)}"
        for order in given.orders
        if order.signed_on <= given.on < order.ends_on and order.withdrawn_on is None
    ]
    return [
        facts(
            [
                ("Commune", given.contact("controller")),
                ("Centre de supervision", given.contact("service")),
                ("Forces de sécurité de l'État", given.contact("forces")),
                ("Préfecture", given.contact("prefecture")),
                ("Arrêtés en vigueur", ", ".join(orders) or "aucun à ce jour"),
                ("Système", "{cameras}, {sites}, {zones}".format_map(given.values())),
            ]
        )
    ]


def coordination_alerts(given: Gathered) -> list[Block]:
    """Who tells whom, how, and what is expected back."""
    rows = [
        ("Secours", "personne à terre, incendie, accident", "18 ou 112, puis la ligne convenue", "sans délai",
         "secours engagés ; police municipale sur place"),
        ("Urgence", "violence, vol en cours, arme", "17 ou ligne convenue, puis radio", "sans délai",
         "équipage engagé ; le centre guide jusqu'à l'arrivée"),
        ("Infraction constatée", "dégradation, fuite d'un auteur", "ligne convenue", "sans délai (CPP 21-2)",
         "décision de l'officier de police judiciaire"),
        ("Tranquillité", "attroupement, nuisance, stationnement gênant", "radio de la police municipale", AGREED,
         "patrouille municipale ; compte rendu"),
    ]  # fmt: skip
    head = ("Alerte", "Exemples", "Par quel moyen", "Quand", "Réponse attendue")
    return [table(head, rows, (1.1, 1.6, 1.7, 1.2, 2))]


def coordination_lines(given: Gathered) -> list[Block]:
    found = {role: given.contacts.get(role) for role in ("service", "forces", "police")}
    phones = {role: one.phone if one and one.phone else TO_FILL for role, one in found.items()}
    return [
        facts(
            [
                ("Centre de supervision", phones["service"]),
                ("Police nationale ou gendarmerie", phones["forces"]),
                ("Remise d'images aux enquêteurs", phones["police"]),
            ]
        ),
        written(given.texts.get("coordination") or f"{TO_FILL} : lignes, canaux radio, renforts."),
    ]


def coordination_access(given: Gathered) -> list[Block]:
    """Closed list: no other way to a picture. Source: CSI R. 253-3, L. 252-3; CPP 60-1, 77-1-1, 99-3."""
    named = sorted({name for order in given.orders for name in order.recipients})
    rows = [
        ("Voir au centre", "agents de l'État habilités nommément (R. 253-3 II 1°)", "séance accompagnée, motivée"),
        ("Recevoir des images", "réquisition : CPP 60-1, 77-1-1 ou 99-3", "verrou à réception, bordereau, empreintes"),
        ("Destinataires des arrêtés", ", ".join(named) or "aucun nommé", "selon leur mission (R. 253-3 III)"),
        ("Report d'images vers un poste", "si un arrêté le prévoit (L. 252-3)", f"{AGREED}, caméra par caméra"),
        ("Après la fin du délai", "aucune image", f"destruction après {given.dossier.retention_days} jours"),
    ]  # fmt: skip
    return [table(("Accès", "Qui, sur quelle base", "Comment"), rows, (1.4, 2.4, 2.2))]


def coordination_cameras(given: Gathered) -> list[Block]:
    rows = [
        (f"{zone.number}. {zone.name}", len(held), ", ".join(camera.number for camera in held))
        for zone in given.zones
        if (held := [camera for camera in given.cameras if camera.site.zone_id == zone.pk])
    ]
    rows.append(("Ensemble", len(given.cameras), BLANK))
    return [table(("Zone", "Caméras", "Numéros"), rows, (2, 0.8, 3.2), figures=(1,), sums=(-1,))]


def coordination_signatures(given: Gathered) -> list[Block]:
    """The mayor and the prefect sign, after the prosecutor's opinion. Source: CSI L. 512-4."""
    return [
        signatures(
            ("Le maire", "Date, signature :"),
            ("Le préfet", "Date, signature :"),
            ("Le procureur de la République, pour avis", "Date, signature :"),
        )
    ]


BLOCKS = {
    one.__name__: one
    for one in (coordination_parties, coordination_alerts, coordination_lines, coordination_access,
                coordination_cameras, coordination_signatures)
}  # fmt: skip
