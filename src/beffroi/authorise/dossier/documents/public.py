"""Blocks for the public: signs, the text of level 2, rights, letters, the list of systems."""

from __future__ import annotations

from collections.abc import Sequence

from qrcode import ERROR_CORRECT_M, QRCode

from beffroi.authorise.dossier.documents.gathered import TO_FILL, Gathered, purpose_names
from beffroi.authorise.models import Contact
from beffroi.authorise.signs import is_overdue, next_check_on
from beffroi.core.documents.blocks import (
    Block,
    choices,
    day,
    facts,
    letter,
    lines,
    listed,
    signatures,
    table,
    text,
)
from beffroi.core.errors import BarredByLaw
from beffroi.territory.models import Purpose

CNIL = "CNIL, 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, www.cnil.fr"


def sign_register(given: Gathered) -> list[Block]:
    rows = [
        (
            sign.pk,
            f"{sign.site.mark} · {sign.place}",
            sign.get_format_display(),
            day(sign.placed_on) if sign.placed_on else "à poser",
            day(sign.checked_on),
            day(next_check_on(sign)) + (" : en retard" if is_overdue(sign, given.on) else ""),
        )
        for sign in given.signs
    ]
    head = ("Affiche", "Endroit", "Format", "Posée le", "Vérifiée le", "À vérifier avant le")
    return [table(head, rows, (0.9, 3, 0.7, 1.4, 1.4, 1.6))]


def sign(given: Gathered, paper: str) -> dict[str, object]:
    """What the notice says: the three musts, then the full variant. Source: CSI R. 253-6 I; CNIL.

    Errors: BarredByLaw when the controller, the DPO or the rights' address is not known.
    """
    for role in ("controller", "dpo", "rights"):
        if role not in given.contacts:
            raise BarredByLaw(
                f"The notice names the {role}; write this contact down first.",
                message_fr=f"L'affiche nomme ce contact ({role}) ; inscrivez-le d'abord.",
                article="CSI R253-6",
                field=role,
            )
    controller, dpo, rights = (given.contacts[role] for role in ("controller", "dpo", "rights"))
    numbers = [order.number for order in given.orders if order.signed_on <= given.on < order.ends_on]
    rows = [
        ("Responsable", f"{controller.name}, {controller.address}"),
        ("Pourquoi", _said(given.dossier.purposes)),
        ("Conservation", f"{given.dossier.retention_days} jours, puis destruction automatique"),
        ("Vos droits", f"Accès, rectification, limitation, effacement : {_reach(rights)}"),
        ("Délégué à la protection des données", f"{dpo.name}, {_reach(dpo)}"),
        ("Réclamation", f"{CNIL}"),
    ]
    return {
        "title": f"Affiche d'information, {paper.upper()}",
        "paper": paper,
        "scale": 1.0 if paper == "a4" else 2**0.5,
        "town": given.town.name,
        "heading": "Voie publique sous vidéoprotection",
        "place": given.town.name,
        "rows": rows,
        "more": f"En savoir plus : {given.public_address or _reach(rights)}",
        "square": square_code(given.public_address) if given.public_address else None,
        "footer": "Code de la sécurité intérieure, art. L. 251-1 et suivants, R. 253-6"
        + (f" · arrêté {', '.join(numbers)}" if numbers else ""),
        "fictional": "jeu fictif" if given.town.is_fictional else None,
    }


def square_code(address: str) -> list[str]:
    """The modules of an address's QR code, row by row, `1` for a dark one, without its quiet zone.

    Source: ISO/IEC 18004, level M: read though a seventh of it is scratched.
    """
    code = QRCode(border=0, error_correction=ERROR_CORRECT_M)
    code.add_data(address)
    code.make(fit=True)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]


def _said(purposes: Sequence[str]) -> str:
    """In a passer-by's words: no numbers."""
    said = " ; ".join(str(Purpose(code).label) for code in purposes)
    return said[:1].upper() + said[1:]


def _reach(contact: Contact) -> str:
    return contact.email or contact.address


def level_two(given: Gathered) -> list[Block]:
    """The fields of LIL 104, with legal base, retention, recipients."""
    recipients = sorted({name for order in given.orders for name in order.recipients})
    return [
        facts(
            [
                ("Responsable", given.contact("controller")),
                ("Délégué à la protection des données", given.contact("dpo")),
                ("Finalités", " ; ".join(purpose_names(given.dossier.purposes))),
                ("Base légale", "mission d'intérêt public ; CSI, art. L. 251-2 et L. 252-1"),
                ("Données", "images sans son, date, heure, lieu"),
                ("Conservation", f"{given.dossier.retention_days} jours"),
                ("Destinataires", ", ".join(recipients) or "personnes habilitées (R. 253-3)"),
                ("Vos droits", "accès, visionnage, rectification, limitation, effacement s'il y a lieu ; pas "
                               "d'opposition (R. 253-6 V)"),
                ("Les exercer", given.contact("rights")),
                ("Réclamation", CNIL),
                ("Commission départementale", given.contact("commission")),
            ]
        )
    ]  # fmt: skip


def rights_contacts(given: Gathered) -> list[Block]:
    roles = (("Exercice des droits", "rights"), ("Délégué", "dpo"), ("Responsable", "controller"),
             ("Commission départementale", "commission"))  # fmt: skip
    return [facts((name, given.contact(role)) for name, role in roles)]


