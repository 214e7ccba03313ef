"""Blocks about the system: links, rates, storage, security with its evidence, the record of processing."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from beffroi.authorise.dossier.documents.gathered import Gathered, purpose_names
from beffroi.authorise.dossier.documents.sizing import kept_tb, machines, stored, together
from beffroi.authorise.offences import offences
from beffroi.core.documents.blocks import BLANK, Block, counted, day, facts, listed, number, table, text
from beffroi.plan import tables
from beffroi.plan.calc.bandwidth import FILL, worst_second_bit_s
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.storage import MARGIN
from beffroi.plan.link_rules import Medium
from beffroi.plan.models import Link

CONTROLS = Path(__file__).with_name("controls.toml")


@cache
def known_controls() -> dict[str, list[dict[str, Any]]]:
    """Security measures, with where their evidence is."""
    return tomllib.loads(CONTROLS.read_text("utf-8"))


def links(given: Gathered) -> list[Block]:
    rows = [
        (_known(link.name, given), f"{_end(link.from_end, given)} – {_end(link.to_end, given)}",
         f"{number(link.length_m)} m", *_load(link, given), _state(link, given.on))
        for link in given.links
    ]  # fmt: skip
    if not rows:
        return [text("Aucune liaison n'est inscrite pour les phases de la demande.")]
    total_m = sum(link.length_m for link in given.links)
    rows.append(("Ensemble", BLANK, f"{number(total_m)} m", BLANK, BLANK, BLANK, BLANK))
    head = ("Liaison", "Extrémités", "Longueur", "Support", "Caméras", "Pire seconde", "État")
    return [
        table(head, rows, (1.8, 1.9, 1, 0.8, 0.9, 1.6, 1.5), figures=(2, 4), sums=(-1,)),
        text(
            f"Pire seconde : débits les plus hauts des caméras de la liaison, doublés, en-têtes compris ; une liaison "
            f"est remplie à {number(100 * FILL)} % de son débit au plus (arrêté du 3 août 2007, annexe 1 § 2)."
        ),
    ]


def _load(link: Link, given: Gathered) -> tuple[str, str, str]:
    """Medium, cameras, worst second with its share of the link's rate."""
    medium = f"{link.get_medium_display()}, {'chiffrée' if link.is_encrypted else 'en clair'}"
    if link.medium == Medium.FIBRE:
        medium = str(link.get_medium_display()) + ("" if link.is_dug else f", {link.lies_in.lower()}")
    budget = given.carried.get(link.pk)
    if budget is None:
        return medium, "", "centre non désigné"
    worst = f"{number(budget.needed_bit_s / 1e6)} Mbit/s sur {number(link.capacity_mbit_s)}"
    return medium, str(len(budget.cameras)), f"{number(100 * budget.share)} % ({worst})"


def _known(name: str, given: Gathered) -> str:
    """A link's name, the ids in it told by the names of what they stand for."""
    return " ".join(given.ends.get(word, word) for word in name.split())


def _end(end: str, given: Gathered) -> str:
    """A building, a site; what is neither is a joint on a street."""
    return given.ends.get(end, "boîte en rue")


def _state(link: Any, on: Any) -> str:
    if link.lit_on and link.lit_on <= on:
        return f"allumée le {day(link.lit_on)}"
    if link.laid_on and link.laid_on <= on:
        return f"posée le {day(link.laid_on)}"
    late = ", à poser" if link.planned_on <= on else ""
    return f"prévue le {day(link.planned_on)}{late}"


def rates(given: Gathered) -> list[Block]:
    groups: dict[tuple[str, str, float, bool], list[str]] = {}
    for camera in given.cameras:
        size = f"{camera.width_px} × {camera.height_px}"
        key = (camera.get_codec_display(), size, camera.fps, camera.pk in given.measured)
        groups.setdefault(key, []).append(camera.pk)
    rows = [
        (codec, size, f"{number(fps)} im/s", len(cameras),
         f"{_between([given.rates[one] for one in cameras])}{', mesurés' if is_measured else ''}",
         number(sum(given.rates[one].likely for one in cameras) / 1e6, 1))
        for (codec, size, fps, is_measured), cameras in groups.items()
    ]  # fmt: skip
    rate = together(given)
    measured = counted(len(given.measured), "caméra")
    return [
        table(("Codage", "Définition", "Cadence", "Caméras", "Mbit/s chacune", "Mbit/s ensemble, probable"), rows,
              figures=(2, 3, 4, 5)),
        facts(
            [
                ("Débit de toutes les caméras", f"{number(rate.low / 1e6)} à {number(rate.high / 1e6)} Mbit/s, "
                                                f"probable {number(rate.likely / 1e6)}"),
                ("Mesurées sur une semaine", f"{measured} sur {len(given.cameras)} ; les autres "
                                             "d'après les fourchettes publiées"),
                ("Pire seconde vers le centre", f"{number(worst_second_bit_s(rate) / 1e6)} Mbit/s"),
                ("Liaison vers le centre", _uplink(worst_second_bit_s(rate))),
            ]
        ),
    ]  # fmt: skip


