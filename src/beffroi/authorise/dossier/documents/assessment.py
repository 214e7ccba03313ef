"""Blocks of the impact assessment: its version, the three risks before and after, opinions, actions, approval."""

from __future__ import annotations

from collections.abc import Iterable

from beffroi.authorise.assessment.queries import risk_of, version_of
from beffroi.authorise.assessment.rules import Level, Rating, Threat
from beffroi.authorise.assessment.words import THREATS
from beffroi.authorise.dossier.documents.gathered import TO_FILL, Gathered
from beffroi.authorise.models import Assessment
from beffroi.authorise.models.assessments import LevelChoice
from beffroi.core.documents.blocks import (
    Block,
    day,
    facts,
    signatures,
    subheading,
    table,
    text,
    warning,
    written,
)

_SHORT = {Threat.ACCESS: "accès", Threat.CHANGE: "modification", Threat.LOSS: "disparition"}


def _row(given: Gathered) -> Assessment:
    assert given.assessment is not None, "this paper is made when there is a version"
    return given.assessment


def assessment_version(given: Gathered) -> list[Block]:
    row = _row(given)
    frame = row.framework
    approved = (
        f"le {day(row.approved_on)} par {row.approved_by}" if row.approved_on else "non validée : version en cours"
    )
    return [
        facts(
            [
                ("Version", f"{row.number}, ouverte le {day(row.opened_on)}"),
                ("Pourquoi", row.reason),
                ("Validée", approved),
                ("Phases étudiées", ", ".join(phase.name for phase in row.phases.all())),
                ("Doctrine-cadre du ministère", f"{frame.name}\nSHA-256 {frame.sha256}" if frame else
                                                "non jointe : cette analyse est complète par elle-même"),
            ]
        )
    ]  # fmt: skip


def assessment_risks(given: Gathered) -> Iterable[Block]:
    """The map first, then each feared event. Source: RGPD 35, 7, c and d; method of the CNIL."""
    row = _row(given)
    yield _map(row)
    for threat in Threat:
        rated = row.risks.get(threat.value)
        yield subheading(str(THREATS[threat]).capitalize())
        if rated is None:
            yield text(TO_FILL)
            continue
        risk = risk_of(rated)
        yield facts(
            [
                ("Sources", rated["sources"]),
                ("Effets pour les personnes", rated["impacts"]),
                ("Avant mesures", _said(risk.before)),
                ("Mesures", rated["measures"]),
                ("Risque résiduel", _said(risk.after)),
            ]
        )


def _map(row: Assessment) -> Block:
    """Severity downwards, likelihood to the right: a cell names the events that stand there, before and after."""
    cells: dict[tuple[int, int], list[str]] = {}
    for threat in Threat:
        if threat.value not in row.risks:
            continue
        risk = risk_of(row.risks[threat.value])
        for rating, when in ((risk.before, "avant"), (risk.after, "après")):
            cells.setdefault((rating.severity, rating.likelihood), []).append(f"{_SHORT[threat]} ({when})")
    head = ("Gravité \u2193 Vraisemblance \u2192", *(str(LevelChoice(level).label) for level in Level))
    rows = [
        (str(LevelChoice(severity).label), *(_cell(cells.get((severity, likelihood), []), severity, likelihood)
                                              for likelihood in Level))
        for severity in reversed(Level)
    ]  # fmt: skip
    return table(head, rows, (1.5, 1.3, 1.3, 1.3, 1.3))


def _cell(names: list[str], severity: Level, likelihood: Level) -> str:
    is_high = Rating(severity=severity, likelihood=likelihood).is_high
    return "\n".join([*names, *(["zone élevée"] if is_high else [])]) or " "


def _said(rating: Rating) -> str:
    words = f"gravité {LevelChoice(rating.severity).label}, vraisemblance {LevelChoice(rating.likelihood).label}"
    return f"{words} : risque élevé" if rating.is_high else words


def assessment_actions(given: Gathered) -> list[Block]:
    return [table(("Action", "Qui", "Quand"), _row(given).actions or [(TO_FILL, "", "")], (3, 1.5, 1.5))]


def assessment_opinion(given: Gathered) -> list[Block]:
    """Source: RGPD 35, 2 (officer) and 9 (people)."""
    row = _row(given)
    said = f"{str(row.get_dpo_stance_display()).capitalize()}, rendu le {day(row.dpo_on)}. " if row.dpo_stance else ""
    return [subheading("Délégué"), written(f"{said}{row.dpo_opinion or TO_FILL}"),
            subheading("Personnes concernées"), written(row.texts.get("people") or TO_FILL)]  # fmt: skip


def assessment_approval(given: Gathered) -> list[Block]:
    """What the CNIL must be asked, and who stands for it. Source: LIL 90."""
    row = _row(given)
    high = version_of(row).high
    said: list[Block] = [text("Aucun risque résiduel n'est élevé : la consultation préalable de la CNIL n'est pas "
                              "due (loi 78-17, art. 90).")]  # fmt: skip
    if high:
        names = ", ".join(str(THREATS[threat]) for threat in high)
        answer = (
            f"Avis rendu le {day(row.cnil_answered_on)}, référence {row.cnil_reference}."
            if row.cnil_answered_on
            else f"CNIL saisie le {day(row.cnil_asked_on)} ; son avis est attendu."
            if row.cnil_asked_on
            else "CNIL à saisir."
        )
        said = [warning(f"Risque résiduel élevé : {names}. Ni dépôt ni mise en service avant l'avis de la CNIL "
                        f"(loi 78-17, art. 90). {answer}")]  # fmt: skip
    dpo = given.contacts.get("dpo")
    return [
        *said,
        signatures(
            ("Le délégué à la protection des données", dpo.name if dpo else TO_FILL, "Date et signature :"),
            ("Le responsable du traitement", row.approved_by or TO_FILL, "Date et signature :"),
        ),
    ]


BLOCKS = {
    one.__name__: one
    for one in (assessment_version, assessment_risks, assessment_actions, assessment_opinion, assessment_approval)
}  # fmt: skip