def rights_steps(given: Gathered) -> list[Block]:
    """Timers by regime. Source: RGPD 12; LIL 107 and 108; décret 2019-536 art. 135."""
    days = given.dossier.retention_days
    rows = [
        ("Réception", "le jour même", "Inscription, accusé de réception daté, mise à l'abri des images encore là."),
        ("Identité", "avec l'accusé", "Par tout moyen ; aucune copie de pièce d'identité n'est gardée."),
        ("Recherche", f"avant {days} jours", "Date, heure à trente minutes près, lieu : au-delà les images sont "
         "détruites."),
        ("Visionnage", "sur rendez-vous", "En mairie, les tiers masqués."),
        ("Réponse", "1 mois (3 si complexe)", "Finalités relevant du RGPD (titre II)."),
        ("Réponse", "2 mois", "Finalités de police (titre III) : le silence ouvre la saisine de la CNIL."),
        ("Refus", "par écrit", "Motif de la liste fermée, voie de recours, éléments gardés pour la CNIL."),
    ]  # fmt: skip
    return [table(("Étape", "Délai", "Ce qui est fait"), rows, (1, 1.3, 4))]


def remedies(given: Gathered) -> list[Block]:
    return [
        listed(
            [
                f"Réclamation : {CNIL}.",
                f"Toute difficulté liée au système : {given.contact('commission')} (L. 253-5).",
                "Tribunal judiciaire ou administratif, selon la demande.",
            ]
        )
    ]


def request_form(given: Gathered) -> list[Block]:
    return [
        letter(["Demande adressée à :", given.contact("rights")], []),
        lines(("Nom, prénom", "Adresse ou courriel de réponse", "Lieu filmé", "Date", "Heure (à trente minutes près)",
               "Signe distinctif utile à la recherche")),
        text("Je demande à :"),
        choices(("obtenir une copie des images où je figure", "les visionner sur place", "vérifier leur destruction",
                 "les faire rectifier, limiter ou effacer s'il y a lieu")),
        text(f"Les images sont détruites après {given.dossier.retention_days} jours : envoyez vite cette demande."),
        signatures(("Date et signature", "")),
    ]  # fmt: skip


def _letter(given: Gathered, *paragraphs: str) -> list[Block]:
    contact = given.contacts.get("rights")
    sender = [contact.name, contact.address, contact.email] if contact else [TO_FILL]
    receiver = [
        "Nom, adresse du demandeur : ................................",
        f"{given.town.name}, le ................",
    ]
    return [letter(sender, receiver), text("Madame, Monsieur,"), *map(text, paragraphs),
            signatures(("Pour le responsable", "Nom, qualité, signature :"))]  # fmt: skip


def letter_receipt(given: Gathered) -> list[Block]:
    return _letter(
        given,
        "Votre demande du ................ a été reçue le ................ et inscrite sous le numéro ............ . "
        "Les images encore conservées pour le lieu et l'heure indiqués ont été mises à l'abri de la destruction.",
        "Une réponse vous sera faite avant le ................ . Sans réponse alors, vous pouvez saisir la CNIL.",
    )


def letter_grant(given: Gathered) -> list[Block]:
    return _letter(
        given,
        "Les images où vous figurez ont été retrouvées. Les autres personnes y sont masquées. Vous pouvez en recevoir "
        "copie, ou les visionner le ................ à ................ , sur présentation d'une pièce d'identité "
        "dont aucune copie ne sera gardée.",
    )


def letter_refusal(given: Gathered) -> list[Block]:
    return _letter(
        given,
        "Votre demande ne peut recevoir une suite favorable pour le motif suivant : ................ "
        "(CSI, art. R. 253-6 IV ; loi du 6 janvier 1978, art. 107).",
        f"Vous pouvez saisir la CNIL ({CNIL}), qui peut exercer vos droits en votre nom (art. 108), la commission "
        "départementale de vidéoprotection, ou le tribunal administratif dans les deux mois.",
    )


def letter_objection(given: Gathered) -> list[Block]:
    return _letter(
        given,
        f"Vous vous opposez à l'enregistrement de votre image par le système de vidéoprotection de {given.town.name}. "
        "L'article R. 253-6 V du code de la sécurité intérieure exclut le droit d'opposition pour ces traitements : "
        "nous ne pouvons y donner suite.",
        "Vous gardez le droit d'accès, de rectification, de limitation et, le cas échéant, d'effacement, et pouvez "
        f"saisir la CNIL ({CNIL}).",
    )


def systems(given: Gathered) -> list[Block]:
    """Every system of the town in force that day: what its page shows without a login. Source: CSI R. 252-16."""
    rows = [
        (
            order.number,
            f"{day(order.signed_on)}\n{order.published}".strip(),
            day(order.ends_on),
            _said(order.purposes),
            order.covered.count(),
        )
        for order in given.systems
    ]
    if not rows:
        return [text("Aucun système n'est autorisé à ce jour.")]
    head = ("Arrêté", "Date, recueil des actes administratifs", "Fin", "Finalités", "Caméras")
    return [
        table(head, rows, (1.4, 1.6, 1.1, 3, 0.8)),
        facts(
            [
                ("Service responsable", given.contact("service")),
                ("Exercice des droits", given.contact("rights")),
                *([("Page publique", given.systems_address)] if given.systems_address else []),
            ]
        ),
    ]


BLOCKS = {
    one.__name__: one
    for one in (sign_register, level_two, rights_contacts, rights_steps, remedies, request_form, letter_receipt,
                letter_grant, letter_refusal, letter_objection, systems)
}  # fmt: skip