def _between(rates: list[Range]) -> str:
    """Mbit/s, the lowest and the highest of cameras alike."""
    low, high = min(one.low for one in rates), max(one.high for one in rates)
    return f"{number(low / 1e6, 1)} à {number(high / 1e6, 1)}"


def _uplink(needed_bit_s: float) -> str:
    gigabits = next((size for size in (1, 10, 25, 40, 100) if needed_bit_s <= size * 1e9 * FILL), None)
    return f"{gigabits} Gbit/s, remplie à {number(100 * FILL)} % au plus" if gigabits else "plusieurs de 100 Gbit/s"


def storage(given: Gathered) -> list[Block]:
    """The sum, step by step. Source: arrêté of 3 August 2007, annex 1, TEC-15."""
    kept, disks, rate = kept_tb(given), stored(given), together(given)
    figures = tables.recorders()[0]
    recorders = machines(given)
    return [
        facts(
            [
                ("Durée", f"{given.dossier.retention_days} jours"),
                ("Calcul", f"{number(rate.high / 1e6, 1)} Mbit/s ÷ 8 × 86 400 s × {given.dossier.retention_days} jours "
                           f"= {number(kept.high, 1)} To (haut de la fourchette)"),
                ("Images conservées", f"{number(kept.low, 1)} à {number(kept.high, 1)} To, probable "
                                      f"{number(kept.likely, 1)} To"),
                ("Disques", f"{disks.disks} de {disks.disk_tb:.0f} To : {disks.data_disks} de données, "
                            f"{disks.parity_disks} de parité, {disks.spare_disks} de secours ; marge "
                            f"{number(100 * MARGIN)} %"),
                ("Enregistreurs", f"{recorders.recording}, et {recorders.standby} en secours"),
                ("Source", f"banc d'essai du logiciel, mesuré le {day(figures.measured_on)}, la moitié gardée libre"),
            ]
        )
    ]  # fmt: skip


def availability(given: Gathered) -> list[Block]:
    return [
        text("Taux d'indisponibilité accepté : 2 % des heures de caméra par an, hors travaux annoncés. Il est mesuré : "
             "heures enregistrées rapportées aux heures dues, par caméra et par mois."),
        listed([
            "Un enregistreur de secours reprend les caméras d'un enregistreur arrêté.",
            "Un enregistreur coupé de l'application continue d'enregistrer et ferme à l'heure les caméras dont "
            "l'autorisation finit.",
            "Toute coupure est inscrite avec sa cause ; elle figure sur les exports.",
        ]),
    ]  # fmt: skip


def controls(given: Gathered) -> list[Block]:
    """Each with where its evidence is. Source: CSI R. 252-3, 6°, R. 253-2; ANSSI-PA-72."""
    texts = {one.code: one.article.removeprefix("Code pénal ") for one in offences()}
    rows = [(one["name"], one["what"], one["evidence"], texts[one["offence"]]) for one in known_controls()["control"]]
    return [table(("Mesure", "Ce qui est fait", "Où en est la preuve", "Délit"), rows, (1.2, 3, 2, 0.9))]


def exposure(given: Gathered) -> list[Block]:
    """Each offence and the measures that hold it off. Source: Code pénal 226-1, 226-16 s.; CSI L. 254-1."""
    named = [(one["offence"], one["name"]) for one in known_controls()["control"]]
    rows = [
        (one.article, one.fr, one.penalty_fr, ", ".join(name for code, name in named if code == one.code))
        for one in offences()
    ]
    return [table(("Texte", "Délit", "Peine au plus", "Mesures qui l'écartent"), rows, (1.3, 2.2, 1.5, 2.2))]


def record_fields(given: Gathered) -> list[Block]:
    """The fields of RGPD 30."""
    recipients = sorted({name for order in given.orders for name in order.recipients})
    return [
        facts(
            [
                ("Nom du traitement", "Vidéoprotection de la voie publique"),
                ("Finalités", " ; ".join(purpose_names(given.dossier.purposes))),
                ("Base légale", "RGPD 6, 1, e ; CSI L. 251-2, L. 252-1"),
                ("Catégories de personnes", "personnes présentes sur la voie publique ; agents habilités (journal)"),
                (
                    "Catégories de données",
                    "images sans son, date, tranche horaire, lieu (R. 253-1) ; journal des accès",
                ),
                ("Destinataires", ", ".join(recipients) or "ceux de l'article R. 253-3, selon l'arrêté"),
                ("Transferts hors de l'Union", "aucun : le système est dans les locaux de la commune"),
                ("Conservation des images", f"{given.dossier.retention_days} jours, un mois au plus (L. 252-5)"),
                ("Conservation du journal", "trois ans au plus (R. 253-5)"),
                ("Sous-traitants", given.contact("maintainer") + " (sans accès aux images)"),
                ("Délégué à la protection des données", given.contact("dpo")),
                ("Exercice des droits", given.contact("rights")),
                ("Date de la fiche", day(given.on)),
            ]
        )
    ]


BLOCKS = {
    one.__name__: one
    for one in (links, rates, storage, availability, controls, exposure, record_fields)
}  # fmt: skip
